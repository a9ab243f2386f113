import { homeOf, hostEnvironment } from "./env.ts";
import {
  isObject,
  type JsonObject,
  objectOr,
  parseObject,
  readIfThere,
  writePrivate,
} from "./files.ts";
import { isAncestor, startTime } from "./process_info.ts";
import { promptArgument } from "./prompt.ts";
import type { AgentState, Harness, LaunchRequest, StateQuery } from "./types.ts";
import { versionIn } from "./version.ts";

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

/**
 * Claude Code's terminal UI. `bypass` is `bypassPermissions`; `prompt` is `acceptEdits`: files of the
 * worktree are edited, shell commands are asked for. The state is read from the file claude keeps for
 * each running session.
 */
export const claudeHarness: Harness = {
  name: "claude",
  defaultProgram: "claude",
  minVersion: "2.1.197",
  envNames: ENV_NAMES,
  version: versionIn(ENV_NAMES),
  async prepare(request) {
    const env = { ...hostEnvironment(request.hostEnv, namesFor(request.hostEnv)), ...request.env };
    const config = configDir(env);
    await answerOnboarding(config, env);
    const files = await writeFiles(request, config.sessions);
    return {
      argv: [
        ...request.program,
        "--strict-mcp-config",
        "--mcp-config",
        files.mcp,
        "--settings",
        files.settings,
        "--permission-mode",
        request.permission === "bypass" ? "bypassPermissions" : "acceptEdits",
        "--allowedTools",
        "mcp__kasmos",
        ...request.model === null ? [] : ["--model", request.model],
        ...request.effort === null ? [] : ["--effort", request.effort],
        ...request.flags,
        "--",
        promptArgument(request),
      ],
      env: {
        ...env,
        // the worktree is kas's own: claude need not ask whether it is trusted
        CLAUDE_CODE_SANDBOXED: "1",
        // claude refuses bypassPermissions to root without it
        ...request.permission === "bypass" && Deno.uid() === 0 ? { IS_SANDBOX: "1" } : {},
      },
    };
  },
  state,
  interruptKeys: ["Escape"],
};

/** Cloud credentials are passed on only when claude is told to use that cloud. */
function namesFor(hostEnv: Env): readonly string[] {
  return hostEnv["CLAUDE_CODE_USE_BEDROCK"] === undefined ? ENV_NAMES : [...ENV_NAMES, "AWS_*"];
}

interface ConfigDir {
  readonly file: string;
  readonly sessions: string;
}

function configDir(env: Env): ConfigDir {
  const dir = env["CLAUDE_CONFIG_DIR"];
  return dir === undefined || dir === ""
    ? { file: `${homeOf(env)}/.claude.json`, sessions: `${homeOf(env)}/.claude/sessions` }
    : { file: `${dir}/.claude.json`, sessions: `${dir}/sessions` };
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
async function answerOnboarding({ file }: ConfigDir, env: Env): Promise<void> {
  if (!CREDENTIALS.some((name) => (env[name] ?? "") !== "")) return;
  const text = await readIfThere(file);
  const config = text === null ? {} : parseObject(text, `claude's settings "${file}"`);
  const answers: JsonObject = {};
  if (config.hasCompletedOnboarding === undefined) answers.hasCompletedOnboarding = true;
  // claude keeps the last 20 characters of a key it may use
  const key = env["ANTHROPIC_API_KEY"]?.slice(-20) ?? "";
  const known = objectOr(config.customApiKeyResponses);
  const [approved, rejected] = [strings(known.approved), strings(known.rejected)];
  if (key !== "" && !approved.includes(key) && !rejected.includes(key)) {
    answers.customApiKeyResponses = { ...known, approved: [...approved, key] };
  }
  if (Object.keys(answers).length === 0) return;
  await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true, mode: 0o700 });
  await writePrivate(file, JSON.stringify({ ...config, ...answers }, null, 2));
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

async function writeFiles(
  { sessionDir, promptFile, mcp: server, permission }: LaunchRequest,
  sessions: string,
): Promise<{ mcp: string; settings: string }> {
  const [command, ...args] = server.command;
  const mcp = `${sessionDir}/claude-mcp.json`;
  const settings = `${sessionDir}/claude-settings.json`;
  await writePrivate(
    mcp,
    JSON.stringify({ mcpServers: { kasmos: { type: "stdio", command, args, env: server.env } } }),
  );
  await writePrivate(
    settings,
    JSON.stringify({
      ...permission === "bypass" ? { skipDangerousModePermissionPrompt: true } : {},
      // a long prompt is read from there; `//` begins an absolute path
      permissions: { allow: [`Read(/${promptFile})`] },
    }),
  );
  await writePrivate(placeFile(sessionDir), JSON.stringify({ sessions }));
  return { mcp, settings };
}

/** Where the session files are: the profile may have moved claude's folder. */
function placeFile(sessionDir: string): string {
  return `${sessionDir}/claude.json`;
}

async function state({ sessionDir, pid }: StateQuery): Promise<AgentState> {
  const place = await readIfThere(placeFile(sessionDir));
  if (place === null) {
    return { activity: "unknown", evidence: "no claude file in the session folder" };
  }
  const { sessions } = parseObject(place, `"${placeFile(sessionDir)}"`);
  const found = await sessionOf(String(sessions), pid);
  if (found === null) return { activity: "starting", evidence: "no session file yet" };
  if (found.status === undefined) {
    return { activity: "starting", evidence: "session file: no status yet" };
  }
  const { status, waitingFor } = found;
  const evidence = `session file: ${status}${
    typeof waitingFor === "string" ? `, ${waitingFor}` : ""
  }`;
  switch (status) {
    case "busy":
      return { activity: "busy", evidence };
    case "waiting":
      return { activity: "asking", evidence };
    case "idle":
      return { activity: isBeforePrompt(found) ? "starting" : "idle", evidence };
    default:
      return { activity: "unknown", evidence };
  }
}

/**
 * Claude says `idle` for a moment before it takes the prompt it was started with. Idle since its first
 * second counts as that for its first five.
 */
function isBeforePrompt({ startedAt, statusUpdatedAt }: JsonObject): boolean {
  const start = Number(startedAt);
  return Number(statusUpdatedAt) - start < 1_000 && Date.now() - start < 5_000;
}

/**
 * The session file of a process, or of one below it when claude was started through a wrapper. A file
 * may be stale (SIGKILL leaves it) and its pid taken by another, so the start time must fit.
 */
async function sessionOf(dir: string, pid: number): Promise<JsonObject | null> {
  const own = await readSession(dir, pid);
  if (own !== null) return own;
  try {
    for await (const { name } of Deno.readDir(dir)) {
      const other = Number(/^(\d+)\.json$/.exec(name)?.[1]);
      if (Number.isNaN(other) || !await isAncestor(pid, other)) continue;
      const session = await readSession(dir, other);
      if (session !== null) return session;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return null;
}

async function readSession(dir: string, pid: number): Promise<JsonObject | null> {
  const text = await readIfThere(`${dir}/${pid}.json`);
  // claude rewrites the file in place: half of it is no news, the next look gets the whole
  const session = text === null ? null : parsed(text);
  if (!isObject(session) || session.pid !== pid) return null;
  const started = await startTime(pid);
  return started === null || session.procStart === undefined || session.procStart === started
    ? session
    : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
