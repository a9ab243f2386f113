import { isThere } from "../files/there.ts";
import type { AgentContext, McpServer } from "../agent/types.ts";
import { COPILOT_EVENTS, plugin } from "./copilot_plugin.ts";
import { readCopilot } from "./copilot_read.ts";
import { copilotState, type Place, placeFile } from "./copilot_state.ts";
import { copilotTurns } from "./copilot_turns.ts";
import { homeOf, launchEnvironment } from "./env.ts";
import { type JsonObject } from "./files.ts";
import { parseWithComments } from "./jsonc.ts";
import { missingVariables } from "./mcp_servers.ts";
import { fitsArgument, promptArgument } from "./prompt.ts";
import { unattendedNotes } from "./run_notes.ts";
import { isInstance } from "./turns.ts";
import type {
  Capabilities,
  GeneratedFile,
  GeneratedLink,
  Harness,
  Launch,
  Probe,
  RenderRequest,
  SettingsAnswer,
} from "./types.ts";
import { versionIn } from "./version.ts";

type Env = Readonly<Record<string, string>>;

/** Named one by one: `COPILOT_ALLOW_ALL` allows everything, others are marks of a running session. */
const ENV_NAMES: readonly string[] = [
  "COPILOT_HOME",
  "COPILOT_CACHE_HOME",
  "COPILOT_PKG_CACHE_HOME",
  "COPILOT_GITHUB_TOKEN",
  "COPILOT_GH_HOST",
  "COPILOT_API_URL",
  "COPILOT_MODEL",
  "COPILOT_AUTO_TIER",
  "COPILOT_OFFLINE",
  "COPILOT_PROVIDER_*",
  "COPILOT_PROVIDERS_CONFIG",
  "COPILOT_CUSTOM_INSTRUCTIONS_DIRS",
  "COPILOT_SKILLS_DIRS",
  "GH_TOKEN",
  "GITHUB_TOKEN",
  "GH_HOST",
];

/** Of these, what brings instructions of the user's own. */
const PERSONAL_NAMES: readonly string[] = [
  "COPILOT_CUSTOM_INSTRUCTIONS_DIRS",
  "COPILOT_SKILLS_DIRS",
];

/** The user's own folder of copilot, for a kas that is started inside of a strict launch. */
const USER_HOME = "KASMOS_COPILOT_HOME";

const CAPABILITIES: Capabilities = {
  soul: "append",
  model: true,
  efforts: ["none", "minimal", "low", "medium", "high", "xhigh", "max"],
  permissions: ["ask", "auto", "yolo"],
  permissionRaw: true,
  outputFormats: ["text", "json", "stream-json"],
  maxTurns: false,
  mcp: ["stdio", "http", "sse"],
  skills: true,
  hookEvents: COPILOT_EVENTS,
  commands: true,
  resume: true,
  strict: true,
};

const PROBES: readonly Probe[] = [{
  args: ["--help"],
  words: {
    start: [
      "--no-auto-update",
      "--disable-client-telemetry",
      "--session-id",
      "--interactive",
      "--add-dir",
      "--no-ask-user",
    ],
    soul: ["--plugin-dir", "--agent"],
    model: ["--model"],
    efforts: ["--reasoning-effort"],
    permissions: ["--allow-tool", "--yolo"],
    permissionRaw: ["--allow-tool"],
    outputFormats: ["--silent", "--output-format", "--stream"],
    mcp: ["--additional-mcp-config", "--allow-tool"],
    skills: ["--plugin-dir", "--add-dir"],
    hookEvents: ["--plugin-dir"],
    commands: ["--plugin-dir"],
    resume: ["--continue", "--resume"],
    strict: ["--disable-builtin-mcps"],
  },
}];

/**
 * GitHub Copilot CLI. Permissions: `ask` is its default, which asks before anything that changes
 * something; `auto` allows files of the work tree to be written and asks before shell commands;
 * `yolo` allows all tools, paths and addresses. A raw permission is what `--allow-tool` takes, such as
 * `shell(git:*), write`. Kas's own tools are always allowed.
 *
 * The soul is an agent of a plugin made of the launched copy; copilot adds it to its own system
 * prompt. Skills, slash commands and hooks are parts of that plugin. It fills in the variables of MCP
 * servers itself and hands its environment on to them. The state is read from the event log of the
 * session. It has no limit of turns: `--max-autopilot-continues` counts something else.
 */
