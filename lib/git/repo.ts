import { ctxOptions, exclusive, type GitContext } from "./_context.ts";
import { canonical } from "./_paths.ts";
import { type MergedToBase, mergeToBase, type MergeToBaseOptions } from "./base.ts";
import { commitAll, type CommitAllOptions } from "./commit.ts";
import type { RepoInfo } from "./discover.ts";
import {
  type EnsuredWorktree,
  ensureWorktree,
  type EnsureWorktreeOptions,
  isStanding,
} from "./ensure.ts";
import {
  type ChangedFile,
  diffFile,
  diffFiles,
  type FileDiff,
  type FileDiffOptions,
} from "./diff.ts";
import { ensureExcluded } from "./exclude.ts";
import { clearStaleLock, type LockOutcome } from "./lock.ts";
import {
  integrate,
  type Integrated,
  type IntegrateOptions,
  type MergePreview,
  mergePreview,
} from "./merge.ts";
import { push, type Pushed, type PushOptions } from "./push.ts";
import {
  changedFiles,
  type DiffStat,
  diffStat,
  isAncestor,
  log,
  type LogEntry,
  mergeBase,
  resolve,
} from "./refs.ts";
import {
  deleteBranch,
  type DeleteBranchOptions,
  type RemovedWorktree,
  removeWorktree,
  type RemoveWorktreeOptions,
} from "./remove.ts";
import {
  listRescue,
  rescueCommit,
  type Rescued,
  type RescueEntry,
  type RescueOptions,
  rescueTree,
  restoreRescue,
} from "./rescue.ts";
import type { GitOptions } from "./run.ts";
import { statusOf, type WorktreeStatus } from "./status.ts";
import { listWorktrees, treeOf, type WorktreeInfo } from "./worktrees.ts";

/**
 * One repository. Every method throws KasError "git_failed" when git fails for a reason of its own,
 * and "conflict" when a lock stays held; what else it throws is said where it is implemented.
 * Writers run one at a time per repository within this process.
 */
export class GitRepo {
  readonly info: RepoInfo;
  readonly #ctx: GitContext;

  private constructor(info: RepoInfo, options: GitOptions) {
    this.info = info;
    this.#ctx = { root: info.root, commonDir: info.commonDir, ...ctxOptions(options) };
  }

  /** Opens a repository that discoverRepo() found; starts nothing. */
  static open(info: RepoInfo, options: GitOptions = {}): GitRepo {
    return new GitRepo(info, options);
  }

  /** The same repository with every call ending when the signal fires. */
  withSignal(signal: AbortSignal): GitRepo {
    return new GitRepo(this.info, { ...ctxOptions(this.#ctx), signal });
  }

  /** Real path of the main work tree. */
  get root(): string {
    return this.info.root;
  }

  /** Commit id of a revision, null when it does not exist. */
  resolve(ref: string): Promise<string | null> {
    return resolve(this.#ctx, ref);
  }

  /** Whether commit `a` is `b` or one of its ancestors. */
  isAncestor(a: string, b: string): Promise<boolean> {
    return isAncestor(this.#ctx, a, b);
  }

  /** Best common ancestor, null when there is none. */
  mergeBase(a: string, b: string): Promise<string | null> {
    return mergeBase(this.#ctx, a, b);
  }

  /** Newest commits of a range, newest first. */
  log(range: string, limit: number): Promise<LogEntry[]> {
    return log(this.#ctx, range, limit);
  }

  /** Paths that differ between two commits. */
  changedFiles(a: string, b: string): Promise<string[]> {
    return changedFiles(this.#ctx, a, b);
  }

  /** Size of the difference between two commits. */
  diffStat(a: string, b: string): Promise<DiffStat> {
    return diffStat(this.#ctx, a, b);
  }

  /** See {@link diffFiles}. */
  diffFiles(a: string, b: string): Promise<ChangedFile[]> {
    return diffFiles(this.#ctx, a, b);
  }

  /** See {@link diffFile}. */
  diffFile(a: string, b: string, options: FileDiffOptions): Promise<FileDiff> {
    return diffFile(this.#ctx, a, b, options);
  }

  /** All worktrees, the main one first. */
  worktrees(): Promise<WorktreeInfo[]> {
    return listWorktrees(this.#ctx);
  }

  /** See {@link isStanding}. */
  isStanding(options: { path: string; branch: string }): Promise<boolean> {
    return isStanding(this.#ctx, options);
  }

  /** See {@link ensureWorktree}. */
  ensureWorktree(options: EnsureWorktreeOptions): Promise<EnsuredWorktree> {
    return ensureWorktree(this.#ctx, options);
  }

  /** Uncommitted state of the main or a linked work tree. @throws KasError "guard" for other folders */
  async status(worktreePath: string): Promise<WorktreeStatus> {
    return await statusOf(this.#ctx, await treeOf(this.#ctx, await canonical(worktreePath)));
  }

  /** See {@link rescueTree}: saves uncommitted work without changing it; null when there is none. */
  async rescue(worktreePath: string, options: RescueOptions): Promise<Rescued | null> {
    return await exclusive(this.#ctx, async () => {
      const tree = await treeOf(this.#ctx, await canonical(worktreePath));
      return await rescueTree(this.#ctx, tree, options);
    });
  }

  /** See {@link rescueCommit}. */
  rescueCommit(
    task: string,
    commit: string,
    options: Omit<RescueOptions, "task">,
  ): Promise<Rescued> {
    return rescueCommit(this.#ctx, commit, { ...options, task });
  }

  /** Rescued work of one task or of all, newest first. */
  listRescue(task?: string): Promise<RescueEntry[]> {
    return listRescue(this.#ctx, task);
  }

  /** See {@link restoreRescue}. */
  restoreRescue(
    ref: string,
    options: { branch: string },
  ): Promise<{ branch: string; commit: string }> {
    return restoreRescue(this.#ctx, ref, options);
  }

  /** See {@link removeWorktree}. */
  removeWorktree(options: RemoveWorktreeOptions): Promise<RemovedWorktree> {
    return removeWorktree(this.#ctx, options);
  }

  /** See {@link deleteBranch}. */
  deleteBranch(
    options: DeleteBranchOptions,
  ): Promise<{ deleted: boolean; rescue: Rescued | null }> {
    return deleteBranch(this.#ctx, options);
  }

  /** See {@link commitAll}. */
  commitAll(
    worktreePath: string,
    message: string,
    options: CommitAllOptions = {},
  ): Promise<string | null> {
    return commitAll(this.#ctx, worktreePath, message, options);
  }

  /** See {@link mergePreview}. */
  mergePreview(into: string, from: string): Promise<MergePreview> {
    return mergePreview(this.#ctx, into, from);
  }

  /** See {@link integrate}. */
  integrate(options: IntegrateOptions): Promise<Integrated> {
    return integrate(this.#ctx, options);
  }

  /** See {@link mergeToBase}. */
  mergeToBase(options: MergeToBaseOptions): Promise<MergedToBase> {
    return mergeToBase(this.#ctx, options);
  }

  /** See {@link push}. */
  push(branch: string, options: PushOptions = {}): Promise<Pushed> {
    return push(this.#ctx, branch, options);
  }

  /** See {@link ensureExcluded}. */
  ensureExcluded(patterns: readonly string[]): Promise<string[]> {
    return ensureExcluded(this.#ctx, patterns);
  }

  /** See {@link clearStaleLock}. */
  async clearStaleLock(worktree: string, olderThanMs: number): Promise<LockOutcome> {
    return await clearStaleLock(this.#ctx, await canonical(worktree), olderThanMs);
  }
}
