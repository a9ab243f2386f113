import { type Runtime, RUNTIMES } from "../agent/types.ts";
import type { Policy } from "../lifecycle/types.ts";
import { dotted } from "../toml/keys.ts";
import type { AgentFile, ConfigFile, DaemonFile, LinearFile, PolicyFile } from "./schema.ts";
import {
  type AgentConfig,
  type AgentDefaults,
  type ConfigEntry,
  type ConfigSource,
  type DaemonConfig,
  type KasConfig,
  type LinearConfig,
  type Phase,
  PHASES,
} from "./types.ts";
import { commandWords } from "../toml/words.ts";

/** From checked files to settings in force. Pure. */

/** One file, or what stands in for it; later layers win. */
export interface Layer {
  readonly source: ConfigSource;
  readonly data: ConfigFile;
}

type PolicyValue<K extends keyof PolicyFile> = NonNullable<PolicyFile[K]>;

/** The built-in policy, under the names of the files. */
const POLICY: { readonly [K in keyof PolicyFile]-?: PolicyValue<K> } = {
  auto_advance: true,
  auto_advance_waves: true,
  auto_review_fix: true,
  max_review_fix_cycles: 5,
  auto_readiness_review: true,
  readiness_self_fix_max_lines: 80,
  blueprint_skip_threshold: 2,
  max_parallel_wave_tasks: 0,
  wave_isolation: "worktree",
  auto_merge: false,
  stuck_after_minutes: 15,
};

/** Policy keys whose home is [ui]; the others live in [orchestration]. Both tables take all. */
export const UI_KEYS: readonly string[] = [
  "auto_advance",
  "auto_advance_waves",
  "auto_review_fix",
  "max_review_fix_cycles",
  "auto_readiness_review",
  "readiness_self_fix_max_lines",
];

const AGENT_OF: Readonly<Record<Phase, string>> = {
  planning: "planner",
  elaborating: "architect",
  implementing: "coder",
  quality_review: "reviewer",
  fixer: "fixer",
  readiness_review: "master",
};

/** Collects values and remembers which layer each came from. */
class Choice {
  readonly entries: ConfigEntry[] = [];

  constructor(private readonly layers: readonly Layer[]) {}

  /** The value of the last layer that has one. */
  pick<T>(key: string, read: (data: ConfigFile) => T | undefined, fallback: T): T {
    for (const layer of this.layers.toReversed()) {
      const value = read(layer.data);
      if (value !== undefined) return this.keep(key, value, layer.source);
    }
    return this.keep(key, fallback, "default");
  }

  private keep<T>(key: string, value: T, source: ConfigSource): T {
    this.entries.push({ key, value, source });
    return value;
  }
}

/** Merges layers, lowest first. */
export function resolveConfig(
  layers: readonly Layer[],
): { config: KasConfig; sources: readonly ConfigEntry[] } {
  const choice = new Choice(layers);
  const program = commandWords(choice.pick("default_program", (file) => file.default_program, ""));
  const config: KasConfig = {
    defaultProgram: Object.freeze(program),
    defaultHarness: harnessOf(program),
    branchPrefix: choice.pick("branch_prefix", (file) => file.branch_prefix, "plan/"),
    phases: Object.freeze(resolvePhases(choice)),
    policy: Object.freeze(resolvePolicy(choice)),
    agents: Object.freeze(resolveAgents(layers, choice)),
    defaults: Object.freeze(resolveDefaults(choice)),
    linear: Object.freeze(resolveLinear(layers, choice)),
  };
  return { config: Object.freeze(config), sources: Object.freeze(choice.entries) };
}

/** Fills in the defaults of daemon.toml. */
export function resolveDaemon(file: DaemonFile): DaemonConfig {
  const { repos, socket_path, ...policy } = file;
  return Object.freeze({
    repos: Object.freeze([...new Set((repos ?? []).map((path) => path.replace(/(.)\/+$/, "$1")))]),
    socketPath: socket_path === undefined || socket_path === "" ? null : socket_path,
    policy: Object.freeze(policy),
  });
}

