import assert from "node:assert/strict";
import { readClaude } from "./claude_read.ts";

const RESULT = {
  type: "result",
  subtype: "success",
  is_error: false,
  result: "Done.",
  session_id: "5-6",
  num_turns: 5,
  total_cost_usd: 0.004,
  usage: {
    input_tokens: 300,
    cache_creation_input_tokens: 150,
    cache_read_input_tokens: 50,
    output_tokens: 100,
  },
};

Deno.test("readClaude() reads one document and a stream the same", () => {
  const expected = {
    text: "Done.",
    sessionId: "5-6",
    outcome: "completed",
    error: null,
    usage: { inputTokens: 500, outputTokens: 100, costUsd: 0.004, turns: 5 },
  };
  assert.deepEqual(readClaude(JSON.stringify(RESULT), "json"), expected);
  const stream = [{ type: "system", subtype: "init", session_id: "5-6" }, RESULT];
  const text = stream.map((event) => JSON.stringify(event)).join("\n");
  assert.deepEqual(readClaude(`a line of noise\n${text}\n`, "stream-json"), expected);
});

Deno.test("readClaude() takes an error for one, though it says success", () => {
  const failed = { ...RESULT, is_error: true, result: "API Error: 400 it refuses" };
  const reading = readClaude(JSON.stringify(failed), "json");
  assert.equal(reading.outcome, "failed");
  assert.equal(reading.error, "API Error: 400 it refuses");
});

Deno.test("readClaude() tells limits and interruptions apart", () => {
  const { result: _, ...rest } = RESULT;
  const errors = ["Reached maximum number of turns (2)"];
  const limit = { ...rest, subtype: "error_max_turns", is_error: true, errors };
  const reading = readClaude(JSON.stringify(limit), "json");
  assert.equal(reading.outcome, "max_turns");
  assert.equal(reading.error, errors[0]);
  assert.equal(reading.text, "");
  const stopped = { ...rest, subtype: "error_during_execution" };
  assert.equal(readClaude(JSON.stringify(stopped), "json").outcome, "interrupted");
});

Deno.test("readClaude() gives the last words of a stream that broke off, as SIGINT makes it", () => {
  const content = [{ type: "text", text: "I look" }, { type: "tool_use", name: "Bash" }];
  const events = [
    { type: "assistant", session_id: "5-6", message: { content } },
    { type: "assistant", session_id: "5-6", message: { content: [{ type: "tool_use" }] } },
  ];
  const text = events.map((event) => JSON.stringify(event)).join("\n");
  const reading = readClaude(`${text}\n{"type":"resu`, "stream-json");
  assert.deepEqual([reading.text, reading.sessionId, reading.outcome], [
    "I look",
    "5-6",
    "interrupted",
  ]);
});

Deno.test("readClaude() takes no output for no success", () => {
  assert.equal(readClaude("", "json").outcome, "interrupted");
});

Deno.test("readClaude() takes text as it is", () => {
  assert.equal(readClaude('{"is": "an answer"}\n', "text").text, '{"is": "an answer"}');
});

Deno.test("R19: readClaude() takes a task that a hook refused for a failure", () => {
  const refused = {
    ...RESULT,
    result: "UserPromptSubmit operation blocked by hook:\n[check.sh]: no",
    num_turns: 0,
    usage: { input_tokens: 0, output_tokens: 0 },
  };
  const { outcome, error } = readClaude(JSON.stringify(refused), "json");
  assert.deepEqual([outcome, error], ["failed", refused.result]);
  const said = { ...RESULT, result: refused.result };
  assert.equal(readClaude(JSON.stringify(said), "json").outcome, "completed");
});
