import { VARIABLES } from "../../agent/variables.ts";
import { SERVER_NAME } from "../server_name.ts";

/** Where each agent program keeps its MCP servers, and how it wants to have them written. */

/** Programs `kas mcp install` knows. */
export const CLIENTS = ["claude", "codex", "opencode", "copilot", "gemini"] as const;
/** One of {@link CLIENTS}. */
export type ClientName = typeof CLIENTS[number];

export const INSTALL_SCOPES = ["user", "project"] as const;
/** For all the user's work, or for whoever works in the repository. */
export type InstallScope = typeof INSTALL_SCOPES[number];

/** What the place of a file depends on. */
export interface ClientPlace {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home. */
  readonly home: string;
  /** Main work tree; null outside a repository. */
  readonly repoRoot: string | null;
}

/** One program's way. */
export interface Client {
  readonly format: "json" | "jsonc" | "toml";
  /** The place of the entry in the file. */
  readonly key: readonly string[];
  /** Candidates; the first that exists is taken, else the first. */
  files(scope: InstallScope, place: ClientPlace): readonly string[];
  /** The entry. @param command program and arguments */
  entry(command: readonly string[]): Readonly<Record<string, unknown>>;
  /**
   * Keys of the entry with which its tools are used unasked, as `kas setup` writes it; none for a
   * program that keeps such leave elsewhere.
   */
  readonly leave: Readonly<Record<string, unknown>>;
  /** What a person has to know, or null. */
  note(scope: InstallScope): string | null;
}

/**
 * Names an agent's own server must see; a program that hands servers only what is listed gets them by
 * name. Unset ones are left out, so they do no harm to a person.
 */
const PASSED = [
  ...Object.values(VARIABLES),
  "KASMOS_HOME",
  "KASMOS_DB",
  "KASMOS_STATE_DIR",
  "KASMOS_RUNTIME_DIR",
];

function under(place: ClientPlace, variable: string, folder: string): string {
  const value = place.env[variable] ?? "";
  return value.startsWith("/") ? value.replace(/\/+$/, "") : `${place.home}/${folder}`;
}

const root = (place: ClientPlace): string => place.repoRoot ?? "";

/** Claude Code. @see https://code.claude.com/docs/en/mcp */
const claude: Client = {
  format: "json",
  key: ["mcpServers", SERVER_NAME],
  files: (scope, place) =>
    scope === "project"
      ? [`${root(place)}/.mcp.json`]
      : [`${under(place, "CLAUDE_CONFIG_DIR", "")}/.claude.json`.replace("//", "/")],
  entry: ([command = "", ...args]) => ({ type: "stdio", command, args, env: {} }),
  leave: {},
  note: (scope) =>
    scope === "project"
      ? "Claude Code asks each person once before it uses a server of a project"
      : null,
};

/** Codex. @see https://developers.openai.com/codex/mcp */
const codex: Client = {
  format: "toml",
  key: ["mcp_servers", SERVER_NAME],
  files: (scope, place) =>
    scope === "project"
      ? [`${root(place)}/.codex/config.toml`]
      : [`${under(place, "CODEX_HOME", ".codex")}/config.toml`],
  entry: ([command = "", ...args]) => ({ command, args, env_vars: PASSED }),
  leave: { default_tools_approval_mode: "approve" },
  note: (scope) =>
    scope === "project" ? "Codex reads settings of a project only where it trusts it" : null,
};

/** opencode. @see https://opencode.ai/docs/mcp-servers */
const opencode: Client = {
  format: "jsonc",
  key: ["mcp", SERVER_NAME],
  files: (scope, place) => {
    const folder = scope === "project"
      ? root(place)
      : `${under(place, "XDG_CONFIG_HOME", ".config")}/opencode`;
    return [`${folder}/opencode.json`, `${folder}/opencode.jsonc`];
  },
  entry: (command) => ({ type: "local", command, enabled: true }),
  leave: {},
  note: () => null,
};

/** GitHub Copilot CLI. @see https://docs.github.com/copilot/reference/copilot-cli-reference/cli-command-reference */
const copilot: Client = {
  format: "json",
  key: ["mcpServers", SERVER_NAME],
  files: (scope, place) =>
    scope === "project"
      ? [`${root(place)}/.github/mcp.json`]
      : [`${under(place, "COPILOT_HOME", ".copilot")}/mcp-config.json`],
  entry: ([command = "", ...args]) => ({ type: "local", command, args, tools: ["*"] }),
  leave: {},
  note: () => null,
};

/** Gemini CLI. @see https://geminicli.com/docs/tools/mcp-server */
const gemini: Client = {
  format: "jsonc",
  key: ["mcpServers", SERVER_NAME],
  files: (scope, place) =>
    scope === "project"
      ? [`${root(place)}/.gemini/settings.json`]
      : [`${under(place, "GEMINI_CLI_HOME", "")}/.gemini/settings.json`.replace("//", "/")],
  entry: ([command = "", ...args]) => ({ command, args }),
  leave: { trust: true },
  note: (scope) =>
    scope === "project" ? "Gemini reads settings of a project only where it trusts it" : null,
};

/** All of them. */
export const CLIENT_TABLE: Readonly<Record<ClientName, Client>> = {
  claude,
  codex,
  opencode,
  copilot,
  gemini,
};
