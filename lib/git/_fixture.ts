/** Real repositories in temporary folders, for the tests of this folder only. */

import assert from "node:assert/strict";
import { type ErrorCode, KasError } from "../errors.ts";
import { discoverRepo } from "./discover.ts";
import { GitRepo } from "./repo.ts";
import type { GitOptions } from "./run.ts";

/** A path that breaks whatever is not an argv array or NUL-separated. */
export const HOSTILE_NAME = `my repo's "né 日本\n$(x)`;

/** A repository with one commit (`a.txt`, `dir/b.txt`) on branch main. */
export interface Fixture {
  /** Temporary folder that holds everything. */
  tmp: string;
  root: string;
  options: GitOptions;
  repo: GitRepo;
  /** First commit. */
  base: string;
  /** Path of a worktree beside the others. */
  tree: (name: string) => string;
  /** Runs git in a folder (the root by default); returns its output without final newlines. */
  git: (args: string[], cwd?: string) => Promise<string>;
  write: (path: string, text: string) => Promise<void>;
  /** Commits files in a folder; returns the commit id. */
  commit: (cwd: string, files: Record<string, string>, message?: string) => Promise<string>;
}

/** The environment every test runs git in: no configuration of the machine or the user. */
export function cleanEnv(home: string): Record<string, string> {
  return {
    HOME: home,
    XDG_CONFIG_HOME: home,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
  };
}

/** Runs git as a user would, outside of the code under test. */
export async function rawGit(args: string[], cwd: string, home: string): Promise<string> {
  const user = { GIT_AUTHOR_NAME: "U", GIT_AUTHOR_EMAIL: "u@x", GIT_COMMITTER_NAME: "U" };
  const { code, stdout, stderr } = await new Deno.Command("git", {
    args: ["-c", "protocol.file.allow=always", ...args],
    cwd,
    env: { ...cleanEnv(home), ...user, GIT_COMMITTER_EMAIL: "u@x", LC_ALL: "C" },
  }).output();
  assert.equal(code, 0, `git ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout).replace(/\n+$/, "");
}

/** Makes a temporary folder, runs the test in it and removes it. */
export async function inTemp(test: (tmp: string) => Promise<void>): Promise<void> {
  const tmp = await Deno.realPath(await Deno.makeTempDir({ prefix: "kas-git-test-" }));
  try {
    await test(tmp);
  } finally {
    await Deno.remove(tmp, { recursive: true });
  }
}

/** Runs a test on a fresh repository whose path is hostile. */
export async function inRepo(test: (fixture: Fixture) => Promise<void>): Promise<void> {
  await inTemp(async (tmp) => {
    const root = `${tmp}/${HOSTILE_NAME}`;
    await Deno.mkdir(root);
    const git = (args: string[], cwd = root) => rawGit(args, cwd, tmp);
    await git(["init", "--quiet", "-b", "main"]);
    const write = async (path: string, text: string) => {
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      await Deno.writeTextFile(path, text);
    };
    const commit = async (cwd: string, files: Record<string, string>, message = "change") => {
      for (const [name, text] of Object.entries(files)) await write(`${cwd}/${name}`, text);
      await git(["add", "--all"], cwd);
      await git(["commit", "--quiet", "--allow-empty", "-m", message], cwd);
      return await git(["rev-parse", "HEAD"], cwd);
    };
    const base = await commit(root, { "a.txt": "a\n", "dir/b.txt": "b\n" }, "first");
    const options: GitOptions = { env: cleanEnv(tmp), lockWaitMs: 60 };
    const repo = GitRepo.open(await discoverRepo(root, options), options);
    await repo.ensureExcluded([".worktrees/"]);
    const tree = (name: string) => `${root}/.worktrees/${name}`;
    await test({ tmp, root, options, repo, base, tree, git, write, commit });
  });
}

/**
 * Every byte of a checkout that belongs to its user: files, index, HEAD, merge state and what git
 * reports; worktrees of kas below it are left out.
 */
export async function checkoutState(
  fixture: Fixture,
  root: string = fixture.root,
): Promise<unknown> {
  const files: Record<string, string> = {};
  const walk = async (folder: string) => {
    for await (const entry of Deno.readDir(folder)) {
      const path = `${folder}/${entry.name}`;
      if (path === `${root}/.git` || path === `${root}/.worktrees`) continue;
      if (entry.isDirectory) await walk(path);
      else if (entry.isSymlink) files[path] = `-> ${await Deno.readLink(path)}`;
      else files[path] = `${(await Deno.stat(path)).mode} ${hex(await Deno.readFile(path))}`;
    }
  };
  await walk(root);
  const gitDir = await fixture.git(["rev-parse", "--absolute-git-dir"], root);
  return {
    files,
    index: hex(await Deno.readFile(`${gitDir}/index`)),
    head: await Deno.readTextFile(`${gitDir}/HEAD`),
    stash: await fixture.git(["stash", "list"], root),
    status: await fixture.git(
      ["--no-optional-locks", "status", "--porcelain=v2", "--branch"],
      root,
    ),
  };
}

/** Leaves every kind of uncommitted work in a checkout: staged, unstaged, deleted, untracked. */
export async function makeDirty(fixture: Fixture, root = fixture.root): Promise<void> {
  await fixture.write(`${root}/staged.txt`, "staged\n");
  await fixture.git(["add", "staged.txt"], root);
  await fixture.write(`${root}/staged.txt`, "staged, then edited\n");
  await fixture.write(`${root}/a.txt`, "edited\n");
  await Deno.remove(`${root}/dir/b.txt`);
  await fixture.write(`${root}/un tracked\n.txt`, "untracked\n");
}

/** Asserts that a promise rejects with a KasError of a code whose message matches. */
export async function rejects(
  promise: Promise<unknown>,
  code: ErrorCode,
  message: RegExp,
): Promise<KasError> {
  let found: unknown = null;
  await assert.rejects(promise, (error) => {
    found = error;
    return true;
  });
  assert.ok(found instanceof KasError, String(found));
  assert.equal(found.code, code, found.message);
  assert.match(found.message, message);
  return found;
}

/** Whether a path exists. */
export async function there(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function hex(bytes: Uint8Array): string {
  return new Uint8Array(bytes).toHex();
}
