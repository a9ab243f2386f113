import type { SignalType } from "../signal/types.ts";
import { bodyOf } from "../signal/types.ts";
import type { Change, Role } from "../store/types.ts";
import type { Input, Step, StepContext } from "./types.ts";
import { beginBuild, firstWave, waveRows } from "./build.ts";
import {
  accept,
  ask,
  endReported,
  need,
  note,
  nothing,
  refuse,
  transition,
  withdrawAll,
} from "./step.ts";
import { holdKey, wanted } from "./desired.ts";
import { baseKeyOf, stageKey } from "./keys.ts";
import { afterSubtask, nextWave, retryWave, startWave, toReview } from "./decide_wave.ts";
import { approveReview, approveVerify, changesRequested } from "./decide_review.ts";
import { ofWave } from "./waves.ts";
import { planChanges } from "./decide_event.ts";

type SignalInput = Extract<Input, { type: "signal" }>;

/** Which role may report what. Types that are missing steer the work: people only. */
const REPORTERS: Readonly<Partial<Record<SignalType, readonly Role[]>>> = {
  planner_finished: ["planner"],
  planner_draft_finished: ["planner"],
  elaborator_finished: ["architect"],
  implement_task_finished: ["coder", "fixer"],
  implement_finished: ["coder", "fixer"],
  review_approved: ["reviewer"],
  review_changes_requested: ["reviewer"],
  verify_approved: ["master"],
  verify_failed: ["master"],
};

/** A signal from an agent or a person. An agent may only report its own work, and only while it is at work. */
export function decideSignal(input: SignalInput, context: StepContext): Step {
  const stop = objection(input, context);
  if (stop !== null) return stop;
  switch (input.signal) {
    case "plan_start":
      return accept("planning", planChanges("plan_start", input.actor, context));
    case "planner_finished":
      return plannerFinished(input, context);
    case "planner_draft_finished":
      return refuse("no draft planner is at work on this task");
    case "implement_start":
      return accept(
        "implementing",
        beginBuild(
          {
            event: "implement_start",
            actor: input.actor,
            wave: null,
            overrideTopic: false,
            after: 0,
          },
          need(context.plan, "the plan"),
          context,
        ),
      );
    case "elaborator_finished":
      return elaborated(input, context);
    case "implement_wave":
      return implementWave(input, Number(input.payload.wave_number), context);
    case "implement_task_finished":
      return subtaskReported(input, context);
    case "implement_finished":
      return implementFinished(input, context);
    case "review_approved":
      return approveReview(input, context);
    case "review_changes_requested":
      return changesRequested(input, "review_changes_requested", bodyOf(input.payload), context);
    case "verify_approved":
      return approveVerify(input, context);
    case "verify_failed":
      return changesRequested(input, "verify_failed", bodyOf(input.payload), context);
    case "retry_wave":
      return steerWave(input, "retry", context);
    case "advance_wave":
      return steerWave(input, "next", context);
  }
}

function objection(input: SignalInput, context: StepContext): Step | null {
  const { session } = input;
  if (session === null) return null;
  if (session.taskId !== context.state.task.id) {
    return refuse(`${session.title} works on another task`);
  }
  if (session.exitReason === "reported") return nothing(`${session.title} has reported already`);
  const roles = REPORTERS[input.signal];
  if (roles === undefined || !roles.includes(session.role)) {
    return refuse(`a ${session.role} may not emit ${input.signal}`);
  }
  const current = wanted(context.state, context.policy).map((work) => work.baseKey);
  if (!current.includes(baseKeyOf(session))) {
    return refuse(`${session.title} is not at work on this task any more`);
  }
  return null;
}

