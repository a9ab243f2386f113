import { KasError } from "../../errors.ts";
import { quote } from "../../names.ts";
import { nextStatus } from "../../task/fsm.ts";
import type { Phase, Status, Task } from "../../task/types.ts";
import type { Change, TaskPatch } from "../types.ts";
import { assignments, type Columns, type Db, type Value } from "./db.ts";
import { appendEvent } from "./events.ts";
import { int, text } from "./rows.ts";
import { ensureTopic, requireTask } from "./tasks.ts";

/** What the steps of one commit share. */
export interface Step {
  readonly db: Db;
  readonly now: number;
  /** Version of each task before the commit first changed it. */
  readonly startVersions: Map<number, number>;
  readonly eventIds: number[];
}

const COLUMNS: Columns<TaskPatch> = {
  phase: "phase",
  description: "description",
  goal: "goal",
  topic: "topic",
  branch: "branch",
  baseBranch: "base_branch",
  baseCommit: "base_commit",
  reviewCycle: "review_cycle",
  wave: "wave",
  feedback: "feedback",
  verifiedSha: "verified_sha",
  verifiedBaseSha: "verified_base_sha",
  verifiedAt: "verified_at",
  verifiedBy: "verified_by",
  staleReason: "stale_reason",
  mergedSha: "merged_sha",
  mergedAt: "merged_at",
  planningAt: "planning_at",
  implementingAt: "implementing_at",
  reviewingAt: "reviewing_at",
  verifyingAt: "verifying_at",
  doneAt: "done_at",
};

const STAMPS: Readonly<Partial<Record<Status, string>>> = {
  planning: "planning_at",
  implementing: "implementing_at",
  reviewing: "reviewing_at",
  verifying: "verifying_at",
  done: "done_at",
};

/** Applies a change of kind "task". */
export function patchTask(step: Step, change: Change & { kind: "task" }): void {
  const task = requireTask(step.db, change.taskId);
  if (change.expectVersion !== undefined) checkVersion(step, task, change.expectVersion);
  write(step, task, change.patch);
}

/** Applies a change of kind "expect". */
export function expectTask(step: Step, change: Change & { kind: "expect" }): void {
  checkVersion(step, requireTask(step.db, change.taskId), change.version);
}

/** Applies a change of kind "transition". */
export function transition(step: Step, change: Change & { kind: "transition" }): void {
  const { db, now } = step;
  const task = requireTask(db, change.taskId);
  checkVersion(step, task, change.expectVersion);
  const to = nextStatus(task, change.event);
  if (change.event === "implement_start" || change.event === "reimplement") {
    checkTopic(step, task, change);
  }
  const phase = change.event === "planner_finished" ? "planned" : "";
  move(step, task, to, { phase, ...change.patch });
  step.eventIds.push(appendEvent(db, now, {
    projectId: task.projectId,
    taskId: task.id,
    kind: "task_status_changed",
    actor: change.actor,
    message: `${task.name}: ${task.status} → ${to}`,
    detail: { from: task.status, to, event: change.event, reason: change.reason ?? "" },
  }));
}

/** Applies a change of kind "force_status". Neither the table nor the topic gate is asked. */
export function forceStatus(step: Step, change: Change & { kind: "force_status" }): void {
  const task = requireTask(step.db, change.taskId);
  checkVersion(step, task, change.expectVersion);
  move(step, task, change.status, { ...change.patch, phase: change.phase });
  step.eventIds.push(appendEvent(step.db, step.now, {
    projectId: task.projectId,
    taskId: task.id,
    kind: "task_status_forced",
    actor: change.actor,
    message: `${task.name}: ${task.status} → ${change.status} by force`,
    detail: { from: task.status, to: change.status, phase: change.phase },
  }));
}

/** A change may name the version before the commit or the one that an earlier change of it made. */
function checkVersion(step: Step, task: Task, expected: number): void {
  if (expected === task.version || expected === step.startVersions.get(task.id)) return;
  throw new KasError(
    "conflict",
    `Cannot change task ${
      quote(task.name)
    }: somebody else has changed it, it is ${task.status} now`,
    {
      hint: `See its state with "kas task list" and repeat the command if it still applies`,
      context: { task: task.name, status: task.status, version: task.version, expected },
    },
  );
}

/** One task of a topic is implemented at a time. */
function checkTopic(step: Step, task: Task, change: Change & { kind: "transition" }): void {
  const topic = change.patch?.topic === undefined ? task.topic : change.patch.topic;
  if (topic === null) return;
  const row = step.db.get(
    `SELECT id, name FROM task WHERE project_id = ? AND topic = ? AND status = 'implementing'
     AND id <> ? ORDER BY id LIMIT 1`,
    task.projectId,
    topic,
    task.id,
  );
  if (row === null) return;
  const other = text(row, "name");
  if (change.overrideTopic !== true) {
    throw new KasError(
      "guard",
      `Cannot implement ${quote(task.name)}: ${quote(other)} of topic ${
        quote(topic)
      } is being implemented`,
      {
        hint: `Wait until "${other}" is reviewed, or pass "--override-topic"`,
        context: { task: task.name, topic, other, otherId: int(row, "id") },
      },
    );
  }
  step.eventIds.push(appendEvent(step.db, step.now, {
    projectId: task.projectId,
    taskId: task.id,
    kind: "topic_gate_overridden",
    actor: change.actor,
    message: `${task.name}: implemented beside ${other} of topic ${topic}`,
    detail: { topic, other, event: change.event },
  }));
}

/** A verification holds for a task that stays done; new work or a new review voids it. */
function voidsVerification(from: Status, to: Status): boolean {
  return (from === "done" && to !== "done") || to === "planning" || to === "implementing" ||
    to === "reviewing";
}

const UNVERIFIED = {
  verifiedSha: null,
  verifiedBaseSha: null,
  verifiedAt: null,
  verifiedBy: null,
} as const;

function move(step: Step, task: Task, to: Status, patch: TaskPatch & { phase: Phase }): void {
  const stamp = STAMPS[to];
  write(
    step,
    task,
    voidsVerification(task.status, to) ? { ...patch, ...UNVERIFIED } : patch,
    [
      "status = ?",
      // Work is told apart by the moment its phase was entered, so that never repeats or goes back.
      ...(stamp === undefined ? [] : [`${stamp} = max(?, coalesce(${stamp} + 1, 0))`]),
    ],
    [to, ...(stamp === undefined ? [] : [step.now])],
  );
}

function write(
  step: Step,
  task: Task,
  patch: TaskPatch,
  sets: readonly string[] = [],
  values: readonly Value[] = [],
): void {
  ensureTopic(step.db, task.projectId, patch.topic);
  const set = assignments(COLUMNS, patch);
  if (!step.startVersions.has(task.id)) step.startVersions.set(task.id, task.version);
  step.db.run(
    `UPDATE task SET ${
      [...sets, ...set.sets, "version = version + 1", "updated_at = ?"].join(", ")
    } WHERE id = ?`,
    ...values,
    ...set.values,
    step.now,
    task.id,
  );
}
