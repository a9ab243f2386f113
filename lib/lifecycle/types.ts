import type { Event } from "../task/fsm.ts";
import type { Subtask, Task } from "../task/types.ts";
import type { Plan } from "../task/plan.ts";
import type { Change, Decision, Role, Session } from "../store/types.ts";
import type { SignalPayload, SignalType } from "../signal/types.ts";

/** What the configuration says about how far kas goes by itself. */
export interface Policy {
  /** Start the implementation when planning ends. */
  readonly autoAdvance: boolean;
  /** Start the next wave after a clean one. */
  readonly autoAdvanceWaves: boolean;
  readonly autoReviewFix: boolean;
  /** Fix rounds before a person is asked; 0 = no limit. */
  readonly maxReviewFixCycles: number;
  /** Have an independent agent verify an approved review. */
  readonly autoReadinessReview: boolean;
  readonly readinessSelfFixMaxLines: number;
  /** Plans of at most this many subtasks go to one coder; 0 = never. */
  readonly blueprintSkipThreshold: number;
  /** Coders of one wave at a time; 0 = no limit. */
  readonly maxParallelWaveTasks: number;
  readonly waveIsolation: "worktree" | "shared";
  /** Merge into the base branch as soon as a task is verified. */
  readonly autoMerge: boolean;
  /** Minutes an agent may sit idle before a person is asked. */
  readonly stuckAfterMinutes: number;
}

/** Everything about one task that a step may depend on. */
export interface TaskState {
  readonly task: Task;
  readonly subtasks: readonly Subtask[];
  /** All sessions of the task, exited ones too, oldest first. */
  readonly sessions: readonly Session[];
  /** Open decisions of the task. */
  readonly decisions: readonly Decision[];
}

/** What the stored plan holds, for the steps that read it. */
export interface PlanFacts {
  readonly plan: Plan;
  /** Findings that forbid running it, as text lines; empty when it is sound. */
  readonly errors: readonly string[];
  /** Path claims by task number, from the architect's metadata where it has them. */
  readonly files: ReadonlyMap<number, readonly string[]>;
  /** Commands that must pass, by task number, from the architect's metadata. */
  readonly checks: ReadonlyMap<number, readonly string[]>;
  /** Same-wave overlaps of path claims, as text lines. */
  readonly overlaps: readonly string[];
  /** Problems of the architect's metadata file, as text lines. */
  readonly metaProblems: readonly string[];
}

/** Where the branches are now, for the steps that bind a verdict to commits. */
export interface GitFacts {
  /** Tip of the task branch. */
  readonly head: string;
  /** Tip of the base branch. */
  readonly base: string;
  /** Commits of the task branch that the base lacks. */
  readonly ahead: number;
  /** The task worktree has uncommitted work. */
  readonly dirty: boolean;
}

/** One thing that happened to a task. Signals and operator events come from outside, the rest kas saw itself. */
export type Input =
  | {
    readonly type: "signal";
    readonly signal: SignalType;
    readonly payload: SignalPayload;
    /** The session that emitted it, when an agent did. */
    readonly session: Session | null;
    readonly actor: string;
  }
  | {
    readonly type: "event";
    readonly event: Event;
    readonly actor: string;
    readonly feedback: string;
    readonly overrideTopic: boolean;
    /** For implement_start: begin with this wave, without the architect. */
    readonly wave: number | null;
  }
  | {
    readonly type: "answer";
    readonly decision: Decision;
    readonly option: string;
    readonly feedback: string;
    readonly actor: string;
  }
  /** The commits of a reported subtask are in the task branch. */
  | { readonly type: "subtask_integrated"; readonly subtaskId: number; readonly commit: string }
  | {
    readonly type: "subtask_conflict";
    readonly subtaskId: number;
    readonly files: readonly string[];
  }
  /** It was reported finished, but its branch holds nothing new. */
  | { readonly type: "subtask_empty"; readonly subtaskId: number }
  /** A session is over and did not report. */
  | {
    readonly type: "session_ended";
    readonly session: Session;
    readonly how: "died" | "lost" | "killed" | "failed_start";
    readonly exitCode: number | null;
    readonly detail: string;
  }
  | { readonly type: "session_stuck"; readonly session: Session; readonly evidence: string }
  | { readonly type: "stale"; readonly reason: string }
  /** The verified branch does not merge into its base. */
  | { readonly type: "merge_conflict"; readonly files: readonly string[] }
  | { readonly type: "merged"; readonly commit: string; readonly actor: string };

export interface StepContext {
  readonly state: TaskState;
  readonly policy: Policy;
  readonly now: number;
  /** Present for inputs that {@link needsPlan}. */
  readonly plan: PlanFacts | null;
  /** Present for inputs that {@link needsGit}. */
  readonly git: GitFacts | null;
  /** Another task of the same topic that is being implemented, looked up with the plan. */
  readonly topicRival: string | null;
}

/** What a step does. `accepted: false` means that nothing but the record of it changes. */
export interface Step {
  readonly accepted: boolean;
  /** One line for the signal's `result` and for people. */
  readonly result: string;
  readonly changes: readonly Change[];
}

/** A session that should exist now. */
export interface DesiredSession {
  /** Unique for this piece of work; attempts are numbered below it. */
  readonly baseKey: string;
  readonly role: Role;
  readonly title: string;
  /** `task` or the slot of a subtask's own worktree. */
  readonly slot: string;
  readonly wave: number | null;
  readonly subtask: number | null;
  readonly round: number;
  readonly peers: number;
  /** Which prompt it gets. */
  readonly brief:
    | "plan"
    | "architect"
    | "solo"
    | "wave"
    | "resolve"
    | "fix"
    | "review"
    | "verify";
}
