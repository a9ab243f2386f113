import type { AgentContext } from "../agent/types.ts";
import { ensurePrivateDir } from "../files/private_dir.ts";
import { removeIfThere } from "../files/there.ts";
import { KasError, messageOf } from "../errors.ts";
import { crashPoint } from "../faults.ts";
import { fallbackIdentity } from "../git/mod.ts";
import { temporaryDir } from "../harness/files.ts";
import { castAgent } from "../launch/cast.ts";
import { materialize } from "../launch/materialize.ts";
import { prepareLaunch } from "../launch/prepare.ts";
import { resolveSecret } from "../secret/mod.ts";
import { attemptKey } from "../lifecycle/keys.ts";
import type { DesiredSession, TaskState } from "../lifecycle/types.ts";
import type { TmuxServer } from "../session/tmux/mod.ts";
import type { AgentGrant, Session, Worktree } from "../store/types.ts";
import { applyInput } from "./apply.ts";
import { writeBrief } from "./brief.ts";
import { agentToken } from "./caller.ts";
import { agentVariables } from "./environment.ts";
import { sessionNote } from "./notes.ts";
import type { Home, Workspace } from "./workspace.ts";
import { commitLeftovers, ensureSlot } from "./worktrees.ts";

/** What starting and stopping sessions needs beside the store. */
export interface SessionHost extends Home {
  readonly tmux: TmuxServer;
  /** The daemon's environment. */
  readonly hostEnv: Readonly<Record<string, string>>;
  /** Folder with the `kas` agents find on their PATH. */
  readonly binDir: string;
}

/** Private folder of a session: prompt, generated files, start marker, last screen. */
export function sessionDir(host: Pick<Home, "paths">, session: Pick<Session, "id">): string {
  return `${host.paths.sessionsDir}/${session.id}`;
}

/** Exists once the agent's process was started; made by the launcher itself, so it cannot lie. */
export function startMarker(host: Pick<Home, "paths">, session: Pick<Session, "id">): string {
  return `${sessionDir(host, session)}/started`;
}

/**
 * Starts an attempt at a piece of work (the task's own worktree stands already): worktree, row, files, process, in this order, each step safe
 * to do again. A start that fails is recorded as such and follows the rules for agents that die.
 */
export async function startSession(
  host: SessionHost,
  workspace: Workspace,
  state: TaskState,
  want: DesiredSession,
  attempt: number,
): Promise<void> {
  const { task } = state;
  const slot = await ensureSlot(host, workspace, state, want.slot);
  const { row, isNew } = await recordSession(host, state, want, attempt, slot);
  crashPoint("session.recorded");
  try {
    if (isNew) await refuseStranger(host, row);
    await launch(
      host,
      workspace,
      { ...state, task: await host.store.taskById(task.id) ?? task },
      want,
      row,
    );
  } catch (error) {
    if (error instanceof KasError && error.code.startsWith("store_")) throw error;
    const detail = error instanceof KasError && error.hint !== undefined
      ? `${error.message}. ${error.hint}`
      : messageOf(error);
    await applyInput(host, workspace, task.id, () => ({
      type: "session_ended",
      session: row,
      how: "failed_start",
      exitCode: null,
      detail,
    }));
  }
}

async function recordSession(
  host: SessionHost,
  state: TaskState,
  want: DesiredSession,
  attempt: number,
  slot: Worktree,
): Promise<{ row: Session; isNew: boolean }> {
  const key = attemptKey(want.baseKey, attempt);
  const existing = await host.store.sessionByKey(key);
  if (existing !== null) return { row: existing, isNew: false };
  const { task } = state;
  const made = await host.store.commit([
    {
      kind: "session_new",
      session: {
        key,
        projectId: task.projectId,
        taskId: task.id,
        title: attempt === 1 ? want.title : `${want.title}.${attempt}`,
        role: want.role,
        agent: "",
        wave: want.wave,
        subtask: want.subtask,
        round: want.round,
        attempt,
        peers: want.peers,
        // Known once the agent is chosen, in the step that starts it.
        harness: "none",
        program: "",
        model: null,
        branch: slot.branch,
        cwd: slot.path,
      },
    },
  ]);
  const session = made.sessions[0];
  if (session === undefined) throw new KasError("internal", "The store made no session row");
  return { row: session, isNew: true };
}

/**
 * A new row has no process. One under its name is from a store that is gone, and so are files of its
 * number: the files are let go, the process is a person's to judge.
 */
async function refuseStranger(host: SessionHost, row: Session): Promise<void> {
  if (await host.tmux.has(row.tmuxName)) {
    throw new KasError(
      "guard",
      `Cannot start ${row.title}: a tmux session "${row.tmuxName}" is there`,
      {
        hint: `See it with "kas tmux list", end it with "kas tmux kill ${row.tmuxName}"`,
      },
    );
  }
  await removeIfThere(sessionDir(host, row));
}

