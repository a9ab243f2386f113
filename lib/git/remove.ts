import { KasError } from "../errors.ts";
import { parseName, quote } from "../names.ts";
import {
  ctxOptions,
  exclusive,
  git,
  type GitContext,
  gitIn,
  splitNul,
  type Tree,
} from "./_context.ts";
import { canonical, exists, shellWord } from "./_paths.ts";
import { nestedRepos } from "./_snapshot.ts";
import { branchRef, isAncestor, mustResolve, resolve } from "./refs.ts";
import { type Rescued, rescueTree, saveRef } from "./rescue.ts";
import { dropStub, isStub } from "./_stub.ts";
import { requireUnlocked } from "./lock.ts";
import { LOCK_WAIT_MS, runGit } from "./run.ts";
import {
  adminDirOf,
  branchHolders,
  linkState,
  listWorktrees,
  type WorktreeInfo,
} from "./worktrees.ts";

/** Which worktree goes, and where its unsaved work is kept. */
export interface RemoveWorktreeOptions {
  path: string;
  task: string;
  /** Milliseconds. */
  at: number;
  /** @default "worktree removed" */
  reason?: string;
}

/** `removed` is false when the worktree was gone already; `rescue` is null when nothing was unsaved. */
export interface RemovedWorktree {
  removed: boolean;
  rescue: Rescued | null;
}

/** Which branch goes. */
export interface DeleteBranchOptions {
  branch: string;
  task: string;
  /** Milliseconds. */
  at: number;
  /** A branch or commit: when it holds the tip already, no rescue ref is made. */
  mergedInto?: string;
}

// Written into git's folder of the worktree before files go, so that a removal that was cut short
// is finished and never taken for an agent that deleted half of its files.
const MARKER = "kas-removing";

/** What git writes as lock reason while `git worktree add` runs. */
export function isBeingMade(entry: WorktreeInfo): boolean {
  return entry.locked && entry.lockReason === "initializing";
}

/** Whether a removal by kas was cut short. */
export function isBeingRemoved(gitDir: string): Promise<boolean> {
  return exists(`${gitDir}/${MARKER}`);
}

/**
 * Saves unsaved work in a rescue ref, then removes the worktree; files git ignores go without a copy.
 * Doing it again is harmless.
 * @throws KasError "guard" for the main checkout, a folder that is no worktree of this repository,
 * a locked worktree, and one that holds another repository or unpushed submodule work
 */
export async function removeWorktree(
  ctx: GitContext,
  options: RemoveWorktreeOptions,
): Promise<RemovedWorktree> {
  parseName("task", options.task);
  return await exclusive(ctx, async () => {
    const path = await canonical(options.path);
    return await removeNow(ctx, { ...options, path });
  });
}

/** {@link removeWorktree} for a caller that is alone already and gives the real path. */
export async function removeNow(
  ctx: GitContext,
  options: RemoveWorktreeOptions,
): Promise<RemovedWorktree> {
  const { path } = options;
  if (path === ctx.root) throw refusal(path, "it is the main checkout", "Choose a linked worktree");
  const entry = (await listWorktrees(ctx)).find((item) => item.path === path);
  const gitDir = await adminDirOf(ctx, path);
  if (entry === undefined || gitDir === null) {
    if (!(await exists(path))) return { removed: false, rescue: null };
    throw refusal(
      path,
      `it is not a worktree of ${quote(ctx.root, 120)}`,
      "Move or delete the folder by hand",
    );
  }
  if (entry.locked && !isBeingMade(entry)) {
    const why = entry.lockReason === null ? "" : ` (${quote(entry.lockReason)})`;
    throw refusal(path, `it is locked${why}`, `Run git worktree unlock ${shellWord(path)}`);
  }
  if (await isStub(gitDir, entry)) {
    await dropStub({ path, gitDir });
    return { removed: true, rescue: null };
  }
  if (isBeingMade(entry)) await requireUnlocked(gitDir, ctx.lockWaitMs ?? LOCK_WAIT_MS);
  const rescue = await saveBeforeRemoval(ctx, { path, gitDir }, options);
  await git(ctx, ["worktree", "remove", "--force", "--force", "--", path], { write: true });
  if (await exists(path)) throw refusal(path, "files were added meanwhile", "Stop what runs there");
  return { removed: true, rescue };
}

