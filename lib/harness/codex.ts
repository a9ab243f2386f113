import { hostEnvironment } from "./env.ts";
import { commitDirs } from "./git_dirs.ts";
import { promptArgument } from "./prompt.ts";
import type { AgentState, Harness, LaunchRequest } from "./types.ts";
import { versionIn } from "./version.ts";

const ENV_NAMES: readonly string[] = [
  "CODEX_HOME",
  "CODEX_API_KEY",
  "CODEX_CA_CERTIFICATE",
  "OPENAI_*",
  "AZURE_OPENAI_*",
  "OPENROUTER_API_KEY",
  "RUST_LOG",
];

/**
 * Codex's terminal UI. Everything is said on the command line, so the user's `config.toml` is not
 * written by kas. `bypass` turns approvals and the sandbox off; `prompt` keeps the workspace sandbox,
 * opened for commits, and asks for what goes beyond it. The state is read from the pane title.
 */
export const codexHarness: Harness = {
  name: "codex",
  defaultProgram: "codex",
  minVersion: "0.169.0",
  envNames: ENV_NAMES,
  version: versionIn(ENV_NAMES),
  async prepare(request) {
    const server = mcpServer(request);
    return {
      argv: [
        ...request.program,
        ...overrides([
          // one inline table: a dotted key would be split at every dot of the path
          ["projects", tomlTable(trusted(request))],
          ["features.daemon_auto_start", "false"],
          ["check_for_update_on_startup", "false"],
          // a login shell may set PATH anew, and the agent would not find kas
          ["allow_login_shell", "false"],
          ["mcp_servers.kasmos", server.toml],
        ]),
        ...await permissionFlags(request),
        ...request.model === null ? [] : ["--model", request.model],
        ...request.effort === null
          ? []
          : overrides([["model_reasoning_effort", tomlString(request.effort)]]),
        ...request.flags,
        "--",
        promptArgument(request),
      ],
      env: server.env,
    };
  },
  state: ({ title }) => Promise.resolve(stateOfTitle(title, Deno.hostname())),
  interruptKeys: ["Escape"],
};

function overrides(pairs: readonly (readonly [string, string])[]): string[] {
  return pairs.flatMap(([key, value]) => ["-c", `${key}=${value}`]);
}

function trusted({ cwd, repoRoot }: LaunchRequest): Record<string, string> {
  const trust = tomlTable({ trust_level: tomlString("trusted") });
  return { [cwd]: trust, [repoRoot]: trust };
}

/**
 * The server's table, and the agent's environment. Codex clears the environment of its servers, so
 * each variable must be named; by name alone where possible, for an argument is open to every user.
 */
function mcpServer(request: LaunchRequest): { toml: string; env: Record<string, string> } {
  const [command = "", ...args] = request.mcp.command;
  const env = { ...hostEnvironment(request.hostEnv, ENV_NAMES), ...request.env };
  const forwarded = new Set(Object.keys(request.env).filter((name) => name.startsWith("KASMOS_")));
  const explicit: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.mcp.env)) {
    env[name] ??= value;
    if (env[name] === value) forwarded.add(name);
    else {
      forwarded.delete(name);
      explicit[name] = tomlString(value);
    }
  }
  const toml = tomlTable({
    command: tomlString(command),
    args: tomlArray(args),
    env_vars: tomlArray([...forwarded].sort()),
    env: tomlTable(explicit),
    default_tools_approval_mode: tomlString("approve"),
    startup_timeout_sec: "60",
  });
  return { toml, env };
}

async function permissionFlags({ permission, cwd }: LaunchRequest): Promise<string[]> {
  if (permission === "bypass") return ["-a", "never", "-s", "danger-full-access"];
  const roots = await commitDirs(cwd);
  return [
    "-a",
    "on-request",
    "-s",
    "workspace-write",
    ...overrides([["sandbox_workspace_write.writable_roots", tomlArray(roots)]]),
  ];
}

/** The state a pane title tells; `host` is the title a terminal has before codex sets one. */
export function stateOfTitle(title: string, host: string): AgentState {
  const evidence = `title: ${title}`;
  if (title === "" || title === host) return { activity: "starting", evidence };
  if (/^[\u2800-\u28ff] /.test(title)) return { activity: "busy", evidence };
  if (/^\[ [.!] \] Action Required/.test(title)) return { activity: "asking", evidence };
  return { activity: "idle", evidence };
}

/** A TOML basic string: JSON's escapes are TOML's, but DEL must be escaped as well. */
function tomlString(text: string): string {
  return JSON.stringify(text).replaceAll("\x7f", "\\u007f");
}

function tomlArray(items: readonly string[]): string {
  return `[${items.map(tomlString).join(",")}]`;
}

/** An inline table of values that are TOML already. */
function tomlTable(entries: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(entries).map(([key, value]) => `${tomlString(key)}=${value}`);
  return `{${pairs.join(",")}}`;
}
