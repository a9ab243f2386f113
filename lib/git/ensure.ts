import { KasError, messageOf } from "../errors.ts";
import { quote, slugify } from "../names.ts";
import { exclusive, git, type GitContext, gitIn, splitNul, type Tree } from "./_context.ts";
import { canonical, exists, ifExists, readLine, shellWord } from "./_paths.ts";
import { headOf } from "./_snapshot.ts";
import { requireUnlocked } from "./lock.ts";
import { branchRef, checkBranch, mustResolve, resolve } from "./refs.ts";
import { dropStub, isStub, namesIn } from "./_stub.ts";
import { isBeingMade, isBeingRemoved, relink, removeNow } from "./remove.ts";
import { rescueTree } from "./rescue.ts";
import { LOCK_WAIT_MS, sleep } from "./run.ts";
import { statusOf } from "./status.ts";
import {
  adminDirOf,
  branchHolders,
  linkState,
  listWorktrees,
  rebasedBranch,
  type WorktreeInfo,
} from "./worktrees.ts";

/** The worktree that should exist. */
export interface EnsureWorktreeOptions {
  /** Absolute path. */
  path: string;
  branch: string;
  /** Commit where the branch starts when it does not exist yet. */
  base: string;
  /** Owner of rescued work, should any be found. @default a name made from the branch */
  task?: string;
  /** Time of rescued work in milliseconds. @default now */
  at?: number;
}

/** The worktree as it is now; `created` is false when it was there already. */
export interface EnsuredWorktree {
  path: string;
  branch: string;
  /** Commit id. */
  head: string;
  created: boolean;
}

/**
 * Makes sure that a worktree of a branch is at a path. A valid one is used as it is, whatever is
 * uncommitted in it; a missing or half-made one is made whole. What fails is rolled back.
 * @throws KasError "guard" when something else is at the path or the branch is in use elsewhere,
 * "conflict" when another git process is still at work there, "not_found" for an unknown base
 */
export async function ensureWorktree(
  ctx: GitContext,
  options: EnsureWorktreeOptions,
): Promise<EnsuredWorktree> {
  return await exclusive(ctx, async () => {
    const path = await canonical(options.path);
    await checkBranch(ctx, options.branch);
    if (path === ctx.root) throw refusal(path, "it is the main checkout", "Choose another folder");
    const kept = await keepExisting(ctx, { ...options, path });
    return kept ?? await create(ctx, { ...options, path });
  });
}

/**
 * Whether a worktree stands as {@link ensureWorktree} would leave it, told from git's own files
 * without starting a process: linked both ways, on its branch, not half made or half removed.
 */
export async function isStanding(
  ctx: GitContext,
  options: { path: string; branch: string },
): Promise<boolean> {
  const path = await canonical(options.path);
  const gitDir = await adminDirOf(ctx, path);
  if (gitDir === null || await linkState(path, gitDir) !== "ok") return false;
  if (await isBeingRemoved(gitDir) || await exists(`${gitDir}/index.lock`)) return false;
  if (!(await exists(`${gitDir}/index`))) return false;
  return await readLine(`${gitDir}/HEAD`) === `ref: ${branchRef(options.branch)}`;
}

/** The registered worktree, repaired where needed; null when there is none, or no longer one. */
async function keepExisting(
  ctx: GitContext,
  options: EnsureWorktreeOptions,
): Promise<EnsuredWorktree | null> {
  const { path, branch } = options;
  const { entry, gitDir } = await settled(ctx, path);
  if (entry === undefined || gitDir === null) return null;
  const tree = { path, gitDir };
  if (await isStub(gitDir, entry)) {
    await dropStub(tree);
    return null;
  }
  if (!(await exists(path)) || await isBeingRemoved(gitDir)) {
    const { task, at } = rescueOwner(options);
    await removeNow(ctx, { path, task, at, reason: "found as the worktree was made anew" });
    return null;
  }
  await relink(tree);
  const current = entry.branch ?? await rebasedBranch(gitDir);
  if (current !== branch) {
    throw refusal(
      path,
      current === null ? "its HEAD is detached" : `it has branch ${quote(current)} checked out`,
      `Run git -C ${shellWord(path)} switch ${shellWord(branch)}`,
    );
  }
  await finishCheckout(ctx, tree, entry, options);
  return { path, branch, head: await headOf(ctx, tree), created: false };
}

/** Reads the entry; waits a little for a `git worktree add` of another process to end. */
async function settled(ctx: GitContext, path: string) {
  const patience = ctx.lockWaitMs ?? LOCK_WAIT_MS;
  for (;;) {
    const entry = (await listWorktrees(ctx)).find((item) => item.path === path);
    const gitDir = await adminDirOf(ctx, path);
    if (entry === undefined || gitDir === null || !isBeingMade(entry)) return { entry, gitDir };
    const mark = await ifExists(Deno.stat(`${gitDir}/locked`));
    const age = Date.now() - (mark?.mtime?.getTime() ?? 0);
    if (age >= patience) return { entry, gitDir };
    await sleep(Math.min(50, patience), ctx.signal);
  }
}

