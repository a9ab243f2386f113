import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { type GitContext, gitIn, type Tree } from "./_context.ts";
import { canonical, exists } from "./_paths.ts";
import { headOf, nestedRepos, pathspecs } from "./_snapshot.ts";
import { commitEnv } from "./identity.ts";
import { isUnmerged, statusOf } from "./status.ts";
import { ownTree } from "./worktrees.ts";

/** When the commit is made. */
export interface CommitAllOptions {
  /** Milliseconds. @default now */
  at?: number;
}

/**
 * Commits everything that is not ignored in a worktree of kas, with the hooks of the repository.
 * Returns the commit id, null when there is nothing to commit. Repositories inside are left out.
 * @throws KasError "guard" for the main checkout, a foreign folder or a detached HEAD;
 * "conflict" with the files when there are unresolved conflicts; "git_failed" when a hook refuses
 */
export async function commitAll(
  ctx: GitContext,
  worktreePath: string,
  message: string,
  options: CommitAllOptions = {},
): Promise<string | null> {
  // Not queued with the other writers: hooks may take minutes, and only this worktree is written.
  const tree = await ownTree(ctx, await canonical(worktreePath));
  if (message.trim() === "") {
    throw new KasError("invalid", `Cannot commit in ${quote(tree.path, 200)}: no message given`, {
      hint: "Give a commit message",
    });
  }
  if (await currentBranch(ctx, tree) === null) {
    throw new KasError("guard", `Cannot commit in ${quote(tree.path, 200)}: HEAD is detached`, {
      hint: "Finish the rebase or switch to a branch there",
    });
  }
  const { clean, entries } = await statusOf(ctx, tree);
  const merging = await exists(`${tree.gitDir}/MERGE_HEAD`);
  if (clean && !merging) return null;
  const files = entries.filter(isUnmerged).map((entry) => entry.path);
  if (files.length > 0) {
    throw new KasError(
      "conflict",
      `Cannot commit in ${quote(tree.path, 200)}: ${quote(files[0] ?? "")} has conflicts`,
      { hint: "Resolve the conflicts and `git add` the files", context: { files } },
    );
  }
  await gitIn(ctx, tree, [
    "add",
    "--all",
    "--sparse",
    "--pathspec-from-file=-",
    "--pathspec-file-nul",
  ], { write: true, input: pathspecs(await nestedRepos(ctx, tree)) });
  const staged = await gitIn(ctx, tree, ["diff-index", "--cached", "--quiet", "HEAD", "--"], {
    ok: [0, 1],
  });
  if (staged.code === 0 && !merging) return null;
  await gitIn(ctx, tree, ["commit", "--quiet", "--file=-"], {
    write: true,
    input: `${message.trimEnd()}\n`,
    env: await commitEnv(ctx, options.at ?? Date.now()),
  });
  return await headOf(ctx, tree);
}

/** Branch a work tree has checked out, null when its HEAD is detached. */
export async function currentBranch(ctx: GitContext, tree: Tree): Promise<string | null> {
  const { code, stdout } = await gitIn(ctx, tree, ["symbolic-ref", "--quiet", "HEAD"], {
    ok: [0, 1],
  });
  return code === 0 ? stdout.replace(/\n$/, "").replace(/^refs\/heads\//, "") : null;
}
