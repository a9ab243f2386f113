import type { AgentContext } from "../agent/types.ts";
import { CODEX_EVENTS, type CodexHooks, hookOverrides } from "./codex_hooks.ts";
import { codexInstructions } from "./codex_instructions.ts";
import { codexServers } from "./codex_mcp.ts";
import { readCodex, stateOfTitle } from "./codex_read.ts";
import { codexTurns, type Place, placeFile } from "./codex_turns.ts";
import { launchEnvironment } from "./env.ts";
import { readIfThere } from "./files.ts";
import { commitDirs } from "./git_dirs.ts";
import { launchHooks, mergeHooks } from "./hooks.ts";
import { missingVariables } from "./mcp_servers.ts";
import { promptArgument } from "./prompt.ts";
import { refusalNotes, unattendedNotes } from "./run_notes.ts";
import { tomlString, tomlStrings, tomlTable } from "./toml.ts";
import { isInstance } from "./turns.ts";
import type { Capabilities, Harness, Launch, Probe, RenderRequest } from "./types.ts";
import { versionIn } from "./version.ts";

type Override = readonly [key: string, value: string];

const ENV_NAMES: readonly string[] = [
  "CODEX_HOME",
  "CODEX_API_KEY",
  "CODEX_CA_CERTIFICATE",
  "OPENAI_*",
  "AZURE_OPENAI_*",
  "OPENROUTER_API_KEY",
  "RUST_LOG",
];

const CAPABILITIES: Capabilities = {
  soul: "append",
  model: true,
  efforts: null,
  permissions: ["ask", "auto", "yolo"],
  permissionRaw: true,
  outputFormats: ["text", "stream-json"],
  maxTurns: false,
  mcp: ["stdio", "http"],
  skills: true,
  hookEvents: CODEX_EVENTS,
  commands: true,
  resume: true,
  strict: true,
};

/** What is said as a setting (`-c`), such as soul, effort and servers, is in no help. */
const PROBES: readonly Probe[] = [
  {
    args: ["--help"],
    words: {
      start: ["-c"],
      model: ["--model"],
      permissions: [
        "-a",
        "on-request",
        "-s",
        "read-only",
        "workspace-write",
        "danger-full-access",
      ],
      permissionRaw: ["-a", "-s"],
    },
  },
  {
    args: ["exec", "--help"],
    words: {
      start: ["-c", "--skip-git-repo-check"],
      model: ["--model"],
      outputFormats: ["--json"],
      strict: ["--ignore-user-config", "--ignore-rules"],
    },
  },
  {
    args: ["resume", "--help"],
    words: { resume: ["--last", "-c", "--model", "-a", "-s"] },
  },
  {
    args: ["exec", "resume", "--help"],
    words: {
      resume: ["--last", "-c", "--model", "--skip-git-repo-check", "--json"],
      strict: ["--ignore-user-config", "--ignore-rules"],
    },
  },
];

/**
 * Codex. Everything is said on the command line, so the user's `config.toml` is not written by kas.
 * Permissions: `ask` is a read-only sandbox, so that everything that changes something is asked for;
 * `auto` is the workspace sandbox, opened for commits, and asks for what goes beyond it; `yolo` has
 * neither. A raw permission is a sandbox mode, or `<approval>/<sandbox>`.
 *
 * The soul is the developer's instructions, which codex adds to its own. It takes skills and
 * commands from the user's home alone, so the instructions name them and their files. The state is
 * read from the pane title.
 */
export const codexHarness: Harness = {
  name: "codex",
  defaultProgram: "codex",
  programVariable: "KASMOS_CODEX_BIN",
  install: "npm install -g @openai/codex",
  minVersion: "0.169.0",
  capabilities: CAPABILITIES,
  probes: PROBES,
  envNames: ENV_NAMES,
  version: versionIn(ENV_NAMES),
  render,
  read: readCodex,
  state: ({ title }) => Promise.resolve(stateOfTitle(title, Deno.hostname())),
  turns: codexTurns,
  interruptKeys: ["Escape"],
};