/** Completes a checkout that was cut short; does nothing to a worktree that has its files. */
async function finishCheckout(
  ctx: GitContext,
  tree: Tree,
  entry: WorktreeInfo,
  options: EnsureWorktreeOptions,
): Promise<void> {
  const unwritten = !(await exists(`${tree.gitDir}/index`));
  if (unwritten || await hasLostAllFiles(ctx, tree)) {
    await requireUnlocked(tree.gitDir, ctx.lockWaitMs ?? LOCK_WAIT_MS);
    if (unwritten) {
      const reason = "files found in a checkout that was never finished";
      await rescueTree(ctx, tree, { ...rescueOwner(options), reason, keepMissing: true });
    }
    await gitIn(ctx, tree, ["reset", "--hard", "--quiet", "HEAD"], { write: true });
  }
  if (isBeingMade(entry)) {
    await git(ctx, ["worktree", "unlock", "--", tree.path], { write: true });
  }
}

/** No file of HEAD is there, nothing else is, and the index holds no content of its own. */
async function hasLostAllFiles(ctx: GitContext, tree: Tree): Promise<boolean> {
  const top = await gitIn(ctx, tree, ["ls-tree", "-z", "--name-only", "HEAD"]);
  const there = new Set(await namesIn(tree.path));
  if (top.stdout === "" || splitNul(top.stdout).some((name) => there.has(name))) return false;
  const { entries } = await statusOf(ctx, tree);
  return entries.length > 0 && entries.every(({ code }) => code === " D" || code === "D ");
}

async function create(ctx: GitContext, options: EnsureWorktreeOptions): Promise<EnsuredWorktree> {
  const { path, branch } = options;
  await refuseForeign(ctx, path);
  const existing = await resolve(ctx, branchRef(branch));
  const base = existing === null ? await mustResolve(ctx, options.base) : null;
  const holder = existing === null ? undefined : (await branchHolders(ctx, branch))[0];
  if (holder !== undefined) {
    throw new KasError(
      "guard",
      `Cannot check out branch ${quote(branch)} in ${quote(path, 200)}: it is checked out in ${
        quote(holder.entry.path, 200)
      }`,
      {
        hint: holder.entry.prunable
          ? "That folder is missing: run `git worktree prune`"
          : "Switch that worktree to another branch",
        context: { path: holder.entry.path },
      },
    );
  }
  const made = await makeBranch(ctx, branch, base);
  let added = false;
  try {
    await git(ctx, ["worktree", "add", "--quiet", "--", path, branch], { write: true });
    added = true;
    return await verify(ctx, path, branch);
  } catch (error) {
    await rollBack(ctx, added ? path : null, made, error);
    throw error;
  }
}

/**
 * Creates the branch unless it exists (`base` is null), failing when somebody else was first. Not left
 * to `git worktree add -b`, which sets an upstream, and would not tell whose branch is to be rolled back.
 */
async function makeBranch(ctx: GitContext, branch: string, base: string | null) {
  if (base === null) return null;
  await git(ctx, ["update-ref", "-m", "kas: create", branchRef(branch), base, ""], { write: true });
  return { branch, base };
}

/** Refuses everything but nothing and an empty folder. */
async function refuseForeign(ctx: GitContext, path: string): Promise<void> {
  const info = await ifExists(Deno.lstat(path));
  if (info === null) return;
  if (info.isDirectory && (await namesIn(path)).length === 0) return;
  throw refusal(
    path,
    `what is there is not a worktree of ${quote(ctx.root, 120)}`,
    `Move it away, or run git worktree repair ${shellWord(path)} if the repository was moved`,
  );
}

async function verify(ctx: GitContext, path: string, branch: string): Promise<EnsuredWorktree> {
  const entry = (await listWorktrees(ctx)).find((item) => item.path === path);
  const gitDir = await adminDirOf(ctx, path);
  if (entry?.branch === branch && gitDir !== null && await exists(`${gitDir}/index`)) {
    const { entries } = await statusOf(ctx, { path, gitDir });
    const lost = entries.find(({ code }) => code.includes("D"));
    if (lost === undefined) return { path, branch, head: entry.head, created: true };
    throw new KasError(
      "git_failed",
      `Cannot create worktree ${quote(path, 200)}: git left out ${quote(lost.path, 120)}`,
      { hint: "Check the free disk space and the filters of the repository" },
    );
  }
  throw new KasError(
    "git_failed",
    `Cannot create worktree ${quote(path, 200)}: it is not on branch ${quote(branch)} afterwards`,
    { hint: "Check the hooks of the repository" },
  );
}

/** Takes back what this call made, and only that; git itself clears up after an `add` that failed. */
async function rollBack(
  ctx: GitContext,
  path: string | null,
  made: { branch: string; base: string } | null,
  failure: unknown,
): Promise<void> {
  try {
    if (path !== null) {
      await git(ctx, ["worktree", "remove", "--force", "--", path], { write: true });
    }
    if (made === null || (await branchHolders(ctx, made.branch)).length > 0) return;
    await git(ctx, ["update-ref", "-d", branchRef(made.branch), made.base], { write: true });
  } catch (error) {
    const code = failure instanceof KasError ? failure.code : "git_failed";
    throw new KasError(code, messageOf(failure), {
      hint: `What was made could not be taken back: ${messageOf(error)}`,
      cause: failure,
    });
  }
}

function rescueOwner(options: EnsureWorktreeOptions): { task: string; at: number } {
  const name = slugify(options.branch);
  const fallback = name === "" || name.endsWith(".lock") ? "worktree" : name;
  return { task: options.task ?? fallback, at: options.at ?? Date.now() };
}

function refusal(path: string, why: string, hint: string): KasError {
  return new KasError("guard", `Cannot use ${quote(path, 200)} as a worktree: ${why}`, {
    hint,
    context: { path },
  });
}
