import assert from "node:assert/strict";
import { KasError } from "../errors.ts";
import {
  context,
  git,
  plan,
  policy,
  session,
  signal,
  state,
  subtask,
  summary,
  task,
} from "./_fixture.ts";
import { decide } from "./decide.ts";
import { wanted } from "./desired.ts";
import type { Input, Policy, StepContext, TaskState } from "./types.ts";

const planning = task({ status: "planning" });
const architecting = task({ status: "implementing", phase: "architecting" });
const running = (wave = 1) => task({ status: "implementing", phase: "wave_running", wave });
const solo = task({ status: "implementing", phase: "single_agent_implementing" });
const fixing = task({ status: "implementing", phase: "fixing", reviewCycle: 1 });
const reviewing = task({ status: "reviewing", phase: "reviewing" });
const verifying = task({ status: "verifying" });

const approval = { reviewed_sha: git.head, reviewed_base_sha: git.base };

interface Row {
  name: string;
  of: Partial<TaskState>;
  input: Input;
  more?: Partial<Omit<StepContext, "state">>;
  changes: string[];
  accepted?: boolean;
}

const off = (over: Partial<Policy>) => ({ policy: { ...policy, ...over } });

const ROWS: Row[] = [
  {
    name: "a large plan goes to the architect when planning ends",
    of: { task: planning },
    input: signal("planner_finished"),
    changes: ["planner_finished phase=planned", "implement_start phase=architecting", "subtasks"],
  },
  {
    name: "a small plan goes to one coder (blueprint skip)",
    of: { task: planning },
    input: signal("planner_finished"),
    more: { plan: plan([1, 2]) },
    changes: [
      "planner_finished phase=planned",
      "implement_start phase=single_agent_implementing",
      "subtasks",
    ],
  },
  {
    name: "without auto_advance planning ends in ready",
    of: { task: planning },
    input: signal("planner_finished"),
    more: off({ autoAdvance: false }),
    changes: ["planner_finished phase=planned"],
  },
  {
    name: "a plan that cannot be run is a question, not a plan",
    of: { task: planning },
    input: signal("planner_finished"),
    more: { plan: { ...plan(), errors: ["no waves"] } },
    changes: ["ask plan_invalid: retry/accept/abort"],
    accepted: false,
  },
  {
    name: "a busy topic keeps the plan and asks",
    of: { task: { ...planning, topic: "auth" } },
    input: signal("planner_finished"),
    more: { topicRival: "other" },
    changes: ["planner_finished phase=planned", "ask topic_collision: start/wait"],
  },
  {
    name: "a verified branch that does not merge is a question",
    of: { task: task({ status: "done", verifiedSha: git.head, verifiedBaseSha: git.base }) },
    input: { type: "merge_conflict", files: ["a"] },
    changes: ["ask merge_conflict: fix/leave"],
  },
  {
    name: "the architect's end starts the first wave",
    of: { task: architecting },
    input: signal("elaborator_finished"),
    changes: [
      'task {"phase":"wave_running","wave":1,"goal":"g"}',
      "subtasks 1.1=running 1.2=running 2.3=pending 2.4=pending",
    ],
  },
  {
    name: "max_parallel_wave_tasks starts only so many",
    of: { task: architecting },
    input: signal("elaborator_finished"),
    more: off({ maxParallelWaveTasks: 1 }),
    changes: [
      'task {"phase":"wave_running","wave":1,"goal":"g"}',
      "subtasks 1.1=running 1.2=pending 2.3=pending 2.4=pending",
    ],
  },
  {
    name: "a reported task frees its place for a pending one",
    of: {
      task: running(),
      subtasks: [subtask(1, 1, { status: "running" }), subtask(1, 2)],
    },
    input: signal("implement_task_finished", { wave_number: 1, task_number: 1 }),
    more: off({ maxParallelWaveTasks: 1 }),
    changes: ["subtask 101 reported", "subtask 102 running"],
  },
  {
    name: "a second report of one task changes nothing",
    of: { task: running(), subtasks: [subtask(1, 1, { status: "complete" })] },
    input: signal("implement_task_finished", { wave_number: 1, task_number: 1 }),
    changes: [],
  },
  {
    name: "implement_finished is not taken while waves are active",
    of: { task: running(), subtasks: [subtask(1, 1, { status: "running" })] },
    input: signal("implement_finished"),
    changes: [],
  },
  {
    name: "a wave that is merged starts the next one",
    of: {
      task: running(),
      subtasks: [subtask(1, 1, { status: "reported" }), subtask(2, 3)],
    },
    input: { type: "subtask_integrated", subtaskId: 101, commit: "c".repeat(40) },
    changes: [
      "subtask 101 complete",
      'task {"phase":"wave_running","wave":2}',
      "subtask 203 running",
    ],
  },
  {
    name: "without auto_advance_waves a clean wave asks",
    of: {
      task: running(),
      subtasks: [subtask(1, 1, { status: "reported" }), subtask(2, 3)],
    },
    input: { type: "subtask_integrated", subtaskId: 101, commit: "c".repeat(40) },
    more: off({ autoAdvanceWaves: false }),
    changes: [
      "subtask 101 complete",
      'task {"phase":"wave_waiting"}',
      "ask wave_advance: next/abort",
    ],
  },
  {
    name: "the last clean wave leads to the review",
    of: { task: running(2), subtasks: [subtask(2, 3, { status: "reported" })] },
    input: { type: "subtask_integrated", subtaskId: 203, commit: "c".repeat(40) },
    changes: ["subtask 203 complete", "implement_finished phase=reviewing"],
  },
  {
    name: "a failed last wave is a failed wave (W4)",
    of: {
      task: running(2),
      subtasks: [subtask(2, 3, { status: "failed" }), subtask(2, 4, { status: "reported" })],
    },
    input: { type: "subtask_integrated", subtaskId: 204, commit: "c".repeat(40) },
    changes: [
      "subtask 204 complete",
      'task {"phase":"wave_waiting"}',
      "ask wave_failed: retry/next/abort",
    ],
  },
  {
    name: "a failed wave asks even when waves advance by themselves",
    of: { task: running(), subtasks: [subtask(1, 1, { status: "reported" }), subtask(2, 3)] },
    input: { type: "subtask_empty", subtaskId: 101 },
    changes: [
      "subtask 101 failed",
      'task {"phase":"wave_waiting"}',
      "ask wave_failed: retry/next/abort",
    ],
  },
  {
    name: "a conflict becomes a fixer's work",
    of: { task: running(), subtasks: [subtask(1, 1, { status: "reported" })] },
    input: { type: "subtask_conflict", subtaskId: 101, files: ["a"] },
    changes: ["subtask 101 running"],
  },
  {
    name: "a conflict that was resolved in vain twice fails the task",
    of: {
      task: running(),
      subtasks: [subtask(1, 1, { status: "reported", assignment: "resolve", attempt: 2 })],
    },
    input: { type: "subtask_conflict", subtaskId: 101, files: ["a"] },
    changes: [
      "subtask 101 failed",
      'task {"phase":"wave_waiting"}',
      "ask wave_failed: retry/next/abort",
    ],
  },
  {
    name: "retry_wave runs only what failed again",
    of: {
      task: task({ status: "implementing", phase: "wave_waiting", wave: 1 }),
      subtasks: [subtask(1, 1, { status: "complete" }), subtask(1, 2, { status: "failed" })],
    },
    input: signal("retry_wave"),
    changes: [
      'task {"phase":"wave_running","wave":1}',
      "subtask 102 pending",
      "subtask 102 running",
    ],
  },
  {
    name: "implement_wave of a wave that failed runs what failed again",
    of: {
      task: task({ status: "implementing", phase: "wave_waiting", wave: 2 }),
      subtasks: [subtask(1, 1, { status: "failed" }), subtask(2, 2, { status: "complete" })],
    },
    input: signal("implement_wave", { wave_number: 1 }),
    changes: [
      'task {"phase":"wave_running","wave":1}',
      "subtask 101 pending",
      "subtask 101 running",
    ],
  },
  {
    name: "implement_wave of a complete wave is refused: nothing would end it",
    of: {
      task: task({ status: "implementing", phase: "wave_waiting", wave: 1 }),
      subtasks: [subtask(1, 1, { status: "complete" }), subtask(2, 2)],
    },
    input: signal("implement_wave", { wave_number: 1 }),
    changes: [],
    accepted: false,
  },
  {
    name: "advance_wave goes on without what failed",
    of: {
      task: task({ status: "implementing", phase: "wave_waiting", wave: 1 }),
      subtasks: [subtask(1, 1, { status: "failed" }), subtask(2, 3)],
    },
    input: signal("advance_wave"),
    changes: ['task {"phase":"wave_running","wave":2}', "subtask 203 running"],
  },
  {
    name: "one coder's end leads to the review",
    of: { task: solo },
    input: signal("implement_finished"),
    changes: ["implement_finished phase=reviewing"],
  },
  {
    name: "one coder's end without a commit is a question",
    of: { task: solo },
    input: signal("implement_finished"),
    more: { git: { ...git, ahead: 0 } },
    changes: ["ask agent_failed: retry/accept/abort"],
    accepted: false,
  },
  {
    name: "a fixer's end leads to the next review",
    of: { task: fixing },
    input: signal("implement_finished"),
    changes: ["implement_finished phase=reviewing"],
  },
  {
    name: "an approved review leads to the verification",
    of: { task: reviewing },
    input: signal("review_approved"),
    changes: ["review_approved"],
  },
  {
    name: "without the readiness review an approval ends the task, bound to the tips",
    of: { task: reviewing },
    input: signal("review_approved"),
    more: off({ autoReadinessReview: false }),
    changes: ["review_approved", "verify_approved"],
  },
  {
    name: "requested changes start a fix round",
    of: { task: reviewing },
    input: signal("review_changes_requested", { body: "a.ts:1 wrong" }),
    changes: ["review_changes_requested phase=fixing"],
  },
  {
    name: "the cap of fix rounds raises a decision and leaves the task in review",
    of: { task: { ...reviewing, reviewCycle: 5 } },
    input: signal("review_changes_requested", { body: "a.ts:1 wrong" }),
    changes: ['task {"feedback":"a.ts:1 wrong"}', "ask review_limit: fix/approve/abort"],
  },
  {
    name: "a failed verification starts a fix round (never a promotion)",
    of: { task: { ...verifying, reviewCycle: 2 } },
    input: signal("verify_failed", { body: "a.ts:1 wrong" }),
    changes: ["verify_failed phase=fixing"],
  },
  {
    name: "a verification that names the tips ends the task",
    of: { task: verifying },
    input: signal("verify_approved", approval),
    more: off({ autoMerge: true }),
    changes: ["verify_approved", "job merge"],
  },
  {
    name: "a verification of another commit is refused (fails closed)",
    of: { task: verifying },
    input: signal("verify_approved", { ...approval, reviewed_sha: "c".repeat(40) }),
    changes: [],
    accepted: false,
  },
  {
    name: "a verification on another base is refused",
    of: { task: verifying },
    input: signal("verify_approved", { ...approval, reviewed_base_sha: "c".repeat(40) }),
    changes: [],
    accepted: false,
  },
  {
    name: "a moved branch makes a verification stale",
    of: { task: task({ status: "done", verifiedSha: git.head }) },
    input: { type: "stale", reason: "moved" },
    changes: ["verification_stale"],
  },
];

