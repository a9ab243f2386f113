import type { Change, Session } from "../store/types.ts";
import type { Input, Step, StepContext } from "./types.ts";
import { failed } from "./decide_wave.ts";
import { accept, ask, note, nothing } from "./step.ts";
import { holdKey } from "./desired.ts";
import { baseKeyOf } from "./keys.ts";

type SessionInput = Extract<Input, { type: "session_ended" | "session_stuck" }>;

/** Deaths of agents of one piece of work before a person is asked: the first is retried. */
const DEATHS_BEFORE_ASKING = 2;
/** Losses (the terminal server or machine went away) before a person is asked. */
const LOSSES_BEFORE_ASKING = 10;

/** An agent ended without reporting, or sits idle. Never taken for success (lessons 33 and 34). */
export function decideSession(input: SessionInput, context: StepContext): Step {
  if (input.type === "session_stuck") return stuck(input.session, input.evidence, context);
  const { session, how } = input;
  const words =
    { died: "ended", lost: "was lost", killed: "was killed", failed_start: "could not start" }[how];
  const what = `${session.title} ${words} without reporting${
    input.exitCode === null ? "" : ` (exit code ${input.exitCode})`
  }${input.detail === "" ? "" : `: ${input.detail}`}`;
  const ended = [
    {
      kind: "session",
      id: session.id,
      expect: ["starting", "running", "paused"],
      patch: {
        status: "exited",
        exitReason: how,
        exitCode: input.exitCode,
        endedAt: context.now,
        evidence: input.detail,
      },
    } as const,
    note(context, "agent_ended", "kas", what, { how, exitCode: input.exitCode }),
  ];
  if (!needsPerson(session, how, context)) return accept(`${what}; started again`, ended);
  const subtask = context.state.subtasks.find((s) =>
    s.wave === session.wave && s.number === session.subtask && s.status === "running"
  );
  if (subtask !== undefined) {
    const step = failed(subtask, what, context);
    return accept(step.result, [...ended, ...step.changes]);
  }
  return accept(what, [...ended, askAboutAgent(session, what, context)]);
}

/** Keeps a piece of work from being started again until a person says so. */
export function askAboutAgent(session: Session, what: string, context: StepContext): Change {
  return ask(context, {
    key: holdKey(baseKeyOf(session)),
    kind: "agent_failed",
    question: `The ${session.role} of "${context.state.task.name}" ended without reporting`,
    detail: what,
    options: [
      { id: "retry", label: `start the ${session.role} again` },
      { id: "abort", label: "cancel the task; its work is kept" },
    ],
    sessionId: session.id,
  });
}

/** Whether an end of this kind is one too many for the piece of work. */
export function needsPerson(session: Session, how: string, context: StepContext): boolean {
  if (how === "killed") return true;
  const same = context.state.sessions.filter((s) => baseKeyOf(s) === baseKeyOf(session));
  const count = (reasons: readonly string[]): number =>
    1 + same.filter((s) => s.id !== session.id && reasons.includes(s.exitReason ?? "")).length;
  return how === "lost"
    ? count(["lost"]) % LOSSES_BEFORE_ASKING === 0
    : count(["died", "failed_start", "refused"]) % DEATHS_BEFORE_ASKING === 0;
}

function stuck(session: Session, evidence: string, context: StepContext): Step {
  if (session.status !== "running") return nothing("not running any more");
  const key = `stuck:${session.id}`;
  if (context.state.decisions.some((d) => d.key === key)) return nothing("asked already");
  return accept(`${session.title} seems stuck`, [
    note(context, "stuck_detected", "kas", `${session.title}: ${evidence}`),
    ask(context, {
      key,
      kind: "stuck_agent",
      question: `${session.title} has not reported and seems stuck`,
      detail: evidence,
      options: [
        { id: "wait", label: "leave it alone; ask again later" },
        { id: "restart", label: "stop it and start it again" },
        { id: "abort", label: "cancel the task; its work is kept" },
      ],
      sessionId: session.id,
    }),
  ]);
}
