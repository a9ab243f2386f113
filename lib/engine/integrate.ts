import { KasError } from "../errors.ts";
import { crashPoint } from "../faults.ts";
import type { Integrated } from "../git/mod.ts";
import { subtaskSlot } from "../lifecycle/keys.ts";
import type { TaskState } from "../lifecycle/types.ts";
import { nextToIntegrate } from "../lifecycle/waves.ts";
import type { Worktree } from "../store/types.ts";
import type { Subtask } from "../task/types.ts";
import { applyInput } from "./apply.ts";
import type { Home, Workspace } from "./workspace.ts";
import { commitLeftovers, ensureSlot, STALE_LOCK_MS } from "./worktrees.ts";

/**
 * Merges the next reported subtask into the task branch, in plan order, and records what came of it.
 * Every step can be done again after a crash: the merge commit is the same commit then.
 * @returns whether anything was done
 */
export async function integrateNext(
  home: Home,
  workspace: Workspace,
  state: TaskState,
): Promise<boolean> {
  const { task } = state;
  if (task.status !== "implementing" || task.phase !== "wave_running") return false;
  const subtask = nextToIntegrate(state.subtasks, task.wave);
  if (subtask === null) return false;
  if (workspace.policy.waveIsolation === "shared") {
    await acceptShared(home, workspace, state, subtask);
  } else {
    await mergeSubtask(home, workspace, state, subtask);
  }
  crashPoint("integrate.recorded");
  return true;
}

/** Coders of one worktree commit to the task branch themselves: there is nothing to merge. */
async function acceptShared(
  home: Home,
  workspace: Workspace,
  state: TaskState,
  subtask: Subtask,
): Promise<void> {
  const head = await workspace.repo.resolve(`refs/heads/${state.task.branch}`) ?? "";
  await applyInput(home, workspace, state.task.id, () => ({
    type: "subtask_integrated",
    subtaskId: subtask.id,
    commit: head,
  }));
}

async function mergeSubtask(
  home: Home,
  workspace: Workspace,
  state: TaskState,
  subtask: Subtask,
): Promise<void> {
  const { task } = state;
  const main = await ensureSlot(home, workspace, state, "task");
  const own = await ensureSlot(home, workspace, state, subtaskSlot(subtask));
  await commitLeftovers(home, workspace, task, own.path, subtask.reportedAt ?? task.updatedAt);
  const head = await workspace.repo.resolve(`refs/heads/${own.branch}`);
  const base = (await home.store.subtasks(task.id)).find((s) => s.id === subtask.id)?.baseCommit;
  if (head === null || head === base) {
    await applyInput(home, workspace, task.id, () => ({
      type: "subtask_empty",
      subtaskId: subtask.id,
    }));
    return;
  }
  const result = await merge(home, workspace, state, subtask, { main, own });
  crashPoint("integrate.merged");
  await applyInput(
    home,
    workspace,
    task.id,
    () =>
      result.kind === "conflict"
        ? { type: "subtask_conflict", subtaskId: subtask.id, files: result.files }
        : { type: "subtask_integrated", subtaskId: subtask.id, commit: result.commit },
  );
}

/**
 * The merge itself. Work that an earlier agent left in the task's worktree may stand in its way: then
 * it is committed and the merge is tried once more. A merge that was cut off is finished by git first.
 */
async function merge(
  home: Home,
  workspace: Workspace,
  state: TaskState,
  subtask: Subtask,
  trees: { main: Worktree; own: Worktree },
): Promise<Integrated> {
  const { task } = state;
  const at = subtask.reportedAt ?? task.updatedAt;
  const options = {
    worktree: trees.main.path,
    into: task.branch,
    from: trees.own.branch,
    message: `Merge task ${subtask.number} of wave ${subtask.wave}: ${subtask.title}`,
    at,
  };
  await workspace.repo.clearStaleLock(trees.main.path, STALE_LOCK_MS);
  try {
    return await workspace.repo.integrate(options);
  } catch (error) {
    if (!(error instanceof KasError) || error.code !== "guard") throw error;
    await commitLeftovers(home, workspace, task, trees.main.path, at);
    return await workspace.repo.integrate(options);
  }
}
