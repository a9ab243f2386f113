import { type GitContext, gitIn, splitNul, type Tree } from "./_context.ts";

/** One changed path; `code` is git's two letters ("??" untracked, see git-status(1)). */
export interface StatusEntry {
  code: string;
  path: string;
}

/** Uncommitted state of a work tree. */
export interface WorktreeStatus {
  clean: boolean;
  entries: StatusEntry[];
}

/** Codes of unmerged paths. */
const UNMERGED = new Set(["DD", "AU", "UD", "UA", "DU", "AA", "UU"]);

/** Whether a path is in conflict. */
export function isUnmerged(entry: StatusEntry): boolean {
  return UNMERGED.has(entry.code);
}

/** Reads the state of a work tree without refreshing its index; ignored files do not count. */
export async function statusOf(ctx: GitContext, tree: Tree): Promise<WorktreeStatus> {
  const { stdout } = await gitIn(ctx, tree, [
    "status",
    "--porcelain=v1",
    "-z",
    "--untracked-files=all",
    "--ignore-submodules=dirty",
    "--no-renames",
  ]);
  const entries = splitNul(stdout).map((line) => ({ code: line.slice(0, 2), path: line.slice(3) }));
  return { clean: entries.length === 0, entries };
}
