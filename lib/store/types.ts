import type { Event } from "../task/fsm.ts";
import type { Phase, Status, Subtask, SubtaskStatus, Task } from "../task/types.ts";
import type { Signal, SignalStatus } from "../signal/types.ts";
import type {
  Decision,
  EventFilter,
  EventRow,
  Job,
  NewDecision,
  NewEvent,
  NewJob,
  NewPrReview,
  NewSession,
  NewSignal,
  NewSubtask,
  NewTask,
  NewToken,
  NewWorktree,
  Project,
  PrReview,
  PrReviewPatch,
  PullRequest,
  PullRequestPatch,
  Session,
  SessionPatch,
  SessionStatus,
  SubtaskPatch,
  TaskPatch,
  Token,
  Worktree,
  WorktreePatch,
  WorktreeStatus,
} from "./entities.ts";
import type { LinearTrigger, NewLinearTrigger, TriggerStatus } from "./linear_entities.ts";

export * from "./entities.ts";
export * from "./linear_entities.ts";

/**
 * The store seam. Everything that must survive a crash goes through it; an embedded SQLite file and
 * a team server implement the same interface and pass the same contract tests. Nothing here knows
 * SQL. All times are integer milliseconds UTC; every method may throw KasError "store_unavailable".
 */

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
  | { kind: "event"; event: NewEvent }
  /** Makes a topic; one that is there stays as it is. */
  | { kind: "topic_new"; projectId: number; name: string }
  /** Sets a named link of a task to something outside, or removes it with null. */
  | { kind: "task_link"; taskId: number; name: string; value: string | null }
  /** Makes or changes the pull request of a task. */
  | { kind: "pull_request"; taskId: number; patch: PullRequestPatch }
  /** A review that is recorded already stays as it is. */
  | { kind: "pr_review_new"; review: NewPrReview }
  /** @throws KasError "not_found" for a review that is not recorded */
  | { kind: "pr_review"; taskId: number; reviewId: string; patch: PrReviewPatch }
  /** Ends what was claimed; conflict unless this attempt is still under way. */
  | {
    kind: "linear_trigger_end";
    id: number;
    attempt: number;
    status: Exclude<TriggerStatus, "received">;
    task: string | null;
    result: string;
  }
  | { kind: "token_new"; token: NewToken }
  /** Revokes what is not revoked yet: one token by its id, or all of a session. */
  | ({ kind: "token_revoke"; actor: string } & ({ id: number } | { sessionId: number }));

/** What a commit made, in the order of its changes. */
export interface Committed {
  readonly sessions: readonly Session[];
  readonly worktrees: readonly Worktree[];
  readonly decisions: readonly Decision[];
  readonly tokens: readonly Token[];
  /** Ids of the events written, ascending. */
  readonly eventIds: readonly number[];
}

export interface TaskFilter {
  projectId?: number;
  statuses?: readonly Status[];
  topic?: string;
  /** Keyset: names after this one. */
  afterName?: string;
  /** Words that name, description or goal must contain. */
  text?: string;
  /** By name (the default), or newest first. */
  order?: TaskOrder;
  /** Keyset of any order: rows behind the one with this value of the order and this id. */
  after?: { key: string | number; id: number };
  limit?: number;
}

/** What tasks can be sorted by. */
export type TaskOrder = "name" | "updated" | "created";

export interface SessionFilter {
  projectId?: number;
  taskId?: number;
  statuses?: readonly SessionStatus[];
  /** Keyset: ids before this one. */
  beforeId?: number;
  /** Oldest first (default) or newest first. */
  order?: "asc" | "desc";
  limit?: number;
}

export interface DecisionFilter {
  projectId?: number;
  taskId?: number;
  status?: Decision["status"];
  /** Keyset: ids after this one. */
  afterId?: number;
  limit?: number;
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
  /** Sorted by name unless told otherwise. */
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
  /** How many tasks of each project have which status; what has none is left out. */
  taskCounts(): Promise<{ projectId: number; status: Status; tasks: number }[]>;
  /** Named links of a task to things outside. */
  taskLinks(taskId: number): Promise<Record<string, string>>;
  pullRequest(taskId: number): Promise<PullRequest | null>;
  /** Oldest first. */
  prReviews(taskId: number): Promise<PrReview[]>;

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
  /**
   * Takes what Linear delivered, once: a duplicate is what has its key already. One that was cut off
   * and claimed before `staleBefore` is taken up again. Logs `task_linear_trigger_received`.
   */
  claimLinearTrigger(
    trigger: NewLinearTrigger,
    staleBefore: number,
  ): Promise<{ trigger: LinearTrigger; duplicate: boolean }>;
  /** Newest first. */
  linearTriggers(filter: { projectId?: number; limit: number }): Promise<LinearTrigger[]>;
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
  /** Oldest first. */
  decisions(filter?: DecisionFilter): Promise<Decision[]>;

  /** Jobs whose time has come, oldest first. */
  dueJobs(now: number, limit: number): Promise<Job[]>;

  events(filter: EventFilter): Promise<EventRow[]>;
  lastEventId(): Promise<number>;

  /** The token whose secret has this SHA-256 (hex), also when it is over; null when there is none. */
  tokenByHash(hash: string): Promise<Token | null>;
  /** Newest first. `agents: false` leaves out the tokens of agents, `live` what is revoked or expired at that time. */
  tokens(filter?: { live?: number; agents?: boolean; sessionId?: number }): Promise<Token[]>;
  /** Notes that a token was used; at most once a minute is written. */
  touchToken(id: number, at: number): Promise<void>;
}
