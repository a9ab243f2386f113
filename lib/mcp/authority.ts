import { type Caller, requireBinding, requirePerson, requireScope } from "../engine/caller.ts";
import { KasError } from "../errors.ts";
import { OPERATOR_SIGNALS, type SignalType } from "../signal/types.ts";
import type { Role } from "../store/types.ts";
import type { Task } from "../task/types.ts";
import type { Tool } from "./types.ts";

/** What an agent may ask for. People are bound by the scope of their token alone. */

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

/** @throws KasError "guard" when the caller may not use a tool at all */
export function requireTool(caller: Caller, tool: Tool): void {
  const what = `call ${tool.name}`;
  if (tool.people) requirePerson(caller, what);
  requireScope(caller, tool.scope, what);
}

/**
 * Lets an agent report for the task it was started for, with the signals of its role; nobody can so
 * approve their own work or act for somebody else.
 * @throws KasError "guard"
 */
export function requireSignal(caller: Caller, type: SignalType, task: Task): void {
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
