import assert from "node:assert/strict";
import { startMockModel } from "./mock_model.ts";

const user = { role: "user", parts: [{ text: "Write it" }] };

Deno.test("startMockModel() speaks gemini's protocol, as a stream and whole", async () => {
  await using model = startMockModel({
    rules: [{
      match: /Write it/,
      steps: [
        { write: { path: "/x", content: "y" } },
        { mcp: { server: "kasmos", tool: "task_show" } },
        { text: "All done, at last and for ever." },
      ],
    }],
  });
  const ask = async (method: string, contents: unknown[]): Promise<string> => {
    const names = ["write_file", "mcp_kasmos_task_show"].map((name) => ({ name }));
    const response = await fetch(`${model.url}/v1beta/models/m:${method}`, {
      method: "POST",
      body: JSON.stringify({ contents, tools: [{ functionDeclarations: names }] }),
    });
    return await response.text();
  };
  const call = (name: string) => [
    { role: "model", parts: [{ functionCall: { name, args: {} } }] },
    { role: "user", parts: [{ functionResponse: { name, response: {} } }] },
  ];
  const first = await ask("streamGenerateContent?alt=sse", [user]);
  assert.match(
    first,
    /"functionCall":{"name":"write_file","args":{"file_path":"\/x","content":"y"}}/,
  );
  const second = await ask("streamGenerateContent?alt=sse", [user, ...call("write_file")]);
  assert.match(second, /"functionCall":{"name":"mcp_kasmos_task_show","args":{}}/);
  const contents = [user, ...call("write_file"), ...call("mcp_kasmos_task_show")];
  const streamed = await ask("streamGenerateContent?alt=sse", contents);
  assert.equal(streamed.match(/^data: /gm)?.length, 2);
  const { candidates } = JSON.parse(await ask("generateContent", contents));
  const texts = candidates[0].content.parts.map(({ text }: { text: string }) => text);
  assert.equal(texts.join(""), "All done, at last and for ever.");
  assert.deepEqual(model.requests().map(({ wire, answer }) => `${wire} ${answer.step}`), [
    "gemini 0",
    "gemini 1",
    "gemini 2",
    "gemini 2",
  ]);
});
