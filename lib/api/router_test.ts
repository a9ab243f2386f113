import assert from "node:assert/strict";
import { Router } from "./router.ts";
import type { Bound } from "./route.ts";

const KEYS = [
  "GET /v1/a",
  "POST /v1/a",
  "GET /v1/a/:x",
  "GET /v1/a/:x/b",
  "GET /v1/a/new",
  "PUT /v1/a/:x/:y/done",
];
const routes: Bound[] = KEYS.map((key) => ({
  key,
  options: { scope: "read", summary: "", response: "empty" },
  handle: () => null,
}));
const router = new Router(routes);

function found(method: string, path: string): unknown {
  const match = router.find(method, path);
  return match === null ? null : [match.route.key, match.params];
}

Deno.test("find() takes a word before a parameter, and goes back when it must", () => {
  assert.deepEqual(found("GET", "/v1/a"), ["GET /v1/a", {}]);
  assert.deepEqual(found("GET", "/v1/a/new"), ["GET /v1/a/new", {}]);
  assert.deepEqual(found("GET", "/v1/a/new/b"), ["GET /v1/a/:x/b", { x: "new" }]);
  assert.deepEqual(found("PUT", "/v1/a/1/2/done"), ["PUT /v1/a/:x/:y/done", { x: "1", y: "2" }]);
  assert.deepEqual(found("HEAD", "/v1/a/z"), ["GET /v1/a/:x", { x: "z" }]);
});

Deno.test("find() decodes values and leaves what is no encoding", () => {
  assert.deepEqual(found("GET", "/v1/a/a%2Fb%20c"), ["GET /v1/a/:x", { x: "a/b c" }]);
  assert.deepEqual(found("GET", "/v1/a/%ff"), ["GET /v1/a/:x", { x: "%ff" }]);
});

Deno.test("find() knows no other paths", () => {
  for (const path of ["/", "/v1", "/v1/a/", "/v1/a/x/", "//v1/a", "/v1//a", "/v1/a/x/c", "/V1/a"]) {
    assert.equal(found("GET", path), null, path);
  }
  assert.equal(found("DELETE", "/v1/a"), null);
  assert.deepEqual(router.methods("/v1/a"), ["GET", "POST"]);
  assert.deepEqual(router.methods("/v1/b"), []);
  assert.throws(() => new Router([...routes, ...routes]), /declared twice/);
});
