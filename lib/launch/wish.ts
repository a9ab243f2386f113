import {
  type AgentSettings,
  buildContext,
  type ContextChoices,
  contextNotes,
  namesRuntime,
} from "../agent/context.ts";
import { agentPlaces, loadAgent } from "../agent/library.ts";
import type { Agent, AgentContext, LaunchMode } from "../agent/types.ts";
import { loadConfig } from "../config/config.ts";
import type { Paths } from "../config/paths.ts";
import { KasError } from "../errors.ts";
import type { Harness } from "../harness/types.ts";
import { quote } from "../names.ts";
import type { AgentGrant } from "../store/types.ts";
import { defaultsOf, installedRuntimes, programsOf, settingsOf } from "./choose.ts";
import { requireNoOptions, requireWithin } from "./grant.ts";
import { requireFolder } from "./preflight.ts";
import { launchHarness } from "./prepare.ts";

/** What is asked for when one agent is to be started outside of the lifecycle. */
export interface LaunchWish {
  readonly agent: string;
  readonly mode: LaunchMode;
  /** Any path; it is resolved. */
  readonly cwd: string;
  readonly task: string | null;
  readonly resume: string | null;
  /** Options given for this launch. */
  readonly flags: AgentSettings;
  /** True also keeps the user's own settings out where agent.toml does not say so. */
  readonly strict: boolean;
  /** True lets kas read the answer: the runtime prints what its adapter reads best. */
  readonly readable: boolean;
}

/** Where it happens. */
export interface LaunchScene {
  readonly paths: Paths;
  readonly hostEnv: Readonly<Record<string, string>>;
  /** Real path of the main work tree around `cwd`; null outside a repository. */
  readonly repoRoot: string | null;
  /** The agent that asks; null for a person. */
  readonly caller: AgentGrant | null;
}

/** A launch, decided. */
export interface ChosenLaunch {
  readonly agent: Agent;
  readonly context: AgentContext;
  readonly harness: Harness;
  /** What was decided against somebody's words. */
  readonly notes: readonly string[];
}

/**
 * Finds the agent, reads the settings and decides everything about a launch.
 * @throws KasError "not_found" for an agent or folder that is not there, "invalid" for what is wrong
 * in its files or in the settings, "guard" for links out of the agent's folder, for a folder outside
 * the caller's and for words to the runtime that could lift the caller's permission, "missing_program"
 * when no runtime is installed, "usage" for the scripted agent, which works on tasks alone
 */
export async function chooseLaunch(wish: LaunchWish, scene: LaunchScene): Promise<ChosenLaunch> {
  const cwd = await requireFolder(wish.cwd);
  if (scene.caller !== null) requireWithin(cwd, scene.caller.root);
  const found = await loadAgent(agentPlaces(scene.paths, scene.repoRoot), wish.agent);
  const agent = wish.strict ? { ...found, profile: { ...found.profile, strict: true } } : found;
  const { config } = await loadConfig(scene.repoRoot, scene.paths);
  const rows = {
    flags: wish.flags,
    settings: settingsOf(config, agent.profile.name),
    defaults: defaultsOf(config),
  };
  const choices: ContextChoices = {
    ...rows,
    mode: wish.mode,
    role: null,
    cwd,
    task: wish.task,
    resume: wish.resume,
    installed: namesRuntime(agent, rows) ? [] : await installedRuntimes(scene.hostEnv),
    programs: programsOf(scene.hostEnv),
    ceiling: scene.caller?.permission ?? null,
  };
  const context = buildContext(agent, choices);
  requireNoOptions(context, scene.caller);
  if (context.runtime === "demo") throw isScripted(agent.profile.name);
  const harness = await launchHarness(context.runtime);
  const notes = contextNotes(agent, choices, context);
  if (!wish.readable) return { agent, context, harness, notes };
  const flags = { ...wish.flags, outputFormat: readableFormat(harness) };
  return { agent, context: buildContext(agent, { ...choices, flags }), harness, notes };
}

/** The scripted agent plays the roles of a task and nothing else. */
function isScripted(agent: string): KasError {
  return new KasError(
    "usage",
    `Cannot start ${quote(agent)} on "demo": that one works on tasks alone`,
    {
      hint:
        "Choose another runtime with --runtime; to see the scripted agent at work, run: kas demo",
    },
  );
}

/**
 * The format in which a runtime tells most; a program kas knows nothing of is left to its own words.
 * Events come before a document: of a run that is cut off there is no document, and gemini tells its
 * limit of turns as an event alone.
 */
function readableFormat({ name, capabilities }: Harness): "json" | "stream-json" | "text" {
  if (name === "command" || name === "demo") return "text";
  const best = (["stream-json", "json"] as const).find((format) =>
    capabilities.outputFormats.includes(format)
  );
  return best ?? "text";
}
