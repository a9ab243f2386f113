import { type Event, legalEvents, TABLE } from "./fsm.ts";
import type { Status, Task } from "./types.ts";

/** An event a person may cause now, as a button shows it. */
export interface Action {
  readonly event: Event;
  readonly label: string;
  readonly to: Status;
  /** Work is ended or thrown away: ask before. */
  readonly destructive: boolean;
  readonly needsFeedback: boolean;
}

const LABELS: Readonly<Record<Event, string>> = {
  plan_start: "start planning",
  planner_finished: "mark plan finished",
  implement_start: "start implementing",
  implement_finished: "mark implementation finished",
  review_approved: "mark review approved",
  review_changes_requested: "request changes",
  verify_approved: "mark verified",
  verify_failed: "reject verification",
  request_review: "request review",
  start_over: "start over",
  reimplement: "resume implement",
  mark_done: "mark done",
  cancel: "cancel",
  reopen: "reopen",
  verification_stale: "verify again",
};

const DESTRUCTIVE: ReadonlySet<Event> = new Set<Event>(["cancel", "start_over"]);
const FEEDBACK: ReadonlySet<Event> = new Set<Event>(["review_changes_requested", "verify_failed"]);

/** What a person may do to a task now, in the order of the table. Pure. */
export function availableActions(task: Pick<Task, "status" | "phase">): Action[] {
  return legalEvents(task.status, task.phase).flatMap((event) => {
    const to = TABLE[task.status][event];
    return to === undefined ? [] : [{
      event,
      label: LABELS[event],
      to,
      destructive: DESTRUCTIVE.has(event),
      needsFeedback: FEEDBACK.has(event),
    }];
  });
}
