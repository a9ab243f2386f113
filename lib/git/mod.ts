/** Git as kas uses it: worktrees, branches, merges and rescue refs. The one entry for other rooms. */

export type { MergedToBase, MergeToBaseOptions } from "./base.ts";
export type { CommitAllOptions } from "./commit.ts";
export type { ChangedFile, FileDiff, Hunk } from "./diff.ts";
export { discoverRepo, type RepoInfo } from "./discover.ts";
export type { EnsuredWorktree, EnsureWorktreeOptions } from "./ensure.ts";
export { fallbackIdentity, hasIdentity } from "./identity.ts";
export type { LockOutcome } from "./lock.ts";
export type { Integrated, IntegrateOptions, MergePreview } from "./merge.ts";
export type { Pushed, PushOptions } from "./push.ts";
export type { DiffStat, LogEntry } from "./refs.ts";
export type { DeleteBranchOptions, RemovedWorktree, RemoveWorktreeOptions } from "./remove.ts";
export { GitRepo } from "./repo.ts";
export type { Rescued, RescueEntry, RescueOptions } from "./rescue.ts";
export { type GitOptions, requireGit } from "./run.ts";
export type { StatusEntry, WorktreeStatus } from "./status.ts";
export type { WorktreeInfo } from "./worktrees.ts";
