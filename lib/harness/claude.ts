import type { AgentContext } from "../agent/types.ts";
import { readClaude } from "./claude_read.ts";
import { claudeState, placeFile } from "./claude_state.ts";
import { claudeTurns } from "./claude_turns.ts";
import { homeOf, launchEnvironment } from "./env.ts";
import { type JsonObject, objectOr, parseObject } from "./files.ts";
import { launchHooks } from "./hooks.ts";
import { missingVariables } from "./mcp_servers.ts";
import { promptArgument } from "./prompt.ts";
import { reportedOr } from "./reported.ts";
import { refusalNotes, unattendedNotes } from "./run_notes.ts";
import { soulText } from "./soul.ts";
import { isInstance } from "./turns.ts";
import type {
  Capabilities,
  GeneratedFile,
  Harness,
  Launch,
  Probe,
  RenderRequest,
  SettingsAnswer,
} from "./types.ts";
import { isOlder, versionIn } from "./version.ts";

type Env = Readonly<Record<string, string>>;

/** Named one by one: a daemon started from a claude session must not hand that session's marks on. */
const ENV_NAMES: readonly string[] = [
  "ANTHROPIC_*",
  "CLAUDE_CONFIG_DIR",
  "CLAUDE_CODE_OAUTH_TOKEN",
  "CLAUDE_CODE_API_KEY_HELPER_TTL_MS",
  "CLAUDE_CODE_CLIENT_CERT*",
  "CLAUDE_CODE_CLIENT_KEY*",
  "CLAUDE_CODE_DISABLE_*",
  "CLAUDE_CODE_MAX_*",
  "CLAUDE_CODE_SKIP_*",
  "CLAUDE_CODE_SUBAGENT_MODEL",
  "CLAUDE_CODE_TMPDIR",
  "CLAUDE_CODE_USE_*",
  "API_TIMEOUT_MS",
  "CLOUD_ML_REGION",
  "DISABLE_AUTOUPDATER",
  "DISABLE_ERROR_REPORTING",
  "DISABLE_TELEMETRY",
  "ENABLE_TOOL_SEARCH",
  "GOOGLE_APPLICATION_CREDENTIALS",
  "MAX_THINKING_TOKENS",
  "MCP_TIMEOUT",
  "MCP_TOOL_TIMEOUT",
  "VERTEX_REGION_*",
];

/** Events of claude's hooks. https://code.claude.com/docs/en/hooks */
const HOOK_EVENTS: readonly string[] = [
  "PreToolUse",
  "PostToolUse",
  "PostToolUseFailure",
  "PostToolBatch",
  "Notification",
  "UserPromptSubmit",
  "UserPromptExpansion",
  "SessionStart",
  "SessionEnd",
  "Stop",
  "StopFailure",
  "SubagentStart",
  "SubagentStop",
  "PreCompact",
  "PostCompact",
  "PreModelSwitch",
  "PostModelSwitch",
  "PermissionRequest",
  "PermissionDenied",
  "Setup",
  "TeammateIdle",
  "TaskCreated",
  "TaskCompleted",
  "Elicitation",
  "ElicitationResult",
  "ConfigChange",
  "WorktreeCreate",
  "WorktreeRemove",
  "InstructionsLoaded",
  "CwdChanged",
  "FileChanged",
  "DirectoryAdded",
  "MessageDisplay",
];

const CAPABILITIES: Capabilities = {
  soul: "append",
  model: true,
  efforts: ["low", "medium", "high", "xhigh", "max"],
  permissions: ["ask", "auto", "yolo"],
  permissionRaw: true,
  outputFormats: ["text", "json", "stream-json"],
  maxTurns: true,
  mcp: ["stdio", "http", "sse"],
  skills: true,
  hookEvents: HOOK_EVENTS,
  commands: true,
  resume: true,
  strict: true,
};

/**
 * Hidden from the help and so not here: `--max-turns`, the mode `default`. `--system-prompt-snapshot` is
 * given only to versions that have it.
 */
const PROBES: readonly Probe[] = [{
  args: ["--help"],
  words: {
    start: ["--settings", "--permission-mode", "--session-id", "--print"],
    // how the help names the option that takes a file
    soul: ["--append-system-prompt[-file]"],
    model: ["--model"],
    efforts: ["--effort"],
    permissions: ["--permission-mode", "acceptEdits", "bypassPermissions"],
    permissionRaw: ["--permission-mode"],
    outputFormats: ["--output-format", "stream-json", "--verbose"],
    mcp: ["--strict-mcp-config", "--mcp-config", "--allowedTools"],
    skills: ["--plugin-dir"],
    hookEvents: ["--plugin-dir"],
    commands: ["--plugin-dir"],
    resume: ["--continue", "--resume"],
    strict: ["--setting-sources"],
  },
}];