for (const row of ROWS) {
  Deno.test(`decide(): ${row.name}`, () => {
    const step = decide(row.input, context(row.of, row.more));
    assert.deepEqual(summary(step.changes), row.changes);
    assert.equal(step.accepted, row.accepted ?? true);
  });
}

Deno.test("decide() refuses a report for a role the agent does not have", () => {
  const of = state({ task: verifying });
  const key = `${wanted(of, policy)[0]?.baseKey}/a1`;
  const coder = session(key, { role: "coder" });
  const step = decide(signal("verify_approved", approval, coder), context(of));
  assert.equal(step.accepted, false);
  assert.match(step.result, /a coder may not emit verify_approved/);
});

Deno.test("decide() refuses a report of an agent that is not at work any more", () => {
  const old = session("t1/review-1/reviewer/a1", { role: "reviewer" });
  const step = decide(signal("review_approved", {}, old), context({ task: reviewing }));
  assert.equal(step.accepted, false);
});

Deno.test("decide() refuses a report of an agent of another task", () => {
  const of = state({ task: reviewing });
  const other = session(`${wanted(of, policy)[0]?.baseKey}/a1`, { role: "reviewer", taskId: 2 });
  assert.equal(decide(signal("review_approved", {}, other), context(of)).accepted, false);
});

Deno.test("decide() takes the report of the agent at work and ends its session", () => {
  const of = state({ task: reviewing });
  const own = session(`${wanted(of, policy)[0]?.baseKey}/a1`, { role: "reviewer" });
  const step = decide(signal("review_approved", {}, own), context(of));
  assert.deepEqual(summary(step.changes), ["session 50 reported", "review_approved"]);
});

Deno.test("decide() refuses a subtask report with another task's numbers", () => {
  const of = state({
    task: running(),
    subtasks: [subtask(1, 1, { status: "running" }), subtask(1, 2, { status: "running" })],
  });
  const own = session(`${wanted(of, policy)[0]?.baseKey}/a1`, { wave: 1, subtask: 1 });
  const input = signal("implement_task_finished", { wave_number: 1, task_number: 2 }, own);
  assert.equal(decide(input, context(of)).accepted, false);
});

Deno.test("decide() throws for an event that is not legal now and changes nothing", () => {
  assert.throws(
    () => decide(signal("review_approved"), context({ task: planning })),
    (e) => e instanceof KasError && e.code === "illegal_transition",
  );
});
