import type { Runtime } from "../../agent/types.ts";
import type { Home } from "../../engine/workspace.ts";
import { MAX_DEPTH } from "../../launch/grant.ts";
import type { AgentGrant, Permission, Project } from "../../store/types.ts";

/** How one agent runs another: what is asked, what the runner is told, and what comes back. */

/** Bounds on what agents start through each other. */
export interface DispatchLimits {
  /** Agents above a run, first caller included. */
  readonly depth: number;
  /** Runs of one caller at a time. */
  readonly concurrent: number;
  /** Runs of one agent over its life. */
  readonly perCaller: number;
  /** Runs below one agent that a person or the lifecycle started, over its life. */
  readonly perTree: number;
  /** Longest run, in ms. */
  readonly runMs: number;
  /** How long a run that is ended has before it is killed, in ms. */
  readonly graceMs: number;
}

/** In force unless told otherwise. */
export const DISPATCH_LIMITS: DispatchLimits = Object.freeze({
  depth: MAX_DEPTH,
  concurrent: 4,
  perCaller: 40,
  perTree: 100,
  runMs: 30 * 60_000,
  graceMs: 5_000,
});

/** What a caller asks for. */
export interface RunRequest {
  readonly agent: string;
  readonly task: string;
  readonly runtime: Runtime | null;
  readonly model: string | null;
  readonly effort: string | null;
  readonly permission: Permission | null;
  /** Relative to the caller's folder. */
  readonly cwd: string | null;
  /** At most the limit; null = the limit. */
  readonly timeoutMs: number | null;
}

/** A run that was let through, for the {@link AgentRunner}. */
export interface RunOrder extends Omit<RunRequest, "cwd" | "timeoutMs"> {
  readonly home: Home;
  readonly project: Project;
  /** Unique; names the folder of the launch. */
  readonly id: string;
  /** Real, absolute. */
  readonly cwd: string;
  /** The agent that asks, which is the most the run may be; null = a person. */
  readonly caller: AgentGrant | null;
  readonly hostEnv: Readonly<Record<string, string>>;
  /** See {@link DispatchLimits.graceMs}. */
  readonly graceMs: number;
}

/** An order that was checked and costs nothing yet. */
export interface PreparedRun {
  readonly runtime: Runtime;
  readonly permission: Permission;
  /** What was decided against what somebody wrote, and what the runtime cannot do exactly so. */
  readonly notes: readonly string[];
  /** Starts the agent. @param variables `KASMOS_*` of its identity */
  start(variables: Readonly<Record<string, string>>): Promise<RunningRun>;
}

/** An agent at work. */
export interface RunningRun {
  readonly pid: number;
  /** Bytes it has printed so far. */
  printed(): number;
  /** Once the process is gone, its pipes are closed and its folder is removed. */
  readonly outcome: Promise<RunOutcome>;
  /** Ends its whole process group, first kindly; again is fine. Resolves with {@link outcome}. */
  stop(): Promise<void>;
  /** Kills it at once, told to end or not. */
  kill(): void;
}

/** How a run ended. */
export interface RunOutcome {
  /** The answer; empty when it said nothing. */
  readonly text: string;
  readonly ok: boolean;
  /** Why not, in words; null when it is ok. */
  readonly problem: string | null;
  readonly exitCode: number | null;
  /** Signal that ended it, such as "SIGKILL". */
  readonly exitSignal: string | null;
  readonly sessionId: string | null;
  readonly usage: Readonly<Record<string, number | null>> | null;
  /** The end of what it wrote to its error stream. */
  readonly errorTail: string;
}

/** What starts agents. The real one is `launch_runner.ts`. */
export interface AgentRunner {
  /**
   * Checks everything that can be checked before a process starts.
   * @throws KasError "not_found", "invalid", "missing_program", "runtime_unfit", "guard"
   */
  prepare(order: RunOrder): Promise<PreparedRun>;
}

export const RUN_STATES = ["running", "completed", "failed", "cancelled", "timed_out"] as const;
/** Where a run stands. */
export type RunState = typeof RUN_STATES[number];

/** A run as its caller sees it. */
export interface RunView {
  readonly run: string;
  readonly agent: string;
  readonly runtime: Runtime;
  readonly permission: Permission;
  readonly cwd: string;
  readonly state: RunState;
  readonly duration_ms: number;
  readonly printed_bytes: number;
  /** The answer; null while it runs. */
  readonly result: string | null;
  /** True when the answer was longer than kas keeps. */
  readonly result_truncated: boolean;
  readonly problem: string | null;
  readonly exit_code: number | null;
  readonly exit_signal: string | null;
  readonly session_id: string | null;
  readonly usage: Readonly<Record<string, number | null>> | null;
  readonly notes: readonly string[];
}
