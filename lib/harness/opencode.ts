import type { AgentContext } from "../agent/types.ts";
import { launchEnvironment } from "./env.ts";
import { temporaryDir } from "./files.ts";
import { missingVariables } from "./mcp_servers.ts";
import { configContent } from "./opencode_config.ts";
import { hooksFile, OPENCODE_EVENTS } from "./opencode_hooks.ts";
import { readOpencode } from "./opencode_read.ts";
import { newServer, opencodeState, serverFile } from "./opencode_server.ts";
import { opencodeTurns } from "./opencode_turns.ts";
import { promptArgument } from "./prompt.ts";
import { unattendedNotes } from "./run_notes.ts";
import { soulText } from "./soul.ts";
import type {
  Capabilities,
  GeneratedFile,
  Harness,
  Launch,
  Probe,
  RenderRequest,
} from "./types.ts";
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

const CAPABILITIES: Capabilities = {
  soul: "append",
  model: true,
  efforts: null,
  permissions: ["ask", "auto", "yolo"],
  permissionRaw: true,
  outputFormats: ["text", "stream-json"],
  maxTurns: true,
  mcp: ["stdio", "http", "sse"],
  skills: true,
  hookEvents: OPENCODE_EVENTS,
  commands: true,
  resume: true,
  strict: true,
};

/** What is said in `OPENCODE_CONFIG_CONTENT`, such as soul, servers and limits, is in no help. */
const PROBES: readonly Probe[] = [
  {
    args: ["--help"],
    words: {
      start: ["--port", "--prompt"],
      model: ["--model"],
      permissions: ["--auto"],
      resume: ["--continue", "--session"],
    },
  },
  {
    args: ["run", "--help"],
    words: {
      model: ["--model"],
      permissions: ["--auto"],
      outputFormats: ["--format"],
      resume: ["--continue", "--session"],
    },
  },
];

/**
 * opencode. Its terminal program is also its own HTTP server: kas gives it a port and a password and
 * asks it for the state. Permissions: `ask` asks before edits, shell commands and fetches, `auto`
 * before shell commands, both before tools of the agent's MCP servers; `yolo` approves what the
 * user's settings do not deny. A raw permission is one word, or rules as a JSON object.
 *
 * The soul is a file of instructions, which opencode adds to its own system prompt. Everything is
 * said in `OPENCODE_CONFIG_CONTENT`, so no settings file is written. Hooks are a generated plugin.
 */
export const opencodeHarness: Harness = {
  name: "opencode",
  defaultProgram: "opencode",
  programVariable: "KASMOS_OPENCODE_BIN",
  install: "npm install -g opencode-ai",
  minVersion: "1.18.33",
  capabilities: CAPABILITIES,
  probes: PROBES,
  envNames: ENV_NAMES,
  version: versionIn(ENV_NAMES),
  render,
  read: readOpencode,
  state: opencodeState,
  turns: opencodeTurns,
  interruptKeys: ["Escape", "Escape"],
};

const HOOKS_NOTE = "opencode: hooks are told what happens, but only PreToolUse can refuse " +
  "(exit status 2); opencode asks npm for its plugin library when it starts with hooks";

/** A path as a URL, whatever characters it has. */
function fileUrl(path: string): string {
  return `file://${path.split("/").map(encodeURIComponent).join("/")}`;
}

async function render(request: RenderRequest): Promise<Launch> {
  const { context, launchDir } = request;
  const env = launchEnvironment(request, ENV_NAMES);
  const isRun = context.mode === "run";
  const soul = soulText(context.parts);
  const soulFile = soul === null ? null : `${launchDir}/soul.md`;
  // a session it goes on with is older than the launch
  const server = isRun ? null : newServer(context.resume === null ? Date.now() : 0, context.resume);
  const hooks = hooksFile(request);
  const files: GeneratedFile[] = [
    // makes the folder: its runtime unpacks some 19 MB of libraries per start and leaves them there
    { path: `${temporaryDir(launchDir)}/.keep`, text: "" },
    ...soul === null || soulFile === null ? [] : [{ path: soulFile, text: soul }],
    ...hooks === null ? [] : [hooks],
    ...server === null ? [] : [{ path: serverFile(launchDir), text: JSON.stringify(server) }],
  ];
  return {
    argv: [
      ...context.program,
      ...isRun ? ["run", "--format", context.outputFormat === "text" ? "default" : "json"] : [],
      ...server === null ? [] : ["--port", String(server.port)],
      ...context.permission === "yolo" && context.permissionRaw === null ? ["--auto"] : [],
      ...context.model === null ? [] : ["--model", context.model],
      ...resumeFlags(context),
      ...context.extraArgs,
      ...promptFlags(request),
    ],
    env: {
      ...env,
      TMPDIR: temporaryDir(launchDir),
      ...context.strict ? strictVariables(env, launchDir) : {},
      // for a plugin opencode waits for npm, offline for more than a minute
      ...hooks === null ? {} : { npm_config_fetch_retries: env["npm_config_fetch_retries"] ?? "0" },
      OPENCODE_CONFIG_CONTENT: await configContent(request, env, {
        soulFile,
        plugin: hooks === null ? null : fileUrl(hooks.path),
      }),
      ...server === null ? {} : { OPENCODE_SERVER_PASSWORD: server.password },
    },
    files,
    answers: [],
    stdin: isRun ? context.task : null,
    notes: [
      ...unattendedNotes(context, {
        ask: "opencode refuses everything but reading, and ends the turn there",
        auto:
          "opencode refuses shell commands and tools of the agent's MCP servers, and ends the " +
          "turn there",
      }),
      ...missingVariables(context.parts.mcpServers, env),
      ...hooks === null ? [] : [HOOKS_NOTE],
      ...isRun && context.maxTurns !== null
        ? [`opencode asks the model to end after ${context.maxTurns} turns; it is not made to`]
        : [],
      ...!isRun && context.resume !== null && context.task !== null
        ? ["opencode takes no first prompt with a session it goes on with: type it"]
        : [],
    ],
  };
}

function resumeFlags({ resume }: AgentContext): string[] {
  if (resume === null) return [];
  return resume === "last" ? ["--continue"] : [`--session=${resume}`];
}

/** A run reads its task on stdin: `opencode run` puts quotes into arguments. */
function promptFlags(request: RenderRequest): string[] {
  if (request.context.mode === "run" || request.context.resume !== null) return [];
  const prompt = promptArgument(request);
  return prompt === null ? [] : [`--prompt=${prompt}`];
}

/** Leaves the user's settings and instructions out; logins stay. */
function strictVariables(
  env: Readonly<Record<string, string>>,
  launchDir: string,
): Record<string, string> {
  const set = ["OPENCODE_CONFIG", "OPENCODE_CONFIG_DIR", "OPENCODE_TUI_CONFIG"];
  return {
    ...Object.fromEntries(set.filter((name) => env[name] !== undefined).map((name) => [name, ""])),
    XDG_CONFIG_HOME: `${launchDir}/config`,
    OPENCODE_DISABLE_PROJECT_CONFIG: "1",
    OPENCODE_DISABLE_CLAUDE_CODE: "1",
    OPENCODE_DISABLE_EXTERNAL_SKILLS: "1",
  };
}
