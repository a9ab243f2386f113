import { harnessFor } from "../harness/mod.ts";
import type { AgentState } from "../harness/types.ts";
import { REMINDER } from "../prompt/mod.ts";
import type { PaneInfo } from "../session/tmux/mod.ts";
import type { Activity, Session } from "../store/types.ts";
import { applyInput } from "./apply.ts";
import type { Engine } from "./engine.ts";
import { isLoose, tendLoose } from "./loose.ts";
import { endProcess, sessionDir, type SessionHost } from "./sessions.ts";
import { sessionNote } from "./notes.ts";
import type { Workspace } from "./workspace.ts";

const MINUTE_MS = 60_000;
/** An agent that sits idle this long without having reported is reminded, once; in ms. */
const REMIND_AFTER_MS = 20_000;
/** Some questions an agent's own settings answer a moment later; one that stands this long is a person's, in ms. */
const ASK_AFTER_MS = 3_000;
/** A person is not asked more often than this about one agent; in ms. */
const ASK_AGAIN_MS = 5 * MINUTE_MS;

/** What was done about agents so far; kept in memory, because doing it once more after a restart is fine. */
export interface WatchMemory {
  readonly reminded: Set<number>;
  readonly asked: Map<number, number>;
  /** What an agent's harness says of it, and since when. */
  readonly since: Map<number, { readonly activity: Activity; readonly at: number }>;
  /** Whether something ran at the last look: then what is left of it is looked for once more. */
  ran: boolean;
}

/** Remembers nothing yet. */
export function newWatchMemory(): WatchMemory {
  return { reminded: new Set(), asked: new Map(), since: new Map(), ran: false };
}

/**
 * One look at everything that runs: agents that ended are handed to the reconciler, the others are
 * asked for their state from their harness's best source. Spawns no process.
 */
export async function watchSessions(
  host: SessionHost,
  engine: Engine,
  memory: WatchMemory,
): Promise<void> {
  const live = await host.store.sessions({ statuses: ["starting", "running"] });
  if (live.length === 0 && !memory.ran) return;
  memory.ran = live.length > 0;
  const panes = new Map((await host.tmux.list()).map((pane) => [pane.name, pane]));
  await endOver(host, live, panes);
  for (const session of live) {
    const workspace = engine.workspaces.find((w) => w.project.id === session.projectId);
    if (workspace === undefined) continue;
    const pane = panes.get(session.tmuxName);
    const isOver = pane === undefined || pane.dead;
    if (isLoose(session)) {
      await tendLoose(host, workspace, session, pane);
      if (session.status === "running" && !isOver) {
        await watchOne(host, workspace, session, pane, memory);
      }
    } else if (session.taskId === null) {
      if (isOver) await endAdopted(host, session, pane);
    } else if (isOver) {
      if (session.status === "running" || pane?.dead) {
        engine.lookAt(session.taskId, session.projectId);
      }
    } else if (session.status === "running") {
      await watchOne(host, workspace, session, pane, memory);
    }
  }
}

/** Ends what is left of agents without a task that are paused or over; those of tasks are reconciled. */
async function endOver(
  host: SessionHost,
  live: readonly Session[],
  panes: ReadonlyMap<string, PaneInfo>,
): Promise<void> {
  const known = new Set(live.map((session) => session.tmuxName));
  for (const name of panes.keys()) {
    const id = known.has(name) ? undefined : /^kas-(\d{1,15})$/.exec(name)?.[1];
    const session = id === undefined ? null : await host.store.session(Number(id));
    if (session !== null && isLoose(session)) await endProcess(host, session);
  }
}

/** An adopted session belongs to no task: when its program is over, nothing follows from it. */
async function endAdopted(
  host: SessionHost,
  session: Session,
  pane: PaneInfo | undefined,
): Promise<void> {
  await host.store.commit([
    {
      kind: "session",
      id: session.id,
      expect: ["starting", "running"],
      patch: {
        status: "exited",
        exitReason: pane === undefined ? "lost" : "died",
        exitCode: pane?.exitCode ?? null,
        endedAt: Date.now(),
      },
    },
    sessionNote(session, "agent_ended", "kas", `${session.title} ended`),
  ]);
  await host.tmux.kill(session.tmuxName);
}

