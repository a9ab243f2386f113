import assert from "node:assert/strict";
import { type ApiWorld, inApi } from "../lib/api/_testing.ts";
import { ApiError, createClient } from "../lib/api/client.ts";
import { checkBind, serveApi, type Serving } from "../lib/api/serve.ts";
import { adminMounts, readAssets } from "../lib/api/static.ts";
import { KasError } from "../lib/errors.ts";

/** The API on a real socket: streams, terminals, foreign pages, raw bytes, and its end. */

interface Live {
  readonly api: ApiWorld;
  readonly server: Serving;
  readonly secret: string;
  readonly stop: AbortController;
}

async function inLive(
  test: (live: Live) => Promise<void>,
  tlsOf: (dir: string) => Promise<{ cert: string; key: string } | null> = () =>
    Promise.resolve(null),
): Promise<void> {
  await inApi(async (api) => {
    const tls = await tlsOf(api.dir);
    const stop = new AbortController();
    const admin = `${api.dir}/admin`;
    await Deno.mkdir(`${admin}/assets`, { recursive: true });
    await Deno.writeTextFile(`${admin}/index.html`, "<!doctype html><title>kas</title>");
    await Deno.writeTextFile(`${admin}/assets/main-1a2b3c4d.js`, "let a = 1;\n".repeat(200));
    const server = await serveApi({
      home: { store: api.store, paths: api.paths },
      port: 0,
      bind: "127.0.0.1",
      allowHosts: [],
      tls,
      insecure: false,
      daemon: false,
      mounts: adminMounts(await readAssets(admin)),
      onFailure: (_, error) => api.failures.push(error),
      stop: stop.signal,
      checkAnswers: true,
    });
    try {
      await test({ api, server, secret: api.secrets.get("admin") ?? "", stop });
    } finally {
      stop.abort();
      await server.finished;
    }
  });
}

/** Sends bytes as they are and returns what comes back until the server closes or answers. */
async function raw({ server }: Live, text: string): Promise<string> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  await conn.write(new TextEncoder().encode(text));
  const buffer = new Uint8Array(65_536);
  const size = await conn.read(buffer);
  return new TextDecoder().decode(buffer.subarray(0, size ?? 0));
}

/** Reads blocks of an event stream until one fits. */
async function blockWith(
  reader: ReadableStreamDefaultReader<string>,
  word: string,
): Promise<string> {
  let text = "";
  while (!text.includes(word) || !text.endsWith("\n\n")) {
    const { done, value } = await reader.read();
    assert.ok(!done, `the stream ended: ${text}`);
    text += value;
  }
  return text;
}

async function openStream({ server, secret }: Live, query = "", headers = {}) {
  const response = await fetch(`${server.url}/v1/events${query}`, {
    headers: { authorization: `Bearer ${secret}`, ...headers },
  });
  assert.equal(response.status, 200);
  assert.ok(response.body);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  return { reader, response };
}

Deno.test("events are replayed after any id, filtered, then live", () =>
  inLive(async (live) => {
    const { api } = live;
    await api.task("a");
    await api.task("b");
    const last = await api.store.lastEventId();
    const { reader } = await openStream(live, `?after=${last - 2}&task=b`);
    const first = await blockWith(reader, '"task":"b"');
    assert.ok(first.includes(`id: ${last}\n`) && !first.includes('"task":"a"'), first);
    await api.ok("PUT P/tasks/a/goal", { body: { goal: "hidden" } });
    const client = createClient(
      (url, init) =>
        fetch(url, {
          ...init,
          headers: {
            ...Object.fromEntries(new Headers(init?.headers)),
            authorization: `Bearer ${live.secret}`,
          },
        }),
      live.server.url,
    );
    const params = { project: api.project.key, task: "b" };
    await client.call("PUT /v1/projects/:project/tasks/:task/goal", {
      params,
      body: { goal: "G" },
    });
    const live1 = await blockWith(reader, "task_described");
    assert.ok(!live1.includes("hidden"), live1);
    await reader.cancel();
    const { value, etag } = await client.tagged("GET /v1/projects/:project/tasks/:task", {
      params,
    });
    assert.deepEqual([value.goal, etag !== null], ["G", true]);
    await assert.rejects(
      client.call("GET /v1/projects/:project/tasks/:task", { params: { ...params, task: "zz" } }),
      (error: unknown) => error instanceof ApiError && error.code === "not_found",
    );
  }));

