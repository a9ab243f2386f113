import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { type GitOptions, type GitResult, runGit, type RunOptions } from "./run.ts";

/** What every operation of this folder needs: the repository and how to run git in it. */
export interface GitContext extends GitOptions {
  /** Real path of the main work tree. */
  readonly root: string;
  /** Real path of the shared git directory. */
  readonly commonDir: string;
}

/** One work tree with its own git directory. */
export interface Tree {
  path: string;
  gitDir: string;
}

type CallOptions = Pick<RunOptions, "input" | "ok" | "write" | "env">;

/** Runs git on the repository as a whole. */
export function git(
  ctx: GitContext,
  args: readonly string[],
  options: CallOptions = {},
): Promise<GitResult> {
  return gitIn(ctx, { path: ctx.root, gitDir: ctx.commonDir }, args, options);
}

/**
 * Runs git in one work tree. Git directory and work tree are named, never searched for: a worktree
 * whose `.git` is gone would otherwise make git act on the repository around it.
 */
export function gitIn(
  ctx: GitContext,
  tree: Tree,
  args: readonly string[],
  options: CallOptions = {},
): Promise<GitResult> {
  return runGit([`--git-dir=${tree.gitDir}`, `--work-tree=${tree.path}`, ...args], {
    ...ctxOptions(ctx),
    ...options,
    cwd: tree.path,
    env: { ...ctx.env, ...options.env },
  });
}

/** The part of a context that says how git is run. */
export function ctxOptions(ctx: GitOptions): GitOptions {
  return {
    ...(ctx.env === undefined ? {} : { env: ctx.env }),
    ...(ctx.signal === undefined ? {} : { signal: ctx.signal }),
    ...(ctx.lockWaitMs === undefined ? {} : { lockWaitMs: ctx.lockWaitMs }),
  };
}

const tails = new Map<string, Promise<unknown>>();

/**
 * Runs a writer alone: writers of one repository queue up within this process, since parallel
 * `git worktree add` and ref updates trip over each other's half-written files. First come, first
 * served. Not re-entrant.
 */
export async function exclusive<T>(ctx: GitContext, work: () => Promise<T>): Promise<T> {
  const before = tails.get(ctx.commonDir) ?? Promise.resolve();
  const { promise: done, resolve: release } = Promise.withResolvers<void>();
  const tail = before.then(() => done);
  tails.set(ctx.commonDir, tail);
  try {
    await before;
    ctx.signal?.throwIfAborted();
    return await work();
  } finally {
    release();
    if (tails.get(ctx.commonDir) === tail) tails.delete(ctx.commonDir);
  }
}

/** Splits NUL-terminated output. */
export function splitNul(text: string): string[] {
  const parts = text.split("\0");
  parts.pop();
  return parts;
}

/**
 * Checks a revision that goes on a command line.
 * @throws KasError "invalid" when git would take it for an option or it is empty
 */
export function rev(value: string): string {
  if (value !== "" && !value.startsWith("-") && !/[\0\n]/.test(value)) return value;
  throw new KasError("invalid", `Cannot use ${quote(value)} as a revision`, {
    hint: "Use a branch name or a commit id",
  });
}
