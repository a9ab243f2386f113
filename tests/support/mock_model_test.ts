import assert from "node:assert/strict";
import { startMockModel } from "./mock_model.ts";

type Json = Record<string, unknown>;

async function post(url: string, body: Json): Promise<Json> {
  const response = await fetch(url, { method: "POST", body: JSON.stringify(body) });
  return await response.json();
}

const RULES = [{
  match: /In (?<dir>\S+) do task (\d+)/,
  steps: [
    { shell: "cd $<dir> && echo $2" },
    { mcp: { server: "kasmos", tool: "task_show", args: { filename: "t$2" } } },
    { text: "Task $2 is done" },
  ],
}];

Deno.test("startMockModel() plays the steps of a rule, with the captures put in, to each CLI", async () => {
  await using model = startMockModel({ rules: RULES });
  const prompt = "In /w do task 4";
  const anthropic = `${model.url}/v1/messages?beta=true`;
  const tools = [{ name: "Bash" }];
  const first = await post(anthropic, { tools, messages: [{ role: "user", content: prompt }] });
  const [call] = first.content as Json[];
  assert.deepEqual([call?.type, call?.name], ["tool_use", "Bash"]);
  assert.deepEqual(call?.input, { command: "cd /w && echo 4", description: "mock" });
  const messages = [
    { role: "user", content: prompt },
    { role: "assistant", content: first.content },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "x" }] },
  ];
  const second = await post(anthropic, { tools, messages });
  assert.equal((second.content as Json[])[0]?.name, "mcp__kasmos__task_show");

  const namespace = { type: "namespace", name: "mcp__kasmos", tools: [{ name: "task_show" }] };
  const codex = await post(`${model.url}/v1/responses`, {
    tools: [{ name: "exec_command" }, namespace],
    input: [
      { role: "user", content: [{ type: "input_text", text: prompt }] },
      { type: "function_call" },
      { type: "function_call_output" },
    ],
  });
  const [item] = codex.output as Json[];
  assert.deepEqual([item?.namespace, item?.name], ["mcp__kasmos", "task_show"]);
  assert.equal(item?.arguments, '{"filename":"t4"}');

  const opencode = await post(`${model.url}/v1/chat/completions`, {
    tools: [{ function: { name: "bash" } }, { function: { name: "kasmos_task_show" } }],
    messages: [
      { role: "user", content: prompt },
      { role: "assistant", tool_calls: [{}] },
      { role: "tool", content: "4" },
      { role: "assistant", tool_calls: [{}] },
      { role: "tool", content: "plan" },
    ],
  });
  const [choice] = opencode.choices as Json[];
  assert.equal((choice?.message as Json).content, "Task 4 is done");
  assert.deepEqual(model.requests().map(({ answer }) => answer.step), [0, 1, 1, 2]);
});

Deno.test("startMockModel() repeats a prompt it has no rule for", async () => {
  await using model = startMockModel({ rules: RULES });
  const said = await post(`${model.url}/v1/messages`, {
    messages: [{ role: "user", content: "Hello" }],
  });
  assert.deepEqual(said.content, [{ type: "text", text: "MOCK: Hello" }]);
});

Deno.test("startMockModel() gives errors, streams, and closes on one that hangs", async () => {
  const model = startMockModel({
    rules: [
      { match: /fail/, steps: [{ error: { status: 529, message: "busy" } }] },
      { match: /hang/, steps: [{ hang: true }] },
    ],
  });
  const ask = (content: string) =>
    fetch(`${model.url}/v1/messages`, {
      method: "POST",
      body: JSON.stringify({
        stream: true,
        tools: [{ name: "Bash" }],
        messages: [{ role: "user", content }],
      }),
    });
  const failed = await ask("fail");
  assert.equal(failed.status, 529);
  assert.equal((await failed.json()).error.message, "busy");
  const streamed = await (await ask("hello")).text();
  assert.match(streamed, /^event: message_start\ndata: \{/);
  assert.match(streamed, /event: message_stop\n.*\n\n$/);
  const hanging = await ask("hang");
  await model[Symbol.asyncDispose]();
  assert.equal(await hanging.text(), "");
});
