import { KasError } from "../../errors.ts";
import { quote } from "../../names.ts";
import type {
  Change,
  NewSession,
  NewWorktree,
  Session,
  SessionFilter,
  SessionPatch,
  Worktree,
  WorktreePatch,
  WorktreeStatus,
} from "../types.ts";
import { assignments, type Columns, type Db, encode, Where } from "./db.ts";
import { toSession, toWorktree } from "./rows.ts";

const NEW_SESSION: Columns<NewSession> = {
  key: "key",
  projectId: "project_id",
  taskId: "task_id",
  title: "title",
  role: "role",
  agent: "agent",
  wave: "wave",
  subtask: "subtask",
  round: "round",
  attempt: "attempt",
  peers: "peers",
  harness: "harness",
  program: "program",
  model: "model",
  branch: "branch",
  cwd: "cwd",
};
const SESSION: Columns<SessionPatch> = {
  status: "status",
  activity: "activity",
  evidence: "evidence",
  pid: "pid",
  exitReason: "exit_reason",
  exitCode: "exit_code",
  startedAt: "started_at",
  endedAt: "ended_at",
  lastActivityAt: "last_activity_at",
  cwd: "cwd",
  title: "title",
  harness: "harness",
  program: "program",
  model: "model",
  agent: "agent",
  timeoutMinutes: "timeout_minutes",
};
const NEW_WORKTREE: Columns<NewWorktree> = {
  projectId: "project_id",
  taskId: "task_id",
  slot: "slot",
  path: "path",
  branch: "branch",
  ownsBranch: "owns_branch",
};
const WORKTREE: Columns<WorktreePatch> = {
  status: "status",
  removedAt: "removed_at",
  ownsBranch: "owns_branch",
  path: "path",
};

/** Inserts the fields of `value` and `created_at`; returns the id. */
export function insert<T extends object>(
  db: Db,
  now: number,
  table: "session" | "worktree",
  columns: Columns<T>,
  value: T,
): number {
  const fields = Object.keys(columns) as (keyof T)[];
  return db.run(
    `INSERT INTO ${table} (${fields.map((field) => columns[field]).join(", ")}, created_at)
     VALUES (${"?, ".repeat(fields.length)}?)`,
    ...fields.map((field) => encode(value[field])),
    now,
  ).id;
}

const SELECT_SESSION =
  "SELECT s.*, t.name AS task_name FROM session s LEFT JOIN task t ON t.id = s.task_id";

/** The session with this id, or null. */
export function findSession(db: Db, id: number): Session | null {
  const row = db.get(`${SELECT_SESSION} WHERE s.id = ?`, id);
  return row === null ? null : toSession(row);
}

/** The session with this key, or null. */
export function findSessionByKey(db: Db, key: string): Session | null {
  const row = db.get(`${SELECT_SESSION} WHERE s.key = ?`, key);
  return row === null ? null : toSession(row);
}

/** Oldest first. */
export function listSessions(db: Db, filter: SessionFilter): Session[] {
  const where = new Where()
    .and("s.project_id = ?", filter.projectId)
    .and("s.task_id = ?", filter.taskId)
    .in("s.status", filter.statuses)
    .and("s.id < ?", filter.beforeId);
  const order = filter.order === "desc" ? "DESC" : "ASC";
  return db.all(
    `${SELECT_SESSION}${where} ORDER BY s.id ${order} LIMIT ?`,
    ...where.values,
    filter.limit ?? -1,
  ).map(toSession);
}

/** Inserts a session inside a write transaction. @throws KasError "conflict" for a key that exists */
export function insertSession(db: Db, now: number, session: NewSession): Session {
  const rival = findSessionByKey(db, session.key);
  if (rival !== null) {
    throw new KasError(
      "conflict",
      `Cannot start session ${quote(session.title)}: the same work has been started already`,
      {
        hint: 'See it with "kas instance list"',
        context: { key: session.key, session: rival.id, status: rival.status },
      },
    );
  }
  return requireSession(db, insert(db, now, "session", NEW_SESSION, session));
}

function requireSession(db: Db, id: number): Session {
  const session = findSession(db, id);
  if (session !== null) return session;
  throw new KasError("not_found", `Cannot find a session with id ${quote(String(id))}`, {
    hint: 'List sessions with "kas instance list"',
    context: { session: id },
  });
}

/** Applies a change of kind "session". */
export function patchSession(db: Db, change: Change & { kind: "session" }): void {
  const session = requireSession(db, change.id);
  if (change.expect !== undefined && !change.expect.includes(session.status)) {
    throw new KasError(
      "conflict",
      `Cannot change session ${quote(session.title)}: it is ${session.status}`,
      {
        hint: 'See its state with "kas instance list"',
        context: { session: session.id, status: session.status, expected: change.expect },
      },
    );
  }
  const { sets, values } = assignments(SESSION, change.patch);
  if (sets.length === 0) return;
  db.run(`UPDATE session SET ${sets.join(", ")} WHERE id = ?`, ...values, change.id);
}

/** Inserts a worktree inside a write transaction. @throws KasError "conflict" for a slot in use */
export function insertWorktree(db: Db, now: number, worktree: NewWorktree): Worktree {
  const rival = db.get(
    "SELECT * FROM worktree WHERE task_id = ? AND slot = ? AND status <> 'removed'",
    worktree.taskId,
    worktree.slot,
  );
  if (rival !== null) {
    const { id, path, status } = toWorktree(rival);
    throw new KasError(
      "conflict",
      `Cannot record worktree ${quote(worktree.path, 300)}: its slot ${
        quote(worktree.slot)
      } is taken`,
      { hint: `Use the one at ${quote(path, 300)}`, context: { worktree: id, path, status } },
    );
  }
  return requireWorktree(db, insert(db, now, "worktree", NEW_WORKTREE, worktree));
}

function requireWorktree(db: Db, id: number): Worktree {
  const row = db.get("SELECT * FROM worktree WHERE id = ?", id);
  if (row !== null) return toWorktree(row);
  throw new KasError("not_found", `Cannot find a worktree with id ${quote(String(id))}`, {
    hint: 'List worktrees with "kas doctor"',
    context: { worktree: id },
  });
}

/** Applies a change of kind "worktree". */
export function patchWorktree(db: Db, change: Change & { kind: "worktree" }): void {
  requireWorktree(db, change.id);
  const { sets, values } = assignments(WORKTREE, change.patch);
  if (sets.length === 0) return;
  db.run(`UPDATE worktree SET ${sets.join(", ")} WHERE id = ?`, ...values, change.id);
}

/** Oldest first. */
export function listWorktrees(
  db: Db,
  filter: { projectId?: number; taskId?: number; statuses?: readonly WorktreeStatus[] },
): Worktree[] {
  const where = new Where()
    .and("project_id = ?", filter.projectId)
    .and("task_id = ?", filter.taskId)
    .in("status", filter.statuses);
  return db.all(`SELECT * FROM worktree${where} ORDER BY id`, ...where.values).map(toWorktree);
}
