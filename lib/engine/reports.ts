import { KasError } from "../errors.ts";
import { OPERATOR_SIGNALS, parsePayload, type SignalType } from "../signal/types.ts";
import type { Role, Store } from "../store/types.ts";
import type { Task } from "../task/types.ts";
import { type Caller, requireBinding, requireScope } from "./caller.ts";

/** What an agent may report and plan, on every way in. People are bound by the scope of their token. */

/** The signals each role reports with; the lifecycle refuses the rest, this says so at once. */
export const ROLE_SIGNALS: Readonly<Record<Role, readonly SignalType[]>> = {
  planner: ["planner_finished", "planner_draft_finished"],
  architect: ["elaborator_finished"],
  coder: ["implement_task_finished", "implement_finished"],
  fixer: ["implement_task_finished", "implement_finished"],
  reviewer: ["review_approved", "review_changes_requested"],
  master: ["verify_approved", "verify_failed"],
  chat: [],
};

/** What somebody wants to report. */
export interface Report {
  readonly type: SignalType;
  readonly task: Task;
  /** As it was given; undefined = none. */
  readonly payload: string | undefined;
}

/**
 * Lets an agent report for the task it was started for, with the signals of its role, and one of a
 * wave its own subtask; nobody can so approve their own work or act for somebody else. The lifecycle
 * would turn the rest down later: an agent learns it at once.
 * @throws KasError "guard", "invalid" for a payload that does not fit the type
 */
export async function requireReport(
  store: Pick<Store, "session">,
  caller: Caller,
  { type, task, payload }: Report,
): Promise<void> {
  requireSignal(caller, type, task);
  if (type !== "implement_task_finished" || caller.sessionId === null) return;
  const session = await store.session(caller.sessionId);
  if (session === null || session.wave === null) return;
  const { wave_number, task_number } = parsePayload(type, payload);
  if (wave_number === session.wave && task_number === session.subtask) return;
  const own = `{"wave_number":${session.wave},"task_number":${session.subtask}}`;
  throw new KasError("guard", `Cannot emit "${type}": it is about the work of another agent`, {
    hint: `Yours is ${own}`,
    context: { actor: caller.actor },
  });
}

function requireSignal(caller: Caller, type: SignalType, task: Task): void {
  const what = `emit "${type}" for "${task.name}"`;
  requireBinding(caller, { projectId: task.projectId, taskId: task.id }, what);
  const { agent } = caller;
  if (agent === null) {
    requireScope(caller, OPERATOR_SIGNALS.has(type) ? "operate" : "signal", what);
    return;
  }
  requireScope(caller, "signal", what);
  if (caller.taskId === null) {
    throw new KasError("guard", `Cannot ${what}: ${agent.agent} was started for no task`, {
      hint: "Only an agent that works on a task reports on it",
      context: { actor: caller.actor },
    });
  }
  const allowed = agent.role === null ? [] : ROLE_SIGNALS[agent.role];
  if (allowed.includes(type)) return;
  throw new KasError("guard", `Cannot ${what}: a ${agent.role ?? "helper"} may not`, {
    hint: allowed.length === 0
      ? "Give your result back as your answer; the agent that called you reports"
      : `You report with ${allowed.join(" or ")}`,
    context: { actor: caller.actor, role: agent.role, allowed },
  });
}

/**
 * Lets an agent change the plan of its own task, and one without a task any plan of its project. One
 * that another agent called changes none.
 * @throws KasError "guard"
 */
export function requirePlan(caller: Caller, task: Task): void {
  const what = `change the plan of "${task.name}"`;
  requireBinding(caller, { projectId: task.projectId, taskId: task.id }, what);
  if (caller.agent === null) return requireScope(caller, "operate", what);
  if (caller.agent.chain.length === 0) return;
  throw new KasError("guard", `Cannot ${what}: ${caller.agent.agent} was called by another agent`, {
    hint: "Give the new text back as your answer",
    context: { actor: caller.actor, chain: caller.agent.chain },
  });
}
