import { crashPoint } from "../faults.ts";
import { desired, planSession } from "../lifecycle/desired.ts";
import { baseKeyOf } from "../lifecycle/keys.ts";
import type { DesiredSession, TaskState } from "../lifecycle/types.ts";
import type { PaneInfo } from "../session/tmux/mod.ts";
import type { Session } from "../store/types.ts";
import { applyInput } from "./apply.ts";
import { bridgeSentinels } from "./bridge.ts";
import { loadState } from "./facts.ts";
import { integrateNext } from "./integrate.ts";
import { sessionNote } from "./notes.ts";
import {
  endProcess,
  recordRunning,
  type SessionHost,
  startMarker,
  startSession,
} from "./sessions.ts";
import type { Workspace } from "./workspace.ts";
import { disposeSlots, ensureSlot } from "./worktrees.ts";

/** More rounds than any real change needs; reaching it means a rule undoes another one. */
const MAX_ROUNDS = 200;

/**
 * Makes the world fit a task: what should run is derived from its state and compared with the rows,
 * the terminal server and the worktrees; one difference is repaired at a time until none is left.
 * The only starter and stopper of sessions.
 */
export async function reconcile(
  host: SessionHost,
  workspace: Workspace,
  taskId: number,
): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const state = await loadState(host.store, taskId);
    if (state === null) return;
    const panes = new Map((await host.tmux.list()).map((pane) => [pane.name, pane]));
    const changed = await stopUnwanted(host, workspace, state, panes) ||
      await seeEnded(host, workspace, state, panes) ||
      await disposeSlots(host, workspace, state, busyPaths(state, panes)) ||
      await integrateNext(host, workspace, state) ||
      await startWanted(host, workspace, state, panes);
    if (!changed) return;
  }
  throw new Error(`Reconciling task ${taskId} did not settle in ${MAX_ROUNDS} rounds`);
}

function isLive(session: Session): boolean {
  return session.status === "starting" || session.status === "running";
}

/** Worktrees in which an agent's process still is. */
function busyPaths(state: TaskState, panes: ReadonlyMap<string, PaneInfo>): Set<string> {
  return new Set(
    state.sessions.filter((s) => panes.has(s.tmuxName) && !panes.get(s.tmuxName)?.dead)
      .map((s) => s.cwd),
  );
}

/** Ends processes whose row is over or paused, and rows whose work nobody wants any more. */
async function stopUnwanted(
  host: SessionHost,
  workspace: Workspace,
  state: TaskState,
  panes: ReadonlyMap<string, PaneInfo>,
): Promise<boolean> {
  const wanted = new Set(desired(state, workspace.policy).map((work) => work.baseKey));
  const surplus = state.sessions.filter((s) =>
    (isLive(s) || s.status === "paused") && s.role !== "chat" && !wanted.has(baseKeyOf(s))
  );
  for (const session of surplus) {
    await host.store.commit([
      {
        kind: "session",
        id: session.id,
        expect: ["starting", "running", "paused"],
        patch: { status: "exited", exitReason: "stopped", endedAt: Date.now() },
      },
      sessionNote(
        session,
        "agent_stopped",
        "kas",
        `${session.title} stopped: its work is not wanted any more`,
      ),
    ]);
    crashPoint("stop.recorded");
  }
  const over = state.sessions.filter((s) => panes.has(s.tmuxName) && !isLive(s));
  const doomed = [...over, ...surplus.filter((s) => panes.has(s.tmuxName) && !over.includes(s))];
  await Promise.all(doomed.map((session) => endProcess(host, session)));
  return surplus.length > 0 || doomed.length > 0;
}

/**
 * Agents that are over without having reported. A report that waits in the gateway is handled first:
 * an agent may end right after it.
 */
async function seeEnded(
  host: SessionHost,
  workspace: Workspace,
  state: TaskState,
  panes: ReadonlyMap<string, PaneInfo>,
): Promise<boolean> {
  const gone = state.sessions.filter((s) =>
    isLive(s) && (panes.get(s.tmuxName)?.dead ?? s.status === "running")
  );
  if (gone.length === 0) return false;
  await bridgeSentinels(host, workspace);
  if (await reportsWait(host, state)) return false;
  for (const session of gone) {
    const pane = panes.get(session.tmuxName);
    crashPoint("session.exit_seen");
    await applyInput(host, workspace, state.task.id, (fresh) => ({
      type: "session_ended",
      session: fresh.sessions.find((s) => s.id === session.id) ?? session,
      how: pane === undefined ? "lost" : "died",
      exitCode: pane?.exitCode ?? null,
      detail: pane === undefined
        ? "its terminal session is gone"
        : pane.exitSignal === null
        ? ""
        : `ended by ${pane.exitSignal}`,
    }));
    crashPoint("session.exit_recorded");
  }
  return true;
}

async function reportsWait(host: SessionHost, state: TaskState): Promise<boolean> {
  const { task } = state;
  const waiting = await host.store.signals({
    projectId: task.projectId,
    task: task.name,
    statuses: ["pending", "processing"],
    limit: 1,
  });
  return waiting.length > 0;
}

/** Starts what should run and does not, and finishes starts that were cut off. */
async function startWanted(
  host: SessionHost,
  workspace: Workspace,
  state: TaskState,
  panes: ReadonlyMap<string, PaneInfo>,
): Promise<boolean> {
  const work = desired(state, workspace.policy).filter((want) => {
    const plan = planSession(want.baseKey, state.sessions);
    return plan.kind === "start" || (plan.kind === "keep" && plan.session.status === "starting");
  });
  if (work.length === 0) return false;
  await ensureSlot(host, workspace, state, "task");
  const results = await Promise.all(
    work.map((want) => startOne(host, workspace, state, want, panes)),
  );
  return results.includes(true);
}

async function startOne(
  host: SessionHost,
  workspace: Workspace,
  state: TaskState,
  want: DesiredSession,
  panes: ReadonlyMap<string, PaneInfo>,
): Promise<boolean> {
  const plan = planSession(want.baseKey, state.sessions);
  switch (plan.kind) {
    case "wait":
      return false;
    case "start":
      await startSession(host, workspace, state, want, plan.attempt);
      return true;
    case "keep":
      if (plan.session.status !== "starting") return false;
      return await finishStart(host, workspace, state, want, plan.session, panes);
  }
}

/** A start that was cut off: adopt the process if it is there, start it if it never was. */
async function finishStart(
  host: SessionHost,
  workspace: Workspace,
  state: TaskState,
  want: DesiredSession,
  session: Session,
  panes: ReadonlyMap<string, PaneInfo>,
): Promise<boolean> {
  const pane = panes.get(session.tmuxName);
  if (pane !== undefined) {
    await recordRunning(host, session, pane.pid, true);
    return true;
  }
  if (await wasStarted(host, session)) {
    if (await reportsWait(host, state)) return false;
    await applyInput(host, workspace, state.task.id, () => ({
      type: "session_ended",
      session,
      how: "lost",
      exitCode: null,
      detail: "it was started, and its terminal session is gone",
    }));
    return true;
  }
  await startSession(host, workspace, state, want, session.attempt);
  return true;
}

async function wasStarted(host: SessionHost, session: Session): Promise<boolean> {
  try {
    await Deno.stat(startMarker(host, session));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
