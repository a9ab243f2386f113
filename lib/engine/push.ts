import { KasError } from "../errors.ts";
import type { Task } from "../task/types.ts";
import { type Actor, getTask } from "./operations.ts";
import { taskNote } from "./notes.ts";
import type { Home, Workspace } from "./workspace.ts";

export interface PushedTask {
  readonly task: string;
  readonly remote: string;
  readonly branch: string;
  readonly commit: string;
  /** Commit made of what was uncommitted; null when there was nothing. */
  readonly committed: string | null;
  readonly upToDate: boolean;
}

/**
 * Commits what is uncommitted in a task's worktree and pushes its branch, never by force.
 * @throws KasError "not_found", "guard" without a branch or a remote, "git_failed"
 */
export async function pushTask(
  home: Home,
  workspace: Workspace,
  name: string,
  message: string,
  actor: Actor,
): Promise<PushedTask> {
  const task = await getTask(home, workspace, name);
  if (await workspace.repo.resolve(`refs/heads/${task.branch}`) === null) {
    throw new KasError("guard", `Cannot push "${task.name}": its branch does not exist yet`, {
      hint: `Start the work with "kas task start ${task.name}"`,
      context: { task: task.name, branch: task.branch },
    });
  }
  const committed = await commitWork(home, workspace, task, message);
  const { remote, branch, commit, upToDate } = await workspace.repo.push(task.branch);
  const what = `${task.name}: ${branch} pushed to ${remote}`;
  await home.store.commit([
    taskNote(task, "task_pushed", actor, what, { remote, branch, commit, committed }),
  ]);
  return { task: task.name, remote, branch, commit, committed, upToDate };
}

/** The id of the commit, null when there was nothing to commit or there is no worktree now. */
async function commitWork(
  home: Home,
  workspace: Workspace,
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
