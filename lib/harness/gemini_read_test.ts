import assert from "node:assert/strict";
import { readGemini } from "./gemini_read.ts";

Deno.test("R19: readGemini() takes a run that never reached the model for a refused task", () => {
  const document = { session_id: "s", response: "", stats: { models: {} } };
  const { outcome, error } = readGemini(JSON.stringify(document), "json");
  assert.deepEqual([outcome, error], [
    "failed",
    "the model was not asked: a hook refused the task",
  ]);
  const asked = { ...document, stats: { models: { m: { tokens: { prompt: 9 } } } } };
  assert.equal(readGemini(JSON.stringify(asked), "json").outcome, "completed");
  const result = { type: "result", status: "success", stats: { input_tokens: 0 } };
  assert.equal(readGemini(JSON.stringify(result), "stream-json").outcome, "failed");
});

Deno.test("readGemini() counts the answers of the model in its events", () => {
  const call = { type: "tool_use" };
  const said = { type: "tool_result" };
  const text = { type: "message", role: "assistant", content: "x" };
  const task = { type: "message", role: "user", content: "go" };
  const turns = (...events: object[]) => {
    const result = { type: "result", status: "success", stats: { input_tokens: 1 } };
    const lines = [{ type: "init" }, ...events, result].map((event) => JSON.stringify(event));
    return readGemini(lines.join("\n"), "stream-json").usage?.turns;
  };
  assert.equal(turns(task), 0);
  assert.equal(turns(task, text, text), 1);
  assert.equal(turns(task, text, call, call, said, said, text), 2);
  assert.equal(turns(task, call, said, call, said), 2);
});
