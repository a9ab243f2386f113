import assert from "node:assert/strict";
import { KasError } from "../errors.ts";
import { parseSentinel } from "./sentinel.ts";

Deno.test("parseSentinel() reads every form of file", () => {
  const forms: [string, string, unknown][] = [
    ["planner-finished-add-login", "", {
      type: "planner_finished",
      task: "add-login",
      payload: {},
    }],
    ["implement-finished-x.md", "", { type: "implement_finished", task: "x", payload: {} }],
    ["review-approved-x", " fine \n", {
      type: "review_approved",
      task: "x",
      payload: { body: "fine" },
    }],
    ["review-changes-x", "a.ts:1", {
      type: "review_changes_requested",
      task: "x",
      payload: { body: "a.ts:1" },
    }],
    ["elaborator-finished-x", "", { type: "elaborator_finished", task: "x", payload: {} }],
    ["implement-task-finished-w2-t13-x", "", {
      type: "implement_task_finished",
      task: "x",
      payload: { wave_number: 2, task_number: 13 },
    }],
    ["implement-wave-3-x.md", "", {
      type: "implement_wave",
      task: "x",
      payload: { wave_number: 3 },
    }],
  ];
  for (const [name, text, expected] of forms) assert.deepEqual(parseSentinel(name, text), expected);
});

Deno.test("parseSentinel() refuses names that are no signal", () => {
  const bad = [
    "cancel-x",
    "start-over-x",
    "implement-wave-one-x",
    "verify-approved-x",
    "implement-finished-../x",
    "implement-finished-",
    "README",
  ];
  for (const name of bad) assert.throws(() => parseSentinel(name, ""), KasError, name);
});
