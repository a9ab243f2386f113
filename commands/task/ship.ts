import { type Command, defineCommand } from "../../lib/cli/define.ts";
import { mergeTask } from "../../lib/engine/merge.ts";
import { getTask } from "../../lib/engine/operations.ts";
import { KasError } from "../../lib/errors.ts";
import type { Task } from "../../lib/task/types.ts";
import { type Desk, openDesk, poke, repoOption, taskArgument } from "../_shared.ts";

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
    await using desk = await openDesk(ctx.values.repo);
    const { home, workspace, actor } = desk;
    const task = await getTask(home, workspace, ctx.values.task);
    if (await workspace.repo.resolve(`refs/heads/${task.branch}`) === null) {
      throw new KasError("guard", `Cannot push "${task.name}": its branch does not exist yet`, {
        hint: `Start the work with "kas task start ${task.name}"`,
        context: { task: task.name, branch: task.branch },
      });
    }
    const committed = await commitWork(desk, task, ctx.values.message);
    const pushed = await workspace.repo.push(task.branch);
    const { remote, branch, commit, upToDate } = pushed;
    await home.store.commit([{
      kind: "event",
      event: {
        projectId: task.projectId,
        taskId: task.id,
        kind: "task_pushed",
        actor,
        message: `${task.name}: ${branch} pushed to ${remote}`,
        detail: { remote, branch, commit, committed },
      },
    }]);
    await poke(desk, { start: false });
    ctx.print(
      { task: task.name, remote, branch, commit, committed, up_to_date: upToDate },
      () =>
        `${upToDate ? "up to date" : "pushed"}: ${branch} at ${commit.slice(0, 12)} → ${remote}`,
    );
  },
});

/** The id of the commit, null when there was nothing to commit or there is no worktree now. */
async function commitWork(
  { home, workspace }: Desk,
  task: Task,
  message: string,
): Promise<string | null> {
  const rows = await home.store.worktrees({ taskId: task.id, statuses: ["ready"] });
  const path = rows.find((row) => row.slot === "task")?.path;
  const there = (await workspace.repo.worktrees()).some((tree) =>
    tree.path === path && !tree.prunable
  );
  return path === undefined || !there ? null : await workspace.repo.commitAll(path, message);
}

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
