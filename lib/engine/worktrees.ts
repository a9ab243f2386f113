import { crashPoint } from "../faults.ts";
import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { disposable } from "../lifecycle/desired.ts";
import { subtaskSlot } from "../lifecycle/keys.ts";
import type { TaskState } from "../lifecycle/types.ts";
import type { Change, Worktree } from "../store/types.ts";
import type { Task } from "../task/types.ts";
import { taskNote } from "./notes.ts";
import type { Home, Workspace } from "./workspace.ts";

/** A git lock this old in a worktree of kas, held by no process, was left by one that was killed; in ms. */
export const STALE_LOCK_MS = 5_000;

/** What kas keeps in a repository that must never enter a commit; the project's config.toml may. */
export const RUNTIME_PATHS = ["/.worktrees/", ".kasmos/signals/", ".kasmos/cache/"];

/** Branch of a slot: the task's own, or one off it for a subtask. */
export function slotBranch(task: Pick<Task, "branch">, slot: string): string {
  return slot === "task" ? task.branch : `${task.branch}--${slot}`;
}

/** Folder of a slot. */
export function slotPath(
  workspace: Workspace,
  task: Pick<Task, "name" | "id">,
  slot: string,
): string {
  const folder = slot === "task" ? task.name : `${task.name}--${slot}`;
  return `${workspace.dirs.worktrees}/${folder}`;
}

/**
 * Makes sure that the worktree of a slot stands, whatever happened to it, and gives its ledger row.
 * A worktree that is there is used as it is, with all that is in it.
 * @throws KasError "guard" when the base branch is gone or something foreign is in the way
 */
export async function ensureSlot(
  home: Home,
  workspace: Workspace,
  state: TaskState,
  slot: string,
): Promise<Worktree> {
  const { task } = state;
  const rows = await home.store.worktrees({ taskId: task.id, statuses: ["creating", "ready"] });
  const existing = rows.find((row) => row.slot === slot);
  if (existing?.status === "ready" && await workspace.repo.isStanding(existing)) return existing;
  const row = existing ?? await recordSlot(home, workspace, state, slot);
  crashPoint("worktree.recorded");
  const base = await slotBase(home, workspace, state, slot);
  await workspace.repo.ensureExcluded(RUNTIME_PATHS);
  const made = await workspace.repo.ensureWorktree({
    path: row.path,
    branch: row.branch,
    base,
    task: task.name,
    at: Date.now(),
  });
  crashPoint("worktree.made");
  if (row.status === "ready" && !made.created) return row;
  await home.store.commit([
    { kind: "worktree", id: row.id, patch: { status: "ready" } },
    taskNote(
      task,
      row.status === "ready" ? "worktree_restored" : "worktree_created",
      "kas",
      `${row.path} on ${row.branch}`,
      { path: row.path, branch: row.branch, slot, base },
    ),
  ]);
  crashPoint("worktree.ready");
  return { ...row, status: "ready" };
}

async function recordSlot(
  home: Home,
  workspace: Workspace,
  state: TaskState,
  slot: string,
): Promise<Worktree> {
  const { task } = state;
  const branch = slotBranch(task, slot);
  const path = slotPath(workspace, task, slot);
  await refuseForeign(workspace, path);
  const ownsBranch = await madeBranch(home, workspace, task, branch);
  if (ownsBranch && slot === "task" && task.baseCommit === null) {
    // Begun anew after its worktree was gone, as that of a merged task is: the branch starts anew too.
    const at = Date.now();
    await workspace.repo.deleteBranch({ branch, task: task.name, at, mergedInto: task.baseBranch });
  }
  const base = await slotBase(home, workspace, state, slot);
  const committed = await home.store.commit([
    {
      kind: "worktree_new",
      worktree: {
        projectId: task.projectId,
        taskId: task.id,
        slot,
        path,
        branch,
        ownsBranch,
      },
    },
    ...baseChanges(state, slot, base),
  ]);
  const row = committed.worktrees[0];
  if (row === undefined) throw new KasError("internal", "The store made no worktree row");
  return row;
}

/**
 * A worktree that stands before it is in the ledger was made by somebody else, and it would be his
 * work that is removed in the end.
 */
async function refuseForeign(workspace: Workspace, path: string): Promise<void> {
  if (!(await workspace.repo.worktrees()).some((tree) => tree.path === path)) return;
  throw new KasError("guard", `Cannot use ${quote(path, 200)}: kas did not make that worktree`, {
    hint: "Move it with `git worktree move`, or remove it",
    context: { path },
  });
}