/** States that are told of in the log: what comes before them is the start. */
const TOLD: Readonly<Partial<Record<Activity, string>>> = {
  busy: "works",
  idle: "waits for a prompt",
  asking: "asks",
};

async function watchOne(
  host: SessionHost,
  workspace: Workspace,
  session: Session,
  pane: PaneInfo,
  memory: WatchMemory,
): Promise<void> {
  const state = await harnessFor(session.harness).state({
    launchDir: sessionDir(host, session),
    cwd: session.cwd,
    pid: pane.pid,
    title: pane.title,
    hostEnv: host.hostEnv,
  });
  const now = Date.now();
  const changed = state.activity !== session.activity;
  const lastActivityAt = changed || state.activity === "busy"
    ? now
    : Math.max(session.lastActivityAt ?? 0, pane.activityAt);
  const stale = lastActivityAt - (session.lastActivityAt ?? 0) > 10_000;
  const told = changed ? TOLD[state.activity] : undefined;
  if (changed || stale || state.evidence !== session.evidence) {
    const { activity, evidence } = state;
    await host.store.commit([
      {
        kind: "session",
        id: session.id,
        expect: ["running"],
        patch: { activity, evidence, lastActivityAt },
      },
      ...told === undefined
        ? []
        : [sessionNote(session, "agent_activity", "kas", `${session.title} ${told}`, {
          activity,
          before: session.activity,
        })],
    ]);
  }
  const before = memory.since.get(session.id);
  const since = before?.activity === state.activity ? before.at : now;
  memory.since.set(session.id, { activity: state.activity, at: since });
  // A terminal program may redraw for ever: where the harness knows better, its word counts.
  const quietSince = ["idle", "asking"].includes(state.activity) ? since : lastActivityAt;
  await seeToStuck(host, workspace, session, state, { quietSince, now }, memory);
}

/** Reminds an agent of a task that stopped, and asks a person about one that does not go on. */
async function seeToStuck(
  host: SessionHost,
  workspace: Workspace,
  session: Session,
  state: AgentState,
  { quietSince, now }: { readonly quietSince: number; readonly now: number },
  memory: WatchMemory,
): Promise<void> {
  if (session.taskId === null) return;
  if (state.activity === "idle" && now - quietSince > REMIND_AFTER_MS) {
    await remind(host, session, memory);
  }
  const reason = stuckReason(workspace, session, state.activity, quietSince, now);
  if (reason === null) return;
  if (now - (memory.asked.get(session.id) ?? 0) < ASK_AGAIN_MS) return;
  memory.asked.set(session.id, now);
  await applyInput(host, workspace, session.taskId, () => ({
    type: "session_stuck",
    session,
    evidence: `${reason} (${state.evidence})`,
  }));
}

/** Tells an agent that stopped without a report how to go on. */
async function remind(host: SessionHost, session: Session, memory: WatchMemory): Promise<void> {
  if (memory.reminded.has(session.id)) return;
  memory.reminded.add(session.id);
  await host.tmux.send(session.tmuxName, REMINDER);
  const what = `${session.title} stopped without reporting and was reminded`;
  await host.store.commit([sessionNote(session, "agent_reminded", "kas", what)]);
}

function stuckReason(
  workspace: Workspace,
  session: Session,
  activity: string,
  quietSince: number,
  now: number,
): string | null {
  if (activity === "asking") {
    return now - quietSince < ASK_AFTER_MS ? null : "it waits for an answer in its terminal";
  }
  const limit = workspace.policy.stuckAfterMinutes * MINUTE_MS;
  if (limit > 0 && activity !== "busy" && now - quietSince > limit) {
    return `no activity for ${Math.round((now - quietSince) / MINUTE_MS)} minutes`;
  }
  const allowed = session.timeoutMinutes ?? 0;
  return allowed > 0 && now - (session.startedAt ?? now) > allowed * MINUTE_MS
    ? `it runs for more than its ${allowed} minutes`
    : null;
}
