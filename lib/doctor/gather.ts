import { ifThere, isThere } from "../files/there.ts";
import { agentPlaces } from "../agent/library.ts";
import type { Paths } from "../config/paths.ts";
import type { ConfigFinding, KasConfig } from "../config/types.ts";
import { pingDaemon } from "../daemon/client.ts";
import { KasError } from "../errors.ts";
import { hasIdentity, requireGit } from "../git/mod.ts";
import { loadConfig } from "../config/config.ts";
import { finishedFolders } from "../launch/folder.ts";
import { requireTmux, TmuxServer } from "../session/tmux/mod.ts";
import { openStore } from "../store/mod.ts";
import type { Session, Store } from "../store/types.ts";
import { VERSION } from "../version.ts";
import { gatherAgents } from "./gather_agents.ts";
import type { Facts, PlaceFact, ProgramFact } from "./types.ts";

/** Folders of sessions that ended longer ago than this are only history; in ms. */
const OLD_MS = 14 * 24 * 3_600_000;

/** Where the doctor looks. */
export interface Surroundings {
  readonly paths: Paths;
  /** Main work tree of the project here; null outside a repository. */
  readonly repoRoot: string | null;
  /** An agent to look at beside those the settings choose. */
  readonly agent: string | null;
  readonly hostEnv: Readonly<Record<string, string>>;
}

/**
 * Looks at everything; what cannot be looked at becomes a fact too. Changes nothing; what runtimes show
 * in their help is kept in the folder of state, if there is one.
 */
export async function gather(around: Surroundings): Promise<Facts> {
  const { paths, repoRoot } = around;
  const settings = await gatherSettings(around);
  const [programs, identity, places, ledger, running, agents] = await Promise.all([
    gatherPrograms(),
    gatherIdentity(repoRoot),
    gatherPlaces(paths),
    gatherLedger(paths),
    pingDaemon(paths),
    gatherAgents(around, agentPlaces(paths, repoRoot), settings.config),
  ]);
  return {
    kasVersion: VERSION,
    platform: `${Deno.build.os} ${Deno.build.arch}`,
    programs,
    hasIdentity: identity,
    places,
    store: ledger.store,
    daemon: { running, ...ledger.work },
    project: repoRoot,
    settings: settings.findings,
    ...agents,
    leftovers: ledger.leftovers,
  };
}

async function gatherSettings(
  { paths, repoRoot }: Surroundings,
): Promise<{ config: KasConfig | null; findings: Facts["settings"] }> {
  const warn = ({ file, line, column, message, level }: ConfigFinding) => ({
    severity: level,
    message: `${file}:${line}:${column}: ${message}`,
    hint: null,
  });
  try {
    const { config, warnings } = await loadConfig(repoRoot, paths);
    return { config, findings: warnings.map(warn) };
  } catch (error) {
    if (!(error instanceof KasError)) throw error;
    const finding = {
      severity: "error" as const,
      message: error.message,
      hint: error.hint ?? null,
    };
    return { config: null, findings: [finding] };
  }
}

async function gatherPrograms(): Promise<ProgramFact[]> {
  return await Promise.all([
    program("git", requireGit()),
    program("tmux", requireTmux().then(({ version }) => version)),
  ]);
}

async function gatherIdentity(repoRoot: string | null): Promise<boolean | null> {
  try {
    return repoRoot === null ? null : await hasIdentity(repoRoot);
  } catch (error) {
    // what is wrong with git is said by its own check
    if (error instanceof KasError) return null;
    throw error;
  }
}

async function program(name: string, ask: Promise<string>): Promise<ProgramFact> {
  try {
    return { name, version: await ask, problem: null, hint: null };
  } catch (error) {
    if (!(error instanceof KasError)) throw error;
    return { name, version: null, problem: error.message, hint: error.hint ?? null };
  }
}

async function gatherPlaces(paths: Paths): Promise<PlaceFact[]> {
  return await Promise.all([
    look("folder of settings", paths.configDir, true),
    look("database", paths.database, false),
    look("folder of state", paths.stateDir, true),
    look("runtime folder", paths.runtimeDir, true),
  ]);
}

async function look(what: string, path: string, isFolder: boolean): Promise<PlaceFact> {
  const none = { what, path, isFolder, mode: null, ownedByUser: true, writable: true };
  try {
    const info = await Deno.stat(path);
    const uid = Deno.uid();
    const mode = info.mode ?? (isFolder ? 0o700 : 0o600);
    return {
      ...none,
      mode,
      ownedByUser: uid === null || info.uid === uid,
      // what the permission bits say; a read-only file system shows when the store is opened
      writable: uid === 0 || (mode & 0o200) !== 0,
      problem: info.isDirectory === isFolder
        ? null
        : isFolder
        ? "it is not a folder"
        : "it is a folder",
    };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return { ...none, problem: isFolder ? await inTheWay(path) : null };
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      return { ...none, problem: "permission denied" };
    }
    if (error instanceof Deno.errors.NotADirectory) {
      return { ...none, problem: "a file is in the place of a folder above it" };
    }
    throw error;
  }
}

