import * as v from "valibot";
import { getTask } from "../engine/operations.ts";
import { runGit } from "../git/run.ts";
import { KasError } from "../errors.ts";
import { parseTaskName, quote } from "../names.ts";
import { count, flag, output, project, text, textOutput, tool } from "./define.ts";
import { type Inside, resolveInside, type Sandbox, sandboxOf, shown } from "./sandbox.ts";
import type { Desk, Tool } from "./types.ts";

/** Characters of a difference in one answer. */
const MAX_DIFF = 256 * 1024;
const MAX_STDOUT = 32 * 1024 * 1024;

const path = text("Only this file or folder, relative to where you work");
const task = text("Task whose branch is meant, compared with the branch it goes into");

/** The place a git tool looks at; the repository is the one of the project, whatever a link says. */
interface Place extends Inside {
  readonly sandbox: Sandbox;
  /** Folder to start git in, and the rest of the path from there. */
  readonly cwd: string;
  readonly spec: readonly string[];
}

async function placeOf(
  desk: Desk,
  key: string | undefined,
  asked: string | undefined,
): Promise<Place> {
  const sandbox = await sandboxOf(desk, key);
  const inside = await resolveInside(sandbox, asked ?? ".");
  if (asked === undefined) return { ...inside, sandbox, cwd: sandbox.base, spec: [] };
  const isFolder = (await Deno.stat(inside.path)).isDirectory;
  const cut = inside.path.lastIndexOf("/");
  return {
    ...inside,
    sandbox,
    cwd: isFolder ? inside.path : inside.path.slice(0, cut) || "/",
    spec: [isFolder ? ":(literal)." : `:(literal)${inside.path.slice(cut + 1)}`],
  };
}

/** The commits of a task, `from...to`; null without a task. */
async function branchesOf(
  desk: Desk,
  name: string | undefined,
  key: string | undefined,
): Promise<{ base: string; head: string } | null> {
  if (name === undefined) return null;
  const found = await getTask(desk.home, { project: await desk.project(key) }, parseTaskName(name));
  return { base: `refs/heads/${found.baseBranch}`, head: `refs/heads/${found.branch}` };
}

/** A revision as typed, safe as an argument. @throws KasError "invalid" */
function revision(value: string): string {
  if (value !== "" && !value.startsWith("-") && !/[\0\n]/.test(value) && value.length < 500) {
    return value;
  }
  throw new KasError("invalid", `Cannot use ${quote(value)} as a revision`, {
    hint: 'Name a commit, a branch or a range such as "main..HEAD"',
  });
}

const gitStatus = tool({
  name: "git_status",
  description: "Branch and uncommitted files of the worktree you work in",
  scope: "read",
  schema: v.strictObject({ path: v.optional(path), project }),
  async run(desk, args, { signal }) {
    const { cwd, spec, sandbox } = await placeOf(desk, args.project, args.path);
    const { stdout } = await runGit([
      "status",
      "--porcelain=v2",
      "--branch",
      "-z",
      "--no-renames",
      "--untracked-files=all",
      "--ignore-submodules=dirty",
      "--",
      ...spec,
    ], { cwd, signal, maxBytes: MAX_STDOUT });
    const records = stdout.split("\0").filter((record) => record !== "");
    const head = (name: string) =>
      records.find((record) => record.startsWith(`# branch.${name} `))?.slice(10 + name.length) ??
        null;
    const files = records.filter((record) => !record.startsWith("#")).map(fileOf);
    return output({
      folder: shown(sandbox, cwd),
      branch: head("head"),
      commit: head("oid"),
      clean: files.length === 0,
      files: files.slice(0, 1000),
      more: Math.max(0, files.length - 1000),
    });
  },
});

/**
 * One record of porcelain v2: `1 XY sub mH mI mW hH hI path`, `u XY …` with two fields more, `? path`.
 * @see https://git-scm.com/docs/git-status#_porcelain_format_version_2
 */
function fileOf(record: string): { code: string; path: string } {
  const fields = record.split(" ");
  const skip = fields[0] === "?" ? 1 : fields[0] === "u" ? 10 : 8;
  return {
    code: fields[0] === "?" ? "??" : fields[1] ?? "",
    path: fields.slice(skip).join(" "),
  };
}

const gitDiff = tool({
  name: "git_diff",
  description: "Differences: uncommitted ones, those to a revision, or those of a task's branch",
  scope: "read",
  schema: v.strictObject({
    base: v.optional(text('Revision or range to compare with, such as "main" or "main...HEAD"')),
    task: v.optional(task),
    staged: v.optional(flag("Only what is staged")),
    stat: v.optional(flag("Only names and numbers of lines")),
    path: v.optional(path),
    project,
  }),
  async run(desk, args, { signal }) {
    const { cwd, spec } = await placeOf(desk, args.project, args.path);
    const of = await branchesOf(desk, args.task, args.project);
    const what = of !== null
      ? [`${of.base}...${of.head}`]
      : args.base === undefined
      ? args.staged === true ? [] : ["HEAD"]
      : [revision(args.base)];
    const { stdout } = await runGit([
      "diff",
      "--no-color",
      "--no-ext-diff",
      "--no-textconv",
      "--ignore-submodules=dirty",
      ...args.staged === true ? ["--cached"] : [],
      ...args.stat === true ? ["--stat=120"] : [],
      "--end-of-options",
      ...what,
      "--",
      ...spec,
    ], { cwd, signal, maxBytes: MAX_STDOUT });
    const cut = stdout.length > MAX_DIFF;
    const body = cut
      ? `${stdout.slice(0, MAX_DIFF)}\n… cut off: give a path, or stat`
      : stdout === ""
      ? "no differences"
      : stdout;
    return textOutput(body, { diff: stdout.slice(0, MAX_DIFF), truncated: cut });
  },
});

const gitLog = tool({
  name: "git_log",
  description: "Commits, newest first: of the worktree you work in, of a range, or of a task",
  scope: "read",
  schema: v.strictObject({
    range: v.optional(text('Revision or range, such as "main..HEAD"; default HEAD')),
    task: v.optional(task),
    limit: v.optional(count("Most commits; default 30", 1, 500)),
    path: v.optional(path),
    project,
  }),
  async run(desk, args, { signal }) {
    const { cwd, spec } = await placeOf(desk, args.project, args.path);
    const of = await branchesOf(desk, args.task, args.project);
    const range = of === null ? revision(args.range ?? "HEAD") : `${of.base}..${of.head}`;
    const { stdout } = await runGit([
      "log",
      "-z",
      "--encoding=UTF-8",
      "--format=tformat:%H%x00%an%x00%ct%x00%B",
      `--max-count=${args.limit ?? 30}`,
      "--end-of-options",
      range,
      "--",
      ...spec,
    ], { cwd, signal, maxBytes: MAX_STDOUT });
    const fields = stdout.split("\0");
    const commits: Record<string, unknown>[] = [];
    for (let i = 0; i + 3 < fields.length; i += 4) {
      const [sha = "", author = "", seconds = "0", message = ""] = fields.slice(i, i + 4);
      const at = new Date(Number(seconds) * 1000).toISOString();
      commits.push({ commit: sha, author, at, message: message.trim().slice(0, 4000) });
    }
    return output({ range, commits });
  },
});

/** What git knows of the project. */
export const GIT_TOOLS: readonly Tool[] = [gitStatus, gitDiff, gitLog];
