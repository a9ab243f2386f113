import assert from "node:assert/strict";
import { KasError } from "../errors.ts";
import {
  expand,
  hasPlaceholder,
  missingVariables,
  placeholders,
  ServerVariables,
} from "./mcp_servers.ts";

Deno.test("expand() fills in variables and defaults, once, and leaves the unknown", () => {
  const env = { A: "${B}", B: "b", EMPTY: "" };
  assert.equal(expand("x ${A} ${B}", env), "x ${B} b");
  assert.equal(expand("${C:-c d} ${C:-} ${EMPTY:-e}", env), "c d  e");
  assert.equal(expand("${C} $B ${1} {B}", env), "${C} $B ${1} {B}");
  assert.equal(expand("${constructor}", env), "${constructor}");
  assert.equal(expand("${B}", { B: "$& $1" }), "$& $1");
});

Deno.test("placeholders() names what is needed; a default is not needed", () => {
  assert.deepEqual(placeholders("${A}-${B:-x}-${C}"), ["A", "C"]);
  assert.equal(hasPlaceholder("${B:-x}"), true);
  assert.equal(hasPlaceholder("$B {B}"), false);
});

Deno.test("missingVariables() names each server and variable once", () => {
  const servers = {
    near: { type: "stdio", command: "${X}", args: ["${X}", "${Y}"], env: { Z: "${HAVE}" } },
    far: { type: "http", url: "https://x", headers: {} },
  } as const;
  const notes = missingVariables(servers, { HAVE: "1" });
  assert.equal(notes.length, 1);
  assert.match(notes[0] ?? "", /"near" asks for X, Y, which/);
});

Deno.test("ServerVariables adds what is missing and refuses a second value", () => {
  const variables = new ServerVariables({ KEY: "secret", SAME: "secret", OTHER: "o" });
  variables.set("s", "TOKEN", "${KEY}");
  variables.set("t", "TOKEN", "${KEY}");
  variables.set("s", "SAME", "${KEY}");
  assert.deepEqual(variables.added, { TOKEN: "secret" });
  for (const name of ["OTHER", "TOKEN"]) {
    assert.throws(
      () => variables.set("s", name, "x${KEY}"),
      (error) => error instanceof KasError && !`${error.message}${error.hint}`.includes("secret"),
    );
  }
});
