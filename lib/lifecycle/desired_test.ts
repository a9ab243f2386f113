import assert from "node:assert/strict";
import type { Worktree } from "../store/types.ts";
import { policy, session, state, subtask, task } from "./_fixture.ts";
import { desired, disposable, holdKey, planSession } from "./desired.ts";
import { baseKeyOf } from "./keys.ts";
import type { TaskState } from "./types.ts";

const short = (of: Partial<TaskState>, over = {}) =>
  desired(state(of), { ...policy, ...over }).map((s) =>
    `${s.role}:${s.brief}:${s.slot}:${s.title}`
  );

Deno.test("desired() gives the one agent of each status and phase", () => {
  const rows: [Partial<TaskState["task"]>, string[]][] = [
    [{ status: "ready" }, []],
    [{ status: "planning" }, ["planner:plan:task:t-plan"]],
    [{ status: "implementing", phase: "architecting" }, ["architect:architect:task:t-elaborator"]],
    [{ status: "implementing", phase: "single_agent_implementing" }, [
      "coder:solo:task:t-implement",
    ]],
    [{ status: "implementing", phase: "wave_waiting" }, []],
    [{ status: "implementing", phase: "fixing", reviewCycle: 2 }, ["fixer:fix:task:t-fix-2"]],
    [{ status: "reviewing", reviewCycle: 2 }, ["reviewer:review:task:t-review-3"]],
    [{ status: "verifying" }, ["master:verify:task:t-verify-1"]],
    [{ status: "done" }, []],
    [{ status: "cancelled" }, []],
  ];
  for (const [over, expected] of rows) {
    assert.deepEqual(short({ task: task(over) }), expected, JSON.stringify(over));
  }
});

Deno.test("desired() gives a coder for each running subtask of the wave, in its own worktree", () => {
  const of = {
    task: task({ status: "implementing", phase: "wave_running", wave: 1 }),
    subtasks: [
      subtask(1, 1, { status: "running" }),
      subtask(1, 2, { status: "reported" }),
      subtask(1, 3, { status: "running", assignment: "resolve" }),
      subtask(1, 4),
      subtask(2, 5, { status: "running" }),
    ],
  };
  assert.deepEqual(short(of), ["coder:wave:w1-t1:t-W1-T1", "fixer:resolve:w1-t3:t-W1-T3"]);
  assert.deepEqual(short(of, { waveIsolation: "shared" }), [
    "coder:wave:task:t-W1-T1",
    "fixer:resolve:task:t-W1-T3",
  ]);
});

Deno.test("desired() keeps agents away that policy or an open question holds back", () => {
  const fixing = task({ status: "implementing", phase: "fixing", reviewCycle: 1 });
  assert.deepEqual(short({ task: fixing }, { autoReviewFix: false }), []);
  assert.deepEqual(
    short({ task: task({ status: "verifying" }) }, { autoReadinessReview: false }),
    [],
  );
  const [work] = desired(state({ task: fixing }), policy);
  const held = state({ task: fixing });
  const key = holdKey(work?.baseKey ?? "");
  const decisions = [{ key } as TaskState["decisions"][number]];
  assert.deepEqual(short({ ...held, decisions }), []);
});

Deno.test("desired() asks for other work when a phase is entered again", () => {
  const first = desired(state({ task: task({ status: "reviewing", reviewingAt: 1 }) }), policy);
  const again = desired(state({ task: task({ status: "reviewing", reviewingAt: 2 }) }), policy);
  assert.notEqual(first[0]?.baseKey, again[0]?.baseKey);
});

Deno.test("planSession() numbers attempts, keeps live ones and leaves paused ones alone", () => {
  const base = "t1/review-300/reviewer";
  const attempt = (n: number, status: "running" | "paused" | "exited") =>
    session(`${base}/a${n}`, { id: n, status, attempt: n });
  assert.deepEqual(planSession(base, []), { kind: "start", attempt: 1 });
  assert.equal(planSession(base, [attempt(1, "running")]).kind, "keep");
  assert.deepEqual(planSession(base, [attempt(1, "exited")]), { kind: "start", attempt: 2 });
  assert.deepEqual(planSession(base, [attempt(1, "exited"), attempt(2, "paused")]), {
    kind: "wait",
  });
  assert.deepEqual(planSession("t1/review-301/reviewer", [attempt(1, "running")]), {
    kind: "start",
    attempt: 1,
  });
  assert.equal(baseKeyOf(attempt(12, "exited")), base);
});

const tree = (slot: string): Worktree => ({
  id: 1,
  projectId: 1,
  taskId: 1,
  slot,
  path: `/r/.worktrees/${slot}`,
  branch: "b",
  ownsBranch: true,
  status: "ready",
  createdAt: 1,
  removedAt: null,
});

Deno.test("disposable() lets go only of what is merged, cancelled or begun anew", () => {
  const trees = [tree("task"), tree("w1-t1"), tree("w1-t2")];
  const subtasks = [subtask(1, 1, { status: "complete" }), subtask(1, 2, { status: "failed" })];
  const slots = (over: Partial<TaskState["task"]>) =>
    disposable(state({ task: task({ baseCommit: "c", ...over }), subtasks }), trees)
      .map((row) => row.slot);
  assert.deepEqual(slots({ status: "implementing" }), ["w1-t1"]);
  assert.deepEqual(slots({ status: "done" }), ["w1-t1"]);
  assert.deepEqual(slots({ status: "done", mergedSha: "m" }), ["task", "w1-t1", "w1-t2"]);
  assert.deepEqual(slots({ status: "cancelled" }), ["task", "w1-t1", "w1-t2"]);
  assert.deepEqual(slots({ status: "planning", baseCommit: null }), ["task", "w1-t1", "w1-t2"]);
});