export const copilotHarness: Harness = {
  name: "copilot",
  defaultProgram: "copilot",
  programVariable: "KASMOS_COPILOT_BIN",
  install: "npm install -g @github/copilot",
  minVersion: "1.0.102",
  capabilities: CAPABILITIES,
  probes: PROBES,
  envNames: ENV_NAMES,
  version: versionIn(ENV_NAMES),
  render,
  read: readCopilot,
  state: copilotState,
  turns: copilotTurns,
  interruptKeys: ["C-c"],
};

async function render(request: RenderRequest): Promise<Launch> {
  const { context } = request;
  const env = environment(request);
  const home = await homeOfCopilot(request, env);
  const parts = plugin(request);
  const place = placeOf(request, home.used);
  const isRun = context.mode === "run";
  return {
    argv: [
      ...context.program,
      ...isRun ? runFlags(context) : [],
      "--no-auto-update",
      "--disable-client-telemetry",
      ...parts.flags,
      ...serverFlags(request),
      ...permissionFlags(context),
      ...folderFlags(request),
      ...context.model === null ? [] : ["--model", context.model],
      ...context.effort === null ? [] : ["--reasoning-effort", context.effort],
      ...sessionFlags(context, place),
      ...context.strict ? ["--disable-builtin-mcps"] : [],
      ...context.extraArgs,
      ...isRun ? [] : promptFlags(request),
    ],
    env: { ...env, ...home.variables },
    files: [...generatedFiles(request, place), ...parts.files],
    links: home.links,
    answers: trustAnswers(request, home.own),
    stdin: isRun ? context.task : null,
    notes: notes(request, env),
  };
}

function environment(request: RenderRequest): Record<string, string> {
  const { strict } = request.context;
  const names = strict ? ENV_NAMES.filter((name) => !PERSONAL_NAMES.includes(name)) : ENV_NAMES;
  return launchEnvironment(request, names);
}

interface Home {
  /** The user's. */
  readonly own: string;
  /** The one of this launch. */
  readonly used: string;
  readonly variables: Env;
  readonly links: readonly GeneratedLink[];
}

/**
 * Copilot's folder of settings, login and sessions. A strict launch has one of its own, with links to
 * the user's login and sessions.
 */
async function homeOfCopilot(request: RenderRequest, env: Env): Promise<Home> {
  const { context, launchDir, hostEnv } = request;
  const outer = hostEnv[USER_HOME];
  const own = outer || env["COPILOT_HOME"] || `${homeOf(env)}/.copilot`;
  if (!context.strict) {
    return { own, used: own, variables: outer ? { COPILOT_HOME: own } : {}, links: [] };
  }
  const used = `${launchDir}/copilot`;
  const links: GeneratedLink[] = [];
  for (const name of ["config.json", "session-state"]) {
    // the answer to the question of trust makes the file
    const hasIt = await isThere(`${own}/${name}`) || name === "config.json" && isManaged(request);
    if (hasIt) links.push({ path: `${used}/${name}`, target: `${own}/${name}` });
  }
  return { own, used, variables: { COPILOT_HOME: used, [USER_HOME]: own }, links };
}

/** Whether kas starts it for itself, in a worktree of its own. */
function isManaged({ context, env }: RenderRequest): boolean {
  return context.role !== null || env["KASMOS_SESSION"] !== undefined;
}

function placeOf(request: RenderRequest, home: string): Place {
  const { resume, task } = request.context;
  const isNew = resume === null && isInstance(request);
  return {
    sessions: `${home}/session-state`,
    session: isNew ? crypto.randomUUID() : resume === "last" ? null : resume,
    prompted: task !== null,
  };
}

function sessionFlags({ resume }: AgentContext, { session }: Place): string[] {
  if (resume === "last") return ["--continue"];
  if (resume !== null) return [`--resume=${resume}`];
  return session === null ? [] : [`--session-id=${session}`];
}

function runFlags({ outputFormat }: AgentContext): string[] {
  const format = outputFormat === "text"
    ? ["--silent"]
    : ["--output-format", "json", "--stream", outputFormat === "json" ? "off" : "on"];
  return [...format, "--no-ask-user"];
}

