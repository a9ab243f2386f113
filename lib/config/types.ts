import type { Policy } from "../lifecycle/types.ts";
import type { OutputFormat, Runtime } from "../agent/types.ts";
import type { Permission } from "../store/types.ts";
import type { TomlFinding } from "../toml/check.ts";
import type { PolicyFile } from "./schema.ts";

/** Something to say about a settings file. */
export type ConfigFinding = TomlFinding;

/** Where a value comes from; later ones win over earlier ones. */
export type ConfigSource = "default" | "daemon" | "user" | "project";

/** One setting in force. */
export interface ConfigEntry {
  /** Dotted key as `kas config set` takes it. */
  readonly key: string;
  readonly value: unknown;
  readonly source: ConfigSource;
}

/** The kinds of work an agent is chosen for. */
export const PHASES = [
  "planning",
  "elaborating",
  "implementing",
  "quality_review",
  "fixer",
  "readiness_review",
] as const;
/** One of {@link PHASES}. */
export type Phase = (typeof PHASES)[number];

/** One [agents.<name>], resolved. */
export interface AgentConfig {
  readonly name: string;
  /** False also when there is no program: then the default program is used. */
  readonly enabled: boolean;
  /** Executable and its leading arguments; empty without a program. */
  readonly program: readonly string[];
  /** Null without a program. */
  readonly harness: Runtime | null;
  /** Extra arguments, split into words. */
  readonly flags: readonly string[];
  readonly model: string | null;
  readonly effort: string | null;
  readonly executionMode: "tmux";
  readonly permissionDefault: "prompt" | "bypass" | "inherit";
  readonly env: Readonly<Record<string, string>>;
  /** Minutes one session may take; null or 0 = no limit. */
  readonly timeoutMinutes: number | null;
}

/** All settings, resolved and frozen. */
export interface KasConfig {
  /** Program for roles without an agent; empty = the first known one that is installed. */
  readonly defaultProgram: readonly string[];
  /** Harness of the default program; null when that is empty. */
  readonly defaultHarness: Runtime | null;
  readonly branchPrefix: string;
  /** Agent name for each phase. */
  readonly phases: Readonly<Record<Phase, string>>;
  /** By name; without a prototype, so any name may be looked up. */
  readonly agents: Readonly<Record<string, AgentConfig>>;
  readonly policy: Policy;
  readonly defaults: AgentDefaults;
  /** By the key of a project, from the user's file alone; without a prototype. */
  readonly linear: Readonly<Record<string, LinearConfig>>;
}

/**
 * `[linear.<project>]`: whether, from which issues and from whom a project takes commands of Linear.
 * All in lower case.
 */
export interface LinearConfig {
  readonly enabled: boolean;
  /** Keys or ids of teams; empty = any. An issue has to be in one of each list that is not empty. */
  readonly teams: readonly string[];
  readonly projects: readonly string[];
  readonly labels: readonly string[];
  /** Ids of the users who may change something; empty = nobody. */
  readonly actors: readonly string[];
  /** Ids of labels that do what the command does, when they are put on an issue. */
  readonly createLabels: readonly string[];
  readonly planLabels: readonly string[];
  readonly startLabels: readonly string[];
}

/**
 * `[defaults]`: what new agents begin with, and what a launch uses where nothing else says anything.
 * Null = not set.
 */
export interface AgentDefaults {
  readonly runtime: Runtime | null;
  readonly model: string | null;
  readonly effort: string | null;
  readonly permission: Permission | null;
  readonly outputFormat: OutputFormat | null;
  readonly maxTurns: number | null;
}

/** What the files say about the daemon, resolved and frozen. */
export interface DaemonConfig {
  /** Absolute, each once. */
  readonly repos: readonly string[];
  /** Null = the default socket. */
  readonly socketPath: string | null;
  /** The policy keys daemon.toml sets, as in the file; give it to loadConfig as `daemonPolicy`. */
  readonly policy: PolicyFile;
}
