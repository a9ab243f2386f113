import type { AgentContext } from "../agent/types.ts";
import { reportedActivity } from "./activity.ts";
import { launchEnvironment } from "./env.ts";
import { parseObject, readIfThere, temporaryDir } from "./files.ts";
import { launchHome, projectSettings, trustFile, USER_HOME } from "./gemini_home.ts";
import { GEMINI_EVENTS } from "./gemini_hooks.ts";
import { readGemini } from "./gemini_read.ts";
import { HiddenTexts } from "./gemini_settings.ts";
import { geminiTurns, type Place, placeFile } from "./gemini_turns.ts";
import { isPlainPrompt } from "./gemini_texts.ts";
import { identityVariables } from "./git_identity.ts";
import { missingVariables } from "./mcp_servers.ts";
import { fitsArgument } from "./prompt.ts";
import { refusalNotes, unattendedNotes } from "./run_notes.ts";
import { isInstance } from "./turns.ts";
import type {
  AgentState,
  Capabilities,
  GeneratedFile,
  Harness,
  Launch,
  Probe,
  RenderRequest,
  StateQuery,
} from "./types.ts";
import { versionIn } from "./version.ts";

/** Named one by one: others are marks of a running session, or send it into a container. */
const ENV_NAMES: readonly string[] = [
  "GEMINI_API_KEY",
  "GEMINI_API_KEY_AUTH_MECHANISM",
  "GEMINI_MODEL",
  "GEMINI_CLI_HOME",
  "GEMINI_CLI_CUSTOM_HEADERS",
  "GEMINI_CLI_SYSTEM_SETTINGS_PATH",
  "GEMINI_CLI_SYSTEM_DEFAULTS_PATH",
  "GEMINI_CLI_USE_COMPUTE_ADC",
  "GEMINI_FORCE_FILE_STORAGE",
  "GEMINI_FORCE_ENCRYPTED_FILE_STORAGE",
  "GOOGLE_API_KEY",
  "GOOGLE_APPLICATION_CREDENTIALS",
  "GOOGLE_CLOUD_*",
  "GOOGLE_GEMINI_BASE_URL",
  "GOOGLE_GENAI_*",
  "GOOGLE_VERTEX_BASE_URL",
];

const CAPABILITIES: Capabilities = {
  soul: "append",
  model: true,
  efforts: [],
  permissions: ["ask", "auto", "yolo"],
  permissionRaw: true,
  outputFormats: ["text", "json", "stream-json"],
  maxTurns: true,
  mcp: ["stdio", "http", "sse"],
  skills: true,
  hookEvents: GEMINI_EVENTS,
  commands: true,
  resume: true,
  strict: true,
};

/** What is in the home of a launch, such as soul, servers and hooks, is in no help. */
const PROBES: readonly Probe[] = [{
  args: ["--help"],
  words: {
    start: ["--session-id", "--prompt-interactive", "--include-directories"],
    model: ["--model"],
    permissions: ["--approval-mode", "auto_edit"],
    permissionRaw: ["--approval-mode"],
    outputFormats: ["--output-format", "stream-json"],
    resume: ["--resume"],
  },
}];

/**
 * Gemini CLI. Permissions are its approval modes: `ask` is `default`, which asks before anything that
 * changes something; `auto` is `auto_edit`, which edits files of the work tree unasked; `yolo` is
 * `yolo`. Kas's own tools, and the agent's own skills, are always allowed.
 *
 * Each launch has a home of its own: see {@link launchHome}. The soul is the file of instructions in
 * it, which gemini adds to its own system prompt; replacing that prompt by a file would leave out how
 * to use the tools. It does without its second process, which would outlive a closed pane, and is told
 * to trust the folder: it would end after the question, for want of that process. The state is read
 * from the title. Hooks and slash commands are put into gemini's words. It has no setting for effort
 * that all its models know.
 */
export const geminiHarness: Harness = {
  name: "gemini",
  defaultProgram: "gemini",
  programVariable: "KASMOS_GEMINI_BIN",
  install: "npm install -g @google/gemini-cli",
  minVersion: "0.61.0",
  capabilities: CAPABILITIES,
  probes: PROBES,
  envNames: ENV_NAMES,
  version: versionIn(ENV_NAMES),
  render,
  read: readGemini,
  state,
  turns: geminiTurns,
  interruptKeys: ["Escape"],
};