async function render(request: RenderRequest): Promise<Launch> {
  const { context } = request;
  const env = launchEnvironment(request, ENV_NAMES);
  const servers = codexServers(request, env);
  const isRun = context.mode === "run";
  const soul = await codexInstructions(request);
  const hooks = mergeHooks<CodexHooks[string][number]>(
    launchHooks(context.parts, request.stateHook),
    soul.hooks,
  );
  return {
    argv: [
      ...context.program,
      ...isRun ? ["exec"] : [],
      ...context.resume === null ? [] : ["resume"],
      ...overrides([
        ...trustOverrides(request),
        ["features.daemon_auto_start", "false"],
        ["check_for_update_on_startup", "false"],
        // a login shell may set PATH anew, and the agent would not find kas
        ["allow_login_shell", "false"],
        ...servers.overrides,
        ...soul.overrides,
        ...await hookOverrides(hooks),
      ]),
      ...await permissionFlags(context),
      ...context.model === null ? [] : ["--model", context.model],
      ...context.effort === null
        ? []
        : overrides([["model_reasoning_effort", tomlString(context.effort)]]),
      ...isRun ? runFlags(context) : [],
      ...strictFlags(context),
      ...context.extraArgs,
      ...lastWords(request),
    ],
    env: { ...env, ...servers.env },
    files: [
      ...soul.files,
      ...isInstance(request)
        ? [{ path: placeFile(request.launchDir), text: JSON.stringify(placeOf(context, env)) }]
        : [],
    ],
    answers: [],
    stdin: isRun ? context.task : null,
    notes: [
      ...unattendedNotes(context, {
        ask: "codex refuses everything but reading",
        auto: "codex refuses what its workspace sandbox does not allow, and tools of the agent's " +
          "MCP servers",
      }),
      ...missingVariables(context.parts.mcpServers, env),
      ...refusalNotes(context, "codex"),
      ...soul.notes,
      ...await strictNotes(request, env),
    ],
  };
}

function placeOf({ resume }: AgentContext, env: Readonly<Record<string, string>>): Place {
  return {
    sessions: `${codexHome(env)}/sessions`,
    // the last one is known to codex alone
    session: resume === "last" ? "" : resume,
    since: Date.now(),
  };
}

function codexHome(env: Readonly<Record<string, string>>): string {
  return env["CODEX_HOME"] ?? `${env["HOME"] ?? ""}/.codex`;
}

function overrides(pairs: readonly Override[]): string[] {
  return pairs.flatMap(([key, value]) => ["-c", `${key}=${value}`]);
}

/** Kas's own worktrees need no question; elsewhere the user's answers count. */
function trustOverrides({ context, repoRoot, env }: RenderRequest): Override[] {
  if (context.role === null && env["KASMOS_SESSION"] === undefined) return [];
  const trust = tomlTable({ trust_level: tomlString("trusted") });
  const roots = [context.cwd, ...repoRoot === null ? [] : [repoRoot]];
  // one inline table: a dotted key would be split at every dot of the path
  return [["projects", tomlTable(Object.fromEntries(roots.map((root) => [root, trust])))]];
}

async function permissionFlags(context: AgentContext): Promise<string[]> {
  const { approval, sandbox } = permissionsOf(context);
  const roots: Override[] = sandbox === "workspace-write"
    ? [["sandbox_workspace_write.writable_roots", tomlStrings(await commitDirs(context.cwd))]]
    : [];
  // `exec resume` has no options for them
  const words = context.mode === "run"
    ? overrides([["approval_policy", tomlString(approval)], ["sandbox_mode", tomlString(sandbox)]])
    : ["-a", approval, "-s", sandbox];
  return [...words, ...overrides(roots)];
}

function permissionsOf(
  { permission, permissionRaw, mode }: AgentContext,
): { approval: string; sandbox: string } {
  const approval = mode === "run" || permission === "yolo" ? "never" : "on-request";
  if (permissionRaw !== null) {
    const [first = "", second] = permissionRaw.split("/");
    return second === undefined
      ? { approval, sandbox: first }
      : { approval: first, sandbox: second };
  }
  const sandboxes = { ask: "read-only", auto: "workspace-write", yolo: "danger-full-access" };
  return { approval, sandbox: sandboxes[permission] };
}

function runFlags({ outputFormat }: AgentContext): string[] {
  return ["--skip-git-repo-check", ...outputFormat === "text" ? [] : ["--json"]];
}

function strictFlags({ strict, mode }: AgentContext): string[] {
  if (!strict) return [];
  return [
    ...mode === "run" ? ["--ignore-user-config", "--ignore-rules"] : [],
    // what the agent brings is named in its instructions
    ...overrides([["project_doc_max_bytes", "0"], ["skills.include_instructions", "false"]]),
  ];
}

/** What codex reads of the user's even so. */
async function strictNotes(
  { context }: RenderRequest,
  env: Readonly<Record<string, string>>,
): Promise<string[]> {
  if (!context.strict) return [];
  const home = codexHome(env);
  const hasRules = await readIfThere(`${home}/AGENTS.md`) !== null;
  return [
    ...context.mode === "run" ? [] : [
      "strict: codex reads the user's config.toml and rules in its terminal program all the same",
    ],
    ...hasRules ? [`strict: codex reads "${home}/AGENTS.md" all the same`] : [],
  ];
}

/** Session and prompt. In a run the prompt comes on stdin, where it may be anything. */
function lastWords(request: RenderRequest): string[] {
  const { mode, resume } = request.context;
  const prompt = mode === "run" ? "-" : promptArgument(request);
  const words = [
    ...resume === null || resume === "last" ? [] : [resume],
    ...prompt === null ? [] : [prompt],
  ];
  return [...resume === "last" ? ["--last"] : [], ...words.length === 0 ? [] : ["--", ...words]];
}
