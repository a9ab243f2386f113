import type { Event } from "../task/fsm.ts";
import type { Phase, Status, Subtask, SubtaskStatus, Task } from "../task/types.ts";
import type { Signal, SignalPayload, SignalStatus, SignalType } from "../signal/types.ts";

/**
 * The store seam. Everything that must survive a crash goes through it; an embedded SQLite file and
 * a team server implement the same interface and pass the same contract tests. Nothing here knows
 * SQL. All times are integer milliseconds UTC; every method may throw KasError "store_unavailable".
 */

/** A repository kas knows. Identity is the row; the key is its label in URLs and commands. */
export interface Project {
  readonly id: number;
  /** Folder name, with a suffix when two repositories share it. */
  readonly key: string;
  /** Real path of the main work tree. */
  readonly root: string;
  readonly rootCommit: string;
  /** True when the daemon works on it. */
  readonly registered: boolean;
  readonly createdAt: number;
}

export const SESSION_STATUSES = ["starting", "running", "paused", "exited"] as const;
/** `starting`: the row exists, the process may. `exited`: over, see exitReason. */
export type SessionStatus = typeof SESSION_STATUSES[number];

export const ROLES = [
  "planner",
  "architect",
  "coder",
  "reviewer",
  "fixer",
  "master",
  "chat",
] as const;
export type Role = typeof ROLES[number];

export const ACTIVITIES = ["unknown", "starting", "busy", "idle", "asking"] as const;
/** What the agent seems to do, from its harness's best source. */
export type Activity = typeof ACTIVITIES[number];

/** One agent run. `key` says what it is for and is unique: the same work is never started twice. */
export interface Session {
  readonly id: number;
  readonly key: string;
  readonly projectId: number;
  readonly taskId: number | null;
  readonly taskName: string | null;
  /** Label people type: `<task>-W1-T2`, `<task>-review-1`, … */
  readonly title: string;
  readonly role: Role;
  readonly wave: number | null;
  readonly subtask: number | null;
  readonly round: number;
  readonly attempt: number;
  /** Size of the batch of coders it was started with, itself included; 1 = alone. */
  readonly peers: number;
  readonly status: SessionStatus;
  readonly activity: Activity;
  /** Why `activity` is what it is, in words. */
  readonly evidence: string;
  readonly harness: string;
  readonly program: string;
  readonly model: string | null;
  /** tmux session name; derived from the id. */
  readonly tmuxName: string;
  readonly branch: string | null;
  readonly cwd: string;
  readonly pid: number | null;
  /** `reported` (its signal was accepted), `stopped`, `died`, `lost`, `killed`, `failed_start`. */
  readonly exitReason: string | null;
  readonly exitCode: number | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly lastActivityAt: number | null;
}
export type NewSession = Omit<
  Session,
  | "id"
  | "tmuxName"
  | "status"
  | "activity"
  | "evidence"
  | "pid"
  | "exitReason"
  | "exitCode"
  | "createdAt"
  | "startedAt"
  | "endedAt"
  | "lastActivityAt"
  | "taskName"
>;
export type SessionPatch = Partial<
  Pick<
    Session,
    | "status"
    | "activity"
    | "evidence"
    | "pid"
    | "exitReason"
    | "exitCode"
    | "startedAt"
    | "endedAt"
    | "lastActivityAt"
    | "cwd"
    | "title"
    | "harness"
    | "program"
    | "model"
  >
>;

export const WORKTREE_STATUSES = ["creating", "ready", "removing", "removed"] as const;
export type WorktreeStatus = typeof WORKTREE_STATUSES[number];

