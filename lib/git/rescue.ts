import { KasError } from "../errors.ts";
import { parseName, quote } from "../names.ts";
import { exclusive, git, type GitContext, rev, type Tree } from "./_context.ts";
import { headOf, headTree, snapshot, type SnapshotOptions } from "./_snapshot.ts";
import { commitEnv } from "./identity.ts";
import { branchRef, checkBranch, mustResolve, resolve } from "./refs.ts";

/** A rescued commit and the ref that keeps it. */
export interface Rescued {
  ref: string;
  commit: string;
}

/** What a rescue is for. */
export interface RescueOptions {
  task: string;
  /** Milliseconds; part of the ref and time of the commits, so that a redo gives the same ones. */
  at: number;
  /** One line for the person who looks for lost work. */
  reason: string;
}

/** One entry of the list of rescued work. */
export interface RescueEntry extends Rescued {
  task: string;
  at: number;
  reason: string;
  subject: string;
}

const PREFIX = "refs/kasmos/rescue/";

/**
 * Saves staged, unstaged and untracked work of a work tree under `refs/kasmos/rescue/<task>/<at>`.
 * The commit's first parent is HEAD; what was staged is its second parent when it differs from both.
 * Also saves a detached HEAD that no ref keeps. Work tree and index stay byte for byte as they are.
 * Returns null when there is nothing to save.
 */
export async function rescueTree(
  ctx: GitContext,
  tree: Tree,
  options: RescueOptions & SnapshotOptions,
): Promise<Rescued | null> {
  const [head, base, shot] = await Promise.all([
    headOf(ctx, tree),
    headTree(ctx, tree),
    snapshot(ctx, tree, options),
  ]);
  const staged = shot.indexTree !== null && shot.indexTree !== base &&
      shot.indexTree !== shot.tree && options.keepMissing !== true
    ? shot.indexTree
    : null;
  if (shot.tree === base && staged === null) {
    if (await isReachable(ctx, head)) return null;
    return await saveRef(ctx, head, options);
  }
  const env = await commitEnv(ctx, options.at);
  const title = `Rescued work of ${options.task}: ${oneLine(options.reason)}`;
  const parents = [head];
  if (staged !== null) {
    parents.push(await commitTree(ctx, staged, [head], `Staged part of: ${title}`, env));
  }
  const commit = await commitTree(ctx, shot.tree, parents, title, env);
  return await saveRef(ctx, commit, options);
}

/** Makes a commit object without touching a work tree or a ref; returns its id. */
export async function commitTree(
  ctx: GitContext,
  tree: string,
  parents: readonly string[],
  message: string,
  env: Record<string, string>,
): Promise<string> {
  const { stdout } = await git(
    ctx,
    ["commit-tree", tree, ...parents.flatMap((parent) => ["-p", parent]), "-F", "-"],
    { input: `${message.trimEnd()}\n`, env, write: true },
  );
  return stdout.trim();
}

async function isReachable(ctx: GitContext, commit: string): Promise<boolean> {
  const { stdout } = await git(ctx, ["for-each-ref", "--count=1", "--contains", commit]);
  return stdout !== "";
}

/** Keeps a commit under a rescue ref; the same commit at the same time is kept once. */
export async function saveRef(
  ctx: GitContext,
  commit: string,
  options: RescueOptions,
): Promise<Rescued> {
  const task = parseName("task", options.task);
  const env = await commitEnv(ctx, options.at);
  const tagger = (await git(ctx, ["var", "GIT_COMMITTER_IDENT"], { env })).stdout.trim();
  // An annotated tag object carries the reason even for a commit that is not kas's own.
  const { stdout } = await git(ctx, ["mktag"], {
    input: `object ${commit}\ntype commit\ntag kas-rescue\ntagger ${tagger}\n\n` +
      `${oneLine(options.reason)}\n`,
    write: true,
  });
  for (let n = 1;; n++) {
    const ref = `${PREFIX}${task}/${options.at}${n === 1 ? "" : `-${n}`}`;
    const there = await resolve(ctx, ref);
    if (there === commit) return { ref, commit };
    if (there !== null) continue;
    const made = await git(ctx, ["update-ref", ref, stdout.trim(), ""], {
      write: true,
      ok: [0, 128],
    });
    if (made.code === 0) return { ref, commit };
    if (await resolve(ctx, ref) === null) {
      throw new KasError("git_failed", `Cannot write the rescue ref ${quote(ref, 120)}`, {
        hint: made.stderr.trim(),
      });
    }
  }
}

/** Saves a commit, such as the tip of a branch that is about to be deleted. */
export async function rescueCommit(
  ctx: GitContext,
  commit: string,
  options: RescueOptions,
): Promise<Rescued> {
  return await exclusive(ctx, async () => {
    return await saveRef(ctx, await mustResolve(ctx, commit), options);
  });
}

/** Rescued work of one task or of all, newest first. */
export async function listRescue(ctx: GitContext, task?: string): Promise<RescueEntry[]> {
  const under = task === undefined ? PREFIX.slice(0, -1) : PREFIX + parseName("task", task);
  const format = "%(refname)%00%(objectname)%00%(*objectname)%00%(subject)%00%(*subject)";
  const { stdout } = await git(ctx, ["for-each-ref", `--format=${format}`, under]);
  const entries = stdout.split("\n").filter((line) => line !== "").map((line) => {
    const [ref = "", object = "", peeled = "", subject = "", inner = ""] = line.split("\0");
    const [name = "", stamp = ""] = ref.slice(PREFIX.length).split("/");
    const at = Number(/^\d+/.exec(stamp)?.[0] ?? 0);
    // A ref that was made by hand may point straight at its commit.
    return peeled === ""
      ? { ref, task: name, at, commit: object, reason: "", subject }
      : { ref, task: name, at, commit: peeled, reason: subject, subject: inner };
  });
  return entries.sort((a, b) => b.at - a.at || (a.ref < b.ref ? 1 : -1));
}

/**
 * Creates a new branch at rescued work.
 * @throws KasError "not_found" for an unknown rescue ref, "exists" when the branch is there already
 */
export async function restoreRescue(
  ctx: GitContext,
  ref: string,
  options: { branch: string },
): Promise<{ branch: string; commit: string }> {
  const { branch } = options;
  if (!ref.startsWith(PREFIX)) {
    throw new KasError("invalid", `Cannot restore ${quote(ref, 120)}: it is not a rescue ref`, {
      hint: `Use a ref that starts with "${PREFIX}"`,
    });
  }
  return await exclusive(ctx, async () => {
    await checkBranch(ctx, branch);
    const commit = await mustResolve(ctx, rev(ref));
    if (await resolve(ctx, branchRef(branch)) !== null) {
      throw new KasError("exists", `Cannot restore to branch ${quote(branch)}: it exists already`, {
        hint: "Choose another branch name",
      });
    }
    await git(ctx, ["update-ref", branchRef(branch), commit, ""], { write: true });
    return { branch, commit };
  });
}

/** A reason as one short line, since it may come from an agent. */
function oneLine(text: string): string {
  const line = text.replace(/[\p{Cc}\s]+/gu, " ").trim().slice(0, 300).trim();
  return line === "" ? "no reason given" : line;
}