/**
 * Claude Code. Permissions: `ask` is `default`, which asks before anything that changes something;
 * `auto` is `acceptEdits`, which edits files of the work tree unasked and asks before shell
 * commands; `yolo` is `bypassPermissions`. Kas's own tools are always allowed. Servers come from
 * kas and the agent alone: a repository's `.mcp.json` is not read.
 *
 * The soul is added to claude's own system prompt, for that one explains the tools. Skills, slash
 * commands and hooks are a plugin made of the launched copy, so a command is `/kas:<name>`. The
 * state is read from the file claude keeps for each running session.
 */
export const claudeHarness: Harness = {
  name: "claude",
  defaultProgram: "claude",
  programVariable: "KASMOS_CLAUDE_BIN",
  install: "npm install -g @anthropic-ai/claude-code",
  minVersion: "2.1.197",
  capabilities: CAPABILITIES,
  probes: PROBES,
  envNames: ENV_NAMES,
  version: versionIn(ENV_NAMES),
  render: (request) => Promise.resolve(render(request)),
  read: readClaude,
  state: (query) => reportedOr(query, claudeState(query)),
  turns: claudeTurns,
  interruptKeys: ["Escape"],
};

function render(request: RenderRequest): Launch {
  const { context } = request;
  const env = launchEnvironment(request, namesFor(request.hostEnv));
  const isRun = context.mode === "run";
  const prompt = isRun ? null : promptArgument(request);
  const config = configDir(env);
  const session = sessionId(request);
  return {
    argv: [
      ...context.program,
      ...isRun ? runFlags(context) : [],
      ...partFlags(request),
      ...permissionFlags(context),
      ...context.model === null ? [] : ["--model", context.model],
      ...context.effort === null ? [] : ["--effort", context.effort],
      ...resumeFlags(request),
      ...session === null || context.resume !== null ? [] : ["--session-id", session],
      ...context.strict ? ["--setting-sources="] : [],
      ...context.extraArgs,
      // some options before it take any number of values
      ...prompt === null ? [] : ["--", prompt],
    ],
    env: {
      ...env,
      // a worktree of kas needs no question whether it is trusted; a person is asked by claude
      ...isManaged(request) ? { CLAUDE_CODE_SANDBOXED: "1" } : {},
      // claude refuses bypassPermissions to root without it
      ...isBypass(context) && Deno.uid() === 0 ? { IS_SANDBOX: "1" } : {},
    },
    files: generatedFiles(request, { ...config, session }),
    answers: onboardingAnswers(config.file, env),
    stdin: isRun ? context.task : null,
    notes: [
      ...unattendedNotes(context, {
        ask: "claude refuses everything but reading",
        auto: "claude refuses shell commands and tools of the agent's MCP servers",
      }),
      ...missingVariables(context.parts.mcpServers, env),
      ...refusalNotes(context, "claude"),
    ],
  };
}

/** Whether kas starts it for itself, in a worktree of its own. */
function isManaged({ context, env }: RenderRequest): boolean {
  return context.role !== null || env["KASMOS_SESSION"] !== undefined;
}

function runFlags({ outputFormat, maxTurns }: AgentContext): string[] {
  return [
    "--print",
    "--output-format",
    outputFormat,
    // claude gives stream-json only with it
    ...outputFormat === "stream-json" ? ["--verbose"] : [],
    ...maxTurns === null ? [] : ["--max-turns", String(maxTurns)],
  ];
}

function partFlags({ context, launchDir, agentDir, kasServer }: RenderRequest): string[] {
  return [
    "--strict-mcp-config",
    "--mcp-config",
    mcpFile(launchDir),
    "--settings",
    settingsFile(launchDir),
    ...soulText(context.parts) === null ? [] : ["--append-system-prompt-file", soulFile(launchDir)],
    ...hasPlugin(context) ? ["--plugin-dir", agentDir] : [],
    ...kasServer === null ? [] : ["--allowedTools", "mcp__kasmos"],
  ];
}

function hasPlugin({ parts }: AgentContext): boolean {
  return [parts.skills, parts.commands, parts.hooks].some((part) => Object.keys(part).length > 0);
}

const MODES = { ask: "default", auto: "acceptEdits", yolo: "bypassPermissions" } as const;

function permissionFlags({ permission, permissionRaw }: AgentContext): string[] {
  return ["--permission-mode", permissionRaw ?? MODES[permission]];
}

function isBypass({ permission, permissionRaw }: AgentContext): boolean {
  return (permissionRaw ?? MODES[permission]) === MODES.yolo;
}

/** First version known to record the system prompt of a session, and to take this option. */
const SNAPSHOTS_SINCE = "2.1.329";

function resumeFlags({ context: { resume, parts }, version }: RenderRequest): string[] {
  if (resume === null) return [];
  const records = version === undefined || version === null || !isOlder(version, SNAPSHOTS_SINCE);
  return [
    ...resume === "last" ? ["--continue"] : [`--resume=${resume}`],
    // it would go on with the soul of its first start
    ...records && soulText(parts) !== null ? ["--system-prompt-snapshot", "off"] : [],
  ];
}

/** Options after which claude chooses the session. */
const CHOOSES_SESSION = /^(?:--session-id|--resume|-r|--continue|-c)(?:=|$)/;

