import { type Command, defineCommand } from "../../lib/cli/define.ts";
import { mergeTask } from "../../lib/engine/merge.ts";
import { getTask } from "../../lib/engine/operations.ts";
import { pushTask } from "../../lib/engine/push.ts";
import { openDesk, poke, repoOption, taskArgument } from "../_shared.ts";

/** `kas task push` */
export const push: Command = defineCommand({
  description: "Commit what is uncommitted in the task's worktree and push its branch",
  details: "Pushes to origin, never by force.",
  args: {
    ...taskArgument,
    message: {
      type: "string",
      metavar: "text",
      default: "update from kas",
      description: "Message of the commit",
    },
    ...repoOption,
  },
  async run(ctx) {
    const { task, message, repo } = ctx.values;
    await using desk = await openDesk(repo, { person: "push a task" });
    const pushed = await pushTask(desk.home, desk.workspace, task, message, desk.actor);
    await poke(desk, { start: false });
    const { upToDate, ...rest } = pushed;
    ctx.print(
      { ...rest, up_to_date: upToDate },
      ({ remote, branch, commit }) =>
        `${upToDate ? "up to date" : "pushed"}: ${branch} at ${commit.slice(0, 12)} → ${remote}`,
    );
  },
});

/** `kas task merge` */
export const merge: Command = defineCommand({
  description: "Merge a verified task into its base branch",
  details:
    "Refused unless the task was verified and neither branch has moved since; a verification " +
    "that no longer holds is repeated.",
  args: { ...taskArgument, ...repoOption },
  async run(ctx) {
    await using desk = await openDesk(ctx.values.repo, { person: "merge a task" });
    const { home, workspace, actor } = desk;
    const task = await getTask(home, workspace, ctx.values.task);
    try {
      const merged = await mergeTask(home, workspace, task, actor);
      ctx.print(merged, ({ commit, base, checkout }) => {
        const where = checkout === null ? "" : `\ncheckout moved forward: ${checkout}`;
        return `merged: ${task.name} → ${base} (${commit.slice(0, 12)})${where}`;
      });
    } finally {
      // Also when it was refused: a verification that no longer holds has been withdrawn then.
      await poke(desk, { start: false });
    }
  },
});
