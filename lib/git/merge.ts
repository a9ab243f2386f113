import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { exclusive, git, type GitContext, gitIn, splitNul, type Tree } from "./_context.ts";
import { canonical, shellWord } from "./_paths.ts";
import { snapshot } from "./_snapshot.ts";
import { currentBranch } from "./commit.ts";
import { commitEnv } from "./identity.ts";
import { branchRef, changedFiles, isAncestor, mustResolve, resolve } from "./refs.ts";
import { commitTree } from "./rescue.ts";
import { statusOf } from "./status.ts";
import { ownTree } from "./worktrees.ts";

/** What a merge would give: a tree, or the files in conflict. */
export type MergePreview =
  | { clean: true; tree: string }
  | { clean: false; conflicts: string[] };

/** A merge into the branch of a worktree of kas. */
export interface IntegrateOptions {
  /** Kas's worktree that has `into` checked out. */
  worktree: string;
  into: string;
  /** Branch or commit to merge. */
  from: string;
  message: string;
  /** Milliseconds; fixes the commit's dates, so that a redo makes the very same commit. */
  at: number;
}

/** How a merge went. "already" carries the tip that holds `from`. */
export type Integrated =
  | { kind: "merged"; commit: string }
  | { kind: "already"; commit: string }
  | { kind: "conflict"; files: string[] };

/** Tries a merge of two commits in memory, see git-merge-tree(1); touches no work tree. */
export async function mergePreview(
  ctx: GitContext,
  into: string,
  from: string,
): Promise<MergePreview> {
  const [ours, theirs] = await Promise.all([resolveSide(ctx, into), resolveSide(ctx, from)]);
  const { code, stdout } = await git(
    ctx,
    ["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", ours, theirs],
    { ok: [0, 1], write: true },
  );
  const [tree = "", ...rest] = splitNul(stdout);
  if (code === 0) return { clean: true, tree };
  return { clean: false, conflicts: [...new Set(rest.filter((path) => path !== ""))] };
}

/**
 * Merges `from` into the branch of a worktree of kas, always with a merge commit. It may be killed
 * at any point and done again.
 * @throws KasError "guard" when the worktree is not kas's, is on another branch or has uncommitted
 * work in the way
 */
export async function integrate(ctx: GitContext, options: IntegrateOptions): Promise<Integrated> {
  const { into, at } = options;
  return await exclusive(ctx, async () => {
    const tree = await ownTree(ctx, await canonical(options.worktree));
    const current = await currentBranch(ctx, tree);
    if (current !== into) {
      throw new KasError(
        "guard",
        `Cannot merge into ${quote(into)}: ${quote(tree.path, 200)} has ${
          current === null ? "no branch" : quote(current)
        } checked out`,
        { hint: `Run git -C ${shellWord(tree.path)} switch ${shellWord(into)}` },
      );
    }
    const [ours, theirs] = await Promise.all([
      mustResolve(ctx, branchRef(into)),
      resolveSide(ctx, options.from),
    ]);
    if (await isAncestor(ctx, theirs, ours)) return { kind: "already", commit: ours };
    const preview = await mergePreview(ctx, ours, theirs);
    if (!preview.clean) return { kind: "conflict", files: preview.conflicts };
    const env = await commitEnv(ctx, at);
    const commit = await commitTree(ctx, preview.tree, [ours, theirs], options.message, env);
    if (await holdsOnly(ctx, tree, ours, commit)) {
      await gitIn(ctx, tree, ["reset", "--hard", "--quiet", commit], { write: true });
    } else {
      await fastForward(ctx, tree, into, commit);
    }
    return { kind: "merged", commit };
  });
}

/** A branch name first, as a tag of the same name would win in git's own order; else any revision. */
async function resolveSide(ctx: GitContext, name: string): Promise<string> {
  return await resolve(ctx, branchRef(name)) ?? await mustResolve(ctx, name);
}

/**
 * Whether a worktree of kas carries the first half of a fast-forward to `commit` that was killed:
 * every changed path already has the content of `commit`. False when nothing stands in the way.
 * @throws KasError "guard" when somebody's uncommitted work does
 */
async function holdsOnly(
  ctx: GitContext,
  tree: Tree,
  from: string,
  commit: string,
): Promise<boolean> {
  const { entries } = await statusOf(ctx, tree);
  if (entries.length === 0) return false;
  const changing = new Set(await changedFiles(ctx, from, commit));
  const inTheWay = entries.filter(({ code, path }) => code !== "??" || changing.has(path));
  if (inTheWay.length === 0) return false;
  const shot = await snapshot(ctx, tree);
  const different = new Set(await changedFiles(ctx, shot.tree, commit));
  // Two letters: the index has a version of its own, which only a person or an agent makes.
  const work = inTheWay.filter(({ code, path }) =>
    different.has(path) || (code !== "??" && !code.includes(" "))
  );
  if (work.length === 0) return true;
  const files = work.map((entry) => entry.path);
  throw new KasError(
    "guard",
    `Cannot merge in ${quote(tree.path, 200)}: ${
      quote(files[0] ?? "", 120)
    } has uncommitted changes`,
    { hint: "Commit them first", context: { files } },
  );
}

/**
 * Moves a checked-out branch forward to `commit` with git's own care: nothing uncommitted, untracked
 * or ignored is overwritten.
 * @throws KasError "guard" when git refuses; then nothing was changed
 */
export async function fastForward(
  ctx: GitContext,
  tree: Tree,
  branch: string,
  commit: string,
): Promise<void> {
  try {
    await gitIn(ctx, tree, [
      "merge",
      "--ff-only",
      "--quiet",
      "--no-stat",
      "--no-autostash",
      "--no-overwrite-ignore", // git's default overwrites files that are ignored, such as .env
      commit,
    ], { write: true });
  } catch (error) {
    if (!(error instanceof KasError) || error.code !== "git_failed") throw error;
    throw new KasError(
      "guard",
      `Cannot move branch ${quote(branch)} forward in ${quote(tree.path, 200)}: git refused and ` +
        "nothing was changed",
      { hint: error.message, cause: error, context: { path: tree.path } },
    );
  }
  if (await resolve(ctx, branchRef(branch)) === commit) return;
  throw new KasError(
    "conflict",
    `Cannot move branch ${quote(branch)} forward: ${
      quote(tree.path, 200)
    } was switched to another branch meanwhile`,
    { hint: "Look at that checkout, then try again", context: { path: tree.path } },
  );
}
