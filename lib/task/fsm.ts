import { KasError } from "../errors.ts";
import type { Status, Task } from "./types.ts";

export const EVENTS = [
  "plan_start",
  "planner_finished",
  "implement_start",
  "implement_finished",
  "review_approved",
  "review_changes_requested",
  "verify_approved",
  "verify_failed",
  "request_review",
  "start_over",
  "reimplement",
  "mark_done",
  "cancel",
  "reopen",
  "verification_stale",
] as const;
export type Event = typeof EVENTS[number];

/** Events only a person (or kas itself for `verification_stale`) may cause; never a signal of an agent. */
export const OPERATOR_EVENTS: ReadonlySet<Event> = new Set<Event>([
  "request_review",
  "start_over",
  "reimplement",
  "mark_done",
  "cancel",
  "reopen",
]);
const INTERNAL_EVENTS: ReadonlySet<Event> = new Set<Event>(["verification_stale"]);

/** The whole lifecycle: from status, by event, to status. What is not here is illegal. */
export const TABLE: Readonly<Record<Status, Readonly<Partial<Record<Event, Status>>>>> = {
  ready: {
    plan_start: "planning",
    implement_start: "implementing",
    mark_done: "done",
    cancel: "cancelled",
  },
  planning: { plan_start: "planning", planner_finished: "ready", cancel: "cancelled" },
  implementing: { implement_finished: "reviewing", cancel: "cancelled" },
  reviewing: {
    review_approved: "verifying",
    review_changes_requested: "implementing",
    cancel: "cancelled",
  },
  verifying: { verify_approved: "done", verify_failed: "implementing", cancel: "cancelled" },
  done: {
    start_over: "planning",
    reimplement: "implementing",
    request_review: "reviewing",
    verification_stale: "verifying",
    cancel: "cancelled",
  },
  cancelled: { reopen: "planning" },
};

/** Events a person may cause from this status, in table order. */
export function legalEvents(status: Status, phase = ""): Event[] {
  return (Object.keys(TABLE[status]) as Event[]).filter((event) =>
    !INTERNAL_EVENTS.has(event) &&
    !(event === "implement_start" && status === "ready" && phase !== "planned")
  );
}

/** True when the text is an event of the table. */
export function isEvent(text: string): text is Event {
  return (EVENTS as readonly string[]).includes(text);
}

/**
 * The status after an event.
 * @throws KasError "illegal_transition" naming the status and the legal events; "guard" for a draft
 * task (`ready` without a plan) that is asked to implement
 */
export function nextStatus(task: Pick<Task, "name" | "status" | "phase">, event: Event): Status {
  const to = TABLE[task.status][event];
  if (to === undefined) {
    const legal = legalEvents(task.status, task.phase);
    throw new KasError(
      "illegal_transition",
      `Cannot apply "${event}" to task "${task.name}": it is ${task.status}`,
      {
        hint: `Legal events now: ${legal.join(", ")}`,
        context: { task: task.name, status: task.status, phase: task.phase, event, legal },
      },
    );
  }
  if (event === "implement_start" && task.phase !== "planned") {
    throw new KasError(
      "guard",
      `Cannot implement "${task.name}": task is ready but not yet planned`,
      {
        hint:
          `Plan it first with "kas task transition ${task.name} plan_start", or store a plan with "kas task update-content ${task.name}"`,
        context: {
          task: task.name,
          status: task.status,
          legal: legalEvents(task.status, task.phase),
        },
      },
    );
  }
  return to;
}
