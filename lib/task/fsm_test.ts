import assert from "node:assert/strict";
import { KasError } from "../errors.ts";
import { type Event, EVENTS, legalEvents, nextStatus, TABLE } from "./fsm.ts";
import { type Status, STATUSES } from "./types.ts";

const LEGAL: [Status, Event, Status][] = [
  ["ready", "plan_start", "planning"],
  ["ready", "implement_start", "implementing"],
  ["ready", "mark_done", "done"],
  ["ready", "cancel", "cancelled"],
  ["planning", "plan_start", "planning"],
  ["planning", "planner_finished", "ready"],
  ["planning", "cancel", "cancelled"],
  ["implementing", "implement_finished", "reviewing"],
  ["implementing", "cancel", "cancelled"],
  ["reviewing", "review_approved", "verifying"],
  ["reviewing", "review_changes_requested", "implementing"],
  ["reviewing", "cancel", "cancelled"],
  ["verifying", "verify_approved", "done"],
  ["verifying", "verify_failed", "implementing"],
  ["verifying", "cancel", "cancelled"],
  ["done", "start_over", "planning"],
  ["done", "reimplement", "implementing"],
  ["done", "request_review", "reviewing"],
  ["done", "verification_stale", "verifying"],
  ["done", "cancel", "cancelled"],
  ["cancelled", "reopen", "planning"],
];

Deno.test("nextStatus() gives the table's status for every legal pair and refuses every other", () => {
  for (const status of STATUSES) {
    for (const event of EVENTS) {
      const expected = LEGAL.find(([from, on]) => from === status && on === event)?.[2];
      const task = {
        name: "t",
        status,
        phase: status === "ready" ? "planned" as const : "" as const,
      };
      if (expected !== undefined) {
        assert.equal(nextStatus(task, event), expected, `${status} + ${event}`);
      } else {
        assert.throws(
          () => nextStatus(task, event),
          (e) =>
            e instanceof KasError && e.code === "illegal_transition" && e.exitCode === 3 &&
            e.message.includes(status) && (e.hint ?? "").startsWith("Legal events now:"),
          `${status} + ${event}`,
        );
      }
    }
  }
  assert.equal(Object.values(TABLE).flatMap((row) => Object.keys(row)).length, LEGAL.length);
});

Deno.test("nextStatus() refuses to implement a draft", () => {
  assert.throws(
    () => nextStatus({ name: "t", status: "ready", phase: "" }, "implement_start"),
    /task is ready but not yet planned/,
  );
});

Deno.test("legalEvents() never offers what kas alone may cause, nor implementing a draft", () => {
  assert.deepEqual(legalEvents("done"), ["start_over", "reimplement", "request_review", "cancel"]);
  assert.deepEqual(legalEvents("ready"), ["plan_start", "mark_done", "cancel"]);
  assert.deepEqual(legalEvents("ready", "planned"), [
    "plan_start",
    "implement_start",
    "mark_done",
    "cancel",
  ]);
});
