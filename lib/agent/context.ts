import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { type Permission, PERMISSIONS, type Role } from "../store/types.ts";
import {
  type Agent,
  type AgentContext,
  type AgentProfile,
  type LaunchMode,
  type OutputFormat,
  type Runtime,
  RUNTIMES,
  type RuntimeSettings,
} from "./types.ts";

/**
 * One launch, decided. Pure. Who wins, highest first; the first place that says something does:
 *
 * | row | place | decides |
 * | --- | --- | --- |
 * | 1 | options of the command | runtime, model, effort, permission, output, turns, timeout |
 * | 2 | `[agents.<name>]` of the project's config.toml | runtime and program, model, effort, permission, timeout |
 * | 3 | `[agents.<name>]` of the user's config.toml | the same |
 * | 4 | `[runtime.<runtime>]` of agent.toml | program, model, effort, raw permission |
 * | 5 | agent.toml | runtime, model, effort, permission, output, turns, timeout |
 * | 6 | the role, in the lifecycle | permission `yolo`: nobody is there to ask |
 * | 7 | `default_program` and `[defaults]` of config.toml | runtime and program, model, effort, permission, output, turns |
 * | 8 | built in | first runtime that is installed, `ask`, `text` |
 *
 * A place that names a runtime means its program, model, effort and flags for that one: they do not
 * follow when a higher row chooses another. Arguments are joined, lowest row first; so are
 * variables, where the higher row wins. A permission from row 1, 2 or 3 clears the raw one of row 4.
 */

/** What one place above agent.toml says; null or empty = nothing. */
export interface AgentSettings {
  readonly runtime: Runtime | null;
  /** Executable and leading arguments; goes with `runtime`. */
  readonly program: readonly string[];
  readonly model: string | null;
  readonly effort: string | null;
  readonly permission: Permission | null;
  readonly outputFormat: OutputFormat | null;
  readonly maxTurns: number | null;
  /** 0 = no limit. */
  readonly timeoutMinutes: number | null;
  readonly extraArgs: readonly string[];
  readonly setEnv: Readonly<Record<string, string>>;
}

/** Settings that say nothing. */
export const NO_SETTINGS: AgentSettings = Object.freeze({
  runtime: null,
  program: [],
  model: null,
  effort: null,
  permission: null,
  outputFormat: null,
  maxTurns: null,
  timeoutMinutes: null,
  extraArgs: [],
  setEnv: {},
});

/** Everything beside the agent that a launch depends on. */
export interface ContextChoices {
  readonly mode: LaunchMode;
  /** Role in the lifecycle; null for a launch by hand or by another agent. */
  readonly role: Role | null;
  /** Absolute and real; the caller has looked. */
  readonly cwd: string;
  readonly task: string | null;
  /** Id of a session of the runtime, or `last`. */
  readonly resume: string | null;
  /** Row 1. */
  readonly flags: AgentSettings;
  /** Rows 2 and 3, the project's first. */
  readonly settings: readonly AgentSettings[];
  /** Row 7. */
  readonly defaults: AgentSettings;
  /** Row 8: runtimes that are installed, best first. */
  readonly installed: readonly Runtime[];
  /** Programs that stand in for a runtime's own name, from `KASMOS_<RUNTIME>_BIN`. */
  readonly programs: Readonly<Partial<Record<Runtime, readonly string[]>>>;
  /** The most its caller may grant; null = a person started it. */
  readonly ceiling: Permission | null;
}

const EMPTY: RuntimeSettings = {
  program: null,
  model: null,
  effort: null,
  permissionRaw: null,
  extraArgs: [],
};

/**
 * The context of a launch, deeply frozen and independent of its inputs.
 * @throws KasError "missing_program" when no runtime is named and none is installed, "invalid" when
 * the runtime `command` has no program
 */
export function buildContext(agent: Agent, choices: ContextChoices): AgentContext {
  const { profile } = agent;
  const runtime = chooseRuntime(agent, choices);
  const own = profile.perRuntime[runtime] ?? EMPTY;
  const above = [choices.flags, ...choices.settings].filter((place) => fits(place, runtime));
  const below = [choices.defaults].filter((place) => fits(place, runtime));
  const ofProfile = profile.runtime === null || profile.runtime === runtime ? profile : null;
  const word = (key: "model" | "effort"): string | null =>
    first(...above.map((at) => at[key]), own[key], ofProfile?.[key], ...below.map((at) => at[key]));
  const { permission, permissionRaw } = choosePermission(agent, choices, own);
  const timeout = first(
    choices.flags.timeoutMinutes,
    ...choices.settings.map((place) => place.timeoutMinutes),
    profile.timeoutMinutes,
    choices.defaults.timeoutMinutes,
  );
  const layers = [...below, ...above.toReversed()];
  return deepFreeze(structuredClone<AgentContext>({
    agent: profile.name,
    scope: profile.scope,
    directory: profile.directory,
    role: choices.role,
    mode: choices.mode,
    runtime,
    program: chooseProgram(agent.profile.name, runtime, [
      ...above.map((place) => place.program),
      own.program ?? [],
      choices.programs[runtime] ?? [],
      ...below.map((place) => place.program),
    ]),
    model: word("model"),
    effort: word("effort"),
    permission,
    permissionRaw,
    outputFormat:
      first(choices.flags.outputFormat, profile.outputFormat, choices.defaults.outputFormat) ??
        "text",
    maxTurns: first(choices.flags.maxTurns, profile.maxTurns, choices.defaults.maxTurns),
    timeoutMinutes: timeout === 0 ? null : timeout,
    cwd: choices.cwd,
    task: choices.task,
    resume: choices.resume,
    extraArgs: [...own.extraArgs, ...layers.flatMap((place) => place.extraArgs)],
    parts: agent.parts,
    passEnv: profile.passEnv,
    setEnv: Object.assign(
      { ...choices.defaults.setEnv },
      profile.setEnv,
      ...[choices.flags, ...choices.settings].toReversed().map((place) => place.setEnv),
    ),
    secrets: profile.secrets,
    strict: profile.strict,
  }));
}