/** Ledger entry: a worktree and branch that kas made. kas removes nothing that is not in here. */
export interface Worktree {
  readonly id: number;
  readonly projectId: number;
  readonly taskId: number | null;
  /** `task`, or `w<wave>-t<number>` of a subtask. Unique per task while not removed. */
  readonly slot: string;
  readonly path: string;
  readonly branch: string;
  /** False when the branch was there before kas: it is never deleted then. */
  readonly ownsBranch: boolean;
  readonly status: WorktreeStatus;
  readonly createdAt: number;
  readonly removedAt: number | null;
}
export type NewWorktree = Omit<Worktree, "id" | "status" | "createdAt" | "removedAt">;
export type WorktreePatch = Partial<Pick<Worktree, "status" | "removedAt" | "ownsBranch" | "path">>;

export const DECISION_KINDS = [
  "wave_failed",
  "wave_advance",
  "topic_collision",
  "merge_conflict",
  "review_limit",
  "stuck_agent",
  "agent_failed",
  "plan_invalid",
] as const;
export type DecisionKind = typeof DECISION_KINDS[number];

export interface DecisionOption {
  readonly id: string;
  readonly label: string;
}

/** A question to a person. Any client may answer it, once. */
export interface Decision {
  readonly id: number;
  /** Unique while open, so that a question is asked once. */
  readonly key: string;
  readonly projectId: number;
  readonly taskId: number | null;
  readonly taskName: string | null;
  readonly sessionId: number | null;
  readonly kind: DecisionKind;
  readonly question: string;
  readonly detail: string;
  readonly options: readonly DecisionOption[];
  readonly status: "open" | "answered" | "withdrawn";
  readonly answer: string | null;
  readonly feedback: string;
  readonly answeredBy: string | null;
  readonly createdAt: number;
  readonly closedAt: number | null;
}
export type NewDecision = Pick<
  Decision,
  "key" | "projectId" | "taskId" | "sessionId" | "kind" | "question" | "detail" | "options"
>;

/** Outbox entry: an effect that cannot be derived from state. Done at least once, under a unique key. */
export interface Job {
  readonly id: number;
  readonly key: string;
  readonly projectId: number;
  readonly taskId: number | null;
  readonly kind: string;
  readonly payload: SignalPayload;
  readonly status: "pending" | "done" | "failed";
  readonly attempts: number;
  readonly nextAt: number;
  readonly result: string;
  readonly createdAt: number;
}
export type NewJob = Pick<Job, "key" | "projectId" | "taskId" | "kind" | "payload">;

/** One line of the append-only log: the audit trail and the live feed. */
export interface EventRow {
  readonly id: number;
  readonly at: number;
  readonly projectId: number | null;
  readonly project: string | null;
  readonly taskId: number | null;
  readonly task: string | null;
  readonly sessionId: number | null;
  /** Session title. */
  readonly instance: string | null;
  readonly kind: string;
  /** Who: `cli:<user>`, `session:<title>`, `kas`, `mcp`, … */
  readonly actor: string;
  readonly message: string;
  readonly detail: Readonly<Record<string, unknown>>;
}
export interface NewEvent {
  projectId: number | null;
  taskId?: number | null;
  sessionId?: number | null;
  kind: string;
  actor: string;
  message: string;
  detail?: Readonly<Record<string, unknown>>;
}
export interface EventFilter {
  afterId?: number;
  beforeId?: number;
  projectId?: number;
  task?: string;
  instance?: string;
  kinds?: readonly string[];
  /** Inclusive lower and exclusive upper bound in ms. */
  since?: number;
  until?: number;
  /** Words that message, kind or detail must contain (full-text). */
  text?: string;
  /** `asc` (default) or newest first. */
  order?: "asc" | "desc";
  limit: number;
}

export interface NewTask {
  projectId: number;
  name: string;
  description: string;
  branch: string;
  baseBranch: string;
  topic: string | null;
  content: string;
  goal: string;
}
/** Fields of a task a change may set; status only moves through a transition. */
export type TaskPatch = Partial<
  Pick<
    Task,
    | "phase"
    | "description"
    | "goal"
    | "topic"
    | "branch"
    | "baseBranch"
    | "baseCommit"
    | "reviewCycle"
    | "wave"
    | "feedback"
    | "verifiedSha"
    | "verifiedBaseSha"
    | "verifiedAt"
    | "verifiedBy"
    | "staleReason"
    | "mergedSha"
    | "mergedAt"
  >
