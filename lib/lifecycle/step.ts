import { KasError } from "../errors.ts";
import { type Event, nextStatus } from "../task/fsm.ts";
import type { Change, DecisionKind, DecisionOption, Session } from "../store/types.ts";
import type { Step, StepContext } from "./types.ts";

/** Work that is taken up again after its merge has to be merged again. */
export const UNMERGED = { mergedSha: null, mergedAt: null } as const;

/** A step that goes ahead. */
export function accept(result: string, changes: readonly Change[]): Step {
  return { accepted: true, result, changes };
}

/** A step that changes nothing and is fine: a repetition, or something already taken care of. */
export function nothing(result: string): Step {
  return { accepted: true, result, changes: [] };
}

/** A step that is turned down, with what little must be recorded of it. */
export function refuse(result: string, changes: readonly Change[] = []): Step {
  return { accepted: false, result, changes };
}

/**
 * A transition of the task; `after` counts the version changes that stand before it in the same step.
 * @throws KasError "illegal_transition" or "guard" when it comes first and the table forbids it
 */
export function transition(
  context: StepContext,
  event: Event,
  actor: string,
  options: { reason?: string; overrideTopic?: boolean; after?: number } = {},
  patch: Extract<Change, { kind: "transition" }>["patch"] = {},
): Change {
  if ((options.after ?? 0) === 0) nextStatus(context.state.task, event);
  return {
    kind: "transition",
    taskId: context.state.task.id,
    expectVersion: context.state.task.version + (options.after ?? 0),
    event,
    actor,
    ...(options.reason === undefined ? {} : { reason: options.reason }),
    ...(options.overrideTopic === true ? { overrideTopic: true } : {}),
    patch,
  };
}

/** A line in the log about this task. */
export function note(
  context: StepContext,
  kind: string,
  actor: string,
  message: string,
  detail: Record<string, unknown> = {},
): Change {
  const { task } = context.state;
  return {
    kind: "event",
    event: { projectId: task.projectId, taskId: task.id, kind, actor, message, detail },
  };
}

/** A question about this task. */
export function ask(
  context: StepContext,
  question: {
    key: string;
    kind: DecisionKind;
    question: string;
    detail?: string;
    options: readonly DecisionOption[];
    sessionId?: number;
  },
): Change {
  const { task } = context.state;
  return {
    kind: "decision_open",
    decision: {
      key: question.key,
      projectId: task.projectId,
      taskId: task.id,
      sessionId: question.sessionId ?? null,
      kind: question.kind,
      question: question.question,
      detail: question.detail ?? "",
      options: question.options,
    },
  };
}

/** Ends a session's row because its report was accepted; the reconciler stops what is left of it. */
export function endReported(session: Session | null, context: StepContext): Change[] {
  if (session === null || session.status === "exited") return [];
  return [{
    kind: "session",
    id: session.id,
    patch: { status: "exited", exitReason: "reported", endedAt: context.now },
  }];
}

/** Withdraws every open question of the task: the world they asked about has moved on. */
export function withdrawAll(context: StepContext, except?: number): Change[] {
  return context.state.decisions.filter((d) => d.id !== except).map((decision) => ({
    kind: "decision_close",
    id: decision.id,
    status: "withdrawn",
    actor: "kas",
  }));
}

/** @throws KasError "internal": the caller forgot to gather facts */
export function need<T>(value: T | null, what: string): T {
  if (value === null) throw new KasError("internal", `Cannot decide without ${what}`);
  return value;
}
