import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { git, type GitContext, rev, splitNul } from "./_context.ts";

/** One commit of a log; `at` is its commit time in milliseconds. */
export interface LogEntry {
  sha: string;
  subject: string;
  author: string;
  at: number;
}

/** Size of a difference; binary files count as files only. */
export interface DiffStat {
  files: number;
  insertions: number;
  deletions: number;
}

/** Commit id of a revision, null when it does not exist. */
export async function resolve(ctx: GitContext, ref: string): Promise<string | null> {
  if (ref === "") return null;
  const { code, stdout } = await git(
    ctx,
    ["rev-parse", "--verify", "--quiet", "--end-of-options", `${rev(ref)}^{commit}`],
    { ok: [0, 1] },
  );
  return code === 0 ? stdout.trim() : null;
}

/** Commit id of a revision. @throws KasError "not_found" */
export async function mustResolve(ctx: GitContext, ref: string): Promise<string> {
  const commit = await resolve(ctx, ref);
  if (commit !== null) return commit;
  throw new KasError("not_found", `Cannot find the commit of ${quote(ref, 120)}`, {
    hint: "List branches with `git branch --all`",
  });
}

/** Full ref name of a branch. */
export function branchRef(branch: string): string {
  return `refs/heads/${branch}`;
}

/**
 * Checks that git allows a branch name; unlike parseBranch() it accepts every name a user may have.
 * @throws KasError "invalid"
 */
export async function checkBranch(ctx: GitContext, branch: string): Promise<void> {
  const odd = branch.startsWith("-") || branch === "HEAD" || branch.includes("\0");
  if (!odd) {
    const { code } = await git(ctx, ["check-ref-format", branchRef(branch)], { ok: [0, 1] });
    if (code === 0) return;
  }
  throw new KasError("invalid", `Cannot use ${quote(branch)} as a branch name: git refuses it`, {
    hint: "Use letters, digits and dashes",
  });
}

/** Whether commit `a` is `b` or one of its ancestors. */
export async function isAncestor(ctx: GitContext, a: string, b: string): Promise<boolean> {
  const { code } = await git(ctx, ["merge-base", "--is-ancestor", rev(a), rev(b)], { ok: [0, 1] });
  return code === 0;
}

/** Best common ancestor of two commits, null when they share no history. */
export async function mergeBase(ctx: GitContext, a: string, b: string): Promise<string | null> {
  const { code, stdout } = await git(ctx, ["merge-base", rev(a), rev(b)], { ok: [0, 1] });
  return code === 0 ? stdout.trim() : null;
}

/** Newest commits of a range such as "main..plan/login", newest first. */
export async function log(ctx: GitContext, range: string, limit: number): Promise<LogEntry[]> {
  const { stdout } = await git(ctx, [
    "log",
    "-z",
    "--encoding=UTF-8",
    "--format=tformat:%H%x00%s%x00%an%x00%ct",
    `--max-count=${Math.max(0, Math.trunc(limit))}`,
    rev(range),
    "--",
  ]);
  const fields = splitNul(stdout);
  const entries: LogEntry[] = [];
  for (let i = 0; i + 3 < fields.length; i += 4) {
    const [sha = "", subject = "", author = "", seconds = "0"] = fields.slice(i, i + 4);
    entries.push({ sha, subject, author, at: Number(seconds) * 1000 });
  }
  return entries;
}

/** Paths that differ between two commits; a rename counts as both of its paths. */
export async function changedFiles(ctx: GitContext, a: string, b: string): Promise<string[]> {
  const { stdout } = await git(
    ctx,
    ["diff-tree", "-r", "-z", "--name-only", "--no-renames", rev(a), rev(b), "--"],
  );
  return splitNul(stdout);
}

/** Files, inserted and deleted lines between two commits. */
export async function diffStat(ctx: GitContext, a: string, b: string): Promise<DiffStat> {
  const { stdout } = await git(
    ctx,
    ["diff-tree", "-r", "-z", "--numstat", "--no-renames", rev(a), rev(b), "--"],
  );
  const stat = { files: 0, insertions: 0, deletions: 0 };
  for (const record of splitNul(stdout)) {
    const [insertions = "", deletions = ""] = record.split("\t");
    stat.files++;
    stat.insertions += Number(insertions) || 0; // "-" for a binary file
    stat.deletions += Number(deletions) || 0;
  }
  return stat;
}