function plannerFinished(input: SignalInput, context: StepContext): Step {
  const facts = need(context.plan, "the plan");
  const { task } = context.state;
  if (task.status === "planning" && facts.errors.length > 0) {
    return refuse(`the plan cannot be run: ${facts.errors[0]}`, [
      note(context, "plan_rejected", "kas", facts.errors.join("\n")),
      ...endReported(input.session, context),
      ask(context, {
        key: holdKey(stageKey(task, "planner", "plan")),
        kind: "plan_invalid",
        question: `The plan of "${task.name}" cannot be run`,
        detail: facts.errors.join("\n"),
        options: [
          { id: "retry", label: "have the planner correct it" },
          { id: "accept", label: "I have corrected it: take it as it is now" },
          { id: "abort", label: "cancel the task" },
        ],
      }),
    ]);
  }
  const planned: Change[] = [
    ...withdrawAll(context),
    ...endReported(input.session, context),
    transition(context, "planner_finished", input.actor, {}, {
      phase: "planned",
      goal: facts.plan.goal ?? task.goal,
      feedback: "",
    }),
  ];
  if (!context.policy.autoAdvance || task.status !== "planning") return accept("planned", planned);
  if (context.topicRival !== null) {
    return accept("planned; its topic is busy", [
      ...planned,
      askTopic(context.topicRival, context),
    ]);
  }
  return accept("planned; implementation starts", [
    ...planned,
    ...beginBuild(
      { event: "implement_start", actor: "kas", wave: null, overrideTopic: false, after: 1 },
      facts,
      context,
    ),
  ]);
}

/** The gate would refuse the start: the plan is kept, and a person may let it pass. */
function askTopic(rival: string, context: StepContext): Change {
  const { task } = context.state;
  return ask(context, {
    key: `topic:${task.id}:${task.planningAt ?? 0}`,
    kind: "topic_collision",
    question:
      `"${task.name}" is planned, but "${rival}" of topic "${task.topic}" is being implemented`,
    options: [
      { id: "start", label: "implement both at the same time" },
      { id: "wait", label: `leave it planned; "kas task implement ${task.name}" starts it later` },
    ],
  });
}

function elaborated(input: SignalInput, context: StepContext): Step {
  const { task } = context.state;
  if (task.status !== "implementing" || task.phase !== "architecting") {
    return refuse(
      `no architect is at work: the task is ${task.status}${task.phase && ` (${task.phase})`}`,
    );
  }
  const facts = need(context.plan, "the plan");
  if (facts.errors.length > 0) {
    return refuse(`the plan cannot be run: ${facts.errors[0]}`, [
      note(context, "plan_rejected", "kas", facts.errors.join("\n")),
      ...endReported(input.session, context),
      ask(context, {
        key: holdKey(stageKey(task, "architect", "build")),
        kind: "plan_invalid",
        question: `The architect's plan of "${task.name}" cannot be run`,
        detail: facts.errors.join("\n"),
        options: [
          { id: "retry", label: "have the architect correct it" },
          { id: "accept", label: "I have corrected it: start the first wave" },
          { id: "abort", label: "cancel the task" },
        ],
      }),
    ]);
  }
  return accept("elaborated; the first wave starts", [
    ...withdrawAll(context),
    ...endReported(input.session, context),
    ...firstWaveChanges(context),
  ]);
}

/** Enters the first wave of the stored plan. */
export function firstWaveChanges(context: StepContext): Change[] {
  const facts = need(context.plan, "the plan");
  const { task } = context.state;
  const wave = firstWave(facts, task.name);
  return [
    {
      kind: "task",
      taskId: task.id,
      expectVersion: task.version,
      patch: { phase: "wave_running", wave, goal: facts.plan.goal ?? task.goal },
    },
    ...waveRows(wave, facts, context),
  ];
}

function implementWave(input: SignalInput, wave: number, context: StepContext): Step {
  const { task, subtasks } = context.state;
  const facts = need(context.plan, "the plan");
  if (task.status === "ready") {
    const start = {
      event: "implement_start",
      actor: input.actor,
      wave,
      overrideTopic: false,
      after: 0,
    } as const;
    return accept(`wave ${wave} starts`, beginBuild(start, facts, context));
  }
  if (task.status !== "implementing") return refuse(`the task is ${task.status}`);
  if (task.phase === "wave_running") {
    return task.wave === wave
      ? nothing(`wave ${wave} is running already`)
      : refuse(`wave ${task.wave} is running`);
  }
  const rows = ofWave(subtasks, wave);
  if (rows.length === 0) {
    return task.phase === "architecting"
      ? refuse("the architect is at work; the waves follow")
      : refuse(`the plan has no wave ${wave}`);
  }
  if (rows.every((s) => s.status === "complete")) return refuse(`wave ${wave} is complete`);
  // A wave that has run holds nothing to start: what failed in it runs again.
  return accept(`wave ${wave} starts`, [
    ...withdrawAll(context),
    ...(rows.some((s) => s.status === "failed")
      ? retryWave(wave, input.actor, context)
      : startWave(wave, subtasks, context)),
  ]);
}

