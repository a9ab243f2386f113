import assert from "node:assert/strict";
import { type ApiServer, startApiServer } from "./support/api_server.ts";
import { Lab } from "./support/lab.ts";

/** `kas serve` and `kas token` as processes, with and without a daemon. */

async function get(
  server: Pick<ApiServer, "url" | "token">,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  return await fetch(`${server.url}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${server.token}`, ...init.headers },
  });
}

async function json<T>(
  server: Pick<ApiServer, "url" | "token">,
  path: string,
  init: RequestInit = {},
): Promise<T> {
  const response = await get(server, path, init);
  const text = await response.text();
  assert.ok(response.ok, `${path}: ${response.status} ${text}`);
  return JSON.parse(text);
}

function post(body: unknown): RequestInit {
  return {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
}

/** Sends a request but for the end of its body. @returns what sends the rest and gives the answer */
async function halfSent(
  { url, token }: Pick<ApiServer, "url" | "token">,
  path: string,
  body: unknown,
): Promise<() => Promise<string>> {
  const { hostname, port, host } = new URL(url);
  const conn = await Deno.connect({ hostname, port: Number(port) });
  const text = JSON.stringify(body);
  const send = (part: string) => conn.write(new TextEncoder().encode(part));
  await send(
    `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text.slice(0, 5)}`,
  );
  // What is answered after it says that it has arrived; on a busy machine it may still wait to be read.
  for (let asked = 0; asked < 5; asked++) {
    await json({ url, token }, "/v1/health");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return async () => {
    await send(text.slice(5));
    const buffer = new Uint8Array(65_536);
    const size = await conn.read(buffer);
    conn.close();
    return new TextDecoder().decode(buffer.subarray(0, size ?? 0));
  };
}

Deno.test("kas serve reads and writes without a daemon, and drains on SIGTERM", async () => {
  await using lab = await Lab.open();
  assert.equal((await lab.kas("task", "create", "one")).code, 0);
  await using server = await startApiServer(lab);
  const health = await json<{ daemon: { running: boolean } }>(server, "/v1/health");
  assert.equal(health.daemon.running, false);
  const project = lab.workspace.project.key;
  const base = `/v1/projects/${project}/tasks`;
  assert.equal((await json<{ items: unknown[] }>(server, base)).items.length, 1);
  const stream = await get(server, `/v1/events?after=0&kind=task_created`);
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  assert.ok(reader);
  await json(server, base, post({ name: "two" }));
  let text = "";
  while (!text.includes('"task":"two"')) text += (await reader.read()).value ?? "";
  // What another process writes is heard of too.
  const made = await lab.kas("task", "create", "three");
  assert.equal(made.code, 0, made.err);
  while (!text.includes('"task":"three"')) text += (await reader.read()).value ?? "";
  const finish = await halfSent(server, base, { name: "late" });
  const ended = server.end();
  assert.match(await finish(), /^HTTP\/1\.1 201 /);
  assert.equal(await ended, 143);
  while (!text.includes("event: bye")) {
    const { done, value } = await reader.read();
    assert.ok(!done, text);
    text += value;
  }
});

Deno.test("kas serve beside a daemon: what it is told reaches the agents", async () => {
  await using lab = await Lab.open();
  lab.startDaemon();
  await using server = await startApiServer(lab);
  const project = lab.workspace.project.key;
  const base = `/v1/projects/${project}/tasks`;
  await lab.until("the daemon", async () => {
    return (await json<{ daemon: { running: boolean } }>(server, "/v1/health")).daemon.running;
  });
  await json(server, base, post({ name: "add", description: "Add something" }));
  await json(server, `${base}/add/start`, post({}));
  await lab.until("a planner", async () => {
    const { items } = await json<{ items: { title: string; role: string }[] }>(
      server,
      `/v1/projects/${project}/instances?all=true`,
    );
    return items.some(({ role, title }) => role === "planner" && title.startsWith("add"));
  });
});

Deno.test("kas token makes, lists and revokes; a secret is shown once", async () => {
  await using lab = await Lab.open();
  await using server = await startApiServer(lab);
  const made = await lab.kas("token", "create", "--name", "ci", "--scope", "read");
  assert.equal(made.code, 0, made.err);
  const secret = made.out.trim();
  assert.match(secret, /^kas_[A-Za-z0-9_-]{43}$/);
  const other = { ...server, token: secret };
  await json(other, "/v1/tasks");
  const refused = await get(other, "/v1/tokens");
  assert.deepEqual([refused.status, (await refused.json()).code], [403, "forbidden"]);
  const listed = await lab.kas("token", "list");
  assert.match(listed.out, /ci +read/);
  assert.match(listed.out, /local +admin/);
  assert.ok(!listed.out.includes(secret));
  const twice = await lab.kas("token", "create", "--name", "ci");
  assert.equal(twice.code, 1, twice.err);
  assert.equal((await lab.kas("token", "revoke", "ci")).code, 0);
  await lab.until("the revocation", async () => {
    const response = await get(other, "/v1/tasks");
    await response.body?.cancel();
    return response.status === 401;
  });
  assert.equal((await lab.kas("token", "revoke", "nobody")).code, 1);
  for (const bad of [["--scope", "root"], ["--expires", "soon"]]) {
    assert.equal((await lab.kas("token", "create", "--name", "x", ...bad)).code, 2, bad.join(" "));
  }
});

Deno.test("kas serve refuses a public address in the clear, a taken port and half a key pair", async () => {
  await using lab = await Lab.open();
  await using server = await startApiServer(lab);
  const open = await lab.kas("serve", "--bind", "0.0.0.0", "--port", "0");
  assert.equal(open.code, 3, open.err);
  const { port } = new URL(server.url);
  const taken = await lab.kas("serve", "--port", port);
  assert.equal(taken.code, 1, taken.err);
  assert.match(taken.err, new RegExp(`Cannot listen on port ${port}: .*`));
  if (Deno.build.os === "linux") {
    assert.match(taken.err, new RegExp(`: kas serve \\(pid ${server.child.pid}\\) has it`));
  }
  assert.equal((await lab.kas("serve", "--cert", "x.pem")).code, 2);
  const link = await lab.kas("serve", "--port", port, "--open");
  assert.equal(link.code, 0, link.err);
  const bare = await fetch(server.url, { redirect: "manual" });
  assert.deepEqual([bare.status, bare.headers.get("location")], [301, "/admin/"]);
  await bare.body?.cancel();
  const code = /\/admin\/login#(kas_\S+)/.exec(link.out + link.err)?.[1];
  const login = await fetch(`${server.url}/v1/login`, {
    ...post({ code }),
    headers: { "content-type": "application/json", origin: server.url },
  });
  assert.equal(login.status, 200, await login.text());
  assert.match(login.headers.get("set-cookie") ?? "", /HttpOnly; SameSite=Strict/);
});
