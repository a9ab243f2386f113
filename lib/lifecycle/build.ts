import { KasError } from "../errors.ts";
import type { Change, NewSubtask } from "../store/types.ts";
import type { PlanFacts, Policy, StepContext } from "./types.ts";
import { note, transition, UNMERGED } from "./step.ts";

export interface BuildStart {
  readonly event: "implement_start" | "reimplement";
  readonly actor: string;
  /** Begin with this wave and skip the architect; null = the usual way. */
  readonly wave: number | null;
  readonly overrideTopic: boolean;
  /** Version changes that stand before it in the same step. */
  readonly after: number;
}

/**
 * Starts the implementation on the way the plan's size asks for: one coder for a small plan, else
 * the architect and then the waves.
 * @throws KasError "guard" when the plan cannot be run, "invalid" for a wave it does not have
 */
export function beginBuild(start: BuildStart, facts: PlanFacts, context: StepContext): Change[] {
  const { task } = context.state;
  refuseBrokenPlan(task.name, facts);
  const total = facts.plan.waves.reduce((sum, wave) => sum + wave.tasks.length, 0);
  const enter = (patch: Parameters<typeof transition>[4]): Change =>
    transition(context, start.event, start.actor, {
      after: start.after,
      overrideTopic: start.overrideTopic,
    }, {
      ...UNMERGED,
      wave: 0,
      reviewCycle: 0,
      feedback: "",
      goal: facts.plan.goal ?? task.goal,
      ...patch,
    });
  if (start.wave !== null) {
    return [
      enter({ phase: "wave_running", wave: start.wave }),
      ...waveRows(start.wave, facts, context),
    ];
  }
  const threshold = context.policy.blueprintSkipThreshold;
  const clear: Change = { kind: "subtasks", taskId: task.id, subtasks: [] };
  return threshold > 0 && total <= threshold
    ? [enter({ phase: "single_agent_implementing" }), clear]
    : [enter({ phase: "architecting" }), clear];
}

/** The first wave of a plan. @throws KasError "guard" when it has none */
export function firstWave(facts: PlanFacts, name: string): number {
  refuseBrokenPlan(name, facts);
  return Math.min(...facts.plan.waves.map((wave) => wave.number));
}

/** Writes the plan's subtasks anew with one wave under way, and warns of claims that overlap. */
export function waveRows(wave: number, facts: PlanFacts, context: StepContext): Change[] {
  const { task } = context.state;
  if (!facts.plan.waves.some((w) => w.number === wave)) {
    throw new KasError(
      "invalid",
      `Cannot start wave ${wave} of "${task.name}": the plan has no such wave`,
      {
        hint: `Waves: ${facts.plan.waves.map((w) => w.number).join(", ")}`,
      },
    );
  }
  const rows: NewSubtask[] = facts.plan.waves.flatMap((w) =>
    w.tasks.map((item, index) => ({
      wave: w.number,
      number: item.number,
      title: item.title,
      body: withChecks(item.body, facts.checks.get(item.number) ?? []),
      files: facts.files.get(item.number) ?? item.files,
      status: w.number === wave && fits(index, context.policy) ? "running" : "pending",
    }))
  );
  const started = note(context, "wave_started", "kas", `wave ${wave} started`, {
    wave,
    tasks: rows.filter((row) => row.wave === wave).map((row) => row.number),
  });
  const warnings = [...facts.overlaps, ...facts.metaProblems].map((line) =>
    note(context, "plan_warning", "kas", line)
  );
  return [{ kind: "subtasks", taskId: task.id, subtasks: rows }, ...warnings, started];
}

/** The task's text with the architect's checks below it. */
function withChecks(body: string, checks: readonly string[]): string {
  if (checks.length === 0) return body;
  const lines = checks.map((check) => `- ${check}`).join("\n");
  return `${body.trimEnd()}\n\nChecks that must pass:\n${lines}\n`;
}

function fits(index: number, policy: Policy): boolean {
  return policy.maxParallelWaveTasks <= 0 || index < policy.maxParallelWaveTasks;
}

/** @throws KasError "guard" listing what is wrong with the plan */
export function refuseBrokenPlan(name: string, facts: PlanFacts): void {
  if (facts.errors.length === 0) return;
  throw new KasError("guard", `Cannot run the plan of "${name}": ${facts.errors[0]}`, {
    hint: `See all findings with "kas task show ${name} | kas task check -"`,
    context: { findings: facts.errors },
  });
}