async function saveBeforeRemoval(
  ctx: GitContext,
  tree: Tree,
  options: RemoveWorktreeOptions,
): Promise<Rescued | null> {
  const why = { task: options.task, at: options.at, reason: options.reason ?? "worktree removed" };
  if (!(await exists(tree.path))) {
    return await rescueTree(ctx, tree, { ...why, indexOnly: true });
  }
  await relink(tree);
  const keepMissing = await isBeingRemoved(tree.gitDir) || !(await exists(`${tree.gitDir}/index`));
  await refuseForeignWork(ctx, tree);
  const rescue = await rescueTree(ctx, tree, { ...why, keepMissing });
  await Deno.writeTextFile(`${tree.gitDir}/${MARKER}`, "");
  return rescue;
}

/**
 * Writes the `.git` file of a registered worktree anew when it is missing or points nowhere.
 * @throws KasError "guard" when the folder is another repository now
 */
export async function relink(tree: Tree): Promise<void> {
  const state = await linkState(tree.path, tree.gitDir);
  if (state === "ok") return;
  if (state === "foreign") {
    throw refusal(tree.path, "another repository is in its place", "Move that folder away");
  }
  await Deno.writeTextFile(`${tree.path}/.git`, `gitdir: ${tree.gitDir}\n`);
}

/** A rescue commit cannot hold the history of another repository, so its work must be elsewhere. */
async function refuseForeignWork(ctx: GitContext, tree: Tree): Promise<void> {
  const nested = (await nestedRepos(ctx, tree))[0];
  if (nested !== undefined) {
    throw refusal(
      tree.path,
      `it holds another git repository, ${quote(nested, 120)}`,
      "Move that repository away or delete it",
    );
  }
  const { stdout } = await gitIn(ctx, tree, ["ls-files", "--stage", "-z"]);
  for (const line of splitNul(stdout)) {
    const path = line.slice(line.indexOf("\t") + 1);
    if (!line.startsWith("160000 ") || !(await exists(`${tree.path}/${path}/.git`))) continue;
    if (!(await hasUnsavedWork(ctx, `${tree.path}/${path}`))) continue;
    throw refusal(
      tree.path,
      `its submodule ${quote(path, 120)} has work that is on no remote`,
      "Commit and push the submodule first",
    );
  }
}

async function hasUnsavedWork(ctx: GitContext, submodule: string): Promise<boolean> {
  const options = { ...ctxOptions(ctx), cwd: submodule };
  const [status, commits] = await Promise.all([
    runGit(["status", "--porcelain", "-z", "--untracked-files=all"], options),
    runGit(["rev-list", "--max-count=1", "--branches", "HEAD", "--not", "--remotes"], options),
  ]);
  return status.stdout !== "" || commits.stdout !== "";
}

/**
 * Deletes a branch; its tip is kept in a rescue ref unless `mergedInto` holds it.
 * `deleted` is false when the branch was gone already.
 * @throws KasError "guard" when the branch is checked out or being rebased in any worktree
 */
export async function deleteBranch(
  ctx: GitContext,
  options: DeleteBranchOptions,
): Promise<{ deleted: boolean; rescue: Rescued | null }> {
  const { branch, task, at, mergedInto } = options;
  parseName("task", task);
  return await exclusive(ctx, async () => {
    const tip = await resolve(ctx, branchRef(branch));
    if (tip === null) return { deleted: false, rescue: null };
    const holder = (await branchHolders(ctx, branch))[0];
    if (holder !== undefined) {
      throw new KasError(
        "guard",
        `Cannot delete branch ${quote(branch)}: it is checked out in ${
          quote(holder.entry.path, 200)
        }`,
        { hint: "Remove that worktree first", context: { path: holder.entry.path } },
      );
    }
    const saved = mergedInto !== undefined &&
      await isAncestor(ctx, tip, await mustResolve(ctx, mergedInto));
    const reason = `branch ${branch} deleted`;
    const rescue = saved ? null : await saveRef(ctx, tip, { task, at, reason });
    await git(ctx, ["update-ref", "-d", branchRef(branch), tip], { write: true });
    await dropBranchConfig(ctx, branch);
    return { deleted: true, rescue };
  });
}

/** Upstream settings would otherwise come back to life with a new branch of the same name. */
async function dropBranchConfig(ctx: GitContext, branch: string): Promise<void> {
  const args = ["config", "--local", "--remove-section", `branch.${branch}`];
  const result = await git(ctx, args, { write: true, ok: [0, 128] });
  if (result.code === 0 || /no such section/i.test(result.stderr)) return;
  throw new KasError("git_failed", `Cannot drop the settings of branch ${quote(branch)}`, {
    hint: result.stderr.trim(),
  });
}

function refusal(path: string, why: string, hint: string): KasError {
  return new KasError("guard", `Cannot remove worktree ${quote(path, 200)}: ${why}`, {
    hint,
    context: { path },
  });
}