function subtaskReported(input: SignalInput, context: StepContext): Step {
  const { task, subtasks } = context.state;
  const wave = Number(input.payload.wave_number);
  const number = Number(input.payload.task_number);
  const { session } = input;
  if (session !== null && (session.wave !== wave || session.subtask !== number)) {
    return refuse(`${session.title} reported task ${number} of wave ${wave}, which is not its own`);
  }
  const subtask = subtasks.find((s) => s.wave === wave && s.number === number);
  if (subtask === undefined) return refuse(`the plan has no task ${number} in wave ${wave}`);
  if (subtask.status === "reported" || subtask.status === "complete") {
    return nothing(`task ${number} is ${subtask.status} already`);
  }
  if (task.status !== "implementing" || task.phase !== "wave_running" || task.wave !== wave) {
    return refuse(`wave ${wave} is not running`);
  }
  if (subtask.status !== "running") return refuse(`task ${number} is ${subtask.status}`);
  return accept(`task ${number} of wave ${wave} reported`, [
    {
      kind: "subtask",
      id: subtask.id,
      expect: ["running"],
      patch: { status: "reported", reportedAt: context.now },
    },
    ...endReported(session, context),
    note(
      context,
      "subtask_reported",
      input.actor,
      `task ${number} of wave ${wave} reported finished`,
      {
        wave,
        task: number,
      },
    ),
    ...afterSubtask({ ...subtask, status: "reported" }, context),
  ]);
}

function implementFinished(input: SignalInput, context: StepContext): Step {
  const { task } = context.state;
  if (["architecting", "wave_running", "wave_waiting"].includes(task.phase)) {
    return nothing("not taken: waves are active, each task reports for itself");
  }
  if (task.status === "implementing" && task.phase === "single_agent_implementing") {
    const git = need(context.git, "the branches");
    if (git.ahead === 0 && !git.dirty) {
      return refuse("reported finished, but the branch holds no new commit", [
        ...endReported(input.session, context),
        ask(context, {
          key: holdKey(stageKey(task, "coder", "build")),
          kind: "agent_failed",
          question: `The coder of "${task.name}" reported finished without a commit`,
          options: [
            { id: "retry", label: "start the coder again" },
            { id: "accept", label: "go on to the review" },
            { id: "abort", label: "cancel the task; its work is kept" },
          ],
        }),
      ]);
    }
  }
  return accept("to review", [
    ...withdrawAll(context),
    ...endReported(input.session, context),
    transition(context, "implement_finished", input.actor, {}, { phase: "reviewing" }),
  ]);
}

function steerWave(input: SignalInput, to: "retry" | "next", context: StepContext): Step {
  const { task, subtasks } = context.state;
  if (task.status !== "implementing" || !["wave_waiting", "wave_running"].includes(task.phase)) {
    return refuse(
      `no wave is waiting: the task is ${task.status}${task.phase && ` (${task.phase})`}`,
    );
  }
  if (to === "retry") {
    if (!subtasks.some((s) => s.wave === task.wave && s.status === "failed")) {
      return nothing(`no task of wave ${task.wave} has failed`);
    }
    return accept(`wave ${task.wave} runs again`, [
      ...withdrawAll(context),
      ...retryWave(task.wave, input.actor, context),
    ]);
  }
  if (task.phase === "wave_running") return refuse(`wave ${task.wave} is still running`);
  return accept("advanced", [...withdrawAll(context), ...advance(input.actor, context)]);
}

/** Goes on after a wave, whatever failed in it. */
export function advance(actor: string, context: StepContext): Change[] {
  const { task, subtasks } = context.state;
  const next = nextWave(subtasks, task.wave);
  return next === null ? toReview(context, actor) : startWave(next, subtasks, context);
}
