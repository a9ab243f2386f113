import { hostEnvironment } from "./env.ts";
import {
  isObject,
  type JsonObject,
  objectOr,
  parseObject,
  readIfThere,
  temporaryDir,
  writePrivate,
} from "./files.ts";
import { promptArgument } from "./prompt.ts";
import type { AgentState, Harness, LaunchRequest, StateQuery } from "./types.ts";
import { versionIn } from "./version.ts";

const ENV_NAMES: readonly string[] = [
  "OPENCODE_CONFIG",
  "OPENCODE_CONFIG_DIR",
  "OPENCODE_CONFIG_CONTENT",
  "OPENCODE_TUI_CONFIG",
  "OPENCODE_API_KEY",
  "OPENCODE_MODELS_*",
  "OPENCODE_DISABLE_*",
  "OPENCODE_ENABLE_*",
  "OPENCODE_EXPERIMENTAL*",
  "ANTHROPIC_API_KEY",
  "OPENAI_API_KEY",
  "OPENROUTER_API_KEY",
  "GEMINI_API_KEY",
  "GOOGLE_GENERATIVE_AI_API_KEY",
  "GROQ_API_KEY",
  "MISTRAL_API_KEY",
  "DEEPSEEK_API_KEY",
  "XAI_API_KEY",
  "npm_config_*",
];

/** How long one question to the agent's server may take, in ms. */
const ASK_TIMEOUT_MS = 2_000;

/**
 * opencode's terminal UI, which is also its own HTTP server: kas gives it a port and a password and
 * asks it for the state. `bypass` approves what the user's settings do not deny; `prompt` asks before
 * each shell command that they do not allow.
 */
export const opencodeHarness: Harness = {
  name: "opencode",
  defaultProgram: "opencode",
  minVersion: "1.18.33",
  envNames: ENV_NAMES,
  version: versionIn(ENV_NAMES),
  async prepare(request) {
    const env = { ...hostEnvironment(request.hostEnv, ENV_NAMES), ...request.env };
    const server = { port: freePort(), password: randomPassword(), since: Date.now() };
    await writePrivate(serverFile(request.sessionDir), JSON.stringify(server));
    // Its runtime unpacks some 19 MB of libraries per start and leaves them there.
    const tmp = temporaryDir(request.sessionDir);
    await Deno.mkdir(tmp, { recursive: true, mode: 0o700 });
    return {
      argv: [
        ...request.program,
        "--port",
        String(server.port),
        ...request.permission === "bypass" ? ["--auto"] : [],
        ...request.model === null ? [] : ["--model", request.model],
        ...request.flags,
        `--prompt=${promptArgument(request)}`,
      ],
      env: {
        ...env,
        TMPDIR: tmp,
        OPENCODE_CONFIG_CONTENT: JSON.stringify(
          configContent(request, env["OPENCODE_CONFIG_CONTENT"]),
        ),
        OPENCODE_SERVER_PASSWORD: server.password,
      },
    };
  },
  state,
  interruptKeys: ["Escape", "Escape"],
};

interface Server {
  readonly port: number;
  readonly password: string;
  /** When it was prepared, ms: older sessions of the project are not this agent's. */
  readonly since: number;
}

function serverFile(sessionDir: string): string {
  return `${sessionDir}/opencode.json`;
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

function randomPassword(): string {
  return crypto.getRandomValues(new Uint8Array(24)).toHex();
}

/** The settings the user passes the same way, with kas's own added. */
function configContent(request: LaunchRequest, given: string | undefined): JsonObject {
  const base = given === undefined || given.trim() === ""
    ? {}
    : parseObject(given, '"OPENCODE_CONFIG_CONTENT"');
  const agent = objectOr(base.agent);
  return {
    ...base,
    mcp: {
      ...objectOr(base.mcp),
      kasmos: {
        type: "local",
        command: request.mcp.command,
        environment: request.mcp.env,
        enabled: true,
        timeout: 60_000,
      },
    },
    permission: permissionOf(request, base.permission),
    ...request.effort === null ? {} : {
      agent: { ...agent, build: { ...objectOr(agent.build), variant: request.effort } },
    },
  };
}

/** Rules are tried in order and the last match wins, so a `*` of the user's keeps its place. */
function permissionOf(request: LaunchRequest, given: unknown): JsonObject {
  const base = typeof given === "string" ? { "*": given } : objectOr(given);
  const rules: JsonObject = { ...base, "kasmos_*": "allow" };
  if (request.permission === "bypass") return rules;
  return {
    ...rules,
    bash: { ...ruleSet(base.bash), "*": "ask" },
    // a long prompt is read from its folder
    external_directory: {
      ...ruleSet(base.external_directory),
      [`${request.promptFile.slice(0, request.promptFile.lastIndexOf("/"))}/*`]: "allow",
    },
  };
}

function ruleSet(given: unknown): JsonObject {
  return typeof given === "string" ? { "*": given } : objectOr(given);
}

async function state(query: StateQuery): Promise<AgentState> {
  const text = await readIfThere(serverFile(query.sessionDir));
  if (text === null) {
    return { activity: "unknown", evidence: "no server file in the session folder" };
  }
  const server = readServer(parseObject(text, `"${serverFile(query.sessionDir)}"`));
  const where = `server on port ${server.port}`;
  try {
    return await askServer(server, query.cwd, where);
  } catch (error) {
    if (!isNoAnswer(error)) throw error;
    return { activity: "starting", evidence: `${where}: no answer` };
  }
}

function readServer(value: JsonObject): Server {
  return {
    port: Number(value.port),
    password: String(value.password),
    since: Number(value.since),
  };
}

/** fetch fails with a TypeError when nothing listens, with a TimeoutError when nothing answers. */
function isNoAnswer(error: unknown): boolean {
  return error instanceof TypeError ||
    (error instanceof DOMException && error.name === "TimeoutError");
}

async function askServer(server: Server, cwd: string, where: string): Promise<AgentState> {
  const query = new URLSearchParams({ directory: cwd });
  const [status, permissions, questions] = await Promise.all([
    get(server, `/session/status?${query}`),
    get(server, `/permission?${query}`),
    get(server, `/question?${query}`),
  ]);
  if (!isObject(status)) return { activity: "unknown", evidence: `${where}: no status` };
  const waiting = first(permissions)?.permission;
  if (waiting !== undefined) {
    return { activity: "asking", evidence: `${where}: permission ${waiting}` };
  }
  if (first(questions) !== undefined) return { activity: "asking", evidence: `${where}: question` };
  const types = Object.values(status).map((entry) => String(objectOr(entry).type));
  const busy = types.find((type) => type !== "idle");
  if (busy !== undefined) return { activity: "busy", evidence: `${where}: ${busy}` };
  // without a session the prompt has not arrived yet
  const since = new URLSearchParams({ directory: cwd, start: String(server.since), limit: "1" });
  return first(await get(server, `/session?${since}`)) === undefined
    ? { activity: "starting", evidence: `${where}: no session yet` }
    : { activity: "idle", evidence: `${where}: idle` };
}

function first(list: unknown): JsonObject | undefined {
  return Array.isArray(list) ? list.find(isObject) : undefined;
}

/** The JSON of one answer; undefined for a refusal, or a page that is no JSON. */
async function get({ port, password }: Server, path: string): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    headers: { authorization: `Basic ${btoa(`opencode:${password}`)}` },
    signal: AbortSignal.timeout(ASK_TIMEOUT_MS),
  });
  if (response.ok && response.headers.get("content-type")?.includes("json")) {
    return await response.json();
  }
  await response.body?.cancel();
  return undefined;
}
