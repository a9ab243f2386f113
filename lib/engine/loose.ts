import { VARIABLES } from "../agent/variables.ts";
import { pathVariables } from "../config/paths.ts";
import { ensurePrivateDir } from "../files/private_dir.ts";
import { isThere, removeIfThere } from "../files/there.ts";
import { KasError, messageOf } from "../errors.ts";
import { parseBranch, parseName, quote } from "../names.ts";
import { isVariableName, type PaneInfo } from "../session/tmux/mod.ts";
import type { Change, NewSession, Session, SessionPatch, Worktree } from "../store/types.ts";
import { sessionNote } from "./notes.ts";
import { endProcess, recordRunning, sessionDir, type SessionHost } from "./sessions.ts";
import { startMarker } from "./sessions.ts";
import type { Home, Workspace } from "./workspace.ts";
import { RUNTIME_PATHS } from "./worktrees.ts";

/**
 * Agents outside of tasks, asked for by a person and kept by the daemon: `kas run` or `kas chat` in
 * a session of its own. What is typed there is written down first, so that a start that was cut off
 * is finished and an agent can be started again.
 */

/** Tells a `kas run` or `kas chat` which session it is. */
export const HOSTED_VARIABLE = "KASMOS_HOSTED_SESSION";

const KEY = /^run\/[0-9a-f-]+\/a(\d+)$/;

/** What is asked for. */
export interface LooseRequest {
  /** Words after `kas`, beginning with `run` or `chat`, without the task. */
  readonly words: readonly string[];
  /** Task or first prompt; null = none. */
  readonly task: string | null;
  readonly agent: string;
  readonly harness: string;
  readonly model: string | null;
  /** Label; null = the agent's name and a number. */
  readonly title: string | null;
  /** Name of a worktree and branch of its own; null = it works in `cwd`. */
  readonly worktree: string | null;
  /** Absolute, real. */
  readonly cwd: string;
}

/** What has to be known to start it, beside the row. */
interface Order {
  readonly words: readonly string[];
  readonly hasTask: boolean;
}

/** Whether a session is one of these. */
export function isLoose(session: Pick<Session, "key">): boolean {
  return KEY.test(session.key);
}

/**
 * Writes down that an agent is wanted; the daemon starts it.
 * @throws KasError "invalid" for a name, "exists" for a title or worktree that is taken
 */
export async function requestLoose(
  home: Home,
  workspace: Workspace,
  request: LooseRequest,
  actor: string,
): Promise<Session> {
  const title = await freeTitle(home, workspace, request);
  const place = request.worktree === null
    ? { cwd: request.cwd, branch: null }
    : await makeWorktree(home, workspace, request.worktree);
  const session: NewSession = {
    key: `run/${crypto.randomUUID()}/a1`,
    projectId: workspace.project.id,
    taskId: null,
    title,
    role: "chat",
    agent: request.agent,
    wave: null,
    subtask: null,
    round: 1,
    attempt: 1,
    peers: 1,
    harness: request.harness,
    program: `kas ${request.words.join(" ")}`,
    model: request.model,
    branch: place.branch,
    cwd: place.cwd,
  };
  const { words, task } = request;
  return await order(home, session, { words, hasTask: task !== null }, task, [], (row) => [
    sessionNote(row, "agent_requested", actor, `${row.title}: ${request.agent} was asked for`),
  ]);
}

/** Starts an ended or paused agent again, with the same words in the same place. */
export async function repeatLoose(
  home: Home,
  session: Session,
  reason: "resumed" | "restarted",
  actor: string,
): Promise<Session> {
  const before = await readOrder(home, session);
  const task = before.hasTask ? await Deno.readTextFile(taskFile(home, session)) : null;
  const attempt = session.attempt + 1;
  const next: NewSession = {
    ...session,
    key: session.key.replace(/\d+$/, String(attempt)),
    attempt,
  };
  const end: Change = {
    kind: "session",
    id: session.id,
    expect: ["starting", "running", "paused"],
    patch: { status: "exited", exitReason: reason, endedAt: Date.now() },
  };
  return await order(home, next, before, task, [end], () => [
    sessionNote(session, `agent_${reason}`, actor, `${session.title} ${reason}`),
  ]);
}

