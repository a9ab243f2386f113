import assert from "node:assert/strict";
import { type ApiWorld, type Ask, inApi } from "../lib/api/_testing.ts";
import { ROUTES } from "../lib/api/app.ts";
import { SESSION_MS } from "../lib/api/auth.ts";
import type { Bound } from "../lib/api/route.ts";
import { takesList } from "../lib/api/schema/route.ts";
import { API } from "../lib/api/schema/mod.ts";
import { hashSecret, newSecret } from "../lib/engine/caller.ts";
import { SCOPES } from "../lib/store/types.ts";

/** Every attack on every route. The table of routes is the app's own: a new one cannot be forgotten. */

const MUTATING = ROUTES.filter(({ key }) => !key.startsWith("GET "));
const GUARDED = ROUTES.filter(({ options }) => options.scope !== "public");

/** A route's key with something real in the place of each parameter. */
function filled(key: string, api: ApiWorld, change: Readonly<Record<string, string>> = {}): string {
  const values: Record<string, string> = {
    project: api.project.key,
    task: "victim",
    title: "agent",
    id: "1",
    number: "1",
    review: "r1",
    ...change,
  };
  return key.replace(/:([a-z_]+)/g, (_, name: string) => values[name] ?? "x");
}

/** What must not change. */
async function stateOf({ store, project }: ApiWorld): Promise<string> {
  const tasks = await store.tasks();
  const rows = [
    tasks,
    await Promise.all(tasks.map((task) => store.content(task.id))),
    await store.sessions(),
    (await store.tokens()).map(({ lastUsedAt: _, ...token }) => token),
    await store.projects(),
    await store.signals({ projectId: project.id, limit: 1000 }),
    await store.lastEventId(),
  ];
  return JSON.stringify(rows);
}

/** Runs one attack on many routes and checks that nothing came of it. */
async function attack(
  routes: readonly Bound[],
  statuses: readonly number[],
  of: (route: Bound, api: ApiWorld) => { key?: string; ask: Ask }[],
): Promise<void> {
  await inApi(async (api) => {
    await api.task("victim");
    await api.session();
    const before = await stateOf(api);
    assert.ok(routes.length > 0);
    for (const route of routes) {
      for (const { key, ask } of of(route, api)) {
        const at = key ?? filled(route.key, api);
        const told = await api.ask(at, ask);
        assert.ok(statuses.includes(told.status), `${at}: ${told.status} ${told.text}`);
        assert.equal(told.headers.get("content-type"), "application/problem+json", at);
        assert.equal(told.headers.get("set-cookie"), null, at);
        assert.equal(told.headers.get("access-control-allow-origin"), null, at);
        assert.equal(told.headers.get("x-content-type-options"), "nosniff", at);
        assert.match(told.headers.get("content-security-policy") ?? "", /frame-ancestors 'none'/);
      }
    }
    assert.equal(await stateOf(api), before, "something changed");
  });
}

Deno.test("the app has exactly the declared routes, each with a scope", () => {
  assert.deepEqual(ROUTES.map(({ key }) => key).toSorted(), Object.keys(API).toSorted());
  const known = ["public", ...SCOPES];
  for (const { key, options } of ROUTES) assert.ok(known.includes(options.scope), key);
  const open = ROUTES.filter(({ options }) => options.scope === "public").map(({ key }) => key);
  assert.deepEqual(open.toSorted(), [
    "GET /docs",
    "GET /v1/openapi.json",
    "GET /v1/ping",
    "GET /v1/session",
    "POST /v1/login",
    "POST /v1/projects/:project/linear/webhook", // its signature admits it
  ]);
  const mild = MUTATING.filter(({ options }) => options.scope === "read").map(({ key }) => key);
  // The snapshot changes nothing; its contract has it as a POST.
  assert.deepEqual(mild, [
    "POST /v1/logout",
    "POST /v1/monitor/snapshot",
    "POST /v1/widget-preview/open-monitor",
  ]);
});

Deno.test("no route answers without a token, or with a wrong one", () =>
  attack(GUARDED, [401], (route) => [
    { ask: { as: null } },
    { ask: { as: null, headers: { authorization: "Basic YTpi" } } },
    { ask: { secret: newSecret(), address: route.key } },
    { ask: { secret: "kas_short", address: `${route.key} 2` } },
    { ask: { as: null, headers: { cookie: `kas_session=${newSecret()}` }, address: route.key } },
    { ask: { as: null, headers: { cookie: "kas_session=" } } },
  ]));

Deno.test("no route answers a narrower scope", () =>
  attack(
    GUARDED.filter(({ options }) => options.scope !== "read"),
    [403],
    ({ options }) =>
      SCOPES.slice(0, SCOPES.indexOf(options.scope as typeof SCOPES[number]))
        .map((as) => ({ ask: { as } })),
  ));

