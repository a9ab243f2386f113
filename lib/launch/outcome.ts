import { KasError } from "../errors.ts";
import type { RunReading } from "../harness/types.ts";
import type { RunEnd } from "./process.ts";

/** How a run ended, in one word. Part of the `--json` contract: add, never rename. */
export type ExitReason =
  | "completed"
  | "failed"
  | "max_turns"
  | "timeout"
  | "interrupted"
  | "killed";

/** What a run came to. */
export interface Outcome {
  readonly reason: ExitReason;
  /** Exit status of the runtime; null when a signal ended it. */
  readonly exitCode: number | null;
  /** Signal that ended the runtime. */
  readonly signal: string | null;
  /** What kas itself exits with. */
  readonly status: number;
  /** What went wrong, in one sentence; null when nothing did. */
  readonly problem: string | null;
}

/** Numbers of the signals that end a process, as in signal(7) for x86, ARM and macOS. */
const NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
};

/** Exit status of a process that a signal ended, as shells have it: 128 + n. */
export function signalStatus(signal: string): number {
  return 128 + (NUMBERS[signal] ?? 0);
}

/** Statuses that stand for one of these signals. */
const SIGNAL_STATUSES: ReadonlySet<number> = new Set(
  Object.values(NUMBERS).map((number) => 128 + number),
);

/**
 * What a run came to. kas exits with 0 only for a runtime that exited with 0 and did not say that it
 * failed; with 128 + n after a signal; with 1 for everything else, because 2, 3 and 4 are kas's own.
 * @param interrupt the signal kas got while it ran, or null
 */
export function outcomeOf(
  runtime: string,
  end: Pick<RunEnd, "code" | "signal" | "stopped">,
  reading: Pick<RunReading, "outcome" | "error"> | null,
  interrupt: string | null,
): Outcome {
  const base = { exitCode: end.code, signal: end.signal };
  const said = reading?.error ?? null;
  if (end.stopped === "timeout") {
    const problem = `${runtime} was ended: its time was over`;
    return { ...base, reason: "timeout", status: 1, problem };
  }
  if (end.stopped === "unread") {
    return { ...base, reason: "interrupted", status: signalStatus("SIGPIPE"), problem: null };
  }
  if (interrupt !== null) {
    const problem = `${runtime} was interrupted by ${interrupt}`;
    return { ...base, reason: "interrupted", status: signalStatus(interrupt), problem };
  }
  if (end.signal !== null) {
    const problem = `${runtime} was ended by ${end.signal}`;
    return { ...base, reason: "killed", status: signalStatus(end.signal), problem };
  }
  return { ...base, ...exited(runtime, end.code ?? 1, reading?.outcome ?? null, said) };
}

function exited(
  runtime: string,
  code: number,
  told: RunReading["outcome"],
  said: string | null,
): Pick<Outcome, "reason" | "status" | "problem"> {
  // A signal as a shell tells it, unless the runtime says itself what went wrong. Other high numbers are
  // none: gemini exits with what HTTP said, of which 400 arrives as 144.
  const status = told === null && SIGNAL_STATUSES.has(code)
    ? code
    : code === 0 && (told ?? "completed") === "completed"
    ? 0
    : 1;
  if (status === 0) return { reason: "completed", status, problem: null };
  const reason = told === null || told === "completed" ? "failed" : told;
  const how = reason === "max_turns"
    ? "reached its limit of turns"
    : reason === "interrupted"
    ? "was interrupted"
    : code === 0
    ? "reports that it failed"
    : `exited with ${code}`;
  return { reason, status, problem: `${runtime} ${how}${said === null ? "" : `: ${said}`}` };
}

/** A run that came to no good end; its exit status is that of the {@link Outcome}. */
export class AgentFailed extends KasError {
  readonly #status: number;

  constructor(agent: string, outcome: Outcome, hint?: string) {
    super("agent_failed", `Agent ${agent}: ${outcome.problem ?? "it was interrupted"}`, {
      ...(hint === undefined ? {} : { hint }),
      context: {
        agent,
        exit_reason: outcome.reason,
        exit_code: outcome.exitCode,
        signal: outcome.signal,
      },
    });
    this.#status = outcome.status;
  }

  override get exitCode(): number {
    return this.#status;
  }
}