/** Whether the branch is kas's: not there yet, or made for an earlier worktree of this task. */
async function madeBranch(
  home: Home,
  workspace: Workspace,
  task: Task,
  branch: string,
): Promise<boolean> {
  if (await workspace.repo.resolve(`refs/heads/${branch}`) === null) return true;
  const rows = await home.store.worktrees({ taskId: task.id, statuses: ["removed"] });
  return rows.some((row) => row.branch === branch && row.ownsBranch);
}

/** The base is written down once, with the row, so that a redo starts from the same commit. */
function baseChanges(state: TaskState, slot: string, base: string): Change[] {
  if (slot === "task") {
    return state.task.baseCommit === null
      ? [{ kind: "task", taskId: state.task.id, patch: { baseCommit: base } }]
      : [];
  }
  const subtask = state.subtasks.find((s) => subtaskSlot(s) === slot);
  return subtask === undefined || subtask.baseCommit !== null
    ? []
    : [{ kind: "subtask", id: subtask.id, patch: { baseCommit: base } }];
}

async function slotBase(
  home: Home,
  workspace: Workspace,
  state: TaskState,
  slot: string,
): Promise<string> {
  const known = slot === "task"
    ? (await home.store.taskById(state.task.id))?.baseCommit
    : (await home.store.subtasks(state.task.id)).find((s) => subtaskSlot(s) === slot)?.baseCommit;
  if (known !== null && known !== undefined) return known;
  const from = slot === "task" ? state.task.baseBranch : state.task.branch;
  const commit = await workspace.repo.resolve(`refs/heads/${from}`);
  if (commit !== null) return commit;
  throw new KasError(
    "guard",
    `Cannot make a worktree for "${state.task.name}": no branch "${from}"`,
    {
      hint: `Create the branch "${from}" again`,
    },
  );
}

/** Commits what an agent that is gone left uncommitted in a worktree of kas, so that it counts and survives. */
export async function commitLeftovers(
  home: Home,
  workspace: Workspace,
  task: Task,
  path: string,
  at: number,
): Promise<void> {
  if ((await workspace.repo.status(path)).clean) return;
  await workspace.repo.clearStaleLock(path, STALE_LOCK_MS);
  const commit = await workspace.repo.commitAll(path, "Keep work that was left uncommitted", {
    at,
  });
  crashPoint("leftovers.committed");
  if (commit === null) return;
  await home.store.commit([
    taskNote(task, "leftovers_committed", "kas", `committed what was left uncommitted in ${path}`, {
      path,
      commit,
    }),
  ]);
}

/**
 * Removes worktrees that nothing needs any more: content first saved under a rescue ref, then the
 * folder, then a branch of kas's own whose commits live on elsewhere. Only what is in the ledger.
 * @param busy worktree paths in which a process of kas still works
 * @returns whether anything was done
 */
export async function disposeSlots(
  home: Home,
  workspace: Workspace,
  state: TaskState,
  busy: ReadonlySet<string>,
): Promise<boolean> {
  const { store } = home;
  const rows = await store.worktrees({ taskId: state.task.id });
  const doomed = disposable(state, rows).filter((row) => !busy.has(row.path));
  if (doomed.length > 0) {
    await store.commit(doomed.map((row) => ({
      kind: "worktree",
      id: row.id,
      patch: { status: "removing" },
    })));
    crashPoint("dispose.recorded");
  }
  const going = [...rows.filter((row) => row.status === "removing"), ...doomed]
    .filter((row) => !busy.has(row.path));
  for (const row of going) await removeSlot(home, workspace, state, row);
  return going.length > 0;
}

async function removeSlot(
  home: Home,
  workspace: Workspace,
  state: TaskState,
  row: Worktree,
): Promise<void> {
  const { task } = state;
  const at = Date.now();
  const saved = await workspace.repo.removeWorktree({ path: row.path, task: task.name, at });
  crashPoint("dispose.removed");
  const startedOver = row.slot === "task" && task.baseCommit === null;
  if (row.ownsBranch && (row.slot !== "task" || startedOver)) {
    const mergedInto = row.slot === "task" ? task.baseBranch : task.branch;
    await workspace.repo.deleteBranch({ branch: row.branch, task: task.name, at, mergedInto });
  }
  crashPoint("dispose.branch_deleted");
  await home.store.commit([
    { kind: "worktree", id: row.id, patch: { status: "removed", removedAt: at } },
    taskNote(task, "worktree_removed", "kas", `${row.path} removed`, {
      path: row.path,
      branch: row.branch,
      rescue: saved.rescue?.ref ?? null,
    }),
  ]);
  crashPoint("dispose.done");
}
