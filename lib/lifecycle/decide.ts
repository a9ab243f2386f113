import type { Input, Step, StepContext } from "./types.ts";
import { decideAnswer } from "./decide_answer.ts";
import { decideEvent } from "./decide_event.ts";
import { askAboutMerge } from "./decide_review.ts";
import { decideSession } from "./decide_session.ts";
import { decideSignal } from "./decide_signal.ts";
import { accept, note, transition } from "./step.ts";
import { conflicted, emptied, integrated } from "./decide_wave.ts";

/**
 * The whole lifecycle in one pure function: what happened and the state it happened in, to the
 * changes that follow. The caller commits them in one transaction, or none.
 * @throws KasError "illegal_transition" or "guard": refused, nothing changes
 */
export function decide(input: Input, context: StepContext): Step {
  switch (input.type) {
    case "signal":
      return decideSignal(input, context);
    case "event":
      return decideEvent(input, context);
    case "answer":
      return decideAnswer(input, context);
    case "subtask_integrated":
      return integrated(input.subtaskId, input.commit, context);
    case "subtask_conflict":
      return conflicted(input.subtaskId, input.files, context);
    case "subtask_empty":
      return emptied(input.subtaskId, context);
    case "session_ended":
    case "session_stuck":
      return decideSession(input, context);
    case "stale":
      return accept(`verification is stale: ${input.reason}`, [
        transition(context, "verification_stale", "kas", { reason: input.reason }, {
          staleReason: input.reason,
        }),
      ]);
    case "merge_conflict":
      return askAboutMerge(input.files, context);
    case "merged":
      return accept(`merged as ${input.commit.slice(0, 12)}`, [
        {
          kind: "task",
          taskId: context.state.task.id,
          expectVersion: context.state.task.version,
          patch: { mergedSha: input.commit, mergedAt: context.now },
        },
        note(context, "task_merged", input.actor, `merged as ${input.commit.slice(0, 12)}`, {
          commit: input.commit,
          base: context.state.task.baseBranch,
        }),
      ]);
  }
}

/** True when {@link decide} reads the stored plan for this input. */
export function needsPlan(input: Input, context: Pick<StepContext, "state">): boolean {
  const { task } = context.state;
  switch (input.type) {
    case "signal":
      return ["planner_finished", "implement_start", "elaborator_finished", "implement_wave"]
        .includes(input.signal);
    case "event":
      return ["planner_finished", "implement_start", "reimplement"].includes(input.event);
    case "answer":
      return ["ready", "planning", "implementing"].includes(task.status);
    default:
      return false;
  }
}

/** True when {@link decide} binds this input to commits. */
export function needsGit(input: Input, context: Pick<StepContext, "state">): boolean {
  const { task } = context.state;
  const name = input.type === "signal" ? input.signal : input.type === "event" ? input.event : "";
  if (name === "implement_finished") return task.phase === "single_agent_implementing";
  if (input.type === "answer") return task.status === "reviewing" || task.status === "verifying";
  return name === "verify_approved" || name === "review_approved";
}
