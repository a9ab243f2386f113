import type { Permission, Role } from "../store/types.ts";

/**
 * Words of the agent half. A *runtime* is a program that does the thinking (Claude Code, Codex, …);
 * its *harness* is the adapter of kas to it, and has the same name. An *agent* is a directory with a
 * soul, a profile, skills, hooks and MCP servers; a *profile* is what its `agent.toml` says; a
 * *context* is one launch of it, with everything decided.
 */

/** Runtimes with a harness; `command` is any other program, `demo` the scripted agent of kas. */
export const RUNTIMES = [
  "claude",
  "codex",
  "opencode",
  "copilot",
  "gemini",
  "command",
  "demo",
] as const;
export type Runtime = typeof RUNTIMES[number];

export const OUTPUT_FORMATS = ["text", "json", "stream-json"] as const;
/** What a one-shot run prints: the answer, one JSON document, or JSON lines as it works. */
export type OutputFormat = typeof OUTPUT_FORMATS[number];

/** Where an agent comes from; later ones win: built in, the user's, the project's. */
export type AgentScope = "builtin" | "global" | "project";

/** A value that is resolved when the agent starts and never written down. */
export type SecretRef =
  /** Of the system keychain. */
  | { readonly kind: "keychain"; readonly service: string; readonly account: string }
  /** The content of a 0600 file under the folder of secrets, without its last line break. */
  | { readonly kind: "file"; readonly name: string };

/** What `agent.toml` says, checked, with what it does not say as null or empty. */
export interface AgentProfile {
  readonly name: string;
  readonly scope: AgentScope;
  /** Absolute; null for a built-in agent. */
  readonly directory: string | null;
  readonly description: string | null;
  readonly runtime: Runtime | null;
  readonly model: string | null;
  readonly effort: string | null;
  /** `[runtime.<name>]` tables. */
  readonly perRuntime: Readonly<Partial<Record<Runtime, RuntimeSettings>>>;
  /** Absolute path of the soul; null for a built-in agent. */
  readonly soulFile: string | null;
  readonly permission: Permission | null;
  readonly outputFormat: OutputFormat | null;
  readonly maxTurns: number | null;
  readonly timeoutMinutes: number | null;
  /** Names of host variables it needs beside the usual ones. */
  readonly passEnv: readonly string[];
  readonly setEnv: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, SecretRef>>;
  /** True keeps the user's own settings of the runtime (hooks, servers, instructions) out. */
  readonly strict: boolean;
}

/** One `[runtime.<name>]`. */
export interface RuntimeSettings {
  /** Executable and leading arguments; null = the runtime's own name. */
  readonly program: readonly string[] | null;
  readonly model: string | null;
  readonly effort: string | null;
  /** Handed to the runtime's permission option as it is. */
  readonly permissionRaw: string | null;
  readonly extraArgs: readonly string[];
}

/** One server of `mcp.json`. Texts may hold `${NAME}`, filled in by the runtime at its start. */
export type McpServer =
  | {
    readonly type: "stdio";
    readonly command: string;
    readonly args: readonly string[];
    readonly env: Readonly<Record<string, string>>;
  }
  | {
    readonly type: "http" | "sse";
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
  };

/** `hooks/hooks.json`: event, then matchers with the commands to run; Claude Code's format. */
export type HookTable = Readonly<Record<string, readonly HookMatcher[]>>;
export interface HookMatcher {
  readonly matcher?: string;
  readonly hooks: readonly {
    readonly type: "command";
    /** May begin with `${CLAUDE_PLUGIN_ROOT}` or `${KAS_AGENT_DIR}`: the launched copy of the agent. */
    readonly command: string;
    /** Seconds. */
    readonly timeout?: number;
  }[];
}

/** What an agent brings beside its profile. Paths are absolute and inside its directory. */
export interface AgentParts {
  /** The system prompt; empty = none. */
  readonly soul: string;
  /** Folders with a `SKILL.md`, by name. */
  readonly skills: Readonly<Record<string, string>>;
  /** Markdown files of slash commands, by name. */
  readonly commands: Readonly<Record<string, string>>;
  readonly hooks: HookTable;
  readonly mcpServers: Readonly<Record<string, McpServer>>;
  /** Folder of scripts for hooks; null without one. */
  readonly scriptsDir: string | null;
  /** Folder in front of the agent's PATH; null without one. */
  readonly binDir: string | null;
}

/** A profile with its parts. */
export interface Agent {
  readonly profile: AgentProfile;
  readonly parts: AgentParts;
}

/** `run` does one task and ends; `chat` is the runtime's own terminal program. */
export type LaunchMode = "run" | "chat";

/** One launch, everything decided, frozen. Says nothing secret: values of secrets are not in it. */
export interface AgentContext {
  readonly agent: string;
  readonly scope: AgentScope;
  readonly directory: string | null;
  readonly role: Role | null;
  readonly mode: LaunchMode;
  readonly runtime: Runtime;
  readonly program: readonly string[];
  readonly model: string | null;
  readonly effort: string | null;
  readonly permission: Permission;
  /** Wins over `permission` where set; a permission given for this launch clears it. */
  readonly permissionRaw: string | null;
  readonly outputFormat: OutputFormat;
  readonly maxTurns: number | null;
  readonly timeoutMinutes: number | null;
  /** Absolute, real. */
  readonly cwd: string;
  /** The first prompt; null = none (chat only). */
  readonly task: string | null;
  /** A session of the runtime to go on with: its id, or `last`; null = a new one. */
  readonly resume: string | null;
  readonly extraArgs: readonly string[];
  readonly parts: AgentParts;
  readonly passEnv: readonly string[];
  readonly setEnv: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, SecretRef>>;
  readonly strict: boolean;
}
