import { builtinAgent } from "../agent/builtin.ts";
import { buildContext, NO_SETTINGS } from "../agent/context.ts";
import { agentPlaces, loadAgent } from "../agent/library.ts";
import type { Agent, AgentContext } from "../agent/types.ts";
import type { Paths } from "../config/paths.ts";
import type { KasConfig, Phase } from "../config/types.ts";
import { KasError } from "../errors.ts";
import type { DesiredSession } from "../lifecycle/types.ts";
import type { Role } from "../store/types.ts";
import { defaultsOf, installedRuntimes, programsOf, settingsOf } from "./choose.ts";

/** Which phase of the settings a kind of work belongs to. */
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

/** What casting depends on beside the work. */
export interface Stage {
  readonly config: KasConfig;
  readonly paths: Pick<Paths, "configDir">;
  /** Main work tree of the project. */
  readonly repoRoot: string;
  /** The environment kas was started in. */
  readonly hostEnv: Readonly<Record<string, string>>;
}

/** The agent that the settings give a kind of work. */
export function agentNameFor(config: KasConfig, brief: DesiredSession["brief"]): string {
  return config.phases[PHASE_OF[brief]];
}

/**
 * The agent of that name, ready to play a role. A name that only stands in `[agents.<name>]` is the
 * built-in agent of the role with those settings.
 * @throws KasError as loadAgent
 */
export async function loadFor(stage: Stage, name: string, role: Role): Promise<Agent> {
  try {
    return await loadAgent(agentPlaces(stage.paths, stage.repoRoot), name);
  } catch (error) {
    const unknown = error instanceof KasError && error.code === "not_found";
    if (!unknown || stage.config.agents[name] === undefined) throw error;
    const { profile, parts } = builtinAgent(role);
    return { profile: { ...profile, name }, parts };
  }
}

/**
 * Who does a piece of work of a task, decided down to the last option. Nobody is at the keyboard, so
 * the permission is `yolo` unless the settings or the agent say otherwise.
 * @throws KasError "missing_program" when there is no runtime at all, and as loadAgent
 */
export async function castAgent(
  stage: Stage,
  work: Pick<DesiredSession, "brief" | "role">,
  place: { readonly cwd: string; readonly prompt: string },
): Promise<AgentContext> {
  const { config, hostEnv } = stage;
  const name = agentNameFor(config, work.brief);
  const agent = await loadFor(stage, name, work.role);
  return buildContext(agent, {
    mode: "chat",
    role: work.role,
    cwd: place.cwd,
    task: place.prompt,
    resume: null,
    flags: NO_SETTINGS,
    settings: settingsOf(config, name),
    defaults: defaultsOf(config),
    installed: await installedRuntimes(hostEnv),
    programs: programsOf(hostEnv),
    ceiling: null,
  });
}
