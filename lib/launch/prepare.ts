import type { AgentContext, Runtime } from "../agent/types.ts";
import { VARIABLES } from "../agent/variables.ts";
import { KasError } from "../errors.ts";
import { pickEnv } from "../harness/env.ts";
import type { Harness, Launch } from "../harness/types.ts";
import { isOlder } from "../harness/version.ts";
import { quote } from "../names.ts";
import { findProgram, requireFit, requireFolder } from "./preflight.ts";
import type { LaunchInput, PreparedLaunch } from "./types.ts";
import { programVersion } from "./version_cache.ts";

export type { LaunchInput, PreparedLaunch } from "./types.ts";

/** Name of kas's own MCP server in every runtime. */
const OWN_SERVER = "kasmos";

/**
 * Everything of a launch, decided and checked; nothing is written and no agent started.
 * @param input see {@link LaunchInput}
 * @param harness the adapter; default that of the context's runtime
 * @throws KasError "not_found" or "invalid" for the folder, the agent or its settings,
 * "missing_program" when the program is missing or too old, "runtime_unfit" when the runtime cannot
 * take what the agent needs, and what resolving a secret throws
 */
export async function prepareLaunch(
  input: LaunchInput,
  harness?: Harness,
): Promise<PreparedLaunch> {
  harness ??= await launchHarness(input.context.runtime);
  const { context, launchDir } = input;
  await requireFolder(context.cwd);
  requireOwnNames(context);
  requireFit(context, harness.capabilities);
  const { file, version } = await requireProgram(input, harness);
  const agentDir = `${launchDir}/agent`;
  const env = await environment(input, agentDir);
  const server = input.kasServer && harness.capabilities.mcp.includes("stdio");
  const launch = await harness.render({
    context,
    launchDir,
    agentDir,
    repoRoot: input.repoRoot,
    promptFile: input.promptFile,
    kasServer: server
      ? {
        command: [`${input.shimDir}/kas`, "mcp"],
        envNames: Object.keys(env).filter((name) => name.startsWith("KASMOS_")),
      }
      : null,
    version,
    stateHook: input.stateHook === true ? [`${input.shimDir}/kas`, "hook"] : null,
    env,
    hostEnv: input.hostEnv,
  });
  return {
    context,
    harness,
    launch: pinned(launch, context, file),
    launchDir,
    agentDir,
    version,
    promptFile: input.promptFile,
    lockFile: input.lockFile,
  };
}

/** Adapters by runtime; only the one that is meant is loaded. */
const ADAPTERS: Readonly<Record<Runtime, () => Promise<Harness>>> = {
  claude: async () => (await import("../harness/claude.ts")).claudeHarness,
  codex: async () => (await import("../harness/codex.ts")).codexHarness,
  opencode: async () => (await import("../harness/opencode.ts")).opencodeHarness,
  copilot: async () => (await import("../harness/copilot.ts")).copilotHarness,
  gemini: async () => (await import("../harness/gemini.ts")).geminiHarness,
  command: async () => (await import("../harness/command.ts")).commandHarness,
  demo: async () => (await import("../harness/demo.ts")).demoHarness,
};

/** The adapter of a runtime. */
export function launchHarness(runtime: Runtime): Promise<Harness> {
  return ADAPTERS[runtime]();
}

/**
 * Names that are kas's own: an agent must not pass for another one, nor hide kas's tools.
 * @throws KasError "invalid"
 */
function requireOwnNames(context: AgentContext): void {
  const names = [...Object.keys(context.setEnv), ...Object.keys(context.secrets)];
  const taken = names.find((name) => name.startsWith("KASMOS_"));
  if (taken !== undefined) {
    throw new KasError("invalid", `Cannot set ${quote(taken)} for ${context.agent}`, {
      hint: "Names that begin with KASMOS_ are set by kas alone; choose another one",
    });
  }
  if (Object.hasOwn(context.parts.mcpServers, OWN_SERVER)) {
    throw new KasError(
      "invalid",
      `Cannot start ${context.agent}: its mcp.json has a server "${OWN_SERVER}"`,
      { hint: "That name is kas's own server, which every agent gets; remove or rename the entry" },
    );
  }
}

/**
 * The program that was found is the one that is started: the agent's own `bin/` comes first on its
 * PATH and must not take the runtime's place.
 */
function pinned(launch: Launch, context: AgentContext, file: string | null): Launch {
  const [program, ...args] = launch.argv;
  if (file === null || program !== context.program[0]) return launch;
  return { ...launch, argv: [file, ...args] };
}

/** Finds the program and checks its version. Without a minimum nobody is asked. */
async function requireProgram(
  input: LaunchInput,
  harness: Harness,
): Promise<{ file: string | null; version: string | null }> {
  const { context, hostEnv } = input;
  if (context.runtime === "demo") {
    return { file: null, version: await harness.version(context.program, hostEnv) };
  }
  const path = context.setEnv["PATH"] ?? hostEnv["PATH"] ?? DEFAULT_PATH;
  const file = await findProgram(context.program[0] ?? "", path, context.cwd);
  if (harness.minVersion === null) return { file, version: null };
  const version = await programVersion(harness, file, context.program.slice(1), input);
  if (!isOlder(version, harness.minVersion)) return { file, version };
  throw new KasError(
    "missing_program",
    `Cannot use ${quote(file, 200)}: it is version ${version}, ${harness.name} needs ` +
      harness.minVersion,
    {
      hint: harness.install === null ? `Update ${harness.name}` : `Update it: ${harness.install}`,
      context: { version, minimum: harness.minVersion },
    },
  );
}

const DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";

/** The variables that are set whatever the runtime: secrets live here and nowhere else. */
async function environment(
  input: LaunchInput,
  agentDir: string,
): Promise<Record<string, string>> {
  const { context, hostEnv } = input;
  const secrets: Record<string, string> = {};
  for (const [name, ref] of Object.entries(context.secrets)) {
    secrets[name] = await input.secret(ref, name);
  }
  const passed = pickEnv(hostEnv, context.passEnv.filter((name) => !name.startsWith("KASMOS_")));
  const folders = [input.shimDir, ...(context.parts.binDir === null ? [] : [`${agentDir}/bin`])];
  const path = context.setEnv["PATH"] ?? hostEnv["PATH"] ?? DEFAULT_PATH;
  return {
    ...Object.fromEntries(Object.entries(passed).filter(([name]) => !name.startsWith("KASMOS_"))),
    ...context.setEnv,
    ...secrets,
    KAS_AGENT_DIR: agentDir,
    [VARIABLES.agent]: context.agent,
    ...(input.promptFile === null ? {} : { [VARIABLES.promptFile]: input.promptFile }),
    ...input.variables,
    PATH: [...folders, path].join(":"),
  };
}