/** The session it begins or goes on with; null when that is not known before it runs. */
function sessionId(request: RenderRequest): string | null {
  const { resume, extraArgs } = request.context;
  if (!isInstance(request)) return resume;
  if (resume === "last" || extraArgs.some((word) => CHOOSES_SESSION.test(word))) return null;
  return resume ?? crypto.randomUUID();
}

/** Cloud credentials are passed on only when claude is told to use that cloud. */
function namesFor(hostEnv: Env): readonly string[] {
  return hostEnv["CLAUDE_CODE_USE_BEDROCK"] === undefined ? ENV_NAMES : [...ENV_NAMES, "AWS_*"];
}

interface ConfigDir {
  readonly file: string;
  /** Folder of a file for each running session. */
  readonly sessions: string;
  /** Folder of the transcripts. */
  readonly projects: string;
}

function configDir(env: Env): ConfigDir {
  const named = env["CLAUDE_CONFIG_DIR"] ?? "";
  const dir = named === "" ? `${homeOf(env)}/.claude` : named;
  return {
    file: named === "" ? `${homeOf(env)}/.claude.json` : `${named}/.claude.json`,
    sessions: `${dir}/sessions`,
    projects: `${dir}/projects`,
  };
}

/** Variables any of which makes a login needless. */
const CREDENTIALS: readonly string[] = [
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_AUTH_TOKEN",
  "ANTHROPIC_BASE_URL",
  "CLAUDE_CODE_OAUTH_TOKEN",
  "CLAUDE_CODE_USE_BEDROCK",
  "CLAUDE_CODE_USE_VERTEX",
  "CLAUDE_CODE_USE_FOUNDRY",
];

/**
 * Answers the two start-up questions that a user who gave credentials by variable has answered
 * already: theme and login, and whether to use the API key. Answers that are there are kept.
 */
function onboardingAnswers(file: string, env: Env): SettingsAnswer[] {
  if (!CREDENTIALS.some((name) => (env[name] ?? "") !== "")) return [];
  return [{
    path: file,
    purpose: "skip claude's onboarding, use the API key of the environment",
    edit: (text) => editOnboarding(text, file, env["ANTHROPIC_API_KEY"] ?? ""),
  }];
}

function editOnboarding(text: string | null, file: string, apiKey: string): string | null {
  const config = text === null ? {} : parseObject(text, `claude's settings "${file}"`);
  const answers: JsonObject = {};
  if (config.hasCompletedOnboarding === undefined) answers.hasCompletedOnboarding = true;
  // claude keeps the last 20 characters of a key it may use
  const key = apiKey.slice(-20);
  const known = objectOr(config.customApiKeyResponses);
  const [approved, rejected] = [strings(known.approved), strings(known.rejected)];
  if (key !== "" && !approved.includes(key) && !rejected.includes(key)) {
    answers.customApiKeyResponses = { ...known, approved: [...approved, key] };
  }
  if (Object.keys(answers).length === 0) return null;
  return JSON.stringify({ ...config, ...answers }, null, 2);
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

function mcpFile(launchDir: string): string {
  return `${launchDir}/claude-mcp.json`;
}

function settingsFile(launchDir: string): string {
  return `${launchDir}/claude-settings.json`;
}

function soulFile(launchDir: string): string {
  return `${launchDir}/soul.md`;
}

function generatedFiles(
  request: RenderRequest,
  { sessions, projects, session }: ConfigDir & { readonly session: string | null },
): GeneratedFile[] {
  const { context, launchDir, agentDir } = request;
  const soul = soulText(context.parts);
  const plugin = { name: "kas", version: "1.0.0", description: `Parts of ${context.agent}` };
  return [
    { path: mcpFile(launchDir), text: JSON.stringify({ mcpServers: mcpServers(request) }) },
    { path: settingsFile(launchDir), text: JSON.stringify(settings(request)) },
    { path: placeFile(launchDir), text: JSON.stringify({ sessions, projects, session }) },
    ...soul === null ? [] : [{ path: soulFile(launchDir), text: soul }],
    ...hasPlugin(context)
      ? [{ path: `${agentDir}/.claude-plugin/plugin.json`, text: JSON.stringify(plugin) }]
      : [],
  ];
}

/** Placeholders stay: claude fills them in, and hands its whole environment on to its servers. */
function mcpServers({ context, kasServer }: RenderRequest): JsonObject {
  const [command, ...args] = kasServer?.command ?? [];
  return {
    ...context.parts.mcpServers,
    ...command === undefined ? {} : { kasmos: { type: "stdio", command, args } },
  };
}

function settings({ context, promptFile, stateHook }: RenderRequest): JsonObject {
  const hooks = launchHooks({ hooks: {} }, stateHook);
  return {
    ...Object.keys(hooks).length === 0 ? {} : { hooks },
    ...isBypass(context) ? { skipDangerousModePermissionPrompt: true } : {},
    // a long prompt is read from there; `//` begins an absolute path
    ...promptFile === null ? {} : { permissions: { allow: [`Read(/${promptFile})`] } },
  };
}
