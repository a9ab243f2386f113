import type { Paths } from "../config/paths.ts";
import { isLocked, lockedPid, takeLock } from "../daemon/lock.ts";
import { sessionNote } from "../engine/notes.ts";
import { endProcess, type SessionHost } from "../engine/sessions.ts";
import { KasError, messageOf } from "../errors.ts";
import { ensurePrivateDir } from "../files/private_dir.ts";
import { isThere } from "../files/there.ts";
import { discoverRepo, GitRepo } from "../git/mod.ts";
import { stopDaemon } from "../service/stop_daemon.ts";
import { TmuxServer } from "../session/tmux/mod.ts";
import { openStore } from "../store/mod.ts";
import type { Session, Store, Worktree } from "../store/types.ts";

/**
 * Taking kas back to where nothing runs. Only what is in the ledger goes, of all projects alike:
 * instances, sessions of kas's own tmux server, worktrees. What is unsaved in a worktree is kept
 * under a rescue ref first. Tasks and their branches stay; the next daemon goes on with them.
 */

/** A worktree that goes. */
export interface DoomedWorktree {
  readonly row: Worktree;
  /** Root of its repository. */
  readonly root: string;
  /** Name under which its work is rescued. */
  readonly task: string;
  /** Branch that should hold what its own branch has; null for an agent outside of tasks. */
  readonly taskBranch: string | null;
}

/** Everything that would go. */
export interface ResetPlan {
  /** Pid of the daemon; null when none runs. */
  readonly daemon: number | null;
  readonly instances: readonly Session[];
  /** Sessions on kas's tmux server that no instance has any more. */
  readonly strays: readonly string[];
  readonly worktrees: readonly DoomedWorktree[];
  /** How many tasks go with `--all`. */
  readonly tasks: number;
  /** The database, which is put aside with `--all`; null when there is none. */
  readonly database: string | null;
}

/** One thing that was done or could not be done. */
export interface ResetStep {
  readonly what: string;
  readonly ok: boolean;
  /** The rescue ref, the backup, or why it failed. */
  readonly detail: string | null;
}

/** Looks at what would go. Changes nothing. @throws KasError when the store cannot be read */
export async function planReset(paths: Paths): Promise<ResetPlan> {
  const daemon = await isLocked(paths.lock) ? await lockedPid(paths.lock) : null;
  if (!await isThere(paths.database)) {
    const strays = await strayNames(paths, []);
    return { daemon, instances: [], strays, worktrees: [], tasks: 0, database: null };
  }
  await using store = await openStore(paths.database, { readOnly: true });
  const instances = await store.sessions({ statuses: ["starting", "running", "paused"] });
  return {
    daemon,
    instances,
    strays: await strayNames(paths, instances),
    worktrees: await doomedWorktrees(store),
    tasks: (await store.taskCounts()).reduce((sum, { tasks }) => sum + tasks, 0),
    database: paths.database,
  };
}

/** Whether there is nothing to do. */
export function isEmpty(plan: ResetPlan, all: boolean): boolean {
  return plan.daemon === null && plan.instances.length === 0 && plan.strays.length === 0 &&
    plan.worktrees.length === 0 && !(all && plan.database !== null);
}

async function doomedWorktrees(store: Store): Promise<DoomedWorktree[]> {
  const rows = await store.worktrees({ statuses: ["creating", "ready", "removing"] });
  const roots = new Map((await store.projects()).map(({ id, root }) => [id, root]));
  return await Promise.all(rows.map(async (row) => {
    const task = row.taskId === null ? null : await store.taskById(row.taskId);
    return {
      row,
      root: roots.get(row.projectId) ?? "",
      task: task?.name ?? row.slot,
      taskBranch: task?.branch ?? null,
    };
  }));
}

/** kas names its sessions kas-<number>; others on its server are somebody else's. */
async function strayNames(paths: Paths, instances: readonly Session[]): Promise<string[]> {
  if (!await isThere(paths.tmuxSocket)) return [];
  await using tmux = TmuxServer.open({ socket: paths.tmuxSocket, env: Deno.env.toObject() });
  const owned = new Set(instances.map(({ tmuxName }) => tmuxName));
  return (await tmux.list()).map(({ name }) => name)
    .filter((name) => /^kas-\d+$/.test(name) && !owned.has(name));
}

/** How to go about it. */
export interface ResetOptions {
  readonly paths: Paths;
  /** Also put the database aside: tasks, decisions, tokens and the log begin anew. */
  readonly all: boolean;
  /** The user's name in the log. */
  readonly actor: string;
  readonly hostEnv: Readonly<Record<string, string>>;
  /** Told of each step. */
  readonly onStep: (step: ResetStep) => void;
}

/**
 * Does it. What is there now goes, also what came after the plan was shown, but for the daemon: it is
 * ended first, and none can start meanwhile. A step that fails is told and the others go on; the
 * database is put aside only when all went well.
 * @returns whether all went well
 */