async function render(request: RenderRequest): Promise<Launch> {
  const { context, launchDir } = request;
  const env = launchEnvironment(request, ENV_NAMES);
  const texts = new HiddenTexts();
  const home = await launchHome(request, env, texts);
  const isRun = context.mode === "run";
  const prompt = isRun ? { flags: [], files: [] } : firstPrompt(request, home.used);
  const place = placeOf(request, home.own);
  return {
    argv: [
      ...context.program,
      ...isRun ? ["--output-format", context.outputFormat] : [],
      `--approval-mode=${context.permissionRaw ?? MODES[context.permission]}`,
      ...context.model === null ? [] : ["--model", context.model],
      ...sessionFlags(context, place),
      ...context.extraArgs,
      ...prompt.flags,
    ],
    env: {
      ...env,
      // what it reports of an error holds the conversation
      TMPDIR: temporaryDir(launchDir),
      GEMINI_CLI_HOME: home.used,
      [USER_HOME]: home.own,
      GEMINI_CLI_NO_RELAUNCH: "true",
      GEMINI_CLI_TRUST_WORKSPACE: "true",
      // its shell does not see the user's settings of git
      ...await identityVariables(context.cwd, env),
      ...texts.variables,
    },
    files: [
      { path: `${temporaryDir(launchDir)}/.keep`, text: "" },
      ...home.files,
      ...prompt.files,
      ...isInstance(request) ? [{ path: placeFile(launchDir), text: JSON.stringify(place) }] : [],
    ],
    links: home.links,
    answers: home.answers,
    stdin: isRun ? context.task : null,
    notes: await notes(request, env),
  };
}

const MODES = { ask: "default", auto: "auto_edit", yolo: "yolo" } as const;

function placeOf(request: RenderRequest, home: string): Place {
  const { resume, task, extraArgs } = request.context;
  const isNew = resume === null && isInstance(request);
  const chooses = resume === "last" ||
    extraArgs.some((word) => /^(?:--session-id|--resume|-r)(?:=|$)/.test(word));
  return {
    projects: `${home}/.gemini/tmp`,
    session: chooses ? null : isNew ? crypto.randomUUID() : resume,
    prompted: task !== null,
  };
}

function sessionFlags({ resume }: AgentContext, { session }: Place): string[] {
  if (resume === null) return session === null ? [] : [`--session-id=${session}`];
  return [`--resume=${resume === "last" ? "latest" : resume}`];
}

/**
 * The first prompt, or a pointer to a file with it in a folder of its own, which gemini may read and
 * does not ask about.
 */
function firstPrompt(
  { context: { task }, launchDir }: RenderRequest,
  home: string,
): { flags: string[]; files: GeneratedFile[] } {
  if (task === null) return { flags: [], files: [] };
  if (fitsArgument(task) && isPlainPrompt(task)) {
    return { flags: [`--prompt-interactive=${task}`], files: [] };
  }
  const folder = `${launchDir}/task`;
  const path = `${folder}/prompt.md`;
  return {
    flags: [
      `--include-directories=${folder}`,
      `--prompt-interactive=Read the file ${path} and follow it.`,
    ],
    files: [
      { path, text: task },
      { path: trustFile(home), text: JSON.stringify({ [folder]: "TRUST_FOLDER" }) },
    ],
  };
}

async function notes(
  { context }: RenderRequest,
  env: Readonly<Record<string, string>>,
): Promise<string[]> {
  const { cwd, parts } = context;
  const hasHooks = Object.keys(parts.hooks).length > 0;
  const isOverruled = Object.keys(await projectSettings(cwd)).length > 0;
  return [
    ...isOverruled
      ? ["gemini puts .gemini/settings.json of the repository above the agent's settings"]
      : [],
    ...hasHooks
      ? ["hooks get gemini's names of events and tools, and what they print is read as gemini's"]
      : [],
    ...unattendedNotes(context, {
      ask: "gemini offers no tool that changes something",
      auto: "gemini offers no shell commands and no tools of the agent's MCP servers",
    }),
    ...missingVariables(parts.mcpServers, env),
    ...refusalNotes(context, "gemini"),
  ];
}

/**
 * How long `Ready` may mean that the first prompt is still to come, in ms: gemini waits for its MCP
 * servers before it takes it.
 */
const START_MS = 30_000;

/** Launches that were seen at work, by their folder, with the time they were written. */
const seenBusy = new Map<string, number>();

async function state({ launchDir, title }: StateQuery): Promise<AgentState> {
  const text = title.trim();
  const evidence = `title: ${text}`;
  switch (text.codePointAt(0)) {
    case 0x2726: // four-pointed star
    case 0x23f2: // timer clock: it works and says nothing
      seenBusy.set(launchDir, (await launchOf(launchDir)).at);
      return { activity: "busy", evidence };
    case 0x270b: // raised hand
      return { activity: "asking", evidence };
    case 0x25c7: // diamond
      return { activity: await isBeforePrompt(launchDir) ? "starting" : "idle", evidence };
    default:
      return { activity: "starting", evidence };
  }
}

async function isBeforePrompt(launchDir: string): Promise<boolean> {
  const { at, prompted } = await launchOf(launchDir);
  if (!prompted || Date.now() - at >= START_MS || seenBusy.get(launchDir) === at) return false;
  const report = await reportedActivity(launchDir);
  return report === null || report.at < at;
}

/** When a launch was written, which is just before its start, and whether it has a prompt. */
async function launchOf(launchDir: string): Promise<{ at: number; prompted: boolean }> {
  const path = placeFile(launchDir);
  const text = await readIfThere(path);
  if (text === null) return { at: 0, prompted: false };
  const { mtime } = await Deno.stat(path);
  return { at: mtime?.getTime() ?? 0, prompted: parseObject(text, `"${path}"`).prompted === true };
}
