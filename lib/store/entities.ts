import type { SignalPayload, SignalType } from "../signal/types.ts";
import type { Subtask, SubtaskStatus, Task } from "../task/types.ts";

/** What the store keeps, as rows and as the fields a change may set. All times are ms UTC. */

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
  /** Name of the agent that plays the role; empty until it is chosen. */
  readonly agent: string;
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
  /** Minutes it may take; null = no limit. */
  readonly timeoutMinutes: number | null;
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
  | "timeoutMinutes"
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
    | "agent"
    | "timeoutMinutes"
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
  /** Who: `cli:<user>`, `session:<id>`, `token:<name>`, `kas`, … */
  readonly actor: string;
  readonly message: string;
  readonly detail: Readonly<Record<string, unknown>>;
}
export interface NewEvent {
  projectId: number | null;
  taskId?: number | null;
  /** Left out or null, it is the session of an actor that is an agent's. */
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
    | "planningAt"
    | "implementingAt"
    | "reviewingAt"
    | "verifyingAt"
    | "doneAt"
  >
>;
export type NewSubtask = Pick<Subtask, "wave" | "number" | "title" | "body" | "files"> & {
  /** `running` sets startedAt. Nothing is reported that nobody has begun. */
  readonly status: Exclude<SubtaskStatus, "reported">;
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

export const SCOPES = ["read", "signal", "operate", "admin"] as const;
/** What a token lets its holder do; each includes the ones before it. */
export type Scope = typeof SCOPES[number];

export const PERMISSIONS = ["ask", "auto", "yolo"] as const;
/** How much an agent may do unasked, least first: nothing, the usual, everything. */
export type Permission = typeof PERMISSIONS[number];

/**
 * Who an agent is, as its token says. An agent may start others, but with no more than it has itself.
 */
export interface AgentGrant {
  /** Agent name. */
  readonly agent: string;
  readonly role: Role | null;
  /** The most it may let another agent do. */
  readonly permission: Permission;
  /** Folder it and the agents it starts must stay in; absolute, real. */
  readonly root: string;
  /** Agents that led here, first caller first; its own name is not in it. */
  readonly chain: readonly string[];
}

/** A secret somebody can prove who they are with. Only its SHA-256 is stored. */
export interface Token {
  readonly id: number;
  readonly name: string;
  readonly scope: Scope;
  /** Bound to one project, task, session; null = not bound. */
  readonly projectId: number | null;
  readonly taskId: number | null;
  readonly sessionId: number | null;
  /** Set for the token of an agent. */
  readonly grant: AgentGrant | null;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  readonly lastUsedAt: number | null;
}
/** A token to be made; `hash` is the lower-case hex SHA-256 of the secret. */
export type NewToken =
  & Pick<
    Token,
    "name" | "scope" | "projectId" | "taskId" | "sessionId" | "grant" | "createdBy" | "expiresAt"
  >
  & { readonly hash: string };

/** The pull request of a task, as it was last seen. */
export interface PullRequest {
  readonly taskId: number;
  readonly url: string;
  /** Review decision, such as APPROVED; empty while unknown. */
  readonly state: string;
  /** State of the checks; empty while unknown. */
  readonly checks: string;
  readonly updatedAt: number;
}
export type PullRequestPatch = Partial<Pick<PullRequest, "url" | "state" | "checks">>;

/** A review of a pull request. */
export interface PrReview {
  readonly taskId: number;
  /** The id the forge gave it; unique in its task. */
  readonly reviewId: string;
  readonly author: string;
  readonly state: string;
  readonly body: string;
  readonly submittedAt: number | null;
  readonly reactedAt: number | null;
  /** When a fixer was sent for it. */
  readonly fixerDispatchedAt: number | null;
  readonly createdAt: number;
}
export type NewPrReview = Omit<PrReview, "reactedAt" | "fixerDispatchedAt" | "createdAt">;
export type PrReviewPatch = Partial<Pick<PrReview, "reactedAt" | "fixerDispatchedAt">>;
