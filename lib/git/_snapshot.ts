import { git, type GitContext, gitIn, splitNul, type Tree } from "./_context.ts";
import { exists } from "./_paths.ts";

/** The content of a work tree as git trees; nothing in the work tree or its index was changed. */
export interface Snapshot {
  /** Tracked and untracked content, ignored files left out. */
  tree: string;
  /** What was staged; null when the index is missing or has conflicts. */
  indexTree: string | null;
  /** Untracked folders that are repositories of their own; they are not part of `tree`. */
  nested: string[];
}

/** How a snapshot is taken. */
export interface SnapshotOptions {
  /** Count missing files as unchanged: they were never written, or are being removed by kas. */
  keepMissing?: boolean;
  /** The folder is gone: take what was staged only. */
  indexOnly?: boolean;
}

// Settings that would make `git add` refuse a file or write beside the temporary index.
const PLAIN = ["-c", "core.splitIndex=false", "-c", "core.untrackedCache=false"];
const NO_SAFECRLF = ["-c", "core.safecrlf=false"];

/** Takes a snapshot through a temporary copy of the index, as the user's index must not change. */
export async function snapshot(
  ctx: GitContext,
  tree: Tree,
  options: SnapshotOptions = {},
): Promise<Snapshot> {
  const folder = await Deno.makeTempDir({ prefix: "kas-index-" });
  try {
    return await snapshotWith(ctx, tree, `${folder}/index`, options);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function snapshotWith(
  ctx: GitContext,
  tree: Tree,
  index: string,
  options: SnapshotOptions,
): Promise<Snapshot> {
  const env = { GIT_INDEX_FILE: index };
  const here = options.indexOnly === true ? { ...tree, path: ctx.root } : tree;
  const run = async (args: string[], ok: number[] = [0], input?: string) =>
    await gitIn(ctx, here, [...PLAIN, ...args], {
      env,
      ok,
      write: true,
      ...(input === undefined ? {} : { input }),
    });
  const copied = await copyIndex(`${tree.gitDir}/index`, index);
  if (!copied) await run(["read-tree", "HEAD"]);
  const staged = await run(["write-tree"], [0, 128]);
  const indexTree = copied && staged.code === 0 ? staged.stdout.trim() : null;
  if (options.indexOnly === true) {
    return { tree: indexTree ?? await headTree(ctx, tree), indexTree, nested: [] };
  }
  const nested = await nestedRepos(ctx, tree, env);
  await run(
    [
      ...NO_SAFECRLF,
      "add",
      options.keepMissing === true ? "--ignore-removal" : "--all",
      "--sparse",
      "--pathspec-from-file=-",
      "--pathspec-file-nul",
    ],
    [0],
    pathspecs(nested),
  );
  return { tree: (await run(["write-tree"])).stdout.trim(), indexTree, nested };
}

async function copyIndex(from: string, to: string): Promise<boolean> {
  if (!(await exists(from))) return false;
  const { mtime } = await Deno.stat(from);
  await Deno.copyFile(from, to);
  // Git trusts file times older than the index's own; a fresh time on the copy would hide a file
  // that changed in the same instant, with the same size, as the index was written.
  if (mtime !== null) await Deno.utime(to, mtime, mtime);
  return true;
}

/** Everything but the nested repositories, as NUL-separated pathspecs for `git add`. */
export function pathspecs(nested: readonly string[]): string {
  return [".", ...nested.map((path) => `:(exclude,top,literal)${path}`)].join("\0");
}

/** Untracked folders of a work tree that are git repositories themselves. */
export async function nestedRepos(
  ctx: GitContext,
  tree: Tree,
  env: Record<string, string> = {},
): Promise<string[]> {
  const { stdout } = await gitIn(
    ctx,
    tree,
    ["ls-files", "--others", "--exclude-standard", "-z"],
    { env },
  );
  // Git ends the names of folders it does not look into with a slash.
  return splitNul(stdout).filter((path) => path.endsWith("/")).map((path) => path.slice(0, -1));
}

/** Tree of the commit a work tree stands on. */
export async function headTree(ctx: GitContext, tree: Tree): Promise<string> {
  const head = await headOf(ctx, tree);
  return (await git(ctx, ["rev-parse", "--verify", `${head}^{tree}`])).stdout.trim();
}

/** Commit a work tree stands on; its folder may be gone. */
export async function headOf(ctx: GitContext, tree: Tree): Promise<string> {
  const at = { path: ctx.root, gitDir: tree.gitDir };
  return (await gitIn(ctx, at, ["rev-parse", "--verify", "HEAD^{commit}"])).stdout.trim();
}
