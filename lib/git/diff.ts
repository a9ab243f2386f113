import { git, type GitContext, rev, splitNul } from "./_context.ts";

/** One file that differs between two commits. */
export interface ChangedFile {
  path: string;
  /** Before a rename; null otherwise. */
  oldPath: string | null;
  status: "added" | "modified" | "deleted" | "renamed" | "type";
  binary: boolean;
  insertions: number;
  deletions: number;
}

/** A run of lines; each begins with " ", "+", "-" or "\". */
export interface Hunk {
  oldStart: number;
  oldLines: number;
  newStart: number;
  newLines: number;
  /** What git thinks the lines belong to, such as a function's name. */
  heading: string;
  lines: string[];
}

/** The difference of one file. */
export interface FileDiff {
  binary: boolean;
  hunks: Hunk[];
  /** Lines were left out. */
  truncated: boolean;
}

/** Limits of one answer: lines of a file, and characters of a line. */
const MAX_LINES = 5_000;
const MAX_WIDTH = 2_000;

const WORDS: Readonly<Record<string, ChangedFile["status"]>> = {
  A: "added",
  D: "deleted",
  R: "renamed",
  T: "type",
};

/** Files that differ between two commits, with their size; renames are told. */
export async function diffFiles(ctx: GitContext, a: string, b: string): Promise<ChangedFile[]> {
  const { stdout } = await git(
    ctx,
    ["diff-tree", "-r", "-z", "-M", "--raw", "--numstat", "--no-ext-diff", rev(a), rev(b), "--"],
  );
  return parseFiles(splitNul(stdout));
}

/** Reads the NUL-separated records of `--raw --numstat`: first every raw one, then every size. */
export function parseFiles(fields: readonly string[]): ChangedFile[] {
  const files = new Map<string, ChangedFile>();
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] ?? "";
    if (field.startsWith(":")) {
      const letter = field.split(" ")[4]?.charAt(0) ?? "M";
      const renamed = letter === "R" || letter === "C";
      const oldPath = renamed ? fields[++i] ?? "" : null;
      const path = fields[++i] ?? "";
      const status = WORDS[letter] ?? "modified";
      files.set(path, { path, oldPath, status, binary: false, insertions: 0, deletions: 0 });
      continue;
    }
    const [insertions = "", deletions = "", name = ""] = field.split("\t");
    if (name === "") i += 2; // a rename: both paths follow
    const path = name === ""
      ? fields[i] ?? ""
      : field.slice(field.indexOf("\t", insertions.length + 1) + 1);
    const file = files.get(path);
    if (file === undefined) continue;
    file.binary = insertions === "-";
    file.insertions = Number(insertions) || 0;
    file.deletions = Number(deletions) || 0;
  }
  return [...files.values()];
}

/** What to compare in one file. */
export interface FileDiffOptions {
  path: string;
  /** Before a rename. */
  oldPath: string | null;
  /** Unchanged lines around each change. */
  context: number;
}

/** The difference of one file between two commits; bounded, hostile paths are taken literally. */
export async function diffFile(
  ctx: GitContext,
  a: string,
  b: string,
  { path, oldPath, context }: FileDiffOptions,
): Promise<FileDiff> {
  const { stdout } = await git(ctx, [
    ...["--literal-pathspecs", "diff-tree", "-r", "-p", "-M", `-U${Math.trunc(context)}`],
    ...["--no-ext-diff", "--no-textconv", "--no-color", rev(a), rev(b), "--"],
    ...(oldPath === null ? [path] : [oldPath, path]),
  ]);
  return parsePatch(stdout);
}

/** Reads the hunks of a patch of one file. */
export function parsePatch(patch: string): FileDiff {
  const diff: FileDiff = { binary: false, hunks: [], truncated: false };
  let hunk: Hunk | null = null;
  let left = MAX_LINES;
  for (const line of patch.split("\n")) {
    const start = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)$/.exec(line);
    if (start !== null && isComplete(hunk)) {
      hunk = hunkOf(start);
      diff.hunks.push(hunk);
    } else if (hunk === null) {
      if (/^(Binary files |GIT binary patch)/.test(line)) diff.binary = true;
    } else if (!/^[ +\-\\]/.test(line)) {
      hunk = null;
    } else if (left-- <= 0) {
      diff.truncated = true;
      break;
    } else {
      hunk.lines.push(line.length > MAX_WIDTH ? `${line.slice(0, MAX_WIDTH)}…` : line);
    }
  }
  return diff;
}

/** A line of the file may look like the head of a hunk; it is one only where a hunk may end. */
function isComplete(hunk: Hunk | null): boolean {
  return hunk === null ||
    hunk.lines.filter((line) => !/^[+\\]/.test(line)).length >= hunk.oldLines;
}

function hunkOf(match: RegExpExecArray): Hunk {
  const [, oldStart = "0", oldLines = "1", newStart = "0", newLines = "1", heading = ""] = match;
  return {
    oldStart: Number(oldStart),
    oldLines: Number(oldLines),
    newStart: Number(newStart),
    newLines: Number(newLines),
    heading: heading.slice(0, 200),
    lines: [],
  };
}
