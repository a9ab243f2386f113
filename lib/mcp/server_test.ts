import assert from "node:assert/strict";
import { inMcpWorld } from "./_testing.ts";
import { toolList } from "./tool_list.ts";
import { createMcpServer, type DeskSource } from "./server.ts";
import { serveMcp } from "./serve.ts";
import { StdioTransport } from "./stdio.ts";
import { KasError } from "../errors.ts";
import { TOOLS } from "./tools.ts";
import { Client } from "mcp-client";

/** Sends lines as they are to a server and gives back what it wrote, line by line. */
function raw(source: DeskSource, input: string): Promise<Record<string, unknown>[]> {
  return rawBytes(source, new Blob([input]).stream());
}

async function rawBytes(
  source: DeskSource,
  input: ReadableStream<Uint8Array>,
): Promise<Record<string, unknown>[]> {
  const out: string[] = [];
  await serveMcp(source, {
    input,
    output: new WritableStream({
      write: (chunk) => void out.push(new TextDecoder().decode(chunk)),
    }),
    onError: (error) => assert.ok(error instanceof Error),
  });
  return out.join("").split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** Nobody can open a desk here. */
const closed: DeskSource = {
  isAgent: false,
  open: () => Promise.reject(new KasError("store_unavailable", "Cannot open the store")),
};

function message(body: Record<string, unknown>): string {
  return `${JSON.stringify({ jsonrpc: "2.0", ...body })}\n`;
}

function greeting(version = "2025-06-18"): string {
  return message({
    id: 1,
    method: "initialize",
    params: {
      protocolVersion: version,
      capabilities: {},
      clientInfo: { name: "pipe", version: "1" },
    },
  }) + message({ method: "notifications/initialized" });
}

Deno.test("the tools have strict schemas and say what they do", () => {
  const listed = toolList(false);
  assert.equal(new Set(listed.map(({ name }) => name)).size, TOOLS.length);
  for (const { name, description, inputSchema } of listed) {
    assert.match(name, /^[a-z]+(_[a-z]+)*$/);
    assert.notEqual(description, "");
    assert.equal(inputSchema["additionalProperties"], false, name);
    const properties = inputSchema["properties"];
    assert.ok(typeof properties === "object" && properties !== null && "project" in properties);
    for (const [argument, schema] of Object.entries(properties)) {
      assert.match(JSON.stringify(schema), /description/, `${name}.${argument}`);
    }
  }
});

Deno.test("agents do not see the tools of people", () => {
  const seen = toolList(true).map(({ name }) => name);
  const hidden = toolList(false).map(({ name }) => name).filter((name) => !seen.includes(name));
  assert.deepEqual(hidden.sort(), [
    "decision_answer",
    "instance_pause",
    "instance_restart",
    "instance_resume",
    "instance_send",
    "task_delete",
    "task_link_linear",
    "task_transition",
    "task_unlink_linear",
  ]);
});

Deno.test("R43: the client's protocol version is spoken, the current one included", async () => {
  for (const version of ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]) {
    const [answer] = await raw(closed, greeting(version));
    const result = answer?.["result"];
    assert.ok(typeof result === "object" && result !== null && "protocolVersion" in result);
    assert.equal(result.protocolVersion, version);
  }
  const discover = message({
    id: 1,
    method: "server/discover",
    params: {
      _meta: {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { name: "pipe", version: "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
      },
    },
  });
  const [found] = await raw(closed, discover);
  assert.match(JSON.stringify(found), /"supportedVersions":\[.*"2026-07-28"/);
});

Deno.test("R43: whatever is no request is answered, a batch too", async () => {
  const batch = `[${message({ id: 5, method: "ping" }).trim()}]\n`;
  const answers = await raw(closed, `${greeting()}{"broken\n${batch}{"jsonrpc":"1.0","id":9}\n`);
  const errors = answers.filter((answer) => "error" in answer);
  const codes = errors.map(({ id, error }) => [id, Object(error).code]);
  assert.deepEqual(codes, [[null, -32700], [null, -32600], [9, -32600]]);
});

Deno.test("a message that is too long is answered and passed over, and the next one is served", async () => {
  const long = `{"jsonrpc":"2.0","id":7,"method":"ping","params":{"x":"${"a".repeat(17 << 20)}"}}`;
  const next = message({ id: 8, method: "ping" });
  const text = new TextEncoder().encode(`${greeting()}${long}\n${next}`);
  for (const size of [64 * 1024, text.length]) {
    const chunks = Array.from(
      { length: Math.ceil(text.length / size) },
      (_, i) => text.subarray(i * size, (i + 1) * size),
    );
    const answers = await rawBytes(closed, ReadableStream.from(chunks));
    const refused = answers.filter((answer) => "error" in answer);
    assert.deepEqual(refused.map(({ id, error }) => [id, Object(error).code]), [[null, -32600]]);
    assert.ok(answers.some(({ id, result }) => id === 8 && result !== undefined));
  }
});

Deno.test("R43: an unknown tool and a wrong request are errors of the protocol", async () => {
  const call = (id: number, params: Record<string, unknown>) =>
    message({ id, method: "tools/call", params });
  const answers = await raw(
    closed,
    greeting() + call(2, { name: "kas_rm_rf", arguments: {} }) + call(3, {}) +
      message({ id: 4, method: "tools/destroy" }) +
      message({ id: 5, method: "prompts/get", params: { name: "no-such" } }),
  );
  const codes = new Map(answers.map(({ id, error }) => [id, Object(error).code]));
  assert.deepEqual([2, 3, 4, 5].map((id) => codes.get(id)), [-32602, -32602, -32601, -32602]);
});

Deno.test("R43: missing, unknown and mistyped arguments are refused before the store is opened", async () => {
  const wrong: [string, Record<string, unknown>, RegExp][] = [
    ["task_show", { filename: "a", verbose: true }, /unknown argument "verbose"/],
    ["task_show", { filenam: "a" }, /"filename" is missing.*did you mean "filename"/],
    ["task_show", { filename: 7 }, /"filename": .*string/],
    ["task_list", { status: "finished" }, /"status"/],
    ["agent_run", { agent: "a", task: "t", permission: "root" }, /"permission"/],
    ["agent_run", { agent: "a", task: "t", timeout_minutes: "abc" }, /"timeout_minutes"/],
    ["signal_create", { plan_file: "a" }, /"signal_type" is missing/],
  ];
  for (const [name, args, expected] of wrong) {
    const call = message({ id: 2, method: "tools/call", params: { name, arguments: args } });
    const answer = (await raw(closed, greeting() + call)).at(-1);
    const text = JSON.stringify(answer).replaceAll('\\"', '"');
    assert.match(text, expected);
    assert.match(text, /"isError":true/);
    assert.match(text, /"code":"invalid"/);
    assert.match(text, /"exit_code":2/);
  }
});

Deno.test("an error of kas is the tool's result, with its hint and exit status", async () => {
  await inMcpWorld(async (world) => {
    const client = await world.stdio();
    const missing = await client.refused("task_show", { filename: "b" });
    assert.equal(missing.code, "not_found");
    assert.equal(missing.exit, 1);
    assert.match(missing.text, /^error: task not found: "b"\nhint: /);
    const hostile = await client.refused("task_show", { filename: "../../etc/passwd" });
    assert.equal(hostile.code, "invalid");
  });
});

Deno.test("a store that cannot be opened is told, and the connection goes on", async () => {
  const call = message({ id: 2, method: "tools/call", params: { name: "task_list" } });
  const answers = await raw(closed, greeting() + call + message({ id: 3, method: "ping" }));
  assert.match(JSON.stringify(answers.find(({ id }) => id === 2)), /Cannot open the store/);
  assert.deepEqual(answers.find(({ id }) => id === 3)?.["result"], {});
});

Deno.test("a request without a line break at the end of input is answered too", async () => {
  const answers = await raw(closed, greeting() + message({ id: 7, method: "ping" }).trim());
  assert.deepEqual(answers.at(-1)?.["id"], 7);
});

Deno.test("nothing that a server says is more than one line, whatever is in it", async () => {
  await inMcpWorld(async (world) => {
    await world.task("odd", 'line\none\u2028two\r\n"quoted" \u0001 end');
    const client = await world.stdio();
    const { text } = await client.call("task_show", { filename: "odd" });
    assert.equal(text, 'line\none\u2028two\r\n"quoted" \u0001 end');
  });
});

Deno.test("resources and prompts are listed, read and filled in", async () => {
  await inMcpWorld(async (world) => {
    await world.task("add-login", "# Plan\n");
    const { client } = await world.stdio();
    const { resources } = await client.listResources();
    const uris = resources.map(({ uri }) => uri);
    for (const uri of ["kas://agents", "kas://agents/reviewer", "kas://tasks/add-login"]) {
      assert.ok(uris.includes(uri), uri);
    }
    const read = async (uri: string) => {
      const [first] = (await client.readResource({ uri })).contents;
      return first !== undefined && "text" in first ? first.text : "";
    };
    assert.equal(await read("kas://tasks/add-login"), "# Plan\n");
    assert.match(await read("kas://agents"), /"reviewer"/);
    assert.match(await read("kas://agents/reviewer"), /"soul"/);
    for (const uri of ["kas://agents/nobody", "kas://tasks/%zz", "kas://other/a", "file:///etc"]) {
      await assert.rejects(client.readResource({ uri }), /Cannot|not found/);
    }
    const { resourceTemplates } = await client.listResourceTemplates();
    assert.equal(resourceTemplates.length, 2);

    const { prompts } = await client.listPrompts();
    assert.deepEqual(prompts.map(({ name }) => name), [
      "list-agents",
      "find-agent",
      "delegate-task",
      "second-opinion",
    ]);
    const filled = await client.getPrompt({
      name: "delegate-task",
      arguments: { agent: "reviewer", task: "Look at it" },
    });
    assert.match(JSON.stringify(filled.messages), /reviewer.*agent_run.*Look at it/);
    await assert.rejects(
      client.getPrompt({ name: "delegate-task", arguments: { agent: "reviewer" } }),
      /"task" is missing/,
    );
    await assert.rejects(
      client.getPrompt({ name: "list-agents", arguments: { x: "y" } }),
      /unknown argument "x"/,
    );
  });
});

Deno.test("requests under way are answered when the input ends", async () => {
  const slow = Promise.withResolvers<never>();
  const source: DeskSource = { isAgent: false, open: () => slow.promise };
  const call = message({ id: 2, method: "tools/call", params: { name: "task_list" } });
  setTimeout(() => slow.reject(new KasError("guard", "slow")), 20);
  const answers = await raw(source, greeting() + call);
  assert.match(JSON.stringify(answers.at(-1)), /slow/);
});

Deno.test("a request that was taken back does not hold the connection open", async () => {
  const source: DeskSource = { isAgent: false, open: () => new Promise(() => {}) };
  const call = message({ id: 2, method: "tools/call", params: { name: "task_list" } });
  const cancel = message({ method: "notifications/cancelled", params: { requestId: 2 } });
  const answers = await raw(source, greeting() + call + cancel);
  assert.deepEqual(answers.map(({ id }) => id), [1]);
});

Deno.test("createMcpServer() greets without opening anything", async () => {
  let opened = 0;
  const source: DeskSource = {
    isAgent: true,
    open: () => {
      opened++;
      return Promise.reject(new Error("no"));
    },
  };
  const up = new TransformStream<Uint8Array, Uint8Array>();
  const down = new TransformStream<Uint8Array, Uint8Array>();
  const server = createMcpServer(source);
  await server.connect(new StdioTransport(up.readable, down.writable, "server"));
  const client = new Client({ name: "test", version: "1" });
  await client.connect(new StdioTransport(down.readable, up.writable));
  assert.match(client.getInstructions() ?? "", /agent_run/);
  assert.ok((await client.listTools()).tools.length > 20);
  assert.equal(opened, 0);
  await client.close();
});