Deno.test("a client that is far behind is told to read anew", () =>
  inLive(async (live) => {
    const { api } = live;
    const event = { projectId: api.project.id, kind: "noise", actor: "t", message: "m" };
    for (let i = 0; i < 21; i++) {
      await api.store.commit(
        Array.from({ length: 500 }, () => ({ kind: "event" as const, event })),
      );
    }
    const { reader } = await openStream(live, "", { "last-event-id": "0" });
    const text = await blockWith(reader, "event: resync");
    assert.ok(!text.includes('"kind":"noise"'));
    const made = await fetch(`${live.server.url}/v1/projects/${api.project.key}/tasks`, {
      method: "POST",
      headers: { authorization: `Bearer ${live.secret}`, "content-type": "application/json" },
      body: '{"name":"after"}',
    });
    assert.equal(made.status, 201, await made.text());
    const more = await blockWith(reader, "task_created");
    assert.ok(!more.includes("noise"));
    await reader.cancel();
  }));

Deno.test("a stream ends when its token is revoked, and when the server stops", () =>
  inLive(async (live) => {
    const { api, server } = live;
    const { reader } = await openStream(live);
    await blockWith(reader, "event: hello");
    const other = await openStream({ ...live, secret: api.secrets.get("read") ?? "" });
    await blockWith(other.reader, "event: hello");
    const [token] = (await api.store.tokens()).filter(({ name }) => name === "read");
    const revoked = await fetch(`${server.url}/v1/tokens/${token?.id}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${live.secret}` },
    });
    assert.equal(revoked.status, 200, await revoked.text());
    assert.doesNotMatch(await blockWith(other.reader, "event: bye"), /token_revoked/);
    await blockWith(reader, "token_revoked");
    live.stop.abort();
    const text = await blockWith(reader, "event: bye");
    assert.match(text, /closed by the server/);
    await server.finished;
    await assert.rejects(fetch(`${server.url}/v1/ping`), TypeError);
    assert.deepEqual(api.failures, []);
  }));

Deno.test("a page of another origin gets neither stream nor terminal", () =>
  inLive(async (live) => {
    const { api, secret, server } = live;
    await api.session();
    const key = api.project.key;
    const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    const host = `127.0.0.1:${server.port}`;
    const auth = `Authorization: Bearer ${secret}\r\n`;
    const terminal = `GET /v1/projects/${key}/instances/agent/terminal HTTP/1.1\r\n`;
    const foreign = "Origin: https://evil.example\r\n";
    assert.match(
      await raw(live, `${terminal}Host: ${host}\r\n${auth}${foreign}${upgrade}\r\n`),
      / 403 /,
    );
    assert.match(
      await raw(live, `${terminal}Host: evil.example\r\n${auth}${upgrade}\r\n`),
      / 403 /,
    );
    assert.match(await raw(live, `${terminal}Host: ${host}\r\n${upgrade}\r\n`), / 401 /);
    const stream = "GET /v1/events HTTP/1.1\r\n";
    assert.match(await raw(live, `${stream}Host: ${host}\r\n${auth}${foreign}\r\n`), / 403 /);
    assert.match(await raw(live, `${stream}Host: evil.example:1\r\n${auth}\r\n`), / 403 /);
  }));

Deno.test("raw requests that are out of order change nothing", () =>
  inLive(async (live) => {
    const { api, server, secret } = live;
    const host = `Host: 127.0.0.1:${server.port}\r\n`;
    const auth = `Authorization: Bearer ${secret}\r\n`;
    const before = await api.store.lastEventId();
    const json = "Content-Type: application/json\r\n";
    const path = `/v1/projects/${api.project.key}/tasks`;
    const odd = [
      `POST ${path} HTTP/1.1\r\n${host}${auth}${json}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      `POST ${path} HTTP/1.1\r\n${host}Host: evil.example\r\n${auth}${json}Content-Length: 2\r\n\r\n{}`,
      `POST ${path} HTTP/1.1\r\n${auth}${json}Content-Length: 2\r\n\r\n{}`,
      `POST ${path}?\x00 HTTP/1.1\r\n${host}${auth}${json}Content-Length: 2\r\n\r\n{}`,
      `POST /v1/../v1/projects/x%2f..%2f${api.project.key}/tasks HTTP/1.1\r\n${host}${auth}${json}Content-Length: 2\r\n\r\n{}`,
      `POST http://evil.example${path} HTTP/1.1\r\nHost: evil.example\r\n${auth}${json}Content-Length: 2\r\n\r\n{}`,
    ];
    for (const text of odd) {
      const answer = await raw(live, text);
      assert.doesNotMatch(answer, /^HTTP\/1.1 (2|3|5)/, text);
      assert.doesNotMatch(answer, /set-cookie|access-control/i);
    }
    // A client that hangs up in the middle of its body.
    {
      using conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
      await conn.write(new TextEncoder().encode(
        `POST ${path} HTTP/1.1\r\n${host}${auth}${json}Content-Length: 500\r\n\r\n{"name":`,
      ));
    }
    assert.equal((await fetch(`${server.url}/v1/ping`)).status, 200);
    assert.equal(await api.store.lastEventId(), before);
  }));