/**
 * The agent for a phase, or null when it is missing, disabled or has no program: then the default
 * program is used.
 */
export function agentFor(config: KasConfig, phase: Phase): AgentConfig | null {
  const agent = config.agents[config.phases[phase]];
  return agent?.enabled === true ? agent : null;
}

/** The adapter for a program, by the name of its executable; null without one. */
export function harnessOf(program: readonly string[]): Runtime | null {
  const executable = program[0] ?? "";
  if (executable === "") return null;
  const base = executable.slice(executable.lastIndexOf("/") + 1).replace(/\.(exe|cmd|js|mjs)$/, "");
  return RUNTIMES.find((name) => name === base) ?? "command";
}

function resolvePhases(choice: Choice): Record<Phase, string> {
  const phases = { ...AGENT_OF };
  for (const phase of PHASES) {
    phases[phase] = choice.pick(
      `phases.${phase}`,
      ({ phases: table }) =>
        table?.[phase] ?? (phase === "readiness_review" ? table?.master_review : undefined),
      AGENT_OF[phase],
    );
  }
  return phases;
}

function resolvePolicy(choice: Choice): Policy {
  const pick = <K extends keyof PolicyFile>(key: K): PolicyValue<K> => {
    const inUi = UI_KEYS.includes(key);
    const read = (file: ConfigFile): PolicyFile[K] | undefined =>
      inUi
        ? file.ui?.[key] ?? file.orchestration?.[key]
        : file.orchestration?.[key] ?? file.ui?.[key] ?? resource(file, key);
    return choice.pick<PolicyValue<K>>(
      `${inUi ? "ui" : "orchestration"}.${key}`,
      (file) => read(file) ?? undefined,
      POLICY[key],
    );
  };
  return {
    autoAdvance: pick("auto_advance"),
    autoAdvanceWaves: pick("auto_advance_waves"),
    autoReviewFix: pick("auto_review_fix"),
    maxReviewFixCycles: pick("max_review_fix_cycles"),
    autoReadinessReview: pick("auto_readiness_review"),
    readinessSelfFixMaxLines: pick("readiness_self_fix_max_lines"),
    blueprintSkipThreshold: pick("blueprint_skip_threshold"),
    maxParallelWaveTasks: pick("max_parallel_wave_tasks"),
    waveIsolation: pick("wave_isolation"),
    autoMerge: pick("auto_merge"),
    stuckAfterMinutes: pick("stuck_after_minutes"),
  };
}

function resolveDefaults(choice: Choice): AgentDefaults {
  type Defaults = NonNullable<ConfigFile["defaults"]>;
  const pick = <K extends keyof Defaults>(key: K): NonNullable<Defaults[K]> | null =>
    choice.pick<NonNullable<Defaults[K]> | null>(
      `defaults.${key}`,
      (file) => file.defaults?.[key] ?? undefined,
      null,
    );
  return {
    runtime: pick("runtime"),
    model: pick("model") || null,
    effort: pick("effort") || null,
    permission: pick("permission_mode"),
    outputFormat: pick("output_format"),
    maxTurns: pick("max_turns"),
  };
}

/**
 * Who may command kas from outside is no business of a repository: what a project's file says of
 * Linear is left out.
 */
function resolveLinear(
  layers: readonly Layer[],
  choice: Choice,
): Record<string, LinearConfig> {
  const own = new Choice(layers.filter(({ source }) => source !== "project"));
  const keys = new Set(
    layers.filter(({ source }) => source !== "project")
      .flatMap(({ data }) => Object.keys(data.linear ?? {})),
  );
  const all: Record<string, LinearConfig> = Object.create(null);
  for (const key of [...keys].sort()) {
    const pick = <K extends keyof LinearFile>(
      name: K,
      fallback: NonNullable<LinearFile[K]>,
    ): NonNullable<LinearFile[K]> =>
      own.pick<NonNullable<LinearFile[K]>>(
        dotted(["linear", key, name]),
        ({ linear }) => linear?.[key]?.[name] ?? undefined,
        fallback,
      );
    all[key] = Object.freeze({
      enabled: pick("enabled", false),
      teams: Object.freeze(pick("teams", [])),
      projects: Object.freeze(pick("projects", [])),
      labels: Object.freeze(pick("labels", [])),
      actors: Object.freeze(pick("actors", [])),
      createLabels: Object.freeze(pick("create_labels", [])),
      planLabels: Object.freeze(pick("plan_labels", [])),
      startLabels: Object.freeze(pick("start_labels", [])),
    });
  }
  choice.entries.push(...own.entries);
  return all;
}

