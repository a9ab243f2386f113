import { taskJson } from "../../lib/api/json.ts";
import { type Command, defineCommand } from "../../lib/cli/define.ts";
import { deleteTask, renameTask, setTopic } from "../../lib/engine/edit.ts";
import { getTask } from "../../lib/engine/operations.ts";
import { KasError } from "../../lib/errors.ts";
import { parseTaskName } from "../../lib/names.ts";
import { openDesk, poke, repoOption, taskArgument } from "../_shared.ts";

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
    const { task, name, repo } = ctx.values;
    parseTaskName(name);
    await using desk = await openDesk(repo, { person: "rename a task" });
    const { home, workspace, actor } = desk;
    const renamed = await renameTask(home, workspace, task, name, actor);
    await poke(desk, { start: false });
    ctx.print(taskJson(renamed), () => `renamed: ${task} → ${renamed.name}`);
  },
});

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
    await using desk = await openDesk(repo, { person: "change a topic" });
    const { home, workspace, actor } = desk;
    const changed = await setTopic(home, workspace, ctx.values.task, topic ?? null, actor);
    await poke(desk, { start: false });
    ctx.print(taskJson(changed), () => `topic of ${changed.name}: ${changed.topic ?? "none"}`);
  },
});

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