/** Why a folder that is not there could not be made by a user; null when it could. */
export async function inTheWay(path: string, uid = Deno.uid()): Promise<string | null> {
  let above = path;
  let info: Deno.FileInfo | null = null;
  while (info === null && above !== "/") {
    above = above.slice(0, above.lastIndexOf("/")) || "/";
    info = await ifThere(Deno.stat(above));
  }
  const mode = info?.mode ?? 0o777;
  // of the user's groups only the first is known here: a folder for any group may be one for this user
  const bits = info?.uid === uid ? 0o200 : 0o022;
  return uid === 0 || (mode & bits) !== 0
    ? null
    : `it cannot be made, for ${above} cannot be written to`;
}

interface LedgerFacts {
  readonly store: Facts["store"];
  readonly work: Omit<Facts["daemon"], "running">;
  readonly leftovers: Facts["leftovers"];
}

const NO_WORK = { waiting: 0, oldestMs: 0, activeTasks: 0 };
const NO_LEFTOVERS = { launches: [], sessions: [], panes: [], worktrees: [] };

async function gatherLedger(paths: Paths): Promise<LedgerFacts> {
  const fine = { problem: null, hint: null };
  if (!await isThere(paths.database)) {
    return { store: fine, work: NO_WORK, leftovers: NO_LEFTOVERS };
  }
  try {
    await using store = await openStore(paths.database, { readOnly: true });
    await store.ping();
    return { store: fine, work: await waitingWork(store), leftovers: await left(paths, store) };
  } catch (error) {
    if (!(error instanceof KasError)) throw error;
    return {
      store: { problem: error.message, hint: error.hint ?? null },
      work: NO_WORK,
      leftovers: NO_LEFTOVERS,
    };
  }
}

async function waitingWork(store: Store): Promise<LedgerFacts["work"]> {
  const waiting = await store.signals({ statuses: ["pending"], limit: 1000 });
  const oldest = Math.min(...waiting.map((signal) => signal.createdAt));
  const projects = await store.projects({ registered: true });
  const active = await Promise.all(projects.map(({ id }) => store.activeTaskIds(id)));
  return {
    waiting: waiting.length,
    oldestMs: waiting.length === 0 ? 0 : Date.now() - oldest,
    activeTasks: active.flat().length,
  };
}

async function left(paths: Paths, store: Store): Promise<Facts["leftovers"]> {
  const sessions = await store.sessions();
  const worktrees = await store.worktrees({ statuses: ["ready"] });
  const live = new Set(
    sessions.filter(({ status }) => status !== "exited").map(({ cwd }) => cwd),
  );
  return {
    launches: (await finishedFolders(paths.stateDir)).sort(),
    sessions: await oldSessions(paths, sessions),
    panes: await strayPanes(paths, sessions),
    worktrees: worktrees.filter((row) => row.taskId === null && !live.has(row.path))
      .map(({ path, branch }) => ({ path, branch })),
  };
}

async function oldSessions(paths: Paths, sessions: readonly Session[]): Promise<string[]> {
  const limit = Date.now() - OLD_MS;
  const over = new Map(
    sessions.filter(({ status }) => status === "exited").map((row) => [String(row.id), row]),
  );
  return (await names(paths.sessionsDir))
    .filter((name) => (over.get(name)?.endedAt ?? Infinity) < limit)
    .map((name) => `${paths.sessionsDir}/${name}`);
}

async function strayPanes(
  paths: Paths,
  sessions: readonly Session[],
): Promise<Facts["leftovers"]["panes"]> {
  if (!await isThere(paths.tmuxSocket)) return [];
  await using tmux = TmuxServer.open({ socket: paths.tmuxSocket, env: Deno.env.toObject() });
  const owned = new Set(
    sessions.filter(({ status }) => status !== "exited").map((row) => row.tmuxName),
  );
  return (await tmux.list()).filter(({ name }) => /^kas-\d+$/.test(name) && !owned.has(name))
    .map(({ name, dead }) => ({ name, dead }));
}

async function names(folder: string): Promise<string[]> {
  const found: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) if (entry.isDirectory) found.push(entry.name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found.sort();
}
