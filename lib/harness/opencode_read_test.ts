import assert from "node:assert/strict";
import { readOpencode } from "./opencode_read.ts";

const sessionID = "ses_1";

function event(type: string, part: object): string {
  return `${JSON.stringify({ type, timestamp: 1, sessionID, part })}\n`;
}

function finish(reason: string): string {
  const tokens = { input: 10, output: 4, reasoning: 0, cache: { read: 5, write: 1 } };
  return event("step_finish", { reason, tokens, cost: 0.5 });
}

function tool(state: object): string {
  return event("tool_use", { type: "tool", tool: "bash", state });
}

Deno.test("readOpencode() adds up the steps and gives the texts after the last tool", () => {
  const output = event("text", { text: "I look." }) + tool({ status: "completed" }) +
    finish("tool-calls") + event("text", { text: "Done." }) + event("text", { text: "Really." }) +
    finish("stop");
  assert.deepEqual(readOpencode(output, "stream-json"), {
    text: "Done.\nReally.",
    sessionId: sessionID,
    outcome: "completed",
    error: null,
    usage: { inputTokens: 32, outputTokens: 8, costUsd: 1, turns: 2 },
  });
});

Deno.test("readOpencode() counts a turn that ended at a refused tool as failed", () => {
  const refused = tool({ status: "error", error: "The user rejected permission" });
  const reading = readOpencode(refused + finish("tool-calls"), "stream-json");
  assert.equal(reading.outcome, "failed");
  assert.equal(reading.error, "The user rejected permission");
  // the model was told and went on
  const more = event("text", { text: "Done." }) + finish("stop");
  assert.equal(
    readOpencode(refused + finish("tool-calls") + more, "stream-json").outcome,
    "completed",
  );
});

Deno.test("readOpencode() counts steps without an answer as interrupted", () => {
  const output = tool({ status: "completed" }) + finish("tool-calls");
  assert.equal(readOpencode(output, "stream-json").outcome, "interrupted");
  assert.equal(readOpencode("", "stream-json").outcome, null);
});

Deno.test("readOpencode() tells what the model's server said", () => {
  const error = { name: "APIError", data: { message: "it refuses", statusCode: 400 } };
  const output = JSON.stringify({ type: "error", sessionID, error });
  const reading = readOpencode(output, "stream-json");
  assert.deepEqual([reading.outcome, reading.error, reading.usage], ["failed", "it refuses", null]);
});

Deno.test("readOpencode() claims nothing of text", () => {
  assert.equal(readOpencode("Done.\n", "text").text, "Done.");
  assert.equal(readOpencode("Done.\n", "text").outcome, null);
});