Deno.test("the admin is served as it was built, with a strict policy", () =>
  inLive(async (live) => {
    const get = (path: string, init: RequestInit = {}) => fetch(`${live.server.url}${path}`, init);
    const moved = await get("/admin", { redirect: "manual" });
    assert.deepEqual([moved.status, moved.headers.get("location")], [301, "/admin/"]);
    for (const path of ["/admin/", "/admin/login", "/admin/tasks/a.b/c", "/admin/tasks/a/b.2"]) {
      const page = await get(path);
      const policy = page.headers.get("content-security-policy") ?? "";
      assert.match(await page.text(), /<title>kas/, path);
      assert.match(policy, /script-src 'self'; style-src 'self';/);
      assert.match(policy, /frame-ancestors 'none'/);
    }
    const script = await get("/admin/assets/main-1a2b3c4d.js");
    assert.equal(script.headers.get("content-encoding"), "gzip");
    assert.match(script.headers.get("cache-control") ?? "", /immutable/);
    assert.match(await script.text(), /^let a = 1;/);
    const again = await get("/admin/assets/main-1a2b3c4d.js", {
      headers: { "if-none-match": script.headers.get("etag") ?? "" },
    });
    assert.equal(again.status, 304);
    for (const path of ["/admin/..%2f..%2fsecret.js", "/admin/assets/none.js", "/admin/%00.js"]) {
      const none = await get(path);
      await none.body?.cancel();
      assert.equal(none.status, 404, path);
    }
    const post = await get("/admin/", { method: "POST" });
    await post.body?.cancel();
    assert.equal(post.status, 405);
    const host = await raw(live, "GET /admin/ HTTP/1.1\r\nHost: evil.example\r\n\r\n");
    assert.match(host, / 403 /);
  }));

Deno.test("a live terminal shows, types for who may, and ends with its program", () =>
  inLive(async (live) => {
    const { api, server } = live;
    const row = await api.session({ title: "term" });
    await api.store.commit([{ kind: "session", id: row.id, patch: { status: "running" } }]);
    await api.context.tmux.start({
      name: row.tmuxName,
      cwd: api.dir,
      argv: ["sh", "-c", `echo ready; read -r a; echo "got:$a"; read -r b`],
      env: {},
      marker: `${api.dir}/marker`,
    });
    const url = `${
      server.url.replace("http", "ws")
    }/v1/projects/${api.project.key}/instances/term/terminal`;
    const reader = await openTerminal(url, api.secrets.get("read") ?? "");
    assert.equal((await reader.next((m) => m.type === "status")).writable, false);
    await reader.next((m) => String(m.screen).includes("ready"));
    reader.send({ type: "input", text: "no\r" });
    assert.match(String((await reader.next((m) => m.type === "error")).detail), /may only read/);
    const writer = await openTerminal(url, api.secrets.get("operate") ?? "");
    await writer.next((m) => m.type === "screen");
    writer.send({ type: "dance" });
    await writer.next((m) => m.type === "error");
    writer.send({ type: "resize", cols: 100, rows: 30 });
    await writer.next((m) => m.cols === 100 && m.rows === 30);
    writer.send({ type: "input", text: "é <b>\r" });
    await writer.next((m) => String(m.screen).includes("got:é <b>"));
    await reader.next((m) => String(m.screen).includes("got:é <b>"));
    writer.send({ type: "keys", keys: ["Enter"] });
    await writer.next((m) => m.type === "end");
    await reader.next((m) => m.type === "end");
    await Promise.all([reader.closed, writer.closed]);
    const events = await api.store.events({ kinds: ["agent_typed_into"], limit: 10 });
    assert.equal(events.length, 1);
    assert.ok(!JSON.stringify(events).includes("got"));
  }));

