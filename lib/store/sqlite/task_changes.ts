import { KasError } from "../../errors.ts";
import { quote } from "../../names.ts";
import type { Task } from "../../task/types.ts";
import type { NewTask } from "../types.ts";
import type { Db } from "./db.ts";
import { appendEvent } from "./events.ts";
import { projectById } from "./projects.ts";
import { endSignalsOf, renameSignalsOf } from "./signals.ts";
import { ensureTopic, findTask, requireTask } from "./tasks.ts";

/** See `Store.createTask`. Content version 0 means that no plan was ever stored. */
export function createTask(db: Db, now: number, task: NewTask, actor: string): Task {
  return db.write(() => {
    projectById(db, task.projectId);
    refuseTaken(db, task.projectId, task.name, "create");
    ensureTopic(db, task.projectId, task.topic);
    const { id } = db.run(
      `INSERT INTO task (project_id, name, description, goal, topic, branch, base_branch,
         content_version, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      task.projectId,
      task.name,
      task.description,
      task.goal,
      task.topic,
      task.branch,
      task.baseBranch,
      task.content === "" ? 0 : 1,
      now,
      now,
    );
    db.run("INSERT INTO content (task_id, text) VALUES (?, ?)", id, task.content);
    appendEvent(db, now, {
      projectId: task.projectId,
      taskId: id,
      kind: "task_created",
      actor,
      message: `${task.name}: created`,
      detail: { branch: task.branch, topic: task.topic },
    });
    return requireTask(db, id);
  });
}

function refuseTaken(db: Db, projectId: number, name: string, doing: string): void {
  if (findTask(db, projectId, name) === null) return;
  throw new KasError("exists", `Cannot ${doing} task ${quote(name)}: the project has one already`, {
    hint: `Choose another name, or see it with "kas task show ${name}"`,
    context: { task: name },
  });
}

/** See `Store.setContent`. */
export function setContent(
  db: Db,
  now: number,
  taskId: number,
  content: string,
  options: { actor: string; expectVersion?: number },
): number {
  return db.write(() => {
    const task = requireTask(db, taskId);
    const expected = options.expectVersion;
    if (expected !== undefined && expected !== task.contentVersion) {
      throw new KasError(
        "conflict",
        `Cannot store the plan of ${quote(task.name)}: somebody else has changed it`,
        {
          hint: `Read it again with "kas task show ${task.name}" and repeat your change`,
          context: { task: task.name, contentVersion: task.contentVersion, expected },
        },
      );
    }
    const version = task.contentVersion + 1;
    db.run("UPDATE content SET text = ? WHERE task_id = ?", content, taskId);
    db.run(
      "UPDATE task SET content_version = ?, version = version + 1, updated_at = ? WHERE id = ?",
      version,
      now,
      taskId,
    );
    appendEvent(db, now, {
      projectId: task.projectId,
      taskId,
      kind: "task_content_changed",
      actor: options.actor,
      message: `${task.name}: plan version ${version}`,
      detail: { version, characters: content.length },
    });
    return version;
  });
}

/** See `Store.renameTask`. Signals that are still to be handled follow the new name. */
export function renameTask(db: Db, now: number, id: number, name: string, actor: string): Task {
  return db.write(() => {
    const task = requireTask(db, id);
    if (task.name === name) return task;
    refuseTaken(db, task.projectId, name, "rename to");
    db.run(
      "UPDATE task SET name = ?, version = version + 1, updated_at = ? WHERE id = ?",
      name,
      now,
      id,
    );
    renameSignalsOf(db, task.projectId, task.name, name);
    appendEvent(db, now, {
      projectId: task.projectId,
      taskId: id,
      kind: "task_renamed",
      actor,
      message: `${task.name}: renamed to ${name}`,
      detail: { from: task.name, to: name },
    });
    return requireTask(db, id);
  });
}

/**
 * See `Store.deleteTask`. Sessions and worktrees stay in the ledger without a task, so that their
 * processes and folders can still be cleaned up; signals on their way become dead letters.
 */
export function deleteTask(db: Db, now: number, id: number, actor: string): void {
  db.write(() => {
    const task = requireTask(db, id);
    endSignalsOf(db, now, task.projectId, task.name, "The task was removed");
    appendEvent(db, now, {
      projectId: task.projectId,
      taskId: id,
      kind: "task_deleted",
      actor,
      message: `${task.name}: removed`,
      detail: { status: task.status, branch: task.branch },
    });
    db.run("DELETE FROM task WHERE id = ?", id);
  });
}
