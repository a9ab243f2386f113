import type { AgentFinding } from "../agent/findings.ts";
import type { AgentScope, Runtime } from "../agent/types.ts";
import type { Login } from "../harness/login.ts";
import type { Probings } from "../harness/probe.ts";
import type { Capabilities, Probed } from "../harness/types.ts";

/**
 * What `kas doctor` looks at and says. Facts are gathered once; checks are pure functions from facts
 * to findings, so that what is said can be tested without the world it is about.
 */

export const SEVERITIES = ["ok", "info", "warning", "error"] as const;
export type Severity = typeof SEVERITIES[number];

/** A repair, as data: what is shown before is what is done after. */
export type Fix =
  | { readonly kind: "chmod"; readonly path: string; readonly mode: number }
  | { readonly kind: "remove_folder"; readonly path: string }
  | { readonly kind: "end_session"; readonly tmuxName: string }
  | { readonly kind: "start_daemon" };

/** A capability of a runtime: what its adapter can make of it, and what the installed program shows. */
export interface CapabilityReport {
  /** As the adapter has it; true for `start`. */
  readonly declared: Capabilities[keyof Capabilities];
  /** Whether its help has what the adapter needs for it; null when nothing of it is in a help. */
  readonly probed: "found" | "missing" | "unknown" | null;
  /** What its help does not have. */
  readonly words?: readonly string[];
  /** Why it is not known. */
  readonly reason?: string;
}

/** One thing that was looked at. */
export interface DoctorFinding {
  /** Stable: `runtime.claude.version`. */
  readonly id: string;
  readonly section:
    | "system"
    | "places"
    | "daemon"
    | "settings"
    | "runtimes"
    | "agents"
    | "leftovers";
  readonly severity: Severity;
  readonly message: string;
  readonly detail?: string;
  /** What to do, in words. */
  readonly hint?: string;
  /** What `--fix` would do. */
  readonly fix?: Fix;
  /** Of a runtime that was asked for its help. */
  readonly capabilities?: Readonly<Partial<Record<Probed, CapabilityReport>>>;
}

/** A program that was looked for. */
export interface ProgramFact {
  readonly name: string;
  /** Null when it was not found or cannot be used; then `problem` says why. */
  readonly version: string | null;
  readonly problem: string | null;
  readonly hint: string | null;
}

/** A runtime and who needs it. */
export interface RuntimeFact extends ProgramFact {
  readonly runtime: Runtime;
  readonly program: readonly string[];
  readonly minimum: string | null;
  /** Null when no minimum is set or the version is unknown. */
  readonly recent: boolean | null;
  readonly install: string | null;
  readonly capabilities: Capabilities;
  /** What its help shows; null when it was not asked, for want of a version that will do. */
  readonly probings: Probings | null;
  /** Whether it has credentials, as far as its files and the variables of its agents show. */
  readonly login: Login;
  /** Agents that would be launched on it. */
  readonly neededBy: readonly string[];
  /** By capability, the agents among them that use it. */
  readonly users: Readonly<Partial<Record<Probed, readonly string[]>>>;
}

/** A folder or file of kas. */
export interface PlaceFact {
  readonly what: string;
  readonly path: string;
  readonly isFolder: boolean;
  /** Null when it is not there yet. */
  readonly mode: number | null;
  readonly ownedByUser: boolean;
  readonly writable: boolean;
  /** Why it cannot be used, when it is there and cannot. */
  readonly problem: string | null;
}

/** An agent and what is to say about it. */
export interface AgentFact {
  readonly name: string;
  readonly scope: AgentScope;
  /** Null when it could not be found out. */
  readonly runtime: Runtime | null;
  /** Kinds of work the settings give it. */
  readonly phases: readonly string[];
  readonly findings: readonly AgentFinding[];
  /** What its runtime cannot take of it. */
  readonly misfits: readonly string[];
}

/** Everything that was looked at. */
export interface Facts {
  readonly kasVersion: string;
  readonly platform: string;
  readonly programs: readonly ProgramFact[];
  /** Whether git knows whose commits those in the project are; null outside of one, or without git. */
  readonly hasIdentity: boolean | null;
  readonly places: readonly PlaceFact[];
  readonly store: { readonly problem: string | null; readonly hint: string | null };
  readonly daemon: {
    readonly running: boolean;
    /** Signals that wait, and the age of the oldest in ms. */
    readonly waiting: number;
    readonly oldestMs: number;
    readonly activeTasks: number;
  };
  readonly project: string | null;
  readonly settings: readonly {
    readonly severity: "warning" | "error";
    readonly message: string;
    readonly hint: string | null;
  }[];
  readonly runtimes: readonly RuntimeFact[];
  readonly agents: readonly AgentFact[];
  readonly leftovers: {
    /** Folders of launches whose process is gone. */
    readonly launches: readonly string[];
    /** Folders of sessions that ended long ago. */
    readonly sessions: readonly string[];
    /** Sessions of kas's tmux server without a live row. */
    readonly panes: readonly { readonly name: string; readonly dead: boolean }[];
    /** Worktrees of ended runs that still stand, with their branch. */
    readonly worktrees: readonly { readonly path: string; readonly branch: string }[];
  };
}
