import { taskJson } from "../../lib/api/json.ts";
import { type Command, defineCommand } from "../../lib/cli/define.ts";
import { deleteTask, getTask } from "../../lib/engine/operations.ts";
import { KasError } from "../../lib/errors.ts";
import { parseName, parseTaskName, quote } from "../../lib/names.ts";
import type { Task } from "../../lib/task/types.ts";
import { type Desk, openDesk, poke, repoOption, taskArgument } from "../_shared.ts";

/** `kas task rename` */
export const rename: Command = defineCommand({
  description: "Give a task another name",
  details:
    "Branch and worktree keep theirs. Refused while agents work on it: they know the old name.",
  args: {
    ...taskArgument,
    name: { type: "positional", description: "The new name" },
    ...repoOption,
  },
  async run(ctx) {
    const name = parseTaskName(ctx.values.name);
    await using desk = await openDesk(ctx.values.repo, { person: "rename a task" });
    const { home, workspace, actor } = desk;
    const task = await getTask(home, workspace, ctx.values.task);
    await refuseWhileAtWork(desk, task);
    const renamed = await home.store.renameTask(task.id, name, actor);
    await poke(desk, { start: false });
    ctx.print(taskJson(renamed), () => `renamed: ${task.name} → ${renamed.name}`);
  },
});

/** Agents report under the name they were started with. */
async function refuseWhileAtWork({ home }: Desk, task: Task): Promise<void> {
  const live = await home.store.sessions({ taskId: task.id, statuses: ["starting", "running"] });
  const [first] = live;
  if (first === undefined) return;
  throw new KasError("guard", `Cannot rename ${quote(task.name)}: ${first.title} works on it`, {
    hint: `Pause it first: kas instance pause ${first.title}`,
    context: { task: task.name, instances: live.map((session) => session.title) },
  });
}

/** `kas task topic` */
export const topic: Command = defineCommand({
  description: "Set or clear the topic of a task",
  details: "Of the tasks of a topic one is implemented at a time.",
  args: {
    ...taskArgument,
    topic: { type: "positional", required: false, description: "The topic, made when it is new" },
    none: { type: "boolean", description: "Take the task out of its topic" },
    ...repoOption,
  },
  examples: [["kas task topic add-login auth", "Put it into a topic"]],
  async run(ctx) {
    const { topic, none, repo } = ctx.values;
    if ((topic === undefined) === (none !== true)) {
      throw new KasError("usage", "Give either a topic or --none", {
        hint: "kas task topic add-login auth",
      });
    }
    const to = topic === undefined ? null : parseName("topic", topic);
    await using desk = await openDesk(repo, { person: "change a topic" });
    const task = await getTask(desk.home, desk.workspace, ctx.values.task);
    const changed = await setTopic(desk, task, to);
    await poke(desk, { start: false });
    ctx.print(taskJson(changed), () => `topic of ${task.name}: ${to ?? "none"}`);
  },
});

async function setTopic(desk: Desk, task: Task, topic: string | null): Promise<Task> {
  const { store } = desk.home;
  if (topic === task.topic) return task;
  if (topic !== null && task.status === "implementing") {
    const rivals = await store.tasks({
      projectId: task.projectId,
      topic,
      statuses: ["implementing"],
      limit: 1,
    });
    const [rival] = rivals;
    if (rival !== undefined) {
      throw new KasError(
        "guard",
        `Cannot move "${task.name}" to topic ${
          quote(topic)
        }: "${rival.name}" of it is being implemented too`,
        { hint: "Wait until one of them is reviewed", context: { task: task.name, topic } },
      );
    }
  }
  await store.commit([
    { kind: "task", taskId: task.id, expectVersion: task.version, patch: { topic } },
    {
      kind: "event",
      event: {
        projectId: task.projectId,
        taskId: task.id,
        kind: "task_topic_changed",
        actor: desk.actor,
        message: `${task.name}: topic ${topic ?? "cleared"}`,
        detail: { from: task.topic, to: topic },
      },
    },
  ]);
  return await getTask(desk.home, desk.workspace, task.name);
}

/** `kas task delete` */
export const remove: Command = defineCommand({
  description: "Delete a task; its branch and its log stay",
  details: "Refused while it has agents or worktrees.",
  args: { ...taskArgument, ...repoOption },
  async run(ctx) {
    await using desk = await openDesk(ctx.values.repo, { person: "delete a task" });
    const { home, workspace, actor } = desk;
    const task = await getTask(home, workspace, ctx.values.task);
    await deleteTask(home, workspace, task.name, actor);
    await poke(desk, { start: false });
    ctx.print(
      { deleted: task.name, branch: task.branch },
      () => `deleted: ${task.name} (branch ${task.branch} stays)`,
    );
  },
});
