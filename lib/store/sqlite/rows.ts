import { KasError } from "../../errors.ts";
import { type Signal, SIGNAL_STATUSES, SIGNAL_TYPES } from "../../signal/types.ts";
import { PHASES, STATUSES, type Subtask, SUBTASK_STATUSES, type Task } from "../../task/types.ts";
import {
  ACTIVITIES,
  type AgentGrant,
  type Decision,
  DECISION_KINDS,
  type EventRow,
  type Job,
  PERMISSIONS,
  type Project,
  ROLES,
  SCOPES,
  type Session,
  SESSION_STATUSES,
  type Token,
  type Worktree,
  WORKTREE_STATUSES,
} from "../types.ts";
import type { Row } from "./db.ts";

/** Readers of one column. A value of the wrong kind means that something else wrote to the file. */
export function int(row: Row, column: string): number {
  const value = row[column];
  return typeof value === "number" ? value : odd(row, column);
}

/** See {@link int}. */
export function text(row: Row, column: string): string {
  const value = row[column];
  return typeof value === "string" ? value : odd(row, column);
}

/** See {@link int}. */
export function maybeInt(row: Row, column: string): number | null {
  return row[column] === null ? null : int(row, column);
}

/** See {@link int}. */
export function maybeText(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

/** See {@link int}: one of these words. */
export function oneOf<T extends string>(words: readonly T[], row: Row, column: string): T {
  return words.find((word) => word === row[column]) ?? odd(row, column);
}

function list(row: Row, column: string): unknown[] {
  const value: unknown = JSON.parse(text(row, column));
  return Array.isArray(value) ? value : odd(row, column);
}

function record(row: Row, column: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(text(row, column));
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Readonly<Record<string, unknown>>
    : odd(row, column);
}

function odd(row: Row, column: string): never {
  throw new KasError(
    "store_corrupt",
    `Cannot read row ${row.id ?? "?"} of the store: column "${column}" holds ${
      JSON.stringify(String(row[column]))
    }`,
    { hint: "Another program has changed the file; put a backup in its place" },
  );
}

/** Maps a row of `project`. */
export function toProject(row: Row): Project {
  return {
    id: int(row, "id"),
    key: text(row, "key"),
    root: text(row, "root"),
    rootCommit: text(row, "root_commit"),
    registered: int(row, "registered") === 1,
    createdAt: int(row, "created_at"),
  };
}

/** Maps a row of `task`. */
export function toTask(row: Row): Task {
  return {
    id: int(row, "id"),
    projectId: int(row, "project_id"),
    name: text(row, "name"),
    status: oneOf(STATUSES, row, "status"),
    phase: oneOf(PHASES, row, "phase"),
    version: int(row, "version"),
    description: text(row, "description"),
    goal: text(row, "goal"),
    topic: maybeText(row, "topic"),
    branch: text(row, "branch"),
    baseBranch: text(row, "base_branch"),
    baseCommit: maybeText(row, "base_commit"),
    contentVersion: int(row, "content_version"),
    reviewCycle: int(row, "review_cycle"),
    wave: int(row, "wave"),
    feedback: text(row, "feedback"),
    planningAt: maybeInt(row, "planning_at"),
    implementingAt: maybeInt(row, "implementing_at"),
    reviewingAt: maybeInt(row, "reviewing_at"),
    verifyingAt: maybeInt(row, "verifying_at"),
    doneAt: maybeInt(row, "done_at"),
    verifiedSha: maybeText(row, "verified_sha"),
    verifiedBaseSha: maybeText(row, "verified_base_sha"),
    verifiedAt: maybeInt(row, "verified_at"),
    verifiedBy: maybeText(row, "verified_by"),
    staleReason: maybeText(row, "stale_reason"),
    mergedSha: maybeText(row, "merged_sha"),
    mergedAt: maybeInt(row, "merged_at"),
    createdAt: int(row, "created_at"),
    updatedAt: int(row, "updated_at"),
  };
}

/** Maps a row of `subtask`. */
export function toSubtask(row: Row): Subtask {
  return {
    id: int(row, "id"),
    taskId: int(row, "task_id"),
    wave: int(row, "wave"),
    number: int(row, "number"),
    title: text(row, "title"),
    body: text(row, "body"),
    files: list(row, "files").map(String),
    status: oneOf(SUBTASK_STATUSES, row, "status"),
    attempt: int(row, "attempt"),
    assignment: oneOf(["build", "resolve"] as const, row, "assignment"),
    baseCommit: maybeText(row, "base_commit"),
    commit: maybeText(row, "commit"),
    note: text(row, "note"),
    startedAt: maybeInt(row, "started_at"),
    reportedAt: maybeInt(row, "reported_at"),
    endedAt: maybeInt(row, "ended_at"),
  };
}

/** Maps a row of `session` with its `task_name`. */
export function toSession(row: Row): Session {
  const id = int(row, "id");
  return {
    id,
    key: text(row, "key"),
    projectId: int(row, "project_id"),
    taskId: maybeInt(row, "task_id"),
    taskName: maybeText(row, "task_name"),
    title: text(row, "title"),
    role: oneOf(ROLES, row, "role"),
    agent: text(row, "agent"),
    wave: maybeInt(row, "wave"),
    subtask: maybeInt(row, "subtask"),
    round: int(row, "round"),
    attempt: int(row, "attempt"),
    peers: int(row, "peers"),
    status: oneOf(SESSION_STATUSES, row, "status"),
    activity: oneOf(ACTIVITIES, row, "activity"),
    evidence: text(row, "evidence"),
    harness: text(row, "harness"),
    program: text(row, "program"),
    model: maybeText(row, "model"),
    tmuxName: `kas-${id}`,
    branch: maybeText(row, "branch"),
    cwd: text(row, "cwd"),
    pid: maybeInt(row, "pid"),
    timeoutMinutes: maybeInt(row, "timeout_minutes"),
    exitReason: maybeText(row, "exit_reason"),
    exitCode: maybeInt(row, "exit_code"),
    createdAt: int(row, "created_at"),
    startedAt: maybeInt(row, "started_at"),
    endedAt: maybeInt(row, "ended_at"),
    lastActivityAt: maybeInt(row, "last_activity_at"),
  };
}

/** Maps a row of `worktree`. */
export function toWorktree(row: Row): Worktree {
  return {
    id: int(row, "id"),
    projectId: int(row, "project_id"),
    taskId: maybeInt(row, "task_id"),
    slot: text(row, "slot"),
    path: text(row, "path"),
    branch: text(row, "branch"),
    ownsBranch: int(row, "owns_branch") === 1,
    status: oneOf(WORKTREE_STATUSES, row, "status"),
    createdAt: int(row, "created_at"),
    removedAt: maybeInt(row, "removed_at"),
  };
}

/** Maps a row of `decision` with its `task_name`. */
export function toDecision(row: Row): Decision {
  return {
    id: int(row, "id"),
    key: text(row, "key"),
    projectId: int(row, "project_id"),
    taskId: maybeInt(row, "task_id"),
    taskName: maybeText(row, "task_name"),
    sessionId: maybeInt(row, "session_id"),
    kind: oneOf(DECISION_KINDS, row, "kind"),
    question: text(row, "question"),
    detail: text(row, "detail"),
    options: list(row, "options") as Decision["options"],
    status: oneOf(["open", "answered", "withdrawn"] as const, row, "status"),
    answer: maybeText(row, "answer"),
    feedback: text(row, "feedback"),
    answeredBy: maybeText(row, "answered_by"),
    createdAt: int(row, "created_at"),
    closedAt: maybeInt(row, "closed_at"),
  };
}

/** Maps a row of `job`. */
export function toJob(row: Row): Job {
  return {
    id: int(row, "id"),
    key: text(row, "key"),
    projectId: int(row, "project_id"),
    taskId: maybeInt(row, "task_id"),
    kind: text(row, "kind"),
    payload: record(row, "payload"),
    status: oneOf(["pending", "done", "failed"] as const, row, "status"),
    attempts: int(row, "attempts"),
    nextAt: int(row, "next_at"),
    result: text(row, "result"),
    createdAt: int(row, "created_at"),
  };
}

/** Maps a row of `signal`. */
export function toSignal(row: Row): Signal {
  return {
    id: int(row, "id"),
    projectId: int(row, "project_id"),
    taskName: text(row, "task_name"),
    type: oneOf(SIGNAL_TYPES, row, "type"),
    payload: record(row, "payload"),
    status: oneOf(SIGNAL_STATUSES, row, "status"),
    dedupeKey: maybeText(row, "dedupe_key"),
    source: text(row, "source"),
    attempts: int(row, "attempts"),
    claimedBy: maybeText(row, "claimed_by"),
    claimedAt: maybeInt(row, "claimed_at"),
    createdAt: int(row, "created_at"),
    processedAt: maybeInt(row, "processed_at"),
    result: text(row, "result"),
  };
}

/** Maps a row of `event`. */
export function toEvent(row: Row): EventRow {
  return {
    id: int(row, "id"),
    at: int(row, "at"),
    projectId: maybeInt(row, "project_id"),
    project: maybeText(row, "project"),
    taskId: maybeInt(row, "task_id"),
    task: maybeText(row, "task"),
    sessionId: maybeInt(row, "session_id"),
    instance: maybeText(row, "instance"),
    kind: text(row, "kind"),
    actor: text(row, "actor"),
    message: text(row, "message"),
    detail: record(row, "detail"),
  };
}

/** Maps a row of `token`; its hash stays in the store. */
export function toToken(row: Row): Token {
  return {
    id: int(row, "id"),
    name: text(row, "name"),
    scope: oneOf(SCOPES, row, "scope"),
    projectId: maybeInt(row, "project_id"),
    taskId: maybeInt(row, "task_id"),
    sessionId: maybeInt(row, "session_id"),
    grant: row["agent_grant"] === null ? null : toGrant(row),
    createdBy: text(row, "created_by"),
    createdAt: int(row, "created_at"),
    expiresAt: maybeInt(row, "expires_at"),
    revokedAt: maybeInt(row, "revoked_at"),
    lastUsedAt: maybeInt(row, "last_used_at"),
  };
}

function toGrant(row: Row): AgentGrant {
  const { agent, role, permission, root, chain } = record(row, "agent_grant");
  const level = PERMISSIONS.find((word) => word === permission);
  const known = ROLES.find((word) => word === role) ?? null;
  if (level === undefined || !Array.isArray(chain)) return odd(row, "agent_grant");
  return {
    agent: String(agent),
    role: known,
    permission: level,
    root: String(root),
    chain: chain.map(String),
  };
}
