import type { AgentConfig, HarnessName, KasConfig, Phase } from "../config/types.ts";
import { KasError } from "../errors.ts";
import type { DesiredSession } from "../lifecycle/types.ts";

/** Which phase of the configuration a kind of work belongs to. */
const PHASE_OF: Readonly<Record<DesiredSession["brief"], Phase>> = {
  plan: "planning",
  architect: "elaborating",
  solo: "implementing",
  wave: "implementing",
  resolve: "fixer",
  fix: "fixer",
  review: "quality_review",
  verify: "readiness_review",
};

/** Programs tried, in this order, when the configuration names none. */
export const KNOWN_PROGRAMS = ["claude", "codex", "opencode"] as const;

/** Who does a piece of work, resolved from the configuration. */
export interface Profile {
  /** Agent name; `default` when no agent is configured for the phase. */
  readonly name: string;
  readonly harness: HarnessName;
  readonly program: readonly string[];
  readonly model: string | null;
  readonly effort: string | null;
  readonly flags: readonly string[];
  readonly permission: "prompt" | "bypass";
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMinutes: number | null;
}

/**
 * The profile for a kind of work: the phase's agent when it is enabled, else the default program,
 * else the first known CLI on the PATH. Agents that kas starts by itself need nobody at the
 * keyboard, so their permission is `bypass` unless the agent says `prompt`.
 * @throws KasError "missing_program" when there is no program at all
 */
export async function resolveProfile(
  config: KasConfig,
  brief: DesiredSession["brief"],
  path: string,
): Promise<Profile> {
  const agent = config.agents[config.phases[PHASE_OF[brief]]];
  if (agent !== undefined && agent.enabled && agent.harness !== null) {
    return fromAgent(agent, agent.harness);
  }
  if (config.defaultHarness !== null) {
    return plain(config.defaultHarness, config.defaultProgram);
  }
  for (const name of KNOWN_PROGRAMS) {
    if (await onPath(name, path)) return plain(name, [name]);
  }
  throw new KasError(
    "missing_program",
    `Cannot start a ${brief} agent: none of ${KNOWN_PROGRAMS.join(", ")} is on the PATH`,
    { hint: `Install one, or set default_program in the configuration` },
  );
}

function fromAgent(agent: AgentConfig, harness: HarnessName): Profile {
  return {
    name: agent.name,
    harness,
    program: agent.program,
    model: agent.model,
    effort: agent.effort,
    flags: agent.flags,
    permission: agent.permissionDefault === "prompt" ? "prompt" : "bypass",
    env: agent.env,
    timeoutMinutes: agent.timeoutMinutes,
  };
}

function plain(harness: HarnessName, program: readonly string[]): Profile {
  return {
    name: "default",
    harness,
    program,
    model: null,
    effort: null,
    flags: [],
    permission: "bypass",
    env: {},
    timeoutMinutes: null,
  };
}

async function onPath(program: string, path: string): Promise<boolean> {
  for (const folder of path.split(":").filter((part) => part.startsWith("/"))) {
    try {
      const info = await Deno.stat(`${folder}/${program}`);
      if (info.isFile && ((info.mode ?? 0) & 0o111) !== 0) return true;
    } catch (error) {
      const absent = error instanceof Deno.errors.NotFound ||
        error instanceof Deno.errors.NotADirectory || error instanceof Deno.errors.PermissionDenied;
      if (!absent) throw error;
    }
  }
  return false;
}
