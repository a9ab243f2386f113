import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { exclusive, git, type GitContext } from "./_context.ts";
import { exists, shellWord } from "./_paths.ts";
import { commitEnv } from "./identity.ts";
import { fastForward, mergePreview } from "./merge.ts";
import { branchRef, isAncestor, mustResolve, resolve } from "./refs.ts";
import { commitTree } from "./rescue.ts";
import { statusOf } from "./status.ts";
import { type BranchHolder, branchHolders, treeOf } from "./worktrees.ts";

/** The last merge of a task. */
export interface MergeToBaseOptions {
  base: string;
  branch: string;
  /** Commit that was reviewed and verified: the branch must still be there. */
  expectBranch: string;
  /** Commit of the base that it was verified against. */
  expectBase: string;
  message: string;
  /** Milliseconds; fixes the commit's dates. */
  at: number;
}

/** `checkout` is the work tree that was moved forward with the base, null when none has it. */
export interface MergedToBase {
  kind: "merged" | "already";
  commit: string;
  checkout: string | null;
}

/**
 * Merges a task branch into its base branch without switching any checkout. Where the base is
 * checked out, that checkout is fast-forwarded when its tracked files are unchanged.
 * @throws KasError "conflict" when a branch is not where it was expected, or with the files that
 * conflict; "guard" when the checkout of the base has changes. Nothing is changed then
 */
export async function mergeToBase(
  ctx: GitContext,
  options: MergeToBaseOptions,
): Promise<MergedToBase> {
  const { base, branch } = options;
  return await exclusive(ctx, async () => {
    const [ours, theirs] = await Promise.all([
      mustResolve(ctx, branchRef(base)),
      mustResolve(ctx, branchRef(branch)),
    ]);
    expectAt(branch, options.expectBranch, theirs);
    if (await isAncestor(ctx, theirs, ours)) {
      return { kind: "already", commit: ours, checkout: null };
    }
    expectAt(base, options.expectBase, ours);
    const preview = await mergePreview(ctx, ours, theirs);
    if (!preview.clean) throw conflictError(branch, base, preview.conflicts);
    const holders = await branchHolders(ctx, base);
    const holder = await usableHolder(ctx, holders, options);
    const env = await commitEnv(ctx, options.at);
    const commit = await commitTree(ctx, preview.tree, [ours, theirs], options.message, env);
    if (holder === null) {
      await swapRef(ctx, base, commit, ours);
      return { kind: "merged", commit, checkout: null };
    }
    await fastForward(ctx, await treeOf(ctx, holder), base, commit);
    return { kind: "merged", commit, checkout: holder };
  });
}

function expectAt(branch: string, expected: string, found: string): void {
  if (expected === found) return;
  throw new KasError(
    "conflict",
    `Cannot merge: branch ${quote(branch)} is at ${quote(found)}, expected ${quote(expected)}`,
    { hint: "Verify the new state and merge again", context: { branch, expected, found } },
  );
}

function conflictError(branch: string, base: string, files: string[]): KasError {
  return new KasError(
    "conflict",
    `Cannot merge ${quote(branch)} into ${quote(base)}: ${
      quote(files[0] ?? "", 120)
    } is in conflict${files.length > 1 ? ` and ${files.length - 1} more` : ""}`,
    { hint: `Merge ${quote(base)} into ${quote(branch)} and resolve it there`, context: { files } },
  );
}

/** Path of the one checkout that can follow the base, null when nobody has it checked out. */
async function usableHolder(
  ctx: GitContext,
  holders: readonly BranchHolder[],
  options: MergeToBaseOptions,
): Promise<string | null> {
  const [holder, second] = holders;
  if (holder === undefined) return null;
  const { path } = holder.entry;
  const problem = second !== undefined
    ? `it is checked out in ${quote(second.entry.path, 200)} as well`
    : holder.rebasing
    ? "it is being rebased there"
    : !(await exists(path))
    ? "that folder is missing"
    : await firstChange(ctx, path);
  if (problem === null) return path;
  throw new KasError(
    "guard",
    `Cannot merge into ${quote(options.base)}, checked out in ${quote(path, 200)}: ${problem}`,
    {
      hint: `Nothing was changed; put that in order, or run git -C ${shellWord(path)} merge ` +
        `--no-ff ${shellWord(options.branch)}`,
      context: { path },
    },
  );
}

async function firstChange(ctx: GitContext, path: string): Promise<string | null> {
  const { entries } = await statusOf(ctx, await treeOf(ctx, path));
  const changed = entries.find(({ code }) => code !== "??");
  return changed === undefined ? null : `${quote(changed.path, 120)} has uncommitted changes`;
}

async function swapRef(ctx: GitContext, branch: string, to: string, from: string): Promise<void> {
  const args = ["update-ref", "-m", "kas: merge", branchRef(branch), to, from];
  const result = await git(ctx, args, { write: true, ok: [0, 128] });
  if (result.code === 0) return;
  const found = await resolve(ctx, branchRef(branch));
  if (found !== from) expectAt(branch, from, found ?? "");
  throw new KasError("git_failed", `Cannot move branch ${quote(branch)} to ${quote(to)}`, {
    hint: result.stderr.trim(),
  });
}
