import { deepEqual, equal } from "node:assert/strict";
import { Capture } from "./capture.ts";
import { AgentFailed, outcomeOf } from "./outcome.ts";

const end = (changes: Partial<Parameters<typeof outcomeOf>[1]>) => ({
  code: 0,
  signal: null,
  stopped: null,
  ...changes,
});

const said = (outcome: "completed" | "failed" | "max_turns" | "interrupted" | null) => ({
  outcome,
  error: null,
});

Deno.test("R4: no end by a signal is a success; it is 128 + n", () => {
  for (const [signal, status] of [["SIGKILL", 137], ["SIGSEGV", 139], ["SIGTERM", 143]] as const) {
    const outcome = outcomeOf("claude", end({ code: null, signal }), said("completed"), null);
    equal(outcome.status, status);
    equal(outcome.reason, "killed");
    equal(outcome.exitCode, null);
  }
});

Deno.test("a runtime's own 2, 3 and 4 are not kas's", () => {
  for (const code of [1, 2, 3, 4, 77, 126, 127]) {
    const outcome = outcomeOf("claude", end({ code }), null, null);
    deepEqual([outcome.status, outcome.exitCode, outcome.reason], [1, code, "failed"]);
    equal(outcome.problem, `claude exited with ${code}`);
  }
  // what a shell says of a program that a signal ended
  equal(outcomeOf("claude", end({ code: 139 }), null, null).status, 139);
  // an HTTP status that wrapped around is no signal
  equal(outcomeOf("gemini", end({ code: 144 }), said("failed"), null).status, 1);
  equal(outcomeOf("gemini", end({ code: 144 }), null, null).status, 1);
});

Deno.test("a runtime that exits with 0 and says that it failed has failed", () => {
  const outcomes = (["completed", "failed", "max_turns", "interrupted", null] as const).map(
    (told) => {
      const { status, reason } = outcomeOf("claude", end({}), said(told), null);
      return [status, reason];
    },
  );
  deepEqual(outcomes, [
    [0, "completed"],
    [1, "failed"],
    [1, "max_turns"],
    [1, "interrupted"],
    [0, "completed"],
  ]);
  const { problem } = outcomeOf("claude", end({}), { outcome: "failed", error: "no credit" }, null);
  equal(problem, "claude reports that it failed: no credit");
});

Deno.test("R41: the message of a timeout says so, whatever the process made of it", () => {
  for (const how of [{ code: 0 }, { code: null, signal: "SIGKILL" as const }]) {
    const outcome = outcomeOf("claude", end({ ...how, stopped: "timeout" }), null, null);
    deepEqual([outcome.reason, outcome.status], ["timeout", 1]);
    equal(outcome.problem, "claude was ended: its time was over");
  }
});

Deno.test("an interrupt is 128 + n also when the runtime ends well", () => {
  const outcome = outcomeOf("claude", end({ code: 0, stopped: "cancelled" }), null, "SIGINT");
  deepEqual([outcome.reason, outcome.status], ["interrupted", 130]);
  const unread = outcomeOf("claude", end({ stopped: "unread" }), null, null);
  deepEqual([unread.status, unread.problem], [141, null]);
});

Deno.test("AgentFailed carries the exit status, and the runtime's apart from it", () => {
  const error = new AgentFailed("coder", outcomeOf("claude", end({ code: 3 }), null, null));
  equal(error.exitCode, 1);
  deepEqual(error.toJSON(), {
    error: {
      code: "agent_failed",
      message: "Agent coder: claude exited with 3",
      context: { agent: "coder", exit_reason: "failed", exit_code: 3, signal: null },
    },
  });
});

Deno.test("Capture keeps the end of what is too much, and tells bytes from text", () => {
  const encoder = new TextEncoder();
  const capture = new Capture(5);
  for (const part of ["ab", "cde"]) capture.add(encoder.encode(part));
  deepEqual([capture.text().text, capture.isCut], ["abcde", false]);
  capture.add(encoder.encode("fgh"));
  deepEqual([capture.text().text, capture.isCut, capture.total], ["defgh", true, 8]);
  capture.add(encoder.encode("0123456789"));
  equal(capture.text().text, "56789");
  capture.add(new Uint8Array([0xff]));
  deepEqual(capture.text(), { text: "6789\ufffd", isUtf8: false });
});