>;
export type NewSubtask = Pick<Subtask, "wave" | "number" | "title" | "body" | "files"> & {
  /** `running` sets startedAt. */
  readonly status: "pending" | "running";
};
export type SubtaskPatch = Partial<
  Pick<
    Subtask,
    | "status"
    | "attempt"
    | "assignment"
    | "baseCommit"
    | "commit"
    | "note"
    | "files"
    | "startedAt"
    | "reportedAt"
    | "endedAt"
  >
>;
export interface NewSignal {
  projectId: number;
  taskName: string;
  type: SignalType;
  payload: SignalPayload;
  source: string;
  dedupeKey?: string | null;
}

/** One step of an atomic change. {@link Store.commit} applies a list of them, all or none. */
export type Change =
  /** Changes nothing; conflict unless the task still has this version. */
  | { kind: "expect"; taskId: number; version: number }
  /** Moves a task by the table. Compare-and-set on version; the topic gate is checked here. Writes the phase stamp and a `task_status_changed` event. */
  | {
    kind: "transition";
    taskId: number;
    expectVersion: number;
    event: Event;
    actor: string;
    reason?: string;
    patch?: TaskPatch;
    /** Lets it pass the topic gate; audited as `topic_gate_overridden`. */
    overrideTopic?: boolean;
  }
  /** Sets a status past the table. Audited as `task_status_forced`. */
  | {
    kind: "force_status";
    taskId: number;
    expectVersion: number;
    status: Status;
    phase: Phase;
    actor: string;
    patch?: TaskPatch;
  }
  | { kind: "task"; taskId: number; expectVersion?: number; patch: TaskPatch }
  /** Replaces all subtasks of a task. */
  | { kind: "subtasks"; taskId: number; subtasks: readonly NewSubtask[] }
  /** With `expect`: conflict unless the row has one of these statuses. */
  | { kind: "subtask"; id: number; expect?: readonly SubtaskStatus[]; patch: SubtaskPatch }
  /** A second row with the same key is a conflict. */
  | { kind: "session_new"; session: NewSession }
  | { kind: "session"; id: number; expect?: readonly SessionStatus[]; patch: SessionPatch }
  | { kind: "worktree_new"; worktree: NewWorktree }
  | { kind: "worktree"; id: number; patch: WorktreePatch }
  /** Opening a key that is open already changes nothing. */
  | { kind: "decision_open"; decision: NewDecision }
  | {
    kind: "decision_close";
    id: number;
    status: "answered" | "withdrawn";
    answer?: string;
    feedback?: string;
    actor: string;
  }
  /** A key that exists already changes nothing. */
  | { kind: "job_new"; job: NewJob }
  | {
    kind: "job";
    id: number;
    status: Job["status"];
    result: string;
    /** Earliest next try of a job that stays pending. */
    nextAt?: number;
  }
  /** Ends a claimed signal; conflict unless it is `processing`. */
  | { kind: "signal_end"; id: number; status: "done" | "failed"; result: string }
  | { kind: "signal_new"; signal: NewSignal }
  | { kind: "event"; event: NewEvent };

/** What a commit made, in the order of its changes. */
export interface Committed {
  readonly sessions: readonly Session[];
  readonly worktrees: readonly Worktree[];
  readonly decisions: readonly Decision[];
  /** Ids of the events written, ascending. */
  readonly eventIds: readonly number[];
}

export interface TaskFilter {
  projectId?: number;
  statuses?: readonly Status[];
  topic?: string;
  /** Keyset: names after this one. */
  afterName?: string;
  limit?: number;
}

