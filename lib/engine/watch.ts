import { harnessFor } from "../harness/mod.ts";
import type { HarnessName } from "../config/types.ts";
import type { PaneInfo } from "../session/tmux/mod.ts";
import type { Session } from "../store/types.ts";
import { applyInput } from "./apply.ts";
import type { Engine } from "./engine.ts";
import { sessionDir, type SessionHost } from "./sessions.ts";
import type { Workspace } from "./workspace.ts";

const MINUTE_MS = 60_000;

/**
 * One look at everything that runs: agents that ended are handed to the reconciler, the others are
 * asked for their state from their harness's best source. Spawns no process.
 */
export async function watchSessions(host: SessionHost, engine: Engine): Promise<void> {
  const live = await host.store.sessions({ statuses: ["starting", "running"] });
  if (live.length === 0) return;
  const panes = new Map((await host.tmux.list()).map((pane) => [pane.name, pane]));
  for (const session of live) {
    const workspace = engine.workspaces.find((w) => w.project.id === session.projectId);
    if (workspace === undefined || session.taskId === null) continue;
    const pane = panes.get(session.tmuxName);
    if (pane === undefined || pane.dead) {
      if (session.status === "running" || pane?.dead) {
        engine.lookAt(session.taskId, session.projectId);
      }
      continue;
    }
    if (session.status === "running") await watchOne(host, workspace, session, pane);
  }
}

async function watchOne(
  host: SessionHost,
  workspace: Workspace,
  session: Session,
  pane: PaneInfo,
): Promise<void> {
  const state = await harnessFor(session.harness as HarnessName).state({
    sessionDir: sessionDir(host, session),
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
  if (changed || stale || state.evidence !== session.evidence) {
    await host.store.commit([{
      kind: "session",
      id: session.id,
      expect: ["running"],
      patch: { activity: state.activity, evidence: state.evidence, lastActivityAt },
    }]);
  }
  const reason = stuckReason(workspace, session, state.activity, lastActivityAt, now);
  if (reason === null || session.taskId === null) return;
  await applyInput(host, workspace, session.taskId, () => ({
    type: "session_stuck",
    session,
    evidence: `${reason} (${state.evidence})`,
  }));
}

function stuckReason(
  workspace: Workspace,
  session: Session,
  activity: string,
  lastActivityAt: number,
  now: number,
): string | null {
  if (activity === "asking") return "it waits for an answer in its terminal";
  const limit = workspace.policy.stuckAfterMinutes * MINUTE_MS;
  if (limit > 0 && activity !== "busy" && now - lastActivityAt > limit) {
    return `no activity for ${Math.round((now - lastActivityAt) / MINUTE_MS)} minutes`;
  }
  const agent = Object.values(workspace.config.agents).find((a) =>
    a.program.join(" ") === session.program && a.timeoutMinutes !== null && a.timeoutMinutes > 0
  );
  const allowed = (agent?.timeoutMinutes ?? 0) * MINUTE_MS;
  return allowed > 0 && now - (session.startedAt ?? now) > allowed
    ? `it runs for more than its ${agent?.timeoutMinutes} minutes`
    : null;
}
