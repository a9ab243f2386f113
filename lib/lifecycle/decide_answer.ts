import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import type { Change } from "../store/types.ts";
import type { Input, Step, StepContext } from "./types.ts";
import { advance, firstWaveChanges } from "./decide_signal.ts";
import { approveReview, approveVerify, fixMerge, fixRound } from "./decide_review.ts";
import { accept, need, note, transition, withdrawAll } from "./step.ts";
import { beginBuild, refuseBrokenPlan } from "./build.ts";
import { retryWave } from "./decide_wave.ts";

type Answer = Extract<Input, { type: "answer" }>;

/**
 * A person answered a question. It is closed together with what the answer causes.
 * @throws KasError "conflict" when it is closed already, "invalid" for an option it does not offer
 */
export function decideAnswer(input: Answer, context: StepContext): Step {
  const { decision } = input;
  if (decision.status !== "open") {
    throw new KasError(
      "conflict",
      `Cannot answer decision ${decision.id}: it is ${decision.status}`,
      {
        hint: `See the open ones with "kas decision list"`,
      },
    );
  }
  if (!decision.options.some((option) => option.id === input.option)) {
    throw new KasError(
      "invalid",
      `Cannot answer decision ${decision.id} with ${quote(input.option)}: it is not an option`,
      { hint: `Options: ${decision.options.map((option) => option.id).join(", ")}` },
    );
  }
  const close: Change = {
    kind: "decision_close",
    id: decision.id,
    status: "answered",
    answer: input.option,
    feedback: input.feedback,
    actor: input.actor,
  };
  const said = note(
    context,
    "decision_answered",
    input.actor,
    `${decision.question}: ${input.option}`,
    { decision: decision.id, kind: decision.kind, option: input.option, feedback: input.feedback },
  );
  return accept(input.option, [close, said, ...effect(input, context)]);
}

function effect(input: Answer, context: StepContext): Change[] {
  const { decision, option, actor } = input;
  if (option === "abort") {
    return [
      ...withdrawAll(context, decision.id),
      transition(context, "cancel", actor, { reason: decision.question }),
    ];
  }
  switch (decision.kind) {
    case "wave_failed":
    case "wave_advance":
      return option === "retry"
        ? retryWave(context.state.task.wave, actor, context)
        : advance(actor, context);
    case "review_limit":
      return reviewLimit(input, context);
    case "topic_collision":
      return option === "start" ? startBeside(actor, context) : [];
    case "merge_conflict":
      return option === "fix" ? fixMerge(decision.detail, actor, context) : [];
    case "plan_invalid":
      return option === "accept" ? takePlan(actor, context) : [];
    case "agent_failed":
      return option === "accept"
        ? [transition(context, "implement_finished", actor, {}, { phase: "reviewing" })]
        : [];
    case "stuck_agent":
      return option === "restart" && decision.sessionId !== null
        ? [{
          kind: "session",
          id: decision.sessionId,
          expect: ["starting", "running"],
          patch: { status: "exited", exitReason: "restarted", endedAt: context.now },
        }]
        : [];
  }
}

function startBeside(actor: string, context: StepContext): Change[] {
  const start = {
    event: "implement_start",
    actor,
    wave: null,
    overrideTopic: true,
    after: 0,
  } as const;
  return beginBuild(start, need(context.plan, "the plan"), context);
}

function takePlan(actor: string, context: StepContext): Change[] {
  const { task } = context.state;
  const facts = need(context.plan, "the plan");
  refuseBrokenPlan(task.name, facts);
  return task.status === "planning"
    ? [transition(context, "planner_finished", actor, {}, { phase: "planned" })]
    : firstWaveChanges(context);
}

function reviewLimit(input: Answer, context: StepContext): Change[] {
  const { task } = context.state;
  const verifying = task.status === "verifying";
  if (input.option === "approve") {
    const verdict = { session: null, payload: {}, actor: input.actor };
    const step = verifying ? approveVerify(verdict, context) : approveReview(verdict, context);
    return step.changes.filter((change) =>
      change.kind !== "decision_close" || change.id !== input.decision.id
    );
  }
  const feedback = [task.feedback, input.feedback].filter((text) => text !== "").join("\n\n");
  return fixRound(
    verifying ? "verify_failed" : "review_changes_requested",
    feedback,
    input.actor,
    context,
  );
}
