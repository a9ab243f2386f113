import { KasError } from "../../errors.ts";
import { quote } from "../../names.ts";
import { type Status, STATUSES, type Subtask, type Task } from "../../task/types.ts";
import type { TaskFilter, TaskOrder } from "../types.ts";
import { type Db, Where } from "./db.ts";
import { int, oneOf, text, toSubtask, toTask } from "./rows.ts";

/** Makes the topic's row the first time a task names it. */
export function ensureTopic(db: Db, projectId: number, topic: string | null | undefined): void {
  if (topic === null || topic === undefined) return;
  db.run(
    "INSERT INTO topic (project_id, name) VALUES (?, ?) ON CONFLICT DO NOTHING",
    projectId,
    topic,
  );
}

/** The task of this name, or null. */
export function findTask(db: Db, projectId: number, name: string): Task | null {
  const row = db.get("SELECT * FROM task WHERE project_id = ? AND name = ?", projectId, name);
  return row === null ? null : toTask(row);
}

/** The task with this id, or null. */
export function findTaskById(db: Db, id: number): Task | null {
  const row = db.get("SELECT * FROM task WHERE id = ?", id);
  return row === null ? null : toTask(row);
}

/** @throws KasError "not_found" */
export function requireTask(db: Db, id: number): Task {
  const task = findTaskById(db, id);
  if (task !== null) return task;
  throw new KasError("not_found", `Cannot find a task with id ${quote(String(id))}`, {
    hint: 'It was removed; list the others with "kas task list"',
    context: { taskId: id },
  });
}

/** See `Store.tasks`. */
export function listTasks(db: Db, filter: TaskFilter): Task[] {
  const where = new Where()
    .and("project_id = ?", filter.projectId)
    .in("status", filter.statuses)
    .and("topic = ?", filter.topic)
    .and("name > ?", filter.afterName);
  for (const word of filter.text?.split(/\s+/) ?? []) {
    if (word === "") continue;
    const like = `%${word.replace(/[\\%_]/g, "\\$&")}%`;
    where.and("name || char(10) || description || char(10) || goal LIKE ? ESCAPE '\\'", like);
  }
  const { column, direction } = ORDERS[filter.order ?? "name"];
  const { after } = filter;
  if (after !== undefined) {
    const sign = direction === "ASC" ? ">" : "<";
    where.and(`${column} ${sign}= ?`, after.key);
    where.and(
      `(${column}, id) ${sign} (SELECT value ->> 0, value ->> 1 FROM (SELECT ? AS value))`,
      [
        after.key,
        after.id,
      ],
    );
  }
  return db.all(
    `SELECT * FROM task${where} ORDER BY ${column} ${direction}, id ${direction} LIMIT ?`,
    ...where.values,
    filter.limit ?? -1,
  ).map(toTask);
}

const ORDERS: Readonly<Record<TaskOrder, { column: string; direction: "ASC" | "DESC" }>> = {
  name: { column: "name", direction: "ASC" },
  updated: { column: "updated_at", direction: "DESC" },
  created: { column: "created_at", direction: "DESC" },
};

/** See `Store.taskCounts`. */
export function countTasks(db: Db): { projectId: number; status: Status; tasks: number }[] {
  return db.all(
    "SELECT project_id, status, count(*) AS tasks FROM task GROUP BY project_id, status",
  ).map((row) => ({
    projectId: int(row, "project_id"),
    status: oneOf(STATUSES, row, "status"),
    tasks: int(row, "tasks"),
  }));
}

/** See `Store.activeTaskIds`. */
export function activeTaskIds(db: Db, projectId: number): number[] {
  return db.all(
    `SELECT id FROM task
       WHERE project_id = ? AND status IN ('planning', 'implementing', 'reviewing', 'verifying')
     UNION SELECT id FROM task WHERE project_id = ? AND status = 'ready' AND phase = 'planned'
     UNION SELECT task_id AS id FROM session
       WHERE project_id = ? AND status IN ('starting', 'running', 'paused') AND task_id IS NOT NULL
     UNION SELECT task_id AS id FROM worktree
       WHERE project_id = ? AND status IN ('creating', 'ready', 'removing') AND task_id IS NOT NULL
     ORDER BY id`,
    projectId,
    projectId,
    projectId,
    projectId,
  ).map((row) => int(row, "id"));
}

/** See `Store.content`. */
export function readContent(db: Db, taskId: number): { text: string; version: number } {
  const row = db.get(
    "SELECT c.text, t.content_version FROM task t JOIN content c ON c.task_id = t.id WHERE t.id = ?",
    taskId,
  );
  if (row === null) requireTask(db, taskId);
  return row === null
    ? { text: "", version: 0 }
    : { text: text(row, "text"), version: int(row, "content_version") };
}

/** In the order of the plan. */
export function listSubtasks(db: Db, taskId: number): Subtask[] {
  return db.all("SELECT * FROM subtask WHERE task_id = ? ORDER BY wave, number", taskId)
    .map(toSubtask);
}

/** Topics with the number of their tasks, by name. */
export function listTopics(db: Db, projectId: number): { name: string; tasks: number }[] {
  return db.all(
    `SELECT p.name, count(t.id) AS tasks
     FROM topic p LEFT JOIN task t ON t.project_id = p.project_id AND t.topic = p.name
     WHERE p.project_id = ? GROUP BY p.name ORDER BY p.name`,
    projectId,
  ).map((row) => ({ name: text(row, "name"), tasks: int(row, "tasks") }));
}