/** [resources] holds one key of the policy. */
function resource<K extends keyof PolicyFile>(file: ConfigFile, key: K): PolicyFile[K] | undefined {
  const table: PolicyFile | undefined = file.resources;
  return table?.[key];
}

function resolveAgents(layers: readonly Layer[], choice: Choice): Record<string, AgentConfig> {
  const names = new Set(layers.flatMap(({ data }) => Object.keys(data.agents ?? {})));
  const agents: Record<string, AgentConfig> = Object.create(null);
  for (const name of [...names].sort()) agents[name] = resolveAgent(name, layers, choice);
  return agents;
}

/** The files that are about another runtime than the last one named for an agent. */
function othersOf(
  layers: readonly Layer[],
  of: (file: ConfigFile) => AgentFile | undefined,
): ReadonlySet<ConfigFile> {
  const named = layers.map(({ data }): [ConfigFile, Runtime | null] => {
    const agent = of(data);
    return [data, agent?.harness ?? harnessOf(commandWords(agent?.program ?? ""))];
  }).filter(([, runtime]) => runtime !== null);
  const chosen = named.at(-1)?.[1];
  return new Set(named.filter(([, runtime]) => runtime !== chosen).map(([data]) => data));
}

function resolveAgent(name: string, layers: readonly Layer[], choice: Choice): AgentConfig {
  const of = (file: ConfigFile): AgentFile | undefined =>
    file.agents !== undefined && Object.hasOwn(file.agents, name) ? file.agents[name] : undefined;
  const others = othersOf(layers, of);
  type Pick = <T>(key: string, read: (agent: AgentFile) => T | undefined, fallback: T) => T;
  const picker = (left: ReadonlySet<ConfigFile>): Pick => (key, read, fallback) =>
    choice.pick(dotted(["agents", name, ...key.split(".")]), (file) => {
      const agent = left.has(file) ? undefined : of(file);
      return agent === undefined ? undefined : read(agent);
    }, fallback);
  const pick = picker(new Set());
  // what is meant for one runtime does not follow to another
  const pickOwn = picker(others);
  const program = commandWords(pickOwn("program", (agent) => agent.program, ""));
  const wanted = pick("enabled", (agent) => agent.enabled, program.length > 0);
  const env: Record<string, string> = Object.create(null);
  for (const variable of new Set(layers.flatMap(({ data }) => Object.keys(of(data)?.env ?? {})))) {
    env[variable] = pick(`env.${variable}`, (agent) => agent.env?.[variable], "");
  }
  return Object.freeze({
    name,
    enabled: wanted && program.length > 0,
    program: Object.freeze(program),
    harness: pickOwn<Runtime | null>("harness", (agent) => agent.harness, harnessOf(program)),
    flags: Object.freeze(pickOwn("flags", (agent) => agent.flags, []).flatMap(commandWords)),
    model: pickOwn<string | null>("model", (agent) => agent.model, null) || null,
    effort: pickOwn<string | null>("effort", (agent) => agent.effort, null) || null,
    executionMode: pick("execution_mode", (agent) => agent.execution_mode, "tmux"),
    permissionDefault: pick("permission_default", (agent) => agent.permission_default, "") ||
      "inherit",
    env: Object.freeze(env),
    timeoutMinutes: pick<number | null>("timeout_minutes", (agent) => agent.timeout_minutes, null),
  });
}
