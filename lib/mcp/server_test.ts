import assert from "node:assert/strict";
import { Client } from "mcp-client";
import { KasError } from "../errors.ts";
import { serveMcp } from "./server.ts";
import type { McpServices } from "./services.ts";
import { StdioTransport } from "./stdio.ts";

/** Services that note what was asked of them. */
function recordingServices(): { services: McpServices; calls: unknown[][] } {
  const calls: unknown[][] = [];
  const note = <T>(result: T) => (...args: unknown[]): Promise<T> => {
    calls.push(args);
    return Promise.resolve(result);
  };
  return {
    calls,
    services: {
      listTasks: note([{ name: "a" }]),
      showTask: note({ name: "a", status: "ready", phase: "", content: "# Plan\n" }),
      createTask: note({ name: "a" }),
      updateContent: note({ version: 2, findings: [] }),
      transition: note({ status: "planning" }),
      emitSignal: note({ id: 7, duplicate: false }),
    },
  };
}

/** A connected official client over a pair of byte streams, and the projects asked for. */
async function connect(
  services: McpServices,
): Promise<{ client: Client; projects: unknown[] }> {
  const up = new TransformStream<Uint8Array, Uint8Array>();
  const down = new TransformStream<Uint8Array, Uint8Array>();
  const projects: unknown[] = [];
  void serveMcp((project) => {
    projects.push(project);
    return Promise.resolve(services);
  }, {
    input: up.readable,
    output: down.writable,
    onError: (error) => {
      throw error;
    },
  });
  const client = new Client({ name: "test", version: "1.0.0" });
  await client.connect(new StdioTransport(down.readable, up.writable));
  return { client, projects };
}

function textOf(result: { content: unknown }): string {
  const [first] = result.content as { text: string }[];
  return first?.text ?? "";
}

Deno.test("serveMcp() lists the tools with strict schemas", async () => {
  const { client } = await connect(recordingServices().services);
  const { tools } = await client.listTools();
  assert.deepEqual(tools.map((tool) => tool.name), [
    "signal_create",
    "task_show",
    "task_list",
    "task_create",
    "task_update_content",
    "task_transition",
  ]);
  const required = Object.fromEntries(
    tools.map(({ name, inputSchema }) => [name, inputSchema.required ?? []]),
  );
  assert.deepEqual(required, {
    signal_create: ["signal_type", "plan_file"],
    task_show: ["filename"],
    task_list: [],
    task_create: ["name"],
    task_update_content: ["filename", "content"],
    task_transition: ["filename", "event"],
  });
  for (const { inputSchema } of tools) {
    assert.equal(inputSchema.type, "object");
    assert.equal(inputSchema.additionalProperties, false);
    assert.ok("project" in (inputSchema.properties ?? {}));
  }
});

Deno.test("signal_create emits with the task's name, the payload as text and the project", async () => {
  const { services, calls } = recordingServices();
  const { client, projects } = await connect(services);
  const result = await client.callTool({
    name: "signal_create",
    arguments: {
      signal_type: "implement_task_finished",
      plan_file: "add-login.md",
      payload: { wave_number: 1, task_number: 2 },
      project: "shop",
    },
  });
  assert.deepEqual(result.structuredContent, { id: 7, duplicate: false });
  assert.deepEqual(calls, [[
    "implement_task_finished",
    "add-login",
    '{"wave_number":1,"task_number":2}',
  ]]);
  assert.deepEqual(projects, ["shop"]);
});

Deno.test("each tool reaches its service", async () => {
  const { services, calls } = recordingServices();
  const { client } = await connect(services);
  const call = (name: string, args: Record<string, unknown>) =>
    client.callTool({ name, arguments: args });
  assert.equal(textOf(await call("task_show", { filename: "a" })), "# Plan\n");
  assert.deepEqual((await call("task_list", { status: "done" })).structuredContent, {
    tasks: [{ name: "a" }],
  });
  await call("task_create", { name: "a", topic: "t" });
  await call("task_update_content", { filename: "a", content: "# New\n" });
  await call("task_transition", { filename: "a", event: "plan_start", force: true });
  await call("signal_create", { signal_type: "x", plan_file: "a", payload: "words" });
  assert.deepEqual(calls, [
    ["a"],
    ["done"],
    [{ name: "a", topic: "t" }],
    ["a", "# New\n"],
    ["a", "plan_start", true],
    ["x", "a", "words"],
  ]);
});

Deno.test("an error of kas is the tool's result, with its hint", async () => {
  const { services } = recordingServices();
  const { client } = await connect({
    ...services,
    showTask: () =>
      Promise.reject(new KasError("not_found", 'Cannot show "b"', { hint: "Run kas task list" })),
    listTasks: () => Promise.reject(new TypeError("broken")),
  });
  const known = await client.callTool({ name: "task_show", arguments: { filename: "b" } });
  assert.equal(known.isError, true);
  assert.equal(textOf(known), 'error: Cannot show "b"\nhint: Run kas task list');
  const unknown = await client.callTool({ name: "task_list", arguments: {} });
  assert.equal(unknown.isError, true);
  assert.equal(textOf(unknown), "error: broken");
});

Deno.test("an unknown argument, a wrong type or a hostile name is refused before any service", async () => {
  const { services, calls } = recordingServices();
  const { client } = await connect(services);
  const wrong: [string, Record<string, unknown>][] = [
    ["task_show", { filename: "a", verbose: true }],
    ["task_show", { filename: 7 }],
    ["task_show", { filename: "../../etc/passwd" }],
    ["task_list", { status: "finished" }],
    ["signal_create", { plan_file: "a" }],
  ];
  for (const [name, args] of wrong) {
    assert.ok(await isRefused(client, name, args), `${name} ${JSON.stringify(args)}`);
  }
  assert.deepEqual(calls, []);
});

async function isRefused(
  client: Client,
  name: string,
  args: Record<string, unknown>,
): Promise<boolean> {
  try {
    return (await client.callTool({ name, arguments: args })).isError === true;
  } catch (error) {
    if (error instanceof Error && /Input validation error/.test(error.message)) return true;
    throw error;
  }
}

Deno.test("serveMcp() answers what is under way when the input ends, then ends itself", async () => {
  const { services } = recordingServices();
  const slow = Promise.withResolvers<void>();
  const lines = [
    {
      id: 1,
      method: "initialize",
      params: {
        protocolVersion: "2025-06-18",
        capabilities: {},
        clientInfo: { name: "pipe", version: "1" },
      },
    },
    { method: "notifications/initialized" },
    { id: 2, method: "tools/call", params: { name: "task_show", arguments: { filename: "a" } } },
  ].map((message) => JSON.stringify({ jsonrpc: "2.0", ...message }) + "\n");
  const out: string[] = [];
  const ended = serveMcp(() =>
    Promise.resolve({
      ...services,
      async showTask(name) {
        await slow.promise;
        return await services.showTask(name);
      },
    }), {
    input: new Blob(["not json\n", ...lines]).stream(),
    output: new WritableStream({
      write: (chunk) => void out.push(new TextDecoder().decode(chunk)),
    }),
    onError: (error) => assert.match(error.message, /JSON|Unexpected/),
  });
  setTimeout(() => slow.resolve(), 50);
  await ended;
  const answers = out.join("").trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(answers.map((answer) => answer.id), [1, 2]);
  assert.equal(answers[1].result.content[0].text, "# Plan\n");
});