Deno.test("no route answers a page of another origin", () =>
  attack(
    ROUTES,
    [403],
    ({ options }) => [
      ...[
        "https://evil.example",
        "null",
        "http://localhost:9",
        "http://127.0.0.1.evil.example:7433",
      ]
        .map((origin) => ({ ask: { headers: { origin } } })),
      ...(options.response === "html" ? [] : ["cross-site", "same-site"].map((site) => ({
        ask: { headers: { "sec-fetch-site": site } },
      }))),
    ],
  ));

Deno.test("no route answers for another host", () =>
  attack(
    ROUTES,
    [403],
    () =>
      [
        "evil.example",
        "evil.example:7433",
        "127.0.0.1:1",
        "127.0.0.1@evil.example",
        "[::2]:7433",
        "",
      ]
        .map((host) => ({ ask: { headers: { host } } })),
  ));

Deno.test("no route takes a form, a plain text or nothing as a type", () =>
  attack(
    MUTATING,
    [415],
    () =>
      [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "text/html",
      ]
        .flatMap((type) =>
          ["a=b", '{"a":"b"}'].map((raw) => ({ ask: { raw, headers: { "content-type": type } } }))
        ),
  ));

Deno.test("no route takes more than its limit, told or untold", () =>
  attack(MUTATING, [413], ({ options }) => {
    const size = (options.limit ?? 1024 * 1024) + 1;
    const type = options.body === "markdown" ? "text/markdown" : "application/json";
    const headers = { "content-type": type };
    const untold = () =>
      new ReadableStream({
        pull(controller) {
          controller.enqueue(new Uint8Array(65_536).fill(32));
        },
      });
    return [
      { ask: { raw: new Uint8Array(size).fill(32), headers } },
      { ask: { raw: untold(), headers } },
    ];
  }));

Deno.test("no route takes broken UTF-8", () =>
  attack(MUTATING, [400], ({ options }) => {
    const type = options.body === "markdown" ? "text/markdown" : "application/json";
    const raw = new Uint8Array([0x7b, 0x22, 0xff, 0xc0, 0x22, 0x3a, 0x31, 0x7d]);
    return [{ ask: { raw, headers: { "content-type": type } } }];
  }));

Deno.test("no route takes what is no JSON, unknown fields or other types", () =>
  attack(
    MUTATING.filter(({ options }) => options.body !== "markdown"),
    [400, 422],
    ({ options }) =>
      [
        '{"__attack":1}',
        '{"__proto__":{"scope":"admin"},"constructor":1}',
        takesList(options) ? '[{"__attack":1}]' : "[]",
        '[{"__proto__":{"scope":"admin"}}]',
        '"text"',
        "12",
        "null",
        "{",
        "[".repeat(50_000),
        '{"event":5,"status":7,"text":[],"name":{},"option":null,"path":1,"type":true,"code":[]}',
      ].map((raw) => ({ ask: { raw, headers: { "content-type": "application/json" } } })),
  ));

Deno.test("no route takes a parameter it does not know, or one it knows malformed", () =>
  attack(ROUTES.filter(({ options }) => options.query === undefined), [422], (route, api) => [
    { key: `${filled(route.key, api)}?__attack=1`, ask: { body: bodyOf(route) } },
  ]));

function bodyOf(route: Bound): unknown {
  return route.key.startsWith("GET ") || route.options.body === "markdown" ? undefined : {};
}

/** Ways out of a path, into a file name, an option, a header or another string. */
const TRICKS = [
  "..%2f..%2fetc%2fpasswd",
  "..%2F",
  "%2e%2e%2f",
  "%00",
  "a%00b",
  "a%0d%0aset-cookie:%20x=y",
  "-rf",
  "--help",
  "a%20b",
  "a;b",
  "$(id)",
  "%3Cscript%3E",
  "a%2fb",
  "%ff%fe",
  "%E2%80%AE",
  "a:b",
  "%25s",
  "'%20OR%201=1--",
  "9".repeat(400),
];

Deno.test("no parameter of a path leads anywhere else", () =>
  attack(
    ROUTES.filter(({ key }) => key.includes("/:")),
    [400, 404, 415, 422],
    (route, api) =>
      [...route.key.matchAll(/:([a-z_]+)/g)].flatMap(([, name = ""]) =>
        TRICKS.map((trick) => ({
          key: filled(route.key, api, { [name]: trick }),
          ask: { body: bodyOf(route) },
        }))
      ),
  ));

