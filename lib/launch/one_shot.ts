import type { RunReading } from "../harness/types.ts";
import { Capture } from "./capture.ts";
import { envelopeOf, type RunEnvelope } from "./envelope.ts";
import type { Interrupts } from "./interrupts.ts";
import { withoutSecrets } from "./mask.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { type RunEnd, runProcess } from "./process.ts";
import type { PreparedLaunch } from "./types.ts";

/** A one-shot run from its start to what it came to. */

/** Of what a runtime prints, so much is kept for its adapter to read, in bytes. */
const MAX_OUTPUT = 64 * 1024 * 1024;
/** The same of stderr, for the message of a run that failed. */
const MAX_ERRORS = 4 * 1024;

/** Where a run prints to, and what interrupts it. */
export interface OneShotIo {
  /** Takes the runtime's stdout as it comes; null keeps it for the envelope alone. */
  readonly forward: ((chunk: Uint8Array) => Promise<void>) | null;
  readonly interrupts: Interrupts;
  /** Called with the process once it runs; when it throws, the process is ended. */
  readonly started: (pid: number) => Promise<void>;
}

/** What a run came to. */
export interface OneShot {
  readonly outcome: Outcome;
  readonly envelope: RunEnvelope;
}

/**
 * Runs a launch that was prepared and written. Its time limit is that of the context.
 * @param notes what was to be said about the launch before it began
 * @throws KasError "missing_program" when it cannot be started
 */
export async function runOneShot(
  prepared: PreparedLaunch,
  notes: readonly string[],
  io: OneShotIo,
): Promise<OneShot> {
  const { context } = prepared;
  const out = new Capture(MAX_OUTPUT);
  const errors = new Capture(MAX_ERRORS);
  const { forward } = io;
  // text that is passed on needs no reading: its exit status says how it went
  const reads = forward === null || context.outputFormat !== "text";
  let printed = 0;
  const running = runProcess(prepared, {
    stdout: async (chunk) => {
      printed += chunk.length;
      if (reads) out.add(chunk);
      await forward?.(chunk);
    },
    stderr: forward !== null ? null : (chunk) => {
      errors.add(chunk);
      return Promise.resolve();
    },
    timeoutMs: context.timeoutMinutes === null ? null : context.timeoutMinutes * 60_000,
  });
  io.interrupts.pass((signal) => running.stop(signal));
  try {
    await io.started(running.pid);
  } catch (error) {
    running.stop("SIGKILL");
    await running.ended;
    throw error;
  }
  const end = await running.ended;
  const { text, isUtf8 } = out.text();
  const reading = reads ? prepared.harness.read(text, context.outputFormat) : null;
  const words = reading?.error ?? (forward === null ? lastLines(errors) : null);
  const said = words === null ? null : withoutSecrets(prepared, words);
  const told = reading === null ? null : { ...reading, error: said };
  const outcome = outcomeOf(context.runtime, end, told, io.interrupts.first);
  const all = [...notes, ...remarks(context.runtime, end, printed, out.isCut, isUtf8)];
  const envelope = envelopeOf(prepared, outcome, reading ?? NOTHING, {
    durationMs: end.durationMs,
    notes: all,
  });
  return { outcome, envelope };
}

const NOTHING: RunReading = { text: "", sessionId: null, outcome: null, error: null, usage: null };

/** What a runtime that failed said last on stderr; null when it said nothing. */
function lastLines(errors: Capture): string | null {
  const lines = errors.text().text.split("\n").map((line) => line.trim()).filter((line) =>
    line !== ""
  );
  return lines.length === 0 ? null : lines.slice(-3).join(" / ");
}

function remarks(
  runtime: string,
  end: RunEnd,
  printed: number,
  isCut: boolean,
  isUtf8: boolean,
): string[] {
  const notes: string[] = [];
  if (printed === 0 && end.code === 0) notes.push(`${runtime} ended well but printed nothing`);
  if (!isUtf8) notes.push(`${runtime} printed bytes that are not UTF-8; they are shown as U+FFFD`);
  if (isCut) notes.push(`${runtime} printed too much to keep; only the end was read`);
  if (end.leftovers) {
    notes.push(`${runtime} left processes behind that kept its output open; they were ended`);
  }
  return notes;
}
