import assert from "node:assert/strict";
import { Client, StreamableHTTPClientTransport } from "mcp-client";
import { inMcpWorld, type McpWorld } from "./_testing.ts";
import type { McpHttp } from "./http.ts";

const URL_ = "http://localhost/mcp";

/** A request as a plain program makes it. */
function post(secret: string, body: unknown, headers: Record<string, string> = {}): Request {
  return new Request(URL_, {
    method: "POST",
    headers: {
      authorization: `Bearer ${secret}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...headers,
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

const GREETING = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "plain", version: "1" },
  },
};

async function modern(endpoint: McpHttp, secret: string): Promise<Client> {
  const client = new Client({ name: "test", version: "1" }, {
    versionNegotiation: { mode: { pin: "2026-07-28" } },
  });
  await client.connect(
    new StreamableHTTPClientTransport(new URL(URL_), {
      fetch: (url, init) => endpoint.fetch(new Request(url, init)),
      requestInit: { headers: { authorization: `Bearer ${secret}` } },
    }),
  );
  return client;
}

async function person(world: McpWorld): Promise<string> {
  return await world.personToken("operate", world.project.id);
}

Deno.test("a client of the current protocol needs no session, and gets progress", async () => {
  await inMcpWorld(async (world) => {
    await world.agentDirectory(
      "slow",
      "echo begun; while [ ! -e go ]; do sleep 0.05; done; echo end",
    );
    const client = await modern(world.http(), await person(world));
    assert.ok((await client.listTools()).tools.some(({ name }) => name === "agent_run"));
    const heard: string[] = [];
    const result = await client.callTool(
      { name: "agent_run", arguments: { agent: "slow", task: "x" } },
      {
        onprogress: ({ message }) => {
          heard.push(message ?? "");
          Deno.writeTextFileSync(`${world.repo}/go`, "");
        },
      },
    );
    assert.deepEqual(result.content, [{ type: "text", text: "begun\nend" }]);
    assert.match(heard[0] ?? "", /^slow works, \d+ s, 6 bytes so far$/);
    await assert.rejects(client.callTool({ name: "no_such", arguments: {} }), /Unknown tool/);
    await client.close();
  });
});

Deno.test("a session belongs to the token it began with", async () => {
  await inMcpWorld(async (world) => {
    const endpoint = world.http();
    const mine = await person(world);
    const greeted = await endpoint.fetch(post(mine, GREETING));
    assert.equal(greeted.status, 200);
    const session = greeted.headers.get("mcp-session-id") ?? "";
    assert.match(session, /^[0-9a-f-]{36}$/);
    await greeted.text();
    const list = { jsonrpc: "2.0", id: 2, method: "tools/list" };
    const headers = { "mcp-session-id": session, "mcp-protocol-version": "2025-11-25" };
    const own = await endpoint.fetch(post(mine, list, headers));
    assert.equal(own.status, 200);
    assert.match(await own.text(), /task_show/);
    const { secret } = await world.agent();
    for (const thief of [await person(world), secret]) {
      const stolen = await endpoint.fetch(post(thief, list, headers));
      assert.equal(stolen.status, 404);
      await stolen.body?.cancel();
    }
    const made = await endpoint.fetch(post(mine, list, { ...headers, "mcp-session-id": "x" }));
    assert.equal(made.status, 404);
    await made.body?.cancel();
    const ended = await endpoint.fetch(
      new Request(URL_, {
        method: "DELETE",
        headers: { authorization: `Bearer ${mine}`, ...headers },
      }),
    );
    assert.ok(ended.ok);
    const after = await endpoint.fetch(post(mine, list, headers));
    assert.equal(after.status, 404);
    await after.body?.cancel();
  });
});

Deno.test("odd requests are refused and harm nobody", async () => {
  await inMcpWorld(async (world) => {
    const endpoint = world.http();
    const secret = await person(world);
    const big = JSON.stringify({ ...GREETING, padding: "x".repeat(5 * 1024 * 1024) });
    const odd: [Request, number][] = [
      [post(secret, "{"), 400],
      [post(secret, "[]"), 400],
      [post(secret, big), 413],
      [post(secret, GREETING, { "content-type": "text/plain" }), 415],
      [new Request(URL_, { method: "PUT", headers: { authorization: `Bearer ${secret}` } }), 405],
      [new Request(URL_, { headers: { authorization: `Bearer ${secret}` } }), 405],
      [post("", GREETING), 401],
    ];
    for (const [request, status] of odd) {
      const response = await endpoint.fetch(request);
      assert.equal(response.status, status, `${request.method} ${await response.text()}`);
    }
    const client = await world.overHttp(secret, endpoint);
    assert.deepEqual((await client.ok("task_list"))["tasks"], []);
    // a program that greets nobody is answered all the same
    const call = { name: "task_list", arguments: {} };
    const plain = await endpoint.fetch(
      post(secret, { jsonrpc: "2.0", id: 2, method: "tools/call", params: call }),
    );
    assert.match(await plain.text(), /"tasks":\[\]/);
  });
});

Deno.test("agents over HTTP do not see the tools of people", async () => {
  await inMcpWorld(async (world) => {
    const endpoint = world.http();
    const { secret } = await world.agent();
    for (
      const client of [
        (await world.overHttp(secret, endpoint)).client,
        await modern(endpoint, secret),
      ]
    ) {
      const names = (await client.listTools()).tools.map(({ name }) => name);
      assert.ok(names.includes("signal_create") && !names.includes("task_transition"));
    }
  });
});

Deno.test("R51: close() ends the runs of all clients", async () => {
  await inMcpWorld(async (world) => {
    await world.agentDirectory("slow", "sleep 300");
    const endpoint = world.http({ graceMs: 200 });
    const client = await world.overHttp(await person(world), endpoint);
    const { run } = await client.ok("agent_run", { agent: "slow", task: "x", wait: false });
    assert.match(String(run), /^run-/);
    await endpoint.close();
    const tokens = await world.home.store.tokens({ agents: true });
    assert.deepEqual(tokens.filter(({ revokedAt }) => revokedAt === null), []);
  });
});