function permissionFlags({ permission, permissionRaw }: AgentContext): string[] {
  if (permissionRaw !== null) return [`--allow-tool=${permissionRaw}`, "--allow-tool=kasmos"];
  switch (permission) {
    case "yolo":
      return ["--yolo"];
    case "auto":
      return ["--allow-tool=write", "--allow-tool=kasmos"];
    case "ask":
      return ["--allow-tool=kasmos"];
  }
}

/** Copilot asks before it reads outside of its folder: files of skills, and a long prompt. */
function folderFlags({ context, agentDir, promptFile }: RenderRequest): string[] {
  const { task, mode, parts } = context;
  const isLong = mode === "chat" && task !== null && !fitsArgument(task) && promptFile !== null;
  return [
    ...Object.keys(parts.skills).length > 0 ? [`--add-dir=${agentDir}`] : [],
    ...isLong ? [`--add-dir=${promptFile.slice(0, promptFile.lastIndexOf("/"))}`] : [],
  ];
}

/** A first prompt is text: copilot would run one with `!` in a shell, unasked, and `/` is a command. */
function promptFlags(request: RenderRequest): string[] {
  const prompt = promptArgument(request);
  if (prompt === null) return [];
  return [`--interactive=${/^[!/]/.test(prompt) ? " " : ""}${prompt}`];
}

function serverFile(launchDir: string): string {
  return `${launchDir}/copilot-mcp.json`;
}

function serverFlags({ context, launchDir, kasServer }: RenderRequest): string[] {
  const isNeeded = kasServer !== null || Object.keys(context.parts.mcpServers).length > 0;
  return isNeeded ? ["--additional-mcp-config", `@${serverFile(launchDir)}`] : [];
}

function generatedFiles(request: RenderRequest, place: Place): GeneratedFile[] {
  const { launchDir } = request;
  const hasServers = serverFlags(request).length > 0;
  return [
    ...hasServers
      ? [{
        path: serverFile(launchDir),
        text: JSON.stringify({ mcpServers: mcpServers(request) }),
      }]
      : [],
    ...isInstance(request) ? [{ path: placeFile(launchDir), text: JSON.stringify(place) }] : [],
  ];
}

function mcpServers({ context, kasServer }: RenderRequest): JsonObject {
  const [command, ...args] = kasServer?.command ?? [];
  const servers: Record<string, McpServer> = {
    ...context.parts.mcpServers,
    ...command === undefined ? {} : { kasmos: { type: "stdio", command, args, env: {} } },
  };
  return Object.fromEntries(
    Object.entries(servers).map(([name, server]) => [name, { ...server, tools: ["*"] }]),
  );
}

/**
 * Kas's own worktrees are trusted, once for a repository. A person's own chat is asked by copilot
 * itself, and a run is never asked.
 */
function trustAnswers(request: RenderRequest, home: string): SettingsAnswer[] {
  const { context: { cwd, mode }, repoRoot } = request;
  if (mode === "run" || !isManaged(request)) return [];
  const folder = repoRoot !== null && isBelow(cwd, repoRoot) ? repoRoot : cwd;
  const path = `${home}/config.json`;
  const edit = (text: string | null) => addTrust(text, path, folder);
  return [{ path, purpose: `trust ${folder}`, edit }];
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}

function addTrust(text: string | null, path: string, folder: string): string | null {
  const config = text === null ? {} : parseWithComments(text, `copilot's settings "${path}"`);
  const { trustedFolders } = config;
  const trusted = Array.isArray(trustedFolders) ? trustedFolders : [];
  if (trusted.some((entry) => typeof entry === "string" && isBelow(folder, entry))) return null;
  // copilot writes the lines of comment on top, and nowhere else
  const head = /^(?:\s*\/\/[^\n]*\n)*/.exec(text ?? "")?.[0] ?? "";
  return head + JSON.stringify({ ...config, trustedFolders: [...trusted, folder] }, null, 2) + "\n";
}

function notes({ context }: RenderRequest, env: Env): string[] {
  const isEvents = context.mode === "run" && context.outputFormat === "json";
  return [
    ...isEvents ? ["copilot has no single JSON document: json is its events, one per line"] : [],
    ...unattendedNotes(context, {
      ask: "copilot refuses everything but reading",
      auto: "copilot refuses shell commands and tools of the agent's MCP servers",
    }),
    ...missingVariables(context.parts.mcpServers, env),
    ...Object.hasOwn(context.parts.hooks, "UserPromptSubmit")
      ? ["copilot goes on when a hook of UserPromptSubmit refuses the task"]
      : [],
  ];
}
