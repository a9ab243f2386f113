import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { ifExists } from "./_paths.ts";
import { type GitOptions, requireGit, runGit } from "./run.ts";
import { parseWorktrees, type WorktreeInfo } from "./worktrees.ts";

/** Identity and state of a repository at the time it was looked at. */
export interface RepoInfo {
  /** Real path of the main work tree, also when found from a linked one. */
  root: string;
  /** Real path of the git directory that all worktrees share. */
  commonDir: string;
  /** Oldest root commit; of a shallow clone the oldest commit it has. */
  rootCommit: string;
  /** What the main work tree has checked out; `branch` is null when detached. */
  head: { branch: string | null; commit: string };
  shallow: boolean;
}

/**
 * Finds the main repository of any path inside it or inside one of its worktrees.
 * @throws KasError "not_a_repository"; "guard" for a bare repository or one without a commit;
 * "missing_program" when git is missing or too old
 */
export async function discoverRepo(path: string, options: GitOptions = {}): Promise<RepoInfo> {
  await requireGit(options);
  const found = await locate(path, options);
  const at = { ...options, cwd: path };
  const [list, root] = await Promise.all([
    runGit(["worktree", "list", "--porcelain", "-z"], at),
    found.bare ? "" : findRoot(path, found.commonDir, options),
  ]);
  const main = parseWorktrees(list.stdout)[0];
  if (main === undefined || main.bare || found.bare) throw bareError(found.commonDir);
  if (/^0*$/.test(main.head)) throw emptyError(main, root);
  // All branches, so that the identity does not change when an orphan branch is checked out.
  const roots = await runGit(
    ["rev-list", "--max-parents=0", "--timestamp", "--branches", "--remotes", main.head],
    at,
  );
  return {
    root,
    commonDir: found.commonDir,
    rootCommit: oldest(roots.stdout) ?? main.head,
    head: { branch: main.branch, commit: main.head },
    shallow: found.shallow,
  };
}

async function locate(path: string, options: GitOptions) {
  const info = await ifExists(Deno.stat(path));
  if (info === null || !info.isDirectory) throw notRepository(path);
  const { code, stdout, stderr } = await runGit([
    "rev-parse",
    "--is-bare-repository",
    "--is-shallow-repository",
    "--path-format=absolute",
    "--git-common-dir",
  ], { ...options, cwd: path, ok: [0, 128] });
  if (code !== 0) {
    if (/not a git repository/i.test(stderr)) throw notRepository(path);
    throw new KasError("git_failed", `Cannot open the repository of ${quote(path, 200)}`, {
      hint: stderr.trim(),
    });
  }
  // The path comes last since it may hold newlines.
  const [bare, shallow, ...rest] = stdout.replace(/\n$/, "").split("\n");
  return {
    bare: bare === "true",
    shallow: shallow === "true",
    commonDir: await Deno.realPath(rest.join("\n")),
  };
}

async function findRoot(path: string, commonDir: string, options: GitOptions): Promise<string> {
  // Inside the git directory this answers only when core.worktree says so, as in a submodule.
  const set = await toplevel(commonDir, options);
  if (set !== null) return await Deno.realPath(set);
  if (commonDir.endsWith("/.git")) return commonDir.slice(0, -"/.git".length) || "/";
  const { stdout } = await runGit(["rev-parse", "--path-format=absolute", "--git-dir"], {
    ...options,
    cwd: path,
  });
  const own = await Deno.realPath(stdout.replace(/\n$/, "")) === commonDir
    ? await toplevel(path, options)
    : null;
  if (own !== null) return await Deno.realPath(own);
  throw new KasError("guard", `Cannot find the main work tree of ${quote(commonDir, 200)}`, {
    hint: "Run the command from the main work tree of the repository",
  });
}

async function toplevel(path: string, options: GitOptions): Promise<string | null> {
  const { code, stdout } = await runGit(
    ["rev-parse", "--path-format=absolute", "--show-toplevel"],
    {
      ...options,
      cwd: path,
      ok: [0, 128],
    },
  );
  return code === 0 && stdout !== "" ? stdout.replace(/\n$/, "") : null;
}

/** Picks from lines "<seconds> <commit>"; equal times are ordered by id. */
function oldest(lines: string): string | null {
  const commits = lines.split("\n").filter((line) => line !== "").map((line) => {
    const [seconds = "0", commit = ""] = line.split(" ");
    return { seconds: Number(seconds), commit };
  });
  commits.sort((a, b) => a.seconds - b.seconds || (a.commit < b.commit ? -1 : 1));
  return commits[0]?.commit ?? null;
}

function notRepository(path: string): KasError {
  return new KasError("not_a_repository", "kas must be run from within a git repository", {
    hint: path === "/" || path === Deno.env.get("HOME")
      ? "Change to a repository"
      : `Change to a repository, or make one here: git init ${quote(path, 200)}`,
    context: { path },
  });
}

function bareError(commonDir: string): KasError {
  return new KasError("guard", `Cannot use ${quote(commonDir, 200)}: it is a bare repository`, {
    hint: "Clone it and run the command in the clone",
  });
}

function emptyError(main: WorktreeInfo, root: string): KasError {
  return new KasError(
    "guard",
    `Cannot use ${quote(root, 200)}: its branch ${quote(main.branch ?? "HEAD")} has no commit yet`,
    { hint: "git commit --allow-empty -m init" },
  );
}