export interface SessionFilter {
  projectId?: number;
  taskId?: number;
  statuses?: readonly SessionStatus[];
}

/** See the head of this file. */
export interface Store extends AsyncDisposable {
  close(): Promise<void>;
  /** Resolves when the database answers. */
  ping(): Promise<void>;
  /** A number that changes when another connection commits. */
  changeToken(): Promise<number>;

  /** Finds or makes the project of a repository root; a root that moved (same root commit, old path gone) is followed. */
  ensureProject(repo: { root: string; rootCommit: string }): Promise<Project>;
  projects(filter?: { registered?: boolean }): Promise<Project[]>;
  project(id: number): Promise<Project | null>;
  projectByKey(key: string): Promise<Project | null>;
  setRegistered(projectId: number, registered: boolean): Promise<void>;

  /** @throws KasError "exists" for a name that is taken in the project */
  createTask(task: NewTask, actor: string): Promise<Task>;
  task(projectId: number, name: string): Promise<Task | null>;
  taskById(id: number): Promise<Task | null>;
  /** Sorted by name. */
  tasks(filter?: TaskFilter): Promise<Task[]>;
  /** Ids of tasks the engine may have work for: under way, or with live sessions or worktrees. */
  activeTaskIds(projectId: number): Promise<number[]>;
  content(taskId: number): Promise<{ text: string; version: number }>;
  /** Replaces the plan text and nothing else. @throws KasError "conflict" when expectVersion is not the stored one */
  setContent(
    taskId: number,
    text: string,
    options: { actor: string; expectVersion?: number },
  ): Promise<number>;
  /** @throws KasError "exists" */
  renameTask(taskId: number, name: string, actor: string): Promise<Task>;
  /** Removes the row and what hangs on it; its events stay. */
  deleteTask(taskId: number, actor: string): Promise<void>;
  subtasks(taskId: number): Promise<Subtask[]>;
  topics(projectId: number): Promise<{ name: string; tasks: number }[]>;

  /** Applies all changes in one transaction, or none. @throws KasError "conflict", "illegal_transition", "guard" */
  commit(changes: readonly Change[]): Promise<Committed>;

  /** Inserts a pending signal, or finds the one with the same dedupe key. */
  emitSignal(signal: NewSignal): Promise<{ signal: Signal; duplicate: boolean }>;
  /** Takes the oldest pending signal of these projects (all when null); no two callers get the same. */
  claimSignal(worker: string, projectIds: readonly number[] | null): Promise<Signal | null>;
  signal(id: number): Promise<Signal | null>;
  signals(
    filter: {
      projectId?: number;
      statuses?: readonly SignalStatus[];
      task?: string;
      limit: number;
    },
  ): Promise<Signal[]>;
  /** Puts a failed signal back to pending. @throws KasError "conflict" for any other status */
  retrySignal(id: number): Promise<Signal>;
  /** Puts back claims that are older than `before` or held by one of `workers`; those with `maxAttempts` behind them become dead letters. Returns how many. */
  reapSignals(
    options: { before: number; workers?: readonly string[]; maxAttempts: number },
  ): Promise<{ requeued: number; dead: number }>;

  session(id: number): Promise<Session | null>;
  sessionByKey(key: string): Promise<Session | null>;
  sessions(filter?: SessionFilter): Promise<Session[]>;

  worktrees(
    filter?: { projectId?: number; taskId?: number; statuses?: readonly WorktreeStatus[] },
  ): Promise<Worktree[]>;

  decision(id: number): Promise<Decision | null>;
  decisions(
    filter?: { projectId?: number; taskId?: number; status?: Decision["status"] },
  ): Promise<Decision[]>;

  /** Jobs whose time has come, oldest first. */
  dueJobs(now: number, limit: number): Promise<Job[]>;

  events(filter: EventFilter): Promise<EventRow[]>;
  lastEventId(): Promise<number>;
}