type Message = Record<string, unknown>;

async function openTerminal(url: string, secret: string) {
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${secret}` } });
  const got: Message[] = [];
  let wake = () => {};
  socket.onmessage = ({ data }) => {
    got.push(JSON.parse(data));
    wake();
  };
  const closed = new Promise<void>((resolve) => socket.onclose = () => resolve());
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onerror = () => reject(new Error("no terminal"));
  });
  return {
    closed,
    send: (message: Message) => socket.send(JSON.stringify(message)),
    async next(fits: (message: Message) => boolean): Promise<Message> {
      const limit = Date.now() + 10_000;
      for (;;) {
        const index = got.findIndex(fits);
        if (index >= 0) return got.splice(0, index + 1).at(-1) ?? {};
        assert.ok(Date.now() < limit, `waited in vain; got ${JSON.stringify(got).slice(-500)}`);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, 200);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    },
  };
}

Deno.test("a taken port names its holder; a public address in the clear is refused", () =>
  inLive(async ({ api, server }) => {
    const options = {
      home: { store: api.store, paths: api.paths },
      port: server.port,
      bind: "127.0.0.1",
      allowHosts: [],
      tls: null,
      insecure: false,
      daemon: false,
      mounts: [],
      onFailure: () => {},
      stop: new AbortController().signal,
    };
    await assert.rejects(serveApi(options), (error: unknown) => {
      assert.ok(error instanceof KasError && error.code === "conflict", String(error));
      if (Deno.build.os === "linux") assert.match(error.message, new RegExp(`pid ${Deno.pid}\\)`));
      return true;
    });
    for (const bind of ["0.0.0.0", "::", "192.0.2.1", "example.org"]) {
      assert.throws(
        () => checkBind({ bind, tls: null, insecure: false }),
        (error: unknown) => error instanceof KasError && error.exitCode === 3,
      );
      checkBind({ bind, tls: null, insecure: true });
      checkBind({ bind, tls: { cert: "c", key: "k" }, insecure: false });
    }
    for (const bind of ["127.0.0.1", "127.9.9.9", "localhost", "::1"]) {
      checkBind({ bind, tls: null, insecure: false });
    }
  }));

/** A key pair for 127.0.0.1, made by openssl. */
async function keyPair(dir: string): Promise<{ cert: string; key: string }> {
  const { success, stderr } = await new Deno.Command("openssl", {
    args: [
      ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=kas"],
      ...["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=CA:FALSE"],
      ...["-keyout", `${dir}/k.pem`, "-out", `${dir}/c.pem`],
    ],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return {
    cert: await Deno.readTextFile(`${dir}/c.pem`),
    key: await Deno.readTextFile(`${dir}/k.pem`),
  };
}

const hasOpenssl = await new Deno.Command("openssl", { args: ["version"], stdout: "null" }).output()
  .then(({ success }) => success, (error) => {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  });

Deno.test({
  name: "with TLS, over HTTP/2 too, the cookie is tied to this host",
  ignore: !hasOpenssl,
  fn: () =>
    inLive(async ({ api, server }) => {
      const cert = await Deno.readTextFile(`${api.dir}/c.pem`);
      for (const http2 of [true, false]) {
        using client = Deno.createHttpClient({ caCerts: [cert], http1: !http2, http2 });
        const { code } = await server.authority.newCode("cli:test");
        const login = await fetch(`${server.url}/v1/login`, {
          client,
          method: "POST",
          headers: { "content-type": "application/json", origin: server.url },
          body: JSON.stringify({ code }),
        });
        assert.equal(login.status, 200, await login.text());
        const cookie = login.headers.get("set-cookie") ?? "";
        assert.match(cookie, /^__Host-kas_session=kas_.*; Path=\/; HttpOnly; .*; Secure$/);
        const who = await fetch(`${server.url}/v1/whoami`, {
          client,
          headers: { cookie: cookie.split(";")[0] ?? "" },
        });
        assert.equal((await who.json()).scope, "admin");
        const clear = await fetch(`${server.url}/v1/ping`, {
          client,
          headers: { origin: server.url.replace("https", "http") },
        });
        await clear.body?.cancel();
        assert.equal(clear.status, 403);
      }
    }, keyPair),
});
