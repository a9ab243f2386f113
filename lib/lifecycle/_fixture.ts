import type { NewSubtask, Session } from "../store/types.ts";
import type { Subtask, Task } from "../task/types.ts";
import type { GitFacts, Input, PlanFacts, Policy, StepContext, TaskState } from "./types.ts";

/** Made-up states for table tests; every field has a plain default. */

export const policy: Policy = {
  autoAdvance: true,
  autoAdvanceWaves: true,
  autoReviewFix: true,
  maxReviewFixCycles: 5,
  autoReadinessReview: true,
  readinessSelfFixMaxLines: 80,
  blueprintSkipThreshold: 2,
  maxParallelWaveTasks: 0,
  waveIsolation: "worktree",
  autoMerge: false,
  stuckAfterMinutes: 15,
};

export function task(over: Partial<Task> = {}): Task {
  return {
    id: 1,
    projectId: 1,
    name: "t",
    status: "ready",
    phase: "",
    version: 7,
    description: "",
    goal: "",
    topic: null,
    branch: "plan/t",
    baseBranch: "main",
    baseCommit: null,
    contentVersion: 1,
    reviewCycle: 0,
    wave: 0,
    feedback: "",
    planningAt: 100,
    implementingAt: 200,
    reviewingAt: 300,
    verifyingAt: 400,
    doneAt: null,
    verifiedSha: null,
    verifiedBaseSha: null,
    verifiedAt: null,
    verifiedBy: null,
    staleReason: null,
    mergedSha: null,
    mergedAt: null,
    createdAt: 1,
    updatedAt: 1,
    ...over,
  };
}

export function subtask(wave: number, number: number, over: Partial<Subtask> = {}): Subtask {
  return {
    id: wave * 100 + number,
    taskId: 1,
    wave,
    number,
    title: `T${number}`,
    body: "",
    files: [],
    status: "pending",
    attempt: 1,
    assignment: "build",
    baseCommit: null,
    commit: null,
    note: "",
    startedAt: null,
    reportedAt: null,
    endedAt: null,
    ...over,
  };
}

export function session(key: string, over: Partial<Session> = {}): Session {
  return {
    id: 50,
    key,
    projectId: 1,
    taskId: 1,
    taskName: "t",
    title: "t-x",
    role: "coder",
    agent: "coder",
    wave: null,
    subtask: null,
    round: 1,
    attempt: 1,
    peers: 1,
    status: "running",
    activity: "busy",
    evidence: "",
    harness: "demo",
    program: "demo",
    model: null,
    tmuxName: "kas-50",
    branch: "plan/t",
    cwd: "/w",
    pid: 1,
    timeoutMinutes: null,
    exitReason: null,
    exitCode: null,
    createdAt: 1,
    startedAt: 1,
    endedAt: null,
    lastActivityAt: null,
    ...over,
  };
}

/** A plan of waves given as lists of task numbers. */
export function plan(...waves: number[][]): PlanFacts {
  return {
    plan: {
      title: "T",
      goal: "g",
      architecture: null,
      techStack: null,
      size: null,
      preamble: "",
      sections: [],
      waves: waves.map((numbers, index) => ({
        number: index + 1,
        title: "",
        notes: "",
        line: 1,
        tasks: numbers.map((number) => ({
          number,
          title: `T${number}`,
          body: "",
          files: [],
          line: 1,
        })),
      })),
    },
    errors: [],
    files: new Map(),
    checks: new Map(),
    overlaps: [],
    metaProblems: [],
  };
}

export const git: GitFacts = { head: "a".repeat(40), base: "b".repeat(40), ahead: 1, dirty: false };

export function state(over: Partial<TaskState> = {}): TaskState {
  return { task: task(), subtasks: [], sessions: [], decisions: [], ...over };
}

export function context(
  of: Partial<TaskState>,
  more: Partial<Omit<StepContext, "state">> = {},
): StepContext {
  return {
    state: state(of),
    policy,
    now: 1000,
    plan: plan([1, 2], [3, 4]),
    git,
    topicRival: null,
    ...more,
  };
}

export function signal(
  name: Extract<Input, { type: "signal" }>["signal"],
  payload: Record<string, unknown> = {},
  from: Session | null = null,
): Input {
  return { type: "signal", signal: name, payload, session: from, actor: "test" };
}

/** What a step does, in short words, for comparison. */
export function summary(changes: readonly import("../store/types.ts").Change[]): string[] {
  return changes.flatMap((change) => {
    switch (change.kind) {
      case "transition":
        return [`${change.event}${change.patch?.phase ? ` phase=${change.patch.phase}` : ""}`];
      case "task":
        return [`task ${JSON.stringify(change.patch)}`];
      case "subtasks":
        return [`subtasks ${change.subtasks.map(word).join(" ")}`.trim()];
      case "subtask":
        return [`subtask ${change.id} ${change.patch.status}`];
      case "session":
        return [`session ${change.id} ${change.patch.exitReason ?? change.patch.status}`];
      case "decision_open":
        return [
          `ask ${change.decision.kind}: ${change.decision.options.map((o) => o.id).join("/")}`,
        ];
      case "decision_close":
        return [`close ${change.id} ${change.status}`];
      case "job_new":
        return [`job ${change.job.kind}`];
      default:
        return [];
    }
  });
}

function word(row: NewSubtask): string {
  return `${row.wave}.${row.number}=${row.status}`;
}
