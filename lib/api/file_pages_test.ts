import assert from "node:assert/strict";
import { type ApiWorld, type Ask, inApi, ORIGIN } from "./_testing.ts";
import type { App } from "./app.ts";
import { withFilePages } from "./file_pages.ts";

const PATH = "/v1/monitor/snapshot";

/** Sends a request through the door for pages without an origin. */
async function send(
  app: App,
  { method = "POST", path = PATH, secret, headers = {} }: {
    readonly method?: string;
    readonly path?: string;
    readonly secret?: string;
    readonly headers?: Readonly<Record<string, string>>;
  },
): Promise<Response> {
  const all = new Headers({
    host: new URL(ORIGIN).host,
    origin: "null",
    "sec-fetch-site": "cross-site",
    ...headers,
  });
  if (secret !== undefined) all.set("authorization", `Bearer ${secret}`);
  const init: RequestInit = { method, headers: all };
  if (method === "POST") {
    all.set("content-type", "application/json");
    init.body = "{}";
  }
  const response = await app.fetch(new Request(`${ORIGIN}${path}`, init), () => "127.0.0.1");
  await response.text();
  return response;
}

function reader(api: ApiWorld): string {
  return api.secrets.get("read") ?? "";
}

Deno.test("a page from a file reads the monitor with a token, and is told that it may", () =>
  inApi(async (api) => {
    const app = withFilePages(api.app);
    const asked = await send(app, { method: "OPTIONS" });
    assert.equal(asked.status, 204);
    assert.equal(asked.headers.get("access-control-allow-origin"), "null");
    assert.equal(asked.headers.get("access-control-allow-headers"), "authorization, content-type");
    const told = await send(app, { secret: reader(api) });
    assert.equal(told.status, 200);
    assert.equal(told.headers.get("access-control-allow-origin"), "null");
    for (const answer of [asked, told]) {
      assert.equal(answer.headers.get("access-control-allow-credentials"), null);
    }
  }));

Deno.test("such a page gets nothing else, and nothing without a token", () =>
  inApi(async (api) => {
    const app = withFilePages(api.app);
    const secret = reader(api);
    const session = { cookie: `kas_session=${secret}` };
    const refused = [
      await send(api.app, { secret }),
      await send(app, {}),
      await send(app, { headers: session }),
      await send(app, { secret, path: `${PATH}/` }),
      await send(app, { secret, method: "GET", path: "/v1/projects" }),
      await send(app, { secret, headers: { origin: "https://evil.example" } }),
    ];
    for (const answer of refused) {
      assert.ok(answer.status === 403 || answer.status === 404, String(answer.status));
      assert.equal(answer.headers.get("access-control-allow-origin"), null);
    }
    const rebound = await send(app, { secret, headers: { host: "evil.example" } });
    assert.equal(rebound.status, 403);
    const ask: Ask = { headers: { origin: "null" } };
    await api.refused(`POST ${PATH}`, "forbidden", ask);
  }));

Deno.test("wrong tokens of such pages slow down only such pages", () =>
  inApi(async (api) => {
    const app = withFilePages(api.app);
    const statuses: number[] = [];
    for (let n = 0; n < 12; n++) {
      statuses.push((await send(app, { secret: `kas_${"x".repeat(43)}` })).status);
    }
    assert.equal(statuses[0], 401);
    assert.equal(statuses.at(-1), 429);
    const wrong = { secret: "kas_wrong", address: "127.0.0.1" };
    await api.refused("GET /v1/projects", "unauthorized", wrong);
  }));
