import { nextStatus } from "../task/fsm.ts";
import type { Change } from "../store/types.ts";
import type { Input, Step, StepContext } from "./types.ts";
import { beginBuild } from "./build.ts";
import { accept, need, note, transition, UNMERGED, withdrawAll } from "./step.ts";
import { approveReview, approveVerify, fixRound } from "./decide_review.ts";

type EventInput = Extract<Input, { type: "event" }>;

/** A person (or kas for one) applies an event of the table. */
export function decideEvent(input: EventInput, context: StepContext): Step {
  const { task } = context.state;
  const to = nextStatus(task, input.event);
  const verdict = { session: null, payload: {}, actor: input.actor };
  switch (input.event) {
    case "plan_start":
    case "reopen":
    case "start_over":
      return accept(to, planChanges(input.event, input.actor, context));
    case "implement_start":
    case "reimplement":
      return accept(to, [
        ...withdrawAll(context),
        ...beginBuild(
          {
            event: input.event,
            actor: input.actor,
            wave: input.wave,
            overrideTopic: input.overrideTopic,
            after: 0,
          },
          need(context.plan, "the plan"),
          context,
        ),
      ]);
    case "planner_finished":
      return accept(to, [
        ...withdrawAll(context),
        transition(context, input.event, input.actor, {}, {
          phase: "planned",
          goal: need(context.plan, "the plan").plan.goal ?? task.goal,
        }),
      ]);
    case "implement_finished":
    case "request_review":
      return accept(to, [
        ...withdrawAll(context),
        transition(context, input.event, input.actor, {}, { phase: "reviewing", ...UNMERGED }),
      ]);
    case "review_approved":
      return approveReview(verdict, context);
    case "verify_approved":
      return approveVerify(verdict, context);
    case "review_changes_requested":
    case "verify_failed":
      return accept(to, [
        ...withdrawAll(context),
        ...fixRound(input.event, input.feedback, input.actor, context),
      ]);
    case "mark_done":
    case "cancel":
    case "verification_stale":
      return accept(to, [...withdrawAll(context), because(input, context)]);
  }
}

function because({ event, actor, feedback }: EventInput, context: StepContext): Change {
  return transition(context, event, actor, feedback === "" ? {} : { reason: feedback });
}

/** Enters planning; starting over also lets go of the branch and of all that was built. */
export function planChanges(
  event: "plan_start" | "start_over" | "reopen",
  actor: string,
  context: StepContext,
): Change[] {
  const { task } = context.state;
  const over = event === "start_over";
  return [
    ...withdrawAll(context),
    transition(context, event, actor, {}, {
      wave: 0,
      reviewCycle: 0,
      ...UNMERGED,
      ...(over ? { feedback: "", baseCommit: null } : {}),
    }),
    ...(over
      ? [
        { kind: "subtasks", taskId: task.id, subtasks: [] } as const,
        note(context, "task_started_over", actor, "branch and worktrees are saved and made anew"),
      ]
      : []),
  ];
}