/** The row is `starting` from the first, but nobody starts it before its order stands beside it. */
async function order(
  home: Home,
  session: NewSession,
  what: Order,
  task: string | null,
  before: readonly Change[],
  notes: (row: Session) => Change[],
): Promise<Session> {
  const { sessions: [row] } = await home.store.commit([...before, {
    kind: "session_new",
    session,
  }]);
  if (row === undefined) throw new KasError("internal", "The store made no session row");
  await removeIfThere(sessionDir(home, row));
  await ensurePrivateDir(sessionDir(home, row));
  if (task !== null) await Deno.writeTextFile(taskFile(home, row), task, { mode: 0o600 });
  await Deno.writeTextFile(orderFile(home, row), JSON.stringify(what), { mode: 0o600 });
  await home.store.commit(notes(row));
  return row;
}

async function freeTitle(
  home: Home,
  workspace: Workspace,
  request: LooseRequest,
): Promise<string> {
  const rows = await home.store.sessions({
    projectId: workspace.project.id,
    statuses: ["starting", "running", "paused"],
  });
  const taken = new Set(rows.map((row) => row.title));
  if (request.title === null) {
    for (let n = 1;; n++) if (!taken.has(`${request.agent}-${n}`)) return `${request.agent}-${n}`;
  }
  const title = parseName("session", request.title);
  if (!taken.has(title)) return title;
  throw new KasError("exists", `Cannot start ${quote(title)}: an instance has that title`, {
    hint: "Choose another one, or leave it out",
  });
}

/** A worktree of kas, in the ledger before it stands. */
export async function makeWorktree(
  home: Home,
  workspace: Workspace,
  asked: string,
): Promise<{ cwd: string; branch: string }> {
  const name = parseName("session", asked);
  const branch = parseBranch(`run/${name}`);
  const path = `${workspace.dirs.worktrees}/run-${name}`;
  const { repo, project } = workspace;
  const base = repo.info.head.commit;
  const inUse = (await repo.worktrees()).some((tree) => tree.path === path) ||
    await repo.resolve(`refs/heads/${branch}`) !== null;
  if (base === null || inUse) {
    throw new KasError(
      inUse ? "exists" : "guard",
      `Cannot make a worktree ${quote(name)}: ${
        inUse ? `${path} or the branch ${branch} is there already` : "there is no commit yet"
      }`,
      { hint: inUse ? "Choose another name" : "Commit something first" },
    );
  }
  await repo.ensureExcluded(RUNTIME_PATHS);
  const { worktrees: [row] } = await home.store.commit([{
    kind: "worktree_new",
    worktree: {
      projectId: project.id,
      taskId: null,
      slot: `run-${name}`,
      path,
      branch,
      ownsBranch: true,
    },
  }]);
  if (row === undefined) throw new KasError("internal", "The store made no worktree row");
  await repo.ensureWorktree({ path, branch, base, task: `run-${name}`, at: Date.now() });
  await home.store.commit([{ kind: "worktree", id: row.id, patch: { status: "ready" } }]);
  return { cwd: path, branch };
}

function orderFile(home: Pick<Home, "paths">, session: Pick<Session, "id">): string {
  return `${sessionDir(home, session)}/order.json`;
}

function taskFile(home: Pick<Home, "paths">, session: Pick<Session, "id">): string {
  return `${sessionDir(home, session)}/task.md`;
}

