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
