import type { RunReading } from "../harness/types.ts";
import type { ExitReason, Outcome } from "./outcome.ts";
import type { PreparedLaunch } from "./types.ts";

/** What `kas run --json` prints: the same for all runtimes. Keys are added, never renamed. */
export interface RunEnvelope {
  readonly agent: string;
  readonly runtime: string;
  readonly version: string | null;
  /** To go on with `--resume`; null when the runtime names none. */
  readonly session_id: string | null;
  /** The final answer. */
  readonly result: string;
  readonly exit_reason: ExitReason;
  /** Exit status of the runtime; null when a signal ended it. */
  readonly exit_code: number | null;
  readonly signal: string | null;
  /** What went wrong; null when nothing did. */
  readonly error: string | null;
  readonly usage: {
    readonly input_tokens: number | null;
    readonly output_tokens: number | null;
    readonly cost_usd: number | null;
    readonly turns: number | null;
  } | null;
  readonly duration_ms: number;
  readonly notes: readonly string[];
}

/** Puts together what a run came to. Pure. */
export function envelopeOf(
  { context, version }: PreparedLaunch,
  outcome: Outcome,
  reading: RunReading,
  rest: { readonly durationMs: number; readonly notes: readonly string[] },
): RunEnvelope {
  const { usage } = reading;
  return {
    agent: context.agent,
    runtime: context.runtime,
    version,
    session_id: reading.sessionId,
    result: reading.text,
    exit_reason: outcome.reason,
    exit_code: outcome.exitCode,
    signal: outcome.signal,
    error: outcome.problem,
    usage: usage === null ? null : {
      input_tokens: usage.inputTokens,
      output_tokens: usage.outputTokens,
      cost_usd: usage.costUsd,
      turns: usage.turns,
    },
    duration_ms: rest.durationMs,
    notes: rest.notes,
  };
}
