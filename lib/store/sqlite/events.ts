import type { EventFilter, EventRow, NewEvent } from "../types.ts";
import { type Db, Where } from "./db.ts";
import { int, toEvent } from "./rows.ts";

/** An event that may name a task which has no row. */
export type EventToAppend = NewEvent & { readonly taskName?: string };

/** The session that an actor or the source of a signal names, null for everybody else. */
export function sessionNamed(actor: string): number | null {
  const id = /^session:(\d{1,15})$/.exec(actor)?.[1];
  return id === undefined ? null : Number(id);
}

/**
 * Writes one line of the log and returns its id. Names of project, task and session are copied as
 * they are now: what is renamed or removed later keeps its history. What an agent caused is about its
 * session, unless it is about another one.
 */
export function appendEvent(db: Db, now: number, event: EventToAppend): number {
  const project = event.projectId;
  const task = event.taskId ?? null;
  const session = event.sessionId ?? sessionNamed(event.actor);
  return db.run(
    `INSERT INTO event (at, project_id, project, task_id, task, session_id, instance, kind, actor, message, detail)
     VALUES (?, ?, (SELECT key FROM project WHERE id = ?),
       ?, coalesce((SELECT name FROM task WHERE id = ?), ?),
       ?, (SELECT title FROM session WHERE id = ?), ?, ?, ?, ?)`,
    now,
    project,
    project,
    task,
    task,
    event.taskName ?? null,
    session,
    session,
    event.kind,
    event.actor,
    event.message,
    JSON.stringify(event.detail ?? {}),
  ).id;
}

/** Lines of the log that pass the filter. */
export function listEvents(db: Db, filter: EventFilter): EventRow[] {
  const where = new Where()
    .and("id > ?", filter.afterId ?? 0)
    .and("id < ?", filter.beforeId)
    .and("project_id = ?", filter.projectId)
    .and("task = ?", filter.task)
    .and("instance = ?", filter.instance)
    .in("kind", filter.kinds)
    .and("at >= ?", filter.since)
    .and("at < ?", filter.until);
  const words = filter.text?.trim() ? matchAll(filter.text) : undefined;
  if (words === "") return [];
  where.and("id IN (SELECT rowid FROM event_text WHERE event_text MATCH ?)", words);
  return db.all(
    `SELECT * FROM event${where} ORDER BY id ${filter.order === "desc" ? "DESC" : "ASC"} LIMIT ?`,
    ...where.values,
    filter.limit,
  ).map(toEvent);
}

/** Id of the newest line, 0 when there is none. */
export function lastEventId(db: Db): number {
  const row = db.get("SELECT coalesce(max(id), 0) AS id FROM event");
  return row === null ? 0 : int(row, "id");
}

/**
 * An FTS5 query for texts with all these words. Each is a quoted string, in which FTS5 knows no
 * operators (https://www.sqlite.org/fts5.html#fts5_strings); one without letters or digits would
 * match nothing and is left out.
 */
function matchAll(text: string): string {
  return text.split(/[\s\0]+/).filter((word) => /[\p{L}\p{N}]/u.test(word))
    .map((word) => `"${word.replaceAll('"', '""')}"`).join(" ");
}
