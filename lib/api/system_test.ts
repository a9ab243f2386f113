import assert from "node:assert/strict";
import { agentToken } from "../engine/caller.ts";
import { inApi, ORIGIN } from "./_testing.ts";
import { ensureLocalToken, localTokenPath, readLocalToken } from "./local_token.ts";
import { ROUTES } from "./app.ts";
import { listening } from "./port_holder.ts";
import { expiryOf, findToken } from "./tokens.ts";

interface Page<T = Record<string, unknown>> {
  items: T[];
}

Deno.test("settings are shown without secrets and set with comments kept", () =>
  inApi(async (api) => {
    const file = `${api.project.root}/.kasmos/config.toml`;
    await Deno.mkdir(`${api.project.root}/.kasmos`);
    await Deno.writeTextFile(
      file,
      `# mine\n[agents.coder]\nprogram = "sh"\n\n[agents.coder.env]\nTOKEN = "hush"\n`,
    );
    const shown = await api.ask<Page>("GET P/config");
    assert.equal(shown.status, 200, shown.text);
    assert.ok(!shown.text.includes("hush"));
    assert.ok(shown.json.items.some((row) => row.value === "(hidden)"));
    const set = await api.ok("PUT P/config", {
      body: { key: "ui.max_review_fix_cycles", value: "3" },
    });
    assert.deepEqual([set.value, set.changed], [3, true]);
    const text = await Deno.readTextFile(file);
    assert.match(text, /^# mine\n/);
    assert.match(text, /max_review_fix_cycles = 3/);
    await api.refused("PUT P/config", "invalid", { body: { key: "ui.nope", value: "3" } });
    await api.refused("PUT P/config", "forbidden", {
      as: "operate",
      body: { key: "ui.auto_advance", value: "true" },
    });
    assert.equal(await Deno.readTextFile(file), text);
    await api.refused("PUT P/config", "invalid", {
      body: { key: "agents.coder.env.TOKEN", value: "x", scope: "daemon" },
    });
  }));

Deno.test("repositories are registered and let go", () =>
  inApi(async (api) => {
    assert.deepEqual(await api.ok("GET /v1/repos"), []);
    const body = { path: api.project.root };
    assert.deepEqual(await api.ok("POST /v1/repos", { body }), {
      project: api.project.key,
      path: api.project.root,
    });
    assert.equal((await api.ok<unknown[]>("GET /v1/repos")).length, 1);
    await api.refused("POST /v1/repos", "invalid", { body: { path: "relative" } });
    await api.refused("POST /v1/repos", "not_a_repository", { body: { path: api.dir } });
    await api.ok(`DELETE /v1/repos/${api.project.key}`);
    assert.deepEqual(await api.ok("GET /v1/repos"), []);
    await api.task("a");
    assert.equal((await api.ok<unknown[]>(`GET /v1/repos/${api.project.key}/tasks`)).length, 1);
    const { items } = await api.ok<Page>("GET /v1/projects");
    assert.deepEqual(items.map((row) => row.key), [api.project.key]);
    await api.refused("GET /v1/status", "daemon_unreachable");
    await api.refused("POST /v1/reload", "daemon_unreachable");
  }));

Deno.test("agents are made, shown and edited, with conflict protection", () =>
  inApi(async (api) => {
    const made = await api.ok<{ parts: { soul: string } }>("POST P/agents", {
      body: { name: "scout", description: "Looks around", runtime: "claude", soul: "You look.\n" },
    });
    assert.equal(made.parts.soul.trim(), "You look.");
    await api.refused("POST P/agents", "exists", { body: { name: "scout" } });
    const { items } = await api.ok<Page>("GET P/agents");
    assert.ok(items.some((row) => row.name === "scout" && row.scope === "project"));
    assert.ok(items.some((row) => row.scope === "builtin"));
    const path = "P/agents/scout/files/soul";
    const soul = await api.ask<{ text: string }>(`GET ${path}`);
    const etag = soul.headers.get("etag") ?? "";
    const match = { "if-match": etag };
    await api.ok(`PUT ${path}`, { body: { text: "You listen.\n" }, headers: match });
    await api.refused(`PUT ${path}`, "precondition_failed", {
      body: { text: "Mine.\n" },
      headers: match,
    });
    await api.refused("PUT P/agents/scout/files/profile", "invalid", { body: { text: "a = [" } });
    await api.refused("GET P/agents/scout/files/passwd", "not_found");
    await api.refused("GET P/agents/nobody", "not_found");
    await api.refused(`GET ${path}`, "forbidden", { as: "operate" });
    const shown = await api.ok<{ parts: { soul: string }; findings: unknown[] }>(
      "GET P/agents/scout",
    );
    assert.match(shown.parts.soul, /You listen/);
  }));

Deno.test("health and metrics tell how things are", () =>
  inApi(async (api) => {
    await api.task("a");
    const health = await api.ok<{ daemon: { running: boolean }; store: { ok: boolean } }>(
      "GET /v1/health",
    );
    assert.deepEqual([health.daemon.running, health.store.ok], [false, true]);
    const ping = await api.ok("GET /v1/ping", { as: null });
    assert.deepEqual(Object.keys(ping), ["ok", "version"]);
    const { text } = await api.ask("GET /v1/metrics");
    assert.match(text, /^kas_tasks\{project="repo",status="ready"\} 1$/m);
    assert.match(text, /^kas_http_requests_total\{method="GET",status="200"\} 2$/m);
    assert.match(text, /^kas_daemon_up 0$/m);
  }));

Deno.test("every route is in the OpenAPI document and on the page", () =>
  inApi(async (api) => {
    const document = await api.ok<{ openapi: string; paths: Record<string, object> }>(
      "GET /v1/openapi.json",
      { as: null },
    );
    assert.equal(document.openapi, "3.1.0");
    const page = await api.ask("GET /docs", { as: null });
    assert.match(page.headers.get("content-type") ?? "", /^text\/html/);
    assert.ok(!page.text.includes("<script"));
    const ids = new Set<string>();
    for (const { key, options } of ROUTES) {
      const [method = "", path = ""] = key.split(" ");
      const at = path.replace(/:([a-z_]+)/g, "{$1}");
      const operation = Reflect.get(document.paths[at] ?? {}, method.toLowerCase());
      assert.ok(operation, key);
      ids.add(operation.operationId);
      assert.equal(operation.security.length > 0, options.scope !== "public", key);
      assert.ok(page.text.includes(`<code>${at}</code>`), key);
    }
    assert.equal(ids.size, ROUTES.length, "operation ids are unique");
    const docs = await Deno.readTextFile(new URL("../../docs/http-api.md", import.meta.url));
    for (const { key, options } of ROUTES) {
      const short = key.replace("/v1/projects/:project/tasks/:task", "T")
        .replace("/v1/projects/:project", "P");
      const names = Object.entries(options.aliases ?? {}).flat();
      for (const word of [short, ...names]) {
        assert.ok(docs.includes(`\`${word}\``), `docs/http-api.md lacks ${word} of ${key}`);
      }
    }
  }));

Deno.test("who asks is told what they may do", () =>
  inApi(async (api) => {
    assert.deepEqual(await api.ok("GET /v1/whoami", { as: "signal" }), {
      name: "signal",
      actor: "token:signal",
      scope: "signal",
      project: null,
      task: null,
      expires_at: null,
    });
    assert.deepEqual(await api.ok("POST /v1/logout"), { ok: true });
    await api.ok("GET /v1/whoami");
  }));

Deno.test("a page asks whether its session holds, and no is an answer", () =>
  inApi(async (api) => {
    const isActive = async (headers: Record<string, string>): Promise<unknown> =>
      (await api.ok("GET /v1/session", { as: null, headers }))["active"];
    assert.equal(await isActive({}), false);
    const { secret, token } = await api.ok<{ secret: string; token: { id: number } }>(
      "POST /v1/tokens",
      { body: { name: "ann", scope: "read" } },
    );
    const headers = { cookie: `kas_session=${secret}` };
    assert.equal(await isActive(headers), true);
    await api.ok(`DELETE /v1/tokens/${token.id}`);
    assert.equal(await isActive(headers), false);
    // It is no way around the limit for wrong secrets.
    for (let guess = 0; guess < 10; guess++) {
      await api.ask("GET /v1/session", { as: null, headers });
    }
    await api.refused("GET /v1/session", "rate_limited", { as: null, headers });
  }));

Deno.test("the user's token is made once, in a file of their own", () =>
  inApi(async ({ store, paths }) => {
    const secret = await ensureLocalToken(store, paths);
    assert.equal(await ensureLocalToken(store, paths), secret);
    const path = localTokenPath(paths);
    assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
    assert.equal(await readLocalToken(paths), secret);
    const token = await findToken(store, "local");
    await store.commit([{ kind: "token_revoke", id: token.id, actor: "t" }]);
    assert.notEqual(await ensureLocalToken(store, paths), secret);
    await Deno.chmod(path, 0o644);
    await assert.rejects(readLocalToken(paths), /others may read it/);
  }));

Deno.test("expiryOf() takes days, hours and minutes", () => {
  assert.equal(expiryOf("30d", 0), 30 * 86_400_000);
  assert.equal(expiryOf("90m", 5), 5 + 90 * 60_000);
  for (const bad of ["", "0d", "-1d", "1y", "99999d", "1.5h"]) {
    assert.throws(() => expiryOf(bad), /life of a token/);
  }
});

Deno.test("listening() finds the sockets of a port", () => {
  const table = "  sl  local_address rem_address   st\n" +
    "   0: 0100007F:1D09 00000000:0000 0A 0 0 0 0 1000 4711 1\n" +
    "   1: 0100007F:1D09 0100007F:9999 01 0 0 0 0 1000 4712 1\n";
  const fields = table.replaceAll(" 0 0 0 0 1000 ", " 00:0 00:0 0 1000 0 ");
  assert.deepEqual(listening(fields, 7433), ["4711"]);
  assert.deepEqual(listening(fields, 80), []);
});

Deno.test("a person's token logs a browser in with what it may do, and outlives the session", () =>
  inApi(async (api) => {
    const headers = { origin: ORIGIN };
    const { secret } = await api.ok<{ secret: string }>("POST /v1/tokens", {
      body: { name: "ann", scope: "read", project: api.project.key },
    });
    const login = await api.ask("POST /v1/login", { as: null, headers, body: { code: secret } });
    assert.equal(login.status, 200, login.text);
    assert.equal(login.json["scope"], "read");
    const cookie = (login.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    const inside = { as: null, headers: { ...headers, cookie } } as const;
    const me = await api.ok("GET /v1/whoami", inside);
    assert.deepEqual([me["name"], me["scope"], me["project"]], ["ann", "read", api.project.key]);
    await api.refused("POST P/topics", "forbidden", { ...inside, body: { name: "x" } });
    await api.ok("POST /v1/logout", inside);
    assert.equal((await api.ok("GET /v1/whoami", { secret }))["name"], "ann");
    await api.refused("POST /v1/tokens", "invalid", { body: { name: "browser", scope: "read" } });
    const { items } = await api.ok<Page<{ id: number; name: string }>>("GET /v1/tokens");
    await api.ok(`DELETE /v1/tokens/${items.find((row) => row.name === "ann")?.id}`);
    await api.refused("GET /v1/whoami", "unauthorized", inside);
    await api.refused("POST /v1/login", "unauthorized", {
      as: null,
      headers,
      body: { code: secret },
    });
  }));

Deno.test("an agent's token logs no browser in", () =>
  inApi(async (api) => {
    const grant = { agent: "coder", role: null, permission: "auto" as const, root: "/", chain: [] };
    const binding = { projectId: api.project.id, taskId: null, sessionId: null };
    const { secret, token } = await agentToken(grant, binding, null);
    await api.store.commit([{ kind: "token_new", token }]);
    await api.refused("POST /v1/login", "unauthorized", {
      as: null,
      headers: { origin: ORIGIN },
      body: { code: secret },
    });
  }));
