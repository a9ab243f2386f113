import { git, type GitContext, splitNul, type Tree } from "./_context.ts";
import { dirname, exists, ifExists, readLine, resolvePath } from "./_paths.ts";
import { KasError } from "../errors.ts";
import { quote } from "../names.ts";

/** One registered worktree; the first of a list is the main one. */
export interface WorktreeInfo {
  /** Absolute path; may be gone when `prunable`. */
  path: string;
  /** Branch without "refs/heads/"; null when detached. During a rebase git reports it as detached. */
  branch: string | null;
  /** Commit id; all zeros when there is no commit yet. */
  head: string;
  bare: boolean;
  detached: boolean;
  locked: boolean;
  /** Why it is locked, when a reason was given. */
  lockReason: string | null;
  /** Git would drop the entry: its folder is missing. */
  prunable: boolean;
}

/** Parses `git worktree list --porcelain -z`, see git-worktree(1) "Porcelain Format". */
export function parseWorktrees(text: string): WorktreeInfo[] {
  const list: WorktreeInfo[] = [];
  let entry: WorktreeInfo | null = null;
  for (const line of splitNul(text)) {
    const cut = line.indexOf(" ");
    const key = cut < 0 ? line : line.slice(0, cut);
    const value = cut < 0 ? "" : line.slice(cut + 1);
    if (key === "worktree") {
      entry = newEntry(value);
      list.push(entry);
    }
    if (entry === null) continue;
    if (key === "HEAD") entry.head = value;
    if (key === "branch") entry.branch = value.replace(/^refs\/heads\//, "");
    if (key === "bare") entry.bare = true;
    if (key === "detached") entry.detached = true;
    if (key === "locked") Object.assign(entry, { locked: true, lockReason: value || null });
    if (key === "prunable") entry.prunable = true;
  }
  return list;
}

function newEntry(path: string): WorktreeInfo {
  return {
    path,
    branch: null,
    head: "",
    bare: false,
    detached: false,
    locked: false,
    lockReason: null,
    prunable: false,
  };
}

/** All worktrees of the repository, the main one first. */
export async function listWorktrees(ctx: GitContext): Promise<WorktreeInfo[]> {
  const { stdout } = await git(ctx, ["worktree", "list", "--porcelain", "-z"]);
  const list = parseWorktrees(stdout);
  // Git names the git directory here when it is kept apart, as in a submodule.
  if (list[0] !== undefined) list[0].path = ctx.root;
  return list;
}

/** Git's own folder of a linked worktree, `<commonDir>/worktrees/<id>`; null when none is for `path`. */
export async function adminDirOf(ctx: GitContext, path: string): Promise<string | null> {
  const folder = `${ctx.commonDir}/worktrees`;
  if (!(await exists(folder))) return null;
  for await (const entry of Deno.readDir(folder)) {
    const dir = `${folder}/${entry.name}`;
    const target = await readLine(`${dir}/gitdir`);
    if (target === null) continue;
    const file = resolvePath(target, dir);
    if (dirname(file) === path) return dir;
    const real = await ifExists(Deno.realPath(dirname(file)));
    if (real === path) return dir;
  }
  return null;
}

/** How the `.git` file of a worktree folder relates to its admin folder. */
export type LinkState =
  | "ok"
  | "broken" // missing, or pointing nowhere: can be written anew
  | "foreign"; // a repository of its own, or another one's worktree

/** Reads the `.git` file of a folder that is registered under `adminDir`. */
export async function linkState(path: string, adminDir: string): Promise<LinkState> {
  if ((await ifExists(Deno.lstat(path)))?.isDirectory !== true) return "foreign";
  const dotGit = `${path}/.git`;
  const info = await ifExists(Deno.lstat(dotGit));
  if (info === null) return "broken";
  if (!info.isFile) return "foreign";
  const target = /^gitdir: ([\s\S]*)$/.exec((await readLine(dotGit)) ?? "")?.[1];
  if (target === undefined) return "broken";
  const real = await ifExists(Deno.realPath(resolvePath(target, path)));
  if (real === null) return "broken";
  return real === adminDir ? "ok" : "foreign";
}

/**
 * A work tree of this repository, linked or main, whose link is whole.
 * @throws KasError "guard" for any other folder
 */
export async function treeOf(ctx: GitContext, path: string): Promise<Tree> {
  if (path === ctx.root) return { path, gitDir: ctx.commonDir };
  return await ownTree(ctx, path);
}

/**
 * A linked worktree of this repository whose link is whole.
 * @throws KasError "guard" for the main work tree (it is the user's) and for any other folder
 */
export async function ownTree(ctx: GitContext, path: string): Promise<Tree> {
  if (path === ctx.root) {
    throw new KasError("guard", `Cannot work in ${quote(path, 200)}: it is the main checkout`, {
      hint: "Kas works in worktrees of its own only",
    });
  }
  const gitDir = await adminDirOf(ctx, path);
  if (gitDir !== null && await linkState(path, gitDir) === "ok") return { path, gitDir };
  throw new KasError(
    "guard",
    `Cannot work in ${quote(path, 200)}: it is not a worktree of ${quote(ctx.root, 200)}`,
    { hint: "List the worktrees with `git worktree list`" },
  );
}

/** Branch that is being rebased in a worktree, null when none is. */
export async function rebasedBranch(gitDir: string): Promise<string | null> {
  for (const kind of ["rebase-merge", "rebase-apply"]) {
    const name = await readLine(`${gitDir}/${kind}/head-name`);
    if (name !== null) return name.replace(/^refs\/heads\//, "");
  }
  return null;
}

/** Where a branch is in use. */
export interface BranchHolder {
  entry: WorktreeInfo;
  /** The branch is in the middle of a rebase there. */
  rebasing: boolean;
}

/** Every worktree that has a branch checked out or is rebasing it. */
export async function branchHolders(ctx: GitContext, branch: string): Promise<BranchHolder[]> {
  const holders: BranchHolder[] = [];
  for (const [index, entry] of (await listWorktrees(ctx)).entries()) {
    if (entry.branch !== null) {
      if (entry.branch === branch) holders.push({ entry, rebasing: false });
      continue;
    }
    const gitDir = index === 0 ? ctx.commonDir : await adminDirOf(ctx, entry.path);
    if (gitDir !== null && await rebasedBranch(gitDir) === branch) {
      holders.push({ entry, rebasing: true });
    }
  }
  return holders;
}
