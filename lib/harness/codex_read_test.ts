import assert from "node:assert/strict";
import { readCodex } from "./codex_read.ts";

const START = [
  { type: "thread.started", thread_id: "01a1-b2" },
  { type: "item.completed", item: { id: "item_0", type: "error", message: "no metadata" } },
  { type: "turn.started" },
];

function lines(...events: object[]): string {
  return [...START, ...events].map((event) => `${JSON.stringify(event)}\n`).join("");
}

Deno.test("readCodex() reads the last message and what it cost", () => {
  const reading = readCodex(
    lines(
      { type: "item.completed", item: { id: "item_1", type: "agent_message", text: "First." } },
      { type: "error", message: "stream disconnected, trying again" },
      { type: "item.completed", item: { id: "item_2", type: "agent_message", text: "Done." } },
      { type: "turn.completed", usage: { input_tokens: 500, output_tokens: 100 } },
    ),
    "stream-json",
  );
  assert.deepEqual(reading, {
    text: "Done.",
    sessionId: "01a1-b2",
    outcome: "completed",
    error: null,
    usage: { inputTokens: 500, outputTokens: 100, costUsd: null, turns: 1 },
  });
});

Deno.test("readCodex() tells what the model's server said", () => {
  const message = JSON.stringify({ error: { message: "it refuses", type: "x", code: null } });
  const reading = readCodex(
    lines({ type: "error", message }, { type: "turn.failed", error: { message } }),
    "stream-json",
  );
  assert.equal(reading.outcome, "failed");
  assert.equal(reading.error, "it refuses");
  assert.equal(reading.usage, null);
  const plain = lines({ type: "turn.failed", error: { message: "in plain words" } });
  assert.equal(readCodex(plain, "stream-json").error, "in plain words");
});

Deno.test("readCodex() claims nothing of output that ends early, or is text", () => {
  assert.equal(readCodex(lines(), "stream-json").outcome, null);
  assert.equal(readCodex('{"type":"thread.sta', "stream-json").sessionId, null);
  assert.deepEqual(readCodex("Done.\n", "text"), {
    text: "Done.",
    sessionId: null,
    outcome: null,
    error: null,
    usage: null,
  });
});

Deno.test("R19: readCodex() takes a turn that never reached the model for a refused task", () => {
  const nothing = { input_tokens: 0, cached_input_tokens: 0, output_tokens: 0 };
  const reading = readCodex(lines({ type: "turn.completed", usage: nothing }), "stream-json");
  assert.equal(reading.outcome, "failed");
  assert.match(reading.error ?? "", /a hook refused the task/);
  const silent = { type: "turn.completed", usage: { input_tokens: 9, output_tokens: 0 } };
  assert.equal(readCodex(lines(silent), "stream-json").outcome, "completed");
});
