import { KasError } from "../../errors.ts";
import { quote } from "../../names.ts";
import type { Signal, SignalStatus } from "../../signal/types.ts";
import type { NewSignal } from "../types.ts";
import { type Db, Where } from "./db.ts";
import { appendEvent, sessionNamed } from "./events.ts";
import { projectById } from "./projects.ts";
import { toSignal } from "./rows.ts";
import { findTask } from "./tasks.ts";

/** Inserts a signal inside a write transaction. `eventId` is null for a duplicate. */
export function insertSignal(
  db: Db,
  now: number,
  signal: NewSignal,
): { signal: Signal; eventId: number | null } {
  projectById(db, signal.projectId);
  const first = findDuplicate(db, signal);
  if (first !== null) return { signal: first, eventId: null };
  const { id } = db.run(
    `INSERT INTO signal (project_id, task_name, type, payload, dedupe_key, source, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    signal.projectId,
    signal.taskName,
    signal.type,
    JSON.stringify(signal.payload),
    signal.dedupeKey ?? null,
    signal.source,
    now,
  );
  const made = requireSignal(db, id);
  return { signal: made, eventId: logSignal(db, now, made, "signal_emitted", signal.source) };
}

function findDuplicate(db: Db, signal: NewSignal): Signal | null {
  if (signal.dedupeKey === null || signal.dedupeKey === undefined) return null;
  const row = db.get(
    "SELECT * FROM signal WHERE project_id = ? AND dedupe_key = ?",
    signal.projectId,
    signal.dedupeKey,
  );
  return row === null ? null : toSignal(row);
}

/** See `Store.emitSignal`. */
export function emitSignal(
  db: Db,
  now: number,
  signal: NewSignal,
): { signal: Signal; duplicate: boolean } {
  const made = db.write(() => insertSignal(db, now, signal));
  return { signal: made.signal, duplicate: made.eventId === null };
}

function logSignal(db: Db, now: number, signal: Signal, kind: string, actor = "kas"): number {
  return appendEvent(db, now, {
    projectId: signal.projectId,
    taskId: findTask(db, signal.projectId, signal.taskName)?.id ?? null,
    taskName: signal.taskName,
    sessionId: sessionNamed(signal.source),
    kind,
    actor,
    message: `${signal.taskName}: ${signal.type}${
      signal.result === "" ? "" : `: ${signal.result}`
    }`,
    detail: {
      signal: signal.id,
      type: signal.type,
      source: signal.source,
      attempts: signal.attempts,
      ...(signal.result === "" ? {} : { result: signal.result }),
    },
  });
}

const OLDEST = `SELECT id FROM signal INDEXED BY signal_pending
  WHERE status = 'pending' ORDER BY created_at, id LIMIT 1`;
/** One look at the head of each project's queue, then the oldest of these. */
const OLDEST_OF = `SELECT s.id FROM json_each(?) p CROSS JOIN signal s ON s.id = (
    SELECT id FROM signal WHERE status = 'pending' AND project_id = p.value
    ORDER BY created_at, id LIMIT 1
  ) ORDER BY s.created_at, s.id LIMIT 1`;

/** See `Store.claimSignal`. An empty queue is seen without taking the write lock. */
export function claimSignal(
  db: Db,
  now: number,
  worker: string,
  projectIds: readonly number[] | null,
): Signal | null {
  const oldest = projectIds === null ? OLDEST : OLDEST_OF;
  const list = projectIds === null ? [] : [JSON.stringify(projectIds)];
  if (db.get(oldest, ...list) === null) return null;
  const row = db.write(() =>
    db.get(
      `UPDATE signal SET status = 'processing', claimed_by = ?, claimed_at = ?, attempts = attempts + 1
       WHERE id = (${oldest}) RETURNING *`,
      worker,
      now,
      ...list,
    )
  );
  return row === null ? null : toSignal(row);
}

/** The signal with this id, or null. */
export function findSignal(db: Db, id: number): Signal | null {
  const row = db.get("SELECT * FROM signal WHERE id = ?", id);
  return row === null ? null : toSignal(row);
}

function requireSignal(db: Db, id: number): Signal {
  const signal = findSignal(db, id);
  if (signal !== null) return signal;
  throw new KasError("not_found", `Cannot find a signal with id ${quote(String(id))}`, {
    hint: 'List signals with "kas signal list"',
    context: { signal: id },
  });
}

/** Newest first. */
export function listSignals(
  db: Db,
  filter: { projectId?: number; statuses?: readonly SignalStatus[]; task?: string; limit: number },
): Signal[] {
  const where = new Where()
    .and("project_id = ?", filter.projectId)
    .and("task_name = ?", filter.task)
    .in("status", filter.statuses);
  return db.all(
    `SELECT * FROM signal${where} ORDER BY id DESC LIMIT ?`,
    ...where.values,
    filter.limit,
  ).map(toSignal);
}

function wrongStatus(signal: Signal, doing: string): KasError {
  return new KasError(
    "conflict",
    `Cannot ${doing} signal ${quote(String(signal.id))}: it is ${signal.status}`,
    {
      hint: 'See it with "kas signal list"',
      context: { signal: signal.id, status: signal.status, result: signal.result },
    },
  );
}

/** Ends a claimed signal inside a write transaction and returns the id of its event. */
export function endSignal(
  db: Db,
  now: number,
  id: number,
  status: "done" | "failed",
  result: string,
): number {
  const signal = requireSignal(db, id);
  if (signal.status !== "processing") throw wrongStatus(signal, "end");
  db.run(
    "UPDATE signal SET status = ?, result = ?, processed_at = ? WHERE id = ?",
    status,
    result,
    now,
    id,
  );
  const kind = status === "done" ? "signal_processed" : "signal_failed";
  return logSignal(db, now, { ...signal, status, result }, kind);
}

/** See `Store.retrySignal`. Its claims are counted anew. */
export function retrySignal(db: Db, now: number, id: number): Signal {
  return db.write(() => {
    const signal = requireSignal(db, id);
    if (signal.status !== "failed") throw wrongStatus(signal, "retry");
    requeue(db, id, 0);
    logSignal(db, now, signal, "signal_retried");
    return requireSignal(db, id);
  });
}

function requeue(db: Db, id: number, attempts: number): void {
  db.run(
    `UPDATE signal SET status = 'pending', attempts = ?, claimed_by = NULL, claimed_at = NULL,
       processed_at = NULL, result = '' WHERE id = ?`,
    attempts,
    id,
  );
}

const STUCK = `SELECT * FROM signal WHERE status = 'processing'
  AND (claimed_at < ? OR claimed_by IN (SELECT value FROM json_each(?))) ORDER BY id`;

/** See `Store.reapSignals`. */
export function reapSignals(
  db: Db,
  now: number,
  options: { before: number; workers?: readonly string[]; maxAttempts: number },
): { requeued: number; dead: number } {
  const args = [options.before, JSON.stringify(options.workers ?? [])];
  const counts = { requeued: 0, dead: 0 };
  if (db.get(STUCK, ...args) === null) return counts;
  return db.write(() => {
    for (const signal of db.all(STUCK, ...args).map(toSignal)) {
      if (signal.attempts < options.maxAttempts) {
        requeue(db, signal.id, signal.attempts);
        logSignal(db, now, signal, "signal_requeued");
        counts.requeued++;
      } else {
        const result = `Claimed ${signal.attempts} times and never finished`;
        kill(db, now, signal, result, "signal_dead");
        counts.dead++;
      }
    }
    return counts;
  });
}

function kill(db: Db, now: number, signal: Signal, result: string, kind: string): void {
  db.run(
    "UPDATE signal SET status = 'failed', result = ?, processed_at = ? WHERE id = ?",
    result,
    now,
    signal.id,
  );
  logSignal(db, now, { ...signal, result }, kind);
}

/** Lets what is not done of a task's signals follow its new name. */
export function renameSignalsOf(db: Db, projectId: number, from: string, to: string): void {
  db.run(
    "UPDATE signal SET task_name = ? WHERE project_id = ? AND task_name = ? AND status <> 'done'",
    to,
    projectId,
    from,
  );
}

/** Makes dead letters of a task's unhandled signals, so that a later task of that name gets none. */
export function endSignalsOf(
  db: Db,
  now: number,
  projectId: number,
  task: string,
  result: string,
): void {
  const open = db.all(
    `SELECT * FROM signal WHERE project_id = ? AND task_name = ?
     AND status IN ('pending', 'processing') ORDER BY id`,
    projectId,
    task,
  ).map(toSignal);
  for (const signal of open) kill(db, now, signal, result, "signal_failed");
}