Deno.test("a method that a path does not have is refused", () =>
  inApi(async (api) => {
    for (const { key } of ROUTES) {
      const path = filled(key, api).slice(key.indexOf(" ") + 1);
      const told = await api.ask(`PATCH ${path}`);
      assert.equal(told.status, 405, path);
      assert.ok(told.headers.get("allow")?.includes(key.slice(0, key.indexOf(" "))), path);
      const options = await api.ask(`OPTIONS ${path}`, {
        headers: { origin: "https://evil.example", "access-control-request-method": "POST" },
      });
      assert.equal(options.headers.get("access-control-allow-origin"), null, path);
    }
  }));

/** A session of a browser, as the login makes it. */
async function cookieOf(api: ApiWorld): Promise<string> {
  const { code } = await api.authority.newCode("cli:test");
  const told = await api.ask("POST /v1/login", {
    as: null,
    body: { code },
    headers: { origin: "http://127.0.0.1:7433" },
  });
  assert.equal(told.status, 200, told.text);
  const line = told.headers.get("set-cookie") ?? "";
  assert.match(line, /^kas_session=kas_\S+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
  return line.split(";")[0] ?? "";
}

Deno.test("a cookie alone changes nothing: a page of this server has to ask", () =>
  inApi(async (api) => {
    await api.task("victim");
    const cookie = await cookieOf(api);
    const before = await stateOf(api);
    for (const { key, options } of ROUTES) {
      if (options.scope === "public" || (key.startsWith("GET ") && options.response !== "socket")) {
        continue;
      }
      const ask = {
        as: null,
        headers: { cookie },
        body: bodyOf({ key, options, handle: () => 0 }),
      };
      const told = await api.ask(filled(key, api), ask);
      assert.equal(told.status, 403, `${key}: ${told.text}`);
    }
    assert.equal(await stateOf(api), before);
    const own = { as: null, headers: { cookie, origin: "http://localhost:7433" } };
    assert.equal((await api.ask("GET /v1/whoami", own)).json.scope, "admin");
    const markdown = { ...own.headers, "content-type": "text/markdown" };
    const put = { as: null, raw: "# New\n", headers: markdown };
    await api.refused("PUT P/tasks/victim/content", "precondition_required", put);
    const any = { ...put, headers: { ...markdown, "if-match": "*" } };
    assert.equal((await api.ask("PUT P/tasks/victim/content", any)).status, 200);
    const out = await api.ask("POST /v1/logout", own);
    assert.match(out.headers.get("set-cookie") ?? "", /^kas_session=; .*Max-Age=0/);
    await api.refused("GET /v1/whoami", "unauthorized", own);
  }));

Deno.test("a login code works once, and guessing is slowed down", () =>
  inApi(async (api) => {
    const { code } = await api.ok<{ code: string; url: string }>("POST /v1/login/codes");
    const login = (given: string, address = "9.9.9.9") =>
      api.ask("POST /v1/login", { as: null, body: { code: given }, address });
    assert.equal((await login(code)).status, 200);
    assert.equal((await login(code)).status, 401);
    const statuses: number[] = [];
    for (let i = 0; i < 14; i++) statuses.push((await login(newSecret())).status);
    assert.ok(statuses.includes(429), String(statuses));
    const { code: other } = await api.ok<{ code: string }>("POST /v1/login/codes");
    assert.equal((await login(other)).status, 429, "slowed down");
    assert.equal((await login(other, "8.8.8.8")).status, 200, "others are not");
    await api.refused("POST /v1/login", "rate_limited", {
      as: null,
      body: { code: "x" },
      address: "9.9.9.9",
    });
  }));

Deno.test("a revoked or expired token and a deleted session are over at once", () =>
  inApi(async (api) => {
    const made = await api.ok<{ token: { id: number }; secret: string }>("POST /v1/tokens", {
      body: { name: "ci", scope: "operate", expires: "1h" },
    });
    const { secret } = made;
    await api.ok("GET /v1/projects", { secret });
    await api.refused("POST /v1/tokens", "exists", { body: { name: "ci", scope: "read" } });
    await api.ok(`DELETE /v1/tokens/${made.token.id}`);
    await api.refused("GET /v1/projects", "unauthorized", { secret });
    const late = newSecret();
    const token = {
      name: "late",
      scope: "read" as const,
      projectId: null,
      taskId: null,
      sessionId: null,
      grant: null,
      createdBy: "t",
    };
    await api.store.commit([{
      kind: "token_new",
      token: { ...token, hash: await hashSecret(late), expiresAt: Date.now() - 1 },
    }]);
    await api.refused("GET /v1/projects", "unauthorized", { secret: late });
    const listed = JSON.stringify(await api.ok("GET /v1/tokens?all=true&agents=true"));
    for (const known of [secret, late, await hashSecret(secret)]) {
      assert.ok(!listed.includes(known), "a secret is shown");
    }
    assert.ok(SESSION_MS < 31 * 86_400_000);
  }));

Deno.test("an agent's token reports for its own task and reads its own project", () =>
  inApi(async (api) => {
    const own = await api.task("own");
    await api.task("other");
    const elsewhere = await api.store.ensureProject({ root: "/nowhere/b", rootCommit: "b" });
    const session = await api.session({
      taskId: own.id,
      title: "own-W1-T1",
      wave: 1,
      subtask: 1,
    });
    const secret = newSecret();
    const grant = { agent: "coder", role: "coder", permission: "auto", chain: [] } as const;
    await api.store.commit([{
      kind: "token_new",
      token: {
        name: "coder",
        scope: "operate", // wider than kas gives: being an agent must be enough
        projectId: api.project.id,
        taskId: own.id,
        sessionId: session.id,
        grant: { ...grant, root: api.project.root },
        createdBy: "kas",
        expiresAt: null,
        hash: await hashSecret(secret),
      },
    }]);
    const as = { secret };
    await api.ok("GET P/tasks/other", as);
    const { items } = await api.ok<{ items: { key: string }[] }>("GET /v1/projects", as);
    assert.deepEqual(items.map(({ key }) => key), [api.project.key]);
    const report = (task: string, type = "implement_task_finished", task_number = 1) => ({
      ...as,
      body: { type, task, payload: { wave_number: 1, task_number } },
    });
    const sent = await api.ok<{ signal: { source: string } }>("POST P/signals", report("own"));
    assert.equal(sent.signal.source, `session:${session.id}`);
    await api.refused("POST P/signals", "forbidden", report("other"));
    // another agent's part of the wave, and what its role may not say
    await api.refused("POST P/signals", "guard", report("own", "implement_task_finished", 2));
    for (const type of ["review_approved", "verify_approved", "planner_finished"]) {
      await api.refused("POST P/signals", "guard", report("own", type));
    }
    // what agents of other tasks show is not its to read
    const taskId = (await api.store.task(api.project.id, "other"))?.id ?? null;
    await api.session({ taskId, key: "other", title: "other-W1-T1" });
    for (const what of ["capture", "presentation", "terminal"]) {
      await api.refused(`GET P/instances/other-W1-T1/${what}`, "forbidden", as);
    }
    await api.ok("GET P/instances/own-W1-T1/presentation", as);
    await api.refused(`GET /v1/projects/${elsewhere.key}/tasks`, "forbidden", as);
    await api.refused(`GET /v1/events?project=${elsewhere.key}`, "forbidden", as);
    await api.refused("GET /v1/health", "forbidden", as);
    for (const { key, options } of ROUTES) {
      if (options.scope !== "operate" && options.scope !== "admin") continue;
      const body = bodyOf({ key, options, handle: () => 0 });
      const told = await api.ask(filled(key, api, { task: "own" }), { ...as, body });
      assert.equal(told.status, 403, `${key}: ${told.text}`);
    }
  }));

Deno.test("a token with signal reports and does not steer", () =>
  inApi(async (api) => {
    await api.task("a");
    const emit = (type: string) => ({ as: "signal" as const, body: { type, task: "a" } });
    await api.refused("POST P/signals", "forbidden", emit("implement-start"));
    await api.refused("POST P/signals", "forbidden", emit("retry_wave"));
    await api.ok("POST P/signals", emit("implement_finished"));
  }));

Deno.test("a token of one project reaches nothing of the user's", () =>
  inApi(async (api) => {
    const body = { name: "bound", scope: "admin", project: api.project.key };
    const { secret } = await api.ok<{ secret: string }>("POST /v1/tokens", { body });
    const as = { secret };
    const mine = { name: "scout", soul: "You look.\n" };
    await api.ok("POST /v1/projects/repo/agents", { body: { ...mine, name: "own" }, ...as });
    await api.ok("GET P/agents/own/files/soul", as);
    await api.ok("POST P/agents", { body: { ...mine, scope: "global" } });
    const set = { key: "ui.auto_advance", value: "true", scope: "user" };
    await api.refused("PUT P/config", "forbidden", { ...as, body: set });
    await api.refused("POST P/agents", "forbidden", { ...as, body: { ...mine, scope: "global" } });
    await api.refused("GET P/agents/scout/files/soul", "forbidden", as);
    const text = { ...as, body: { text: "Mine.\n" } };
    await api.refused("PUT P/agents/scout/files/soul", "forbidden", text);
    for (
      const key of ["GET /v1/tokens", "POST /v1/tokens", "POST /v1/login/codes", "GET /v1/repos"]
    ) {
      await api.refused(key, "forbidden", { ...as, body: key.startsWith("POST") ? {} : undefined });
    }
  }));
