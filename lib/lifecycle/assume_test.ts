import assert from "node:assert/strict";
import { KasError } from "../errors.ts";
import { type Role, ROLES } from "../store/types.ts";
import { parsePlan } from "../task/plan.ts";
import { policy, state, subtask, task } from "./_fixture.ts";
import { assumeWork } from "./assume.ts";

const PLAN = parsePlan(
  "# T\n**Goal:** g\n\n## Wave 1\n### Task 1: a\nA.\n### Task 2: b\nB.\n## Wave 2\n### Task 3: c\nC.\n",
).plan;

function briefOf(role: Role, place: { wave: number; number: number } | null = null): string {
  return assumeWork(state(), role, PLAN, policy, place).work.brief;
}

Deno.test("assumeWork() gives each role the work it has in a task", () => {
  const briefs = ROLES.filter((role) => role !== "chat").map((role) => briefOf(role));
  assert.deepEqual(briefs, ["plan", "architect", "solo", "review", "fix", "verify"]);
  assert.throws(
    () => briefOf("chat"),
    (error) => error instanceof KasError && error.code === "usage",
  );
});

Deno.test("assumeWork() takes the work that is under way", () => {
  const now = state({ task: task({ status: "reviewing", phase: "reviewing", reviewCycle: 2 }) });
  const { work } = assumeWork(now, "reviewer", PLAN, policy, null);
  assert.deepEqual([work.brief, work.round, work.baseKey === ""], ["review", 3, false]);
});

Deno.test("assumeWork() makes the subtask of a plan that has not begun", () => {
  const { work, state: then } = assumeWork(state(), "coder", PLAN, policy, { wave: 1, number: 2 });
  assert.deepEqual([work.brief, work.wave, work.subtask, work.peers], ["wave", 1, 2, 2]);
  assert.equal(then.subtasks[0]?.body.trim(), "B.");
  assert.equal(briefOf("fixer", { wave: 2, number: 3 }), "resolve");
});

Deno.test("assumeWork() keeps a subtask that is there", () => {
  const row = subtask(1, 1, { title: "a", note: "a.ts", attempt: 2 });
  const { work, state: then } = assumeWork(
    state({ subtasks: [row] }),
    "fixer",
    PLAN,
    policy,
    { wave: 1, number: 1 },
  );
  assert.deepEqual([then.subtasks, work.round], [[row], 2]);
});

Deno.test("assumeWork() refuses a subtask the plan has not, and roles that have none", () => {
  for (
    const [role, wave, number] of [["coder", 1, 3], ["coder", 9, 1], ["reviewer", 1, 1]] as const
  ) {
    assert.throws(
      () => briefOf(role, { wave, number }),
      (error) => error instanceof KasError && error.code === "usage",
    );
  }
});