/** @throws KasError "not_found" when it was never written, or is gone */
async function readOrder(home: Pick<Home, "paths">, session: Session): Promise<Order> {
  try {
    const { words, hasTask }: { words: unknown; hasTask: unknown } = JSON.parse(
      await Deno.readTextFile(orderFile(home, session)),
    );
    if (Array.isArray(words)) return { words: words.map(String), hasTask: hasTask === true };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  throw new KasError("not_found", `Cannot start ${session.title} again: how is not known`, {
    hint: 'Start a new one with "kas run --detach"',
  });
}

/**
 * Makes the world fit one of these sessions: starts it, sees its end, ends what is not wanted.
 * Called with every look; what was cut off is finished by the next.
 */
export async function tendLoose(
  host: SessionHost,
  workspace: Workspace,
  session: Session,
  pane: PaneInfo | undefined,
): Promise<void> {
  if (session.status === "starting") return await start(host, session, pane);
  if (session.status !== "running") {
    if (pane !== undefined) await endProcess(host, session);
    return;
  }
  if (pane !== undefined && !pane.dead) return;
  await finish(host, workspace, session, {
    exitReason: pane === undefined ? "lost" : pane.exitCode === 0 ? "completed" : "died",
    exitCode: pane?.exitCode ?? null,
  });
}

async function start(
  host: SessionHost,
  session: Session,
  pane: PaneInfo | undefined,
): Promise<void> {
  if (pane !== undefined) return await recordRunning(host, session, pane.pid, true);
  // Its order comes a moment after its row.
  if (!await isThere(orderFile(host, session)) && Date.now() - session.createdAt < 10_000) return;
  try {
    if (await isThere(startMarker(host, session))) {
      throw new KasError("guard", "it was started, and its terminal session is gone");
    }
    const { words, hasTask } = await readOrder(host, session);
    const started = await host.tmux.start({
      name: session.tmuxName,
      cwd: session.cwd,
      argv: [
        `${host.binDir}/kas`,
        ...words,
        ...hasTask ? ["--task-file", taskFile(host, session)] : [],
      ],
      env: {
        ...withoutAgent(host.hostEnv),
        ...pathVariables(host.paths),
        [HOSTED_VARIABLE]: String(session.id),
      },
      marker: startMarker(host, session),
    });
    await recordRunning(host, session, started.pid, started.adopted);
  } catch (error) {
    if (!(error instanceof KasError) || error.code.startsWith("store_")) throw error;
    await end(host, session, { exitReason: "failed_start", exitCode: null }, messageOf(error));
  }
}

/**
 * What marks another agent does not belong to this one. Shells export names that only they can use,
 * such as `BASH_FUNC_x%%` of a function; those stay behind.
 */
function withoutAgent(env: Readonly<Record<string, string>>): Record<string, string> {
  const own = new Set<string>(Object.values(VARIABLES));
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !own.has(name) && isVariableName(name)),
  );
}

async function finish(
  host: SessionHost,
  workspace: Workspace,
  session: Session,
  how: Pick<SessionPatch, "exitReason" | "exitCode">,
): Promise<void> {
  await end(host, session, how, `${session.title} ended (${how.exitReason})`);
  await endProcess(host, session);
  await disposeUnused(host, workspace, session);
}

async function end(
  host: Home,
  session: Session,
  how: Pick<SessionPatch, "exitReason" | "exitCode">,
  message: string,
): Promise<void> {
  await host.store.commit([
    {
      kind: "session",
      id: session.id,
      expect: ["starting", "running"],
      patch: { ...how, status: "exited", endedAt: Date.now() },
    },
    { kind: "token_revoke", sessionId: session.id, actor: "kas" },
    sessionNote(session, "agent_ended", "kas", message, { how: how.exitReason }),
  ]);
}

/** A worktree in which nothing came to be is removed; one with work in it is its owner's to judge. */
async function disposeUnused(host: Home, workspace: Workspace, session: Session): Promise<void> {
  const rows = await host.store.worktrees({ projectId: session.projectId, statuses: ["ready"] });
  const row = rows.find((tree) => tree.taskId === null && tree.path === session.cwd);
  if (row === undefined || !await isUnused(workspace, row)) return;
  const [task, at] = [row.slot, Date.now()];
  await host.store.commit([{ kind: "worktree", id: row.id, patch: { status: "removing" } }]);
  await workspace.repo.removeWorktree({ path: row.path, task, at });
  await workspace.repo.deleteBranch({ branch: row.branch, task, at, mergedInto: "HEAD" });
  await host.store.commit([
    { kind: "worktree", id: row.id, patch: { status: "removed", removedAt: at } },
  ]);
}

async function isUnused(workspace: Workspace, row: Worktree): Promise<boolean> {
  const { repo } = workspace;
  const tip = await repo.resolve(`refs/heads/${row.branch}`);
  const head = await repo.resolve("HEAD");
  if (tip === null || head === null || !await repo.isStanding(row)) return false;
  return (await repo.status(row.path)).clean && await repo.mergeBase(tip, head) === tip;
}