async function launch(
  host: SessionHost,
  workspace: Workspace,
  state: TaskState,
  want: DesiredSession,
  row: Session,
): Promise<void> {
  const { task } = state;
  if (want.brief === "review" || want.brief === "verify") {
    await commitLeftovers(host, workspace, task, row.cwd, Date.now());
  }
  const dir = sessionDir(host, row);
  await ensurePrivateDir(dir);
  await Deno.mkdir(workspace.dirs.cache, { recursive: true });
  const prompt = await writeBrief(host, workspace, state, want, {
    cwd: row.cwd,
    branch: row.branch ?? task.branch,
    attempt: want.brief === "wave" ? Math.max(row.attempt, want.round) : row.attempt,
  });
  const stage = {
    config: workspace.config,
    paths: host.paths,
    repoRoot: workspace.repo.root,
    hostEnv: host.hostEnv,
  };
  const context = await castAgent(stage, want, { cwd: row.cwd, prompt });
  const identity = await recordCast(host, row, context);
  const prepared = await prepareLaunch({
    context,
    launchDir: dir,
    repoRoot: workspace.repo.root,
    hostEnv: host.hostEnv,
    variables: {
      ...await authorOf(host, row.cwd, context),
      ...agentVariables(host, workspace, task, row, want, identity),
    },
    shimDir: host.binDir,
    secret: (ref, variable) =>
      resolveSecret(ref, { paths: host.paths, hostEnv: host.hostEnv }, {
        agent: context.agent,
        variable,
      }),
    kasServer: true,
    stateHook: true,
    promptFile: `${dir}/prompt.md`,
    lockFile: `${host.paths.stateDir}/settings.lock`,
    versionCache: `${host.paths.stateDir}/versions`,
  });
  await materialize(prepared);
  crashPoint("session.prepared");
  const started = await host.tmux.start({
    name: row.tmuxName,
    cwd: row.cwd,
    argv: prepared.launch.argv,
    env: prepared.launch.env,
    marker: startMarker(host, row),
  });
  crashPoint("session.launched");
  const { agent, runtime: harness } = context;
  await recordRunning(host, { ...row, agent, harness }, started.pid, started.adopted);
}

/** A name for the agent's commits where neither git nor the agent's own settings have one. */
async function authorOf(
  { hostEnv }: Pick<SessionHost, "hostEnv">,
  cwd: string,
  context: AgentContext,
): Promise<Record<string, string>> {
  if (context.setEnv["GIT_AUTHOR_NAME"] !== undefined) return {};
  return await fallbackIdentity(cwd, context.agent, hostEnv);
}

/**
 * Writes down who plays the role, and makes the token this start is known by; one of a start that
 * was cut off is good no more.
 * @returns the token's secret
 */
async function recordCast(host: SessionHost, row: Session, context: AgentContext): Promise<string> {
  const { projectId, taskId, id: sessionId } = row;
  const grant: AgentGrant = {
    agent: context.agent,
    role: row.role,
    permission: context.permission,
    root: row.cwd,
    chain: [],
  };
  const { secret, token } = await agentToken(grant, { projectId, taskId, sessionId }, null);
  const { agent, runtime: harness, program, model, timeoutMinutes } = context;
  await host.store.commit([
    {
      kind: "session",
      id: sessionId,
      expect: ["starting"],
      patch: { agent, harness, program: program.join(" "), model, timeoutMinutes },
    },
    { kind: "token_revoke", sessionId, actor: "kas" },
    { kind: "token_new", token },
  ]);
  return secret;
}

/** Marks a row as running: its process is there. */
export async function recordRunning(
  host: Home,
  row: Session,
  pid: number,
  adopted: boolean,
): Promise<void> {
  const now = Date.now();
  await host.store.commit([
    {
      kind: "session",
      id: row.id,
      expect: ["starting"],
      patch: { status: "running", pid, startedAt: now, lastActivityAt: now },
    },
    sessionNote(
      row,
      adopted ? "agent_adopted" : "agent_spawned",
      "kas",
      `${row.title}: ${row.role} on ${row.harness} ${adopted ? "found running" : "started"}`,
      { role: row.role, harness: row.harness, cwd: row.cwd, key: row.key, pid },
    ),
  ]);
  crashPoint("session.running");
}

/** Ends what is left of a session's process, keeping its last screen. Nothing to do is fine. */
export async function endProcess(host: SessionHost, session: Session): Promise<void> {
  await keepScreen(host, session);
  await host.tmux.kill(session.tmuxName);
  await removeIfThere(temporaryDir(sessionDir(host, session)));
  crashPoint("stop.killed");
}

async function keepScreen(host: SessionHost, session: Session): Promise<void> {
  try {
    const screen = await host.tmux.capture(session.tmuxName, { start: "-" });
    await Deno.writeTextFile(`${sessionDir(host, session)}/screen.txt`, screen, { mode: 0o600 });
  } catch (error) {
    const gone = error instanceof Deno.errors.NotFound ||
      (error instanceof KasError && (error.code === "not_found" || error.code === "tmux_failed"));
    if (!gone) throw error;
  }
}
