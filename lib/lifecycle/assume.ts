import { KasError } from "../errors.ts";
import type { Role } from "../store/types.ts";
import type { Plan } from "../task/plan.ts";
import type { Subtask } from "../task/types.ts";
import { wanted } from "./desired.ts";
import type { DesiredSession, Policy, TaskState } from "./types.ts";

/** A piece of work as it would be, and the state it would be done in. */
export interface Assumed {
  readonly state: TaskState;
  readonly work: DesiredSession;
}

/** Which subtask a coder or fixer is asked about. */
export interface SubtaskPlace {
  readonly wave: number;
  readonly number: number;
}

const BRIEFS: Readonly<Partial<Record<Role, DesiredSession["brief"]>>> = {
  planner: "plan",
  architect: "architect",
  coder: "solo",
  reviewer: "review",
  fixer: "fix",
  master: "verify",
};

/**
 * What a role would be asked to do on a task: what it is at now, or else what it would be if the
 * task came to it. Pure; nothing starts.
 * @param place a subtask of the plan, for the coder of a wave or the fixer of its conflict
 * @throws KasError "usage" for a role without work in the lifecycle or a subtask the plan has not
 */
export function assumeWork(
  state: TaskState,
  role: Role,
  plan: Plan,
  policy: Policy,
  place: SubtaskPlace | null,
): Assumed {
  const now = wanted(state, policy).find((work) =>
    work.role === role &&
    (place === null || (work.wave === place.wave && work.subtask === place.number))
  );
  if (now !== undefined) return { state, work: now };
  const brief = BRIEFS[role];
  if (brief === undefined) {
    throw new KasError("usage", `Cannot show a prompt for ${role}: it has no part in a task`, {
      hint: `Roles: ${Object.keys(BRIEFS).join(", ")}`,
    });
  }
  const { task } = state;
  const round = Math.max(1, task.reviewCycle + (role === "fixer" ? 0 : 1));
  const work: DesiredSession = {
    baseKey: "",
    role,
    title: `${task.name}-${brief}`,
    slot: "task",
    wave: null,
    subtask: null,
    round: brief === "plan" || brief === "architect" || brief === "solo" ? 1 : round,
    peers: 1,
    brief,
  };
  return place === null ? { state, work } : inWave(state, work, plan, place);
}

function inWave(state: TaskState, work: DesiredSession, plan: Plan, place: SubtaskPlace): Assumed {
  const peers = plan.waves.find((wave) => wave.number === place.wave)?.tasks ?? [];
  const planned = peers.find((task) => task.number === place.number);
  if (planned === undefined || (work.role !== "coder" && work.role !== "fixer")) {
    throw new KasError(
      "usage",
      `Cannot show the prompt of a ${work.role} for task ${place.number} of wave ${place.wave}: ` +
        (planned === undefined ? "the plan has no such task" : "it does no single task of a plan"),
      { hint: `See the plan with "kas task show ${state.task.name}"` },
    );
  }
  const known = state.subtasks.find((s) => s.wave === place.wave && s.number === place.number);
  const subtask: Subtask = known ?? {
    id: 0,
    taskId: state.task.id,
    wave: place.wave,
    number: planned.number,
    title: planned.title,
    body: planned.body,
    files: planned.files,
    status: "pending",
    attempt: 1,
    assignment: work.role === "fixer" ? "resolve" : "build",
    baseCommit: null,
    commit: null,
    note: "",
    startedAt: null,
    reportedAt: null,
    endedAt: null,
  };
  return {
    state: { ...state, subtasks: [...state.subtasks.filter((s) => s !== known), subtask] },
    work: {
      ...work,
      wave: place.wave,
      subtask: place.number,
      round: subtask.attempt,
      peers: work.role === "fixer" ? 1 : peers.length,
      brief: work.role === "fixer" ? "resolve" : "wave",
    },
  };
}