export async function reset(options: ResetOptions): Promise<boolean> {
  const { paths, all, onStep } = options;
  let failed = false;
  const step = async (what: string, work: () => Promise<string | null>): Promise<void> => {
    try {
      onStep({ what, ok: true, detail: await work() });
    } catch (error) {
      if (!(error instanceof KasError)) throw error;
      failed = true;
      onStep({ what, ok: false, detail: error.message });
    }
  };
  const pid = await stopDaemon(paths);
  if (pid !== null) onStep({ what: "daemon stopped", ok: true, detail: `pid ${pid}` });
  await ensurePrivateDir(paths.runtimeDir);
  using _alone = await takeLock(paths.lock);
  const plan = await planReset(paths);
  if (plan.database !== null) {
    await using store = await openStore(paths.database);
    await endInstances(store, options, plan, step);
    for (const doomed of plan.worktrees) {
      const what = `worktree ${doomed.row.path}`;
      await step(what, () => removeOne(store, doomed, all));
    }
  }
  await endStrays(paths, plan.strays, step);
  if (all && plan.database !== null && !failed) {
    await step("database put aside", () => putAside(paths.database));
  }
  return !failed;
}

type Step = (what: string, work: () => Promise<string | null>) => Promise<void>;

async function endInstances(
  store: Store,
  { paths, actor, hostEnv }: ResetOptions,
  plan: ResetPlan,
  step: Step,
): Promise<void> {
  if (plan.instances.length === 0) return;
  await using tmux = TmuxServer.open({ socket: paths.tmuxSocket, env: { ...hostEnv } });
  const host: SessionHost = { store, paths, tmux, hostEnv, binDir: `${paths.runtimeDir}/bin` };
  for (const session of plan.instances) {
    await step(`instance ${session.title}`, async () => {
      await store.commit([
        {
          kind: "session",
          id: session.id,
          expect: ["starting", "running", "paused"],
          patch: { status: "exited", exitReason: "reset", endedAt: Date.now() },
        },
        { kind: "token_revoke", sessionId: session.id, actor },
        sessionNote(session, "agent_ended", actor, `${session.title} was ended by a reset`, {
          how: "reset",
        }),
      ]);
      await endProcess(host, session);
      return null;
    });
  }
}

async function endStrays(paths: Paths, names: readonly string[], step: Step): Promise<void> {
  if (names.length === 0) return;
  await using tmux = TmuxServer.open({ socket: paths.tmuxSocket, env: Deno.env.toObject() });
  for (const name of names) {
    await step(`tmux session ${name}`, async () => {
      await tmux.kill(name);
      return null;
    });
  }
}

/** @returns the rescue refs that were made, if any */
async function removeOne(
  store: Store,
  { row, root, task, taskBranch }: DoomedWorktree,
  all: boolean,
): Promise<string | null> {
  const repo = GitRepo.open(await discoverRepo(root));
  const at = Date.now();
  await store.commit([{ kind: "worktree", id: row.id, patch: { status: "removing" } }]);
  const removed = await repo.removeWorktree({ path: row.path, task, at, reason: "kas reset" });
  const refs = [removed.rescue?.ref];
  // The branch of a task is its result and stays, as does one on which work will go on.
  const home = taskBranch ?? "HEAD";
  if (row.ownsBranch && row.slot !== "task" && (all || await isIn(repo, row.branch, home))) {
    const options = { branch: row.branch, task, at, mergedInto: home };
    refs.push((await repo.deleteBranch(options)).rescue?.ref);
  }
  await store.commit([
    { kind: "worktree", id: row.id, patch: { status: "removed", removedAt: at } },
  ]);
  const made = refs.filter((ref) => ref !== undefined);
  return made.length === 0 ? null : `saved as ${made.join(", ")}`;
}

async function isIn(repo: GitRepo, branch: string, into: string): Promise<boolean> {
  const tip = await repo.resolve(`refs/heads/${branch}`);
  const target = await repo.resolve(into === "HEAD" ? into : `refs/heads/${into}`);
  return tip !== null && target !== null && await repo.isAncestor(tip, target);
}

/** Moves the database and what belongs to it; it is whole, since nobody of kas has it open. */
async function putAside(database: string): Promise<string> {
  const target = `${database}.reset-${new Date().toISOString().replaceAll(/[:.]/g, "-")}`;
  try {
    for (const suffix of ["-wal", "-shm", ""]) {
      if (await isThere(database + suffix)) await Deno.rename(database + suffix, target + suffix);
    }
  } catch (cause) {
    throw new KasError("store_unavailable", `Cannot put the database aside: ${messageOf(cause)}`, {
      hint: "Check the permissions of its folder",
      cause,
    });
  }
  return target;
}
