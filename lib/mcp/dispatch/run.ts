import type { AgentGrant, NewEvent, Project } from "../../store/types.ts";
import type { Desk } from "../types.ts";
import type { PreparedRun, RunningRun, RunOrder, RunOutcome, RunState, RunView } from "./types.ts";

/** A run as the dispatcher keeps it, and what others see of it. */
export interface Run {
  readonly id: string;
  readonly owner: string;
  readonly order: RunOrder;
  readonly prepared: PreparedRun;
  readonly running: RunningRun;
  readonly startedAt: number;
  readonly done: Promise<void>;
  state: RunState;
  endedAt: number | null;
  view: Partial<RunView>;
}

/** What the caller sees. */
export function viewOf(run: Run): RunView {
  return {
    run: run.id,
    agent: run.order.agent,
    runtime: run.prepared.runtime,
    permission: run.prepared.permission,
    cwd: run.order.cwd,
    state: run.endedAt === null ? "running" : run.state,
    duration_ms: (run.endedAt ?? Date.now()) - run.startedAt,
    printed_bytes: run.running.printed(),
    result: null,
    result_truncated: false,
    problem: null,
    exit_code: null,
    exit_signal: null,
    session_id: null,
    usage: null,
    notes: run.prepared.notes,
    ...run.view,
  };
}

/** The outcome of a run whose end nobody saw. */
export function lost(problem: string): RunOutcome {
  return {
    text: "",
    ok: false,
    problem,
    exitCode: null,
    exitSignal: null,
    sessionId: null,
    usage: null,
    errorTail: "",
  };
}

/** A time in words. */
export function words(ms: number): string {
  return ms >= 60_000 ? `${Math.round(ms / 60_000)} min` : `${ms / 1000} s`;
}

/** The line of the log for a run that begins. */
export function dispatched(desk: Desk, project: Project, grant: AgentGrant): NewEvent {
  const { agent, chain, permission, root } = grant;
  return {
    projectId: project.id,
    taskId: desk.caller.taskId,
    sessionId: desk.caller.sessionId,
    kind: "agent_dispatched",
    actor: desk.caller.actor,
    message: `${agent} is run for ${chain.at(-1) ?? desk.caller.actor}`,
    detail: { agent, chain, permission, cwd: root },
  };
}

/** The line of the log for a run that is over. */
export function dispatchEnded(desk: Desk, run: Run, state: RunState): NewEvent {
  return {
    projectId: run.order.project.id,
    taskId: desk.caller.taskId,
    sessionId: desk.caller.sessionId,
    kind: "agent_dispatch_ended",
    actor: "kas",
    message: `${run.order.agent}: ${state}`,
    detail: {
      agent: run.order.agent,
      run: run.id,
      state,
      exit_code: run.view.exit_code ?? null,
      duration_ms: (run.endedAt ?? run.startedAt) - run.startedAt,
    },
  };
}