/**
 * Whether a launch needs {@link ContextChoices.installed}: looking for programs costs time, and no
 * one has to when a row above names the runtime.
 */
export function namesRuntime(
  agent: Agent,
  choices: Pick<ContextChoices, "flags" | "settings" | "defaults">,
): boolean {
  return runtimes(agent, choices).some((runtime) => runtime !== null);
}

/**
 * The model or effort that an agent.toml asks for on the runtime it names itself: row 4 before row 5.
 * Null when it says nothing.
 */
export function ownChoice(profile: AgentProfile, key: "model" | "effort"): string | null {
  const own = profile.runtime === null ? undefined : profile.perRuntime[profile.runtime];
  return own?.[key] ?? profile[key];
}

/** What was decided against what somebody wrote, in words for a warning. */
export function contextNotes(
  agent: Agent,
  choices: ContextChoices,
  context: AgentContext,
): string[] {
  const notes: string[] = [];
  const own = agent.profile.perRuntime[context.runtime];
  if (own?.permissionRaw !== undefined && own.permissionRaw !== null) {
    if (context.permissionRaw === null) {
      notes.push(
        `permission_mode_raw = ${quote(own.permissionRaw)} of agent.toml is not used: ` +
          `the permission is ${context.permission} for this launch`,
      );
    }
  }
  const wanted = choosePermission(agent, { ...choices, ceiling: null }, own ?? EMPTY).permission;
  if (rank(wanted) > rank(context.permission)) {
    notes.push(
      `permission ${wanted} is lowered to ${context.permission}: an agent that starts another ` +
        "cannot give more than it has",
    );
  }
  return notes;
}

function runtimes(
  agent: Agent,
  choices: Pick<ContextChoices, "flags" | "settings" | "defaults">,
): (Runtime | null)[] {
  return [
    choices.flags.runtime,
    ...choices.settings.map((place) => place.runtime),
    agent.profile.runtime,
    choices.defaults.runtime,
  ];
}

function chooseRuntime(agent: Agent, choices: ContextChoices): Runtime {
  const runtime = first(...runtimes(agent, choices), choices.installed[0]);
  if (runtime !== null) return runtime;
  const known = RUNTIMES.filter((name) => name !== "command" && name !== "demo");
  throw new KasError(
    "missing_program",
    `Cannot start ${agent.profile.name}: none of ${known.join(", ")} is on the PATH`,
    { hint: "Install one, or name a runtime in its agent.toml or with --runtime" },
  );
}

/** Whether a place's program, model and flags are meant for this runtime. */
function fits(place: AgentSettings, runtime: Runtime): boolean {
  return place.runtime === null || place.runtime === runtime;
}

function chooseProgram(
  agent: string,
  runtime: Runtime,
  places: readonly (readonly string[])[],
): readonly string[] {
  const named = places.find((program) => program.length > 0);
  if (named !== undefined) return named;
  if (runtime !== "command") return [runtime];
  throw new KasError("invalid", `Cannot start ${agent}: the runtime "command" has no program`, {
    hint: 'Set program = ["path", "argument"] under [runtime.command] in its agent.toml',
  });
}

function choosePermission(
  agent: Agent,
  choices: ContextChoices,
  own: RuntimeSettings,
): { permission: Permission; permissionRaw: string | null } {
  const given = first(
    choices.flags.permission,
    ...choices.settings.map((place) => place.permission),
  );
  const wanted = given ?? agent.profile.permission ??
    (choices.role === null ? null : "yolo") ?? choices.defaults.permission ?? "ask";
  const ceiling = choices.ceiling ?? "yolo";
  return {
    permission: rank(wanted) <= rank(ceiling) ? wanted : ceiling,
    // nobody knows how much a raw permission allows, so only those who may do all can pass it on
    permissionRaw: given === null && ceiling === "yolo" ? own.permissionRaw : null,
  };
}

function rank(permission: Permission): number {
  return PERMISSIONS.indexOf(permission);
}

/** The lower of two permissions. */
export function leastPermission(a: Permission, b: Permission): Permission {
  return rank(a) <= rank(b) ? a : b;
}

function first<T>(...values: readonly (T | null | undefined)[]): T | null {
  return values.find((value): value is T => value !== null && value !== undefined) ?? null;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}
