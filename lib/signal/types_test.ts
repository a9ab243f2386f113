import assert from "node:assert/strict";
import { KasError } from "../errors.ts";
import { ALIASES, bodyOf, parsePayload, parseSignalType, SIGNAL_TYPES } from "./types.ts";

Deno.test("parseSignalType() takes every type, with hyphens or underscores", () => {
  for (const type of SIGNAL_TYPES) {
    assert.equal(parseSignalType(type), type);
    assert.equal(parseSignalType(type.replaceAll("_", "-")), type);
  }
});

Deno.test("parseSignalType() stores aliases under the canonical type", () => {
  assert.deepEqual(ALIASES, {
    architect_finished: "elaborator_finished",
    review_changes: "review_changes_requested",
    readiness_approved: "verify_approved",
    master_approved: "verify_approved",
    readiness_changes_requested: "verify_failed",
    readiness_changes: "verify_failed",
  });
  assert.equal(parseSignalType("architect-finished"), "elaborator_finished");
});

Deno.test("parseSignalType() refuses what only a person may cause", () => {
  for (const type of ["cancel", "start_over", "reopen", "reimplement", "request_review", ""]) {
    assert.throws(() => parseSignalType(type), KasError, type);
  }
});

Deno.test("parsePayload() keeps JSON objects and wraps other text", () => {
  assert.deepEqual(parsePayload("planner_finished", undefined), {});
  assert.deepEqual(parsePayload("planner_finished", " done \n"), { body: "done" });
  assert.deepEqual(parsePayload("planner_finished", '{"a":1}'), { a: 1 });
  assert.deepEqual(parsePayload("planner_finished", "[1]"), { body: "[1]" });
  assert.equal(bodyOf(parsePayload("review_changes_requested", "fix it")), "fix it");
  assert.equal(bodyOf({ body: 7 }), "");
});

const SHA = "a".repeat(40);

Deno.test("parsePayload() checks what a type needs", () => {
  const good: [Parameters<typeof parsePayload>[0], string][] = [
    ["implement_task_finished", '{"wave_number":1,"task_number":2}'],
    ["implement_wave", '{"wave_number":3}'],
    ["planner_draft_finished", '{"planner_id":"deep"}'],
    ["verify_approved", JSON.stringify({ reviewed_sha: SHA, reviewed_base_sha: SHA })],
  ];
  for (const [type, text] of good) assert.deepEqual(parsePayload(type, text), JSON.parse(text));
  const bad: [Parameters<typeof parsePayload>[0], string][] = [
    ["implement_task_finished", '{"wave_number":0,"task_number":2}'],
    ["implement_task_finished", '{"wave_number":"1","task_number":2}'],
    ["implement_task_finished", "done"],
    ["implement_wave", ""],
    ["planner_draft_finished", "{}"],
    ["verify_approved", '{"reviewed_sha":"HEAD","reviewed_base_sha":"main"}'],
    ["verify_approved", ""],
    ["elaborator_finished", "x"],
    ["review_changes_requested", ""],
    ["verify_failed", "  "],
    ["planner_finished", "x".repeat(300_000)],
  ];
  for (const [type, text] of bad) {
    assert.throws(() => parsePayload(type, text), KasError, `${type} ${text.slice(0, 40)}`);
  }
});
