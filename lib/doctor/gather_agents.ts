import { buildContext, NO_SETTINGS } from "../agent/context.ts";
import {
  type AgentFinding,
  type AgentPlaces,
  inspectAgent,
  listAgents,
  loadAgent,
} from "../agent/library.ts";
import type { AgentContext, Runtime } from "../agent/types.ts";
import type { KasConfig } from "../config/types.ts";
import { KasError } from "../errors.ts";
import { isThere } from "../files/there.ts";
import { loginOf, type LoginRuntime } from "../harness/login.ts";
import { harnessFor, isOlder } from "../harness/mod.ts";
import { PROBED } from "../harness/probe.ts";
import type { Probed } from "../harness/types.ts";
import { defaultsOf, installedRuntimes, programsOf, settingsOf } from "../launch/choose.ts";
import { findProgram, misfits } from "../launch/preflight.ts";
import { programProbings } from "../launch/version_cache.ts";
import type { Surroundings } from "./gather.ts";
import type { AgentFact, Facts, RuntimeFact } from "./types.ts";

/** Runtimes that are looked for whatever the settings say. */
const LOOKED_FOR: readonly LoginRuntime[] = ["claude", "codex", "opencode", "copilot", "gemini"];

/** An agent, and the launch it would get; null when it cannot be decided. */
interface Candidate {
  readonly fact: AgentFact;
  readonly context: AgentContext | null;
}

/** Looks at every agent that counts, and at the runtimes they and others would use. */
export async function gatherAgents(
  around: Surroundings,
  places: AgentPlaces,
  config: KasConfig | null,
): Promise<Pick<Facts, "agents" | "runtimes">> {
  const phases = new Map<string, string[]>();
  for (const [phase, agent] of Object.entries(config?.phases ?? {})) {
    phases.set(agent, [...phases.get(agent) ?? [], phase]);
  }
  const listed = (await listAgents(places)).filter((agent) => !agent.shadowed);
  const wanted = around.agent === null
    ? listed.map((agent) => agent.name)
    : [...new Set([around.agent, ...phases.keys()])];
  const installed = await installedRuntimes(around.hostEnv);
  const candidates = await Promise.all(
    wanted.map((name) =>
      candidate(around, places, config, installed, name, phases.get(name) ?? [])
    ),
  );
  const chosen = candidates.filter(({ fact }) =>
    fact.phases.length > 0 || fact.name === around.agent
  );
  const runtimes = await Promise.all(LOOKED_FOR.map((name) => runtime(around, name, chosen)));
  return { agents: candidates.map(({ fact }) => fact), runtimes };
}

async function candidate(
  around: Surroundings,
  places: AgentPlaces,
  config: KasConfig | null,
  installed: readonly Runtime[],
  name: string,
  phases: readonly string[],
): Promise<Candidate> {
  const nothing = { name, scope: "builtin" as const, runtime: null, phases, misfits: [] };
  try {
    const findings = await inspectAgent(places, name);
    const broken = findings.some(({ severity }) => severity === "error");
    if (broken || config === null) return { fact: { ...nothing, findings }, context: null };
    const agent = await loadAgent(places, name);
    const context = buildContext(agent, {
      mode: "chat",
      role: null,
      cwd: around.repoRoot ?? "/",
      task: null,
      resume: null,
      flags: NO_SETTINGS,
      settings: settingsOf(config, name),
      defaults: defaultsOf(config),
      installed,
      programs: programsOf(around.hostEnv),
      ceiling: null,
    });
    const can = harnessFor(context.runtime).capabilities;
    const isChosen = phases.length > 0 || name === around.agent;
    const namesIt = agent.profile.perRuntime[context.runtime]?.program ?? null;
    const program = namesIt === null ? null : await ownProgram(context, around.hostEnv, isChosen);
    return {
      fact: {
        name,
        scope: agent.profile.scope,
        runtime: context.runtime,
        phases,
        findings: program === null ? findings : [...findings, program],
        misfits: misfits(context, can).map((what) => `${context.runtime} does not take ${what}`),
      },
      context,
    };
  } catch (error) {
    if (!(error instanceof KasError)) throw error;
    // Without any runtime there is one finding about that, not one for each agent.
    const hint = error.hint === undefined ? {} : { fix: error.hint };
    const findings = error.code === "missing_program"
      ? []
      : [{ id: "launch", severity: "error" as const, message: error.message, ...hint }];
    return { fact: { ...nothing, findings }, context: null };
  }
}

