import { KasError } from "../errors.ts";
import { parseName, parseTaskName, quote } from "../names.ts";
import type { Task } from "../task/types.ts";
import { type Actor, getTask } from "./operations.ts";
import { taskNote } from "./notes.ts";
import type { Home, Workspace } from "./workspace.ts";

/** What a person changes about a task beside its course: name, topic, existence. */

/**
 * Gives a task another name; branch and worktree keep theirs.
 * @throws KasError "invalid", "exists", "guard" while agents work on it: they know the old name
 */
export async function renameTask(
  home: Home,
  workspace: Workspace,
  name: string,
  to: string,
  actor: Actor,
): Promise<Task> {
  const wanted = parseTaskName(to);
  const task = await getTask(home, workspace, name);
  const live = await home.store.sessions({ taskId: task.id, statuses: ["starting", "running"] });
  const [first] = live;
  if (first !== undefined) {
    throw new KasError("guard", `Cannot rename ${quote(task.name)}: ${first.title} works on it`, {
      hint: `Pause it first: kas instance pause ${first.title}`,
      context: { task: task.name, instances: live.map((session) => session.title) },
    });
  }
  return await home.store.renameTask(task.id, wanted, actor);
}

/**
 * Puts a task into a topic, or out of its topic (null).
 * @throws KasError "invalid", "guard" when the topic has a task under implementation and so is this one
 */
export async function setTopic(
  home: Home,
  workspace: Workspace,
  name: string,
  to: string | null,
  actor: Actor,
): Promise<Task> {
  const topic = to === null ? null : parseName("topic", to);
  const task = await getTask(home, workspace, name);
  if (topic === task.topic) return task;
  await refuseRival(home, task, topic);
  await home.store.commit([
    { kind: "task", taskId: task.id, expectVersion: task.version, patch: { topic } },
    taskNote(task, "task_topic_changed", actor, `${task.name}: topic ${topic ?? "cleared"}`, {
      from: task.topic,
      to: topic,
    }),
  ]);
  return await getTask(home, workspace, task.name);
}

async function refuseRival(home: Home, task: Task, topic: string | null): Promise<void> {
  if (topic === null || task.status !== "implementing") return;
  const [rival] = await home.store.tasks({
    projectId: task.projectId,
    topic,
    statuses: ["implementing"],
    limit: 1,
  });
  if (rival === undefined) return;
  throw new KasError(
    "guard",
    `Cannot move "${task.name}" to topic ${
      quote(topic)
    }: "${rival.name}" of it is being implemented too`,
    { hint: "Wait until one of them is reviewed", context: { task: task.name, topic } },
  );
}

/** Deletes a task. @throws KasError "guard" while agents work on it or unmerged work would lose its task */
export async function deleteTask(
  home: Home,
  workspace: Workspace,
  name: string,
  actor: Actor,
): Promise<void> {
  const task = await getTask(home, workspace, name);
  const live = await home.store.sessions({
    taskId: task.id,
    statuses: ["starting", "running", "paused"],
  });
  const trees = await home.store.worktrees({
    taskId: task.id,
    statuses: ["creating", "ready", "removing"],
  });
  if (live.length > 0 || trees.length > 0) {
    const what = live.length > 0 ? `${live.length} agents` : `${trees.length} worktrees`;
    throw new KasError("guard", `Cannot delete "${task.name}": it still has ${what}`, {
      hint: `Cancel it first: kas task transition ${task.name} cancel`,
    });
  }
  await home.store.deleteTask(task.id, actor);
}
