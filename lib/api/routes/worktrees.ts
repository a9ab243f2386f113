import { KasError } from "../../errors.ts";
import type { Workspace } from "../../engine/workspace.ts";
import type { Task } from "../../task/types.ts";
import { isoTime, toJson, worktreeJson } from "../json.ts";
import { bind, type Bound } from "../route.ts";
import { WORKTREE_ROUTES } from "../schema/work.ts";
import { changed, projectOf, taskOf } from "./_shared.ts";

const STANDING = ["creating", "ready", "removing"] as const;
const RESCUE = "refs/kasmos/rescue/";
/** Most files and commits of one answer. */
const MAX_FILES = 2_000;
const MAX_COMMITS = 200;
const MAX_CONTEXT = 1_000_000;

/** The commits a task's work lies between; null before it has a branch. */
async function range(
  { repo }: Workspace,
  task: Task,
): Promise<{ base: string; head: string } | null> {
  const head = await repo.resolve(`refs/heads/${task.branch}`) ?? task.mergedSha;
  if (head === null) return null;
  // After a merge the base branch has everything: the commit it began from still tells.
  const merged = task.mergedSha !== null && task.baseCommit !== null;
  const onto = merged ? task.baseCommit : await repo.resolve(`refs/heads/${task.baseBranch}`);
  const base = onto === null ? null : await repo.mergeBase(onto, head);
  return base === null ? null : { base, head };
}

/** Worktrees, what branches change, and work that was saved. */
export const worktreeRoutes: readonly Bound[] = bind(WORKTREE_ROUTES, {
  "GET /v1/projects/:project/worktrees": async (call) => {
    const { store } = call.context;
    const { task: name, status } = call.query;
    const { id } = await projectOf(call);
    const task = name === undefined ? null : await store.task(id, name);
    if (name !== undefined && task === null) return { items: [] };
    const rows = await store.worktrees({
      projectId: id,
      statuses: status ?? STANDING,
      ...(task === null ? {} : { taskId: task.id }),
    });
    const names = new Map<number, string>();
    for (const taskId of new Set(rows.map((row) => row.taskId))) {
      const found = taskId === null ? null : await store.taskById(taskId);
      if (found !== null) names.set(found.id, found.name);
    }
    return {
      items: rows.map((row) => ({
        ...worktreeJson(row),
        task: row.taskId === null ? null : names.get(row.taskId) ?? null,
      })),
    };
  },
  "GET /v1/projects/:project/worktrees/:id/status": async (call) => {
    const { repo, project } = await call.context.workspaces.open(call.params.project);
    const rows = await call.context.store.worktrees({ projectId: project.id, statuses: STANDING });
    const row = rows.find(({ id }) => id === call.params.id);
    if (row === undefined) {
      throw new KasError("not_found", `Cannot find worktree ${call.params.id}`, {
        hint: "List those that stand",
      });
    }
    const { clean, entries } = await repo.status(row.path);
    return { clean, entries: entries.slice(0, MAX_FILES) };
  },
  "GET /v1/projects/:project/tasks/:task/commits": async (call) => {
    const task = await taskOf(call);
    const workspace = await call.context.workspaces.open(call.params.project);
    const between = await range(workspace, task);
    const entries = between === null
      ? []
      : await workspace.repo.log(`${between.base}..${between.head}`, MAX_COMMITS);
    return {
      branch: task.branch,
      base_branch: task.baseBranch,
      head: between?.head ?? null,
      items: entries.map((entry) => ({ ...entry, at: isoTime(entry.at) })),
    };
  },
  "GET /v1/projects/:project/tasks/:task/diff": async (call) => {
    const task = await taskOf(call);
    const workspace = await call.context.workspaces.open(call.params.project);
    const between = await range(workspace, task);
    const none = { base: "", head: "", files: [], insertions: 0, deletions: 0, truncated: false };
    if (between === null) return none;
    const files = await workspace.repo.diffFiles(between.base, between.head);
    return {
      ...between,
      files: files.slice(0, MAX_FILES).map(toJson),
      insertions: files.reduce((sum, file) => sum + file.insertions, 0),
      deletions: files.reduce((sum, file) => sum + file.deletions, 0),
      truncated: files.length > MAX_FILES,
    };
  },
  "GET /v1/projects/:project/tasks/:task/diff/file": async (call) => {
    const { path, context = "3" } = call.query;
    const task = await taskOf(call);
    const workspace = await call.context.workspaces.open(call.params.project);
    const { repo } = workspace;
    const between = await range(workspace, task);
    const files = between === null ? [] : await repo.diffFiles(between.base, between.head);
    const file = files.find((one) => one.path === path);
    if (between === null || file === undefined) {
      throw new KasError("not_found", `"${task.name}" does not change that file`, {
        hint: "List the files it changes",
        context: { path },
      });
    }
    const { binary, hunks, truncated } = await repo.diffFile(between.base, between.head, {
      path,
      oldPath: file.oldPath,
      context: context === "all" ? MAX_CONTEXT : Number(context),
    });
    return { path, binary, truncated, hunks: hunks.map(toJson) };
  },
  "GET /v1/projects/:project/rescue": async (call) => {
    const { repo } = await call.context.workspaces.open(call.params.project);
    return { items: (await repo.listRescue(call.query.task)).map(toJson) };
  },
  "POST /v1/projects/:project/rescue/restore": async (call) => {
    const { context, params, body, caller } = call;
    const workspace = await context.workspaces.open(params.project);
    const ref = body.ref.startsWith("refs/") ? body.ref : `${RESCUE}${body.ref}`;
    const restored = await workspace.repo.restoreRescue(ref, { branch: body.branch });
    await context.store.commit([{
      kind: "event",
      event: {
        projectId: workspace.project.id,
        kind: "work_restored",
        actor: caller.actor,
        message: `${ref} restored as branch ${body.branch}`,
        detail: { ref, ...restored },
      },
    }]);
    changed(call);
    return { ref, ...restored };
  },
});