/** What keeps the program that an agent itself names from being started; null when nothing does. */
async function ownProgram(
  { program: [program = ""], cwd, setEnv }: AgentContext,
  hostEnv: Surroundings["hostEnv"],
  isChosen: boolean,
): Promise<AgentFinding | null> {
  try {
    await findProgram(program, setEnv["PATH"] ?? hostEnv["PATH"] ?? "", cwd);
    return null;
  } catch (error) {
    if (!(error instanceof KasError)) throw error;
    const fix = error.hint === undefined ? {} : { fix: error.hint };
    const severity = isChosen ? "error" : "warning";
    return { id: "program", severity, message: error.message, ...fix };
  }
}

async function runtime(
  around: Surroundings,
  name: LoginRuntime,
  chosen: readonly Candidate[],
): Promise<RuntimeFact> {
  const harness = harnessFor(name);
  const users = chosen.filter(({ context }) => context?.runtime === name);
  const program = users[0]?.context?.program ?? programsOf(around.hostEnv)[name] ?? [name];
  const about = {
    name,
    runtime: name,
    program,
    minimum: harness.minVersion,
    install: harness.install,
    capabilities: harness.capabilities,
    login: await loginOf(name, { ...around.hostEnv, ...variablesOf(users) }),
    neededBy: users.map(({ fact }) => fact.name),
    users: usersOf(users),
  };
  try {
    const file = await findProgram(program[0] ?? name, around.hostEnv["PATH"] ?? "", "/");
    const args = program.slice(1);
    const version = await harness.version([file, ...args], around.hostEnv);
    const recent = harness.minVersion === null ? null : !isOlder(version, harness.minVersion);
    const probings = recent === false ? null : await programProbings(harness, file, args, {
      hostEnv: around.hostEnv,
      version,
      cache: await probeCache(around.paths.stateDir),
    });
    return { ...about, version, recent, probings, problem: null, hint: null };
  } catch (error) {
    if (!(error instanceof KasError)) throw error;
    return {
      ...about,
      version: null,
      recent: null,
      probings: null,
      problem: error.message,
      hint: error.hint ?? null,
    };
  }
}

/** What agents bring along themselves; a secret counts by its name, it is not read. */
function variablesOf(users: readonly Candidate[]): Record<string, string> {
  const named = users.flatMap(({ context }) =>
    context === null ? [] : [
      ...Object.entries(context.setEnv),
      ...Object.keys(context.secrets).map((name) => [name, "secret"] as const),
    ]
  );
  return Object.fromEntries(named);
}

/** Where answers are kept; null without a folder of state: the doctor makes none. */
async function probeCache(stateDir: string): Promise<string | null> {
  try {
    return await isThere(stateDir) ? `${stateDir}/probes` : null;
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) return null;
    throw error;
  }
}

function usersOf(users: readonly Candidate[]): RuntimeFact["users"] {
  const names: Partial<Record<Probed, string[]>> = {};
  for (const { fact, context } of users) {
    for (const capability of context === null ? [] : usedBy(context)) {
      (names[capability] ??= []).push(fact.name);
    }
  }
  return names;
}

/** What of its runtime a launch uses. Going on with a session is a person's choice of the moment. */
function usedBy({ parts, ...context }: AgentContext): Probed[] {
  const isAny = (part: object): boolean => Object.keys(part).length > 0;
  const uses: Record<Probed, boolean> = {
    start: true,
    soul: parts.soul.trim() !== "",
    model: context.model !== null,
    efforts: context.effort !== null,
    permissions: context.permissionRaw === null,
    permissionRaw: context.permissionRaw !== null,
    outputFormats: context.outputFormat !== "text",
    maxTurns: context.maxTurns !== null,
    // kas's own server at least
    mcp: true,
    skills: isAny(parts.skills),
    hookEvents: isAny(parts.hooks),
    commands: isAny(parts.commands),
    resume: false,
    strict: context.strict,
  };
  return PROBED.filter((capability) => uses[capability]);
}
