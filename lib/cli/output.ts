import { KasError, messageOf } from "../errors.ts";

/** Writing to stdout and stderr. stdout carries data only; words about the work go to stderr. */

const encoder = new TextEncoder();

/** Thrown when the reader of stdout is gone (`kas … | head`); the CLI ends without a word. */
export class StdoutClosed extends Error {
  constructor(cause: unknown) {
    super("Cannot write to stdout: its reader is gone", { cause });
    this.name = "StdoutClosed";
  }
}

interface Sink {
  writeSync(data: Uint8Array): number;
}

function writeAll(sink: Sink, text: string): void {
  const bytes = encoder.encode(text);
  for (let sent = 0; sent < bytes.length;) {
    try {
      sent += sink.writeSync(bytes.subarray(sent));
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      // A pipe somebody made non-blocking is full: wait a moment for its reader.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

/**
 * Writes text to stdout exactly as given.
 * @throws StdoutClosed when nobody reads it any more, KasError "internal" when it cannot be written
 */
export function writeOut(text: string): void {
  try {
    writeAll(Deno.stdout, text);
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) throw new StdoutClosed(error);
    throw new KasError("internal", `Cannot write to stdout: ${messageOf(error)}`, {
      hint: "See where stdout goes, and whether there is room",
      cause: error,
    });
  }
}

/** Writes one line to stdout. @throws StdoutClosed */
export function printLine(text = ""): void {
  writeOut(`${text}\n`);
}

/** Writes one line to stderr. A closed stderr is nobody's loss: there is no place left to say so. */
export function note(text: string): void {
  try {
    writeAll(Deno.stderr, `${text}\n`);
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/** How {@link print} shows data. */
export interface PrintOptions<T> {
  /** True prints JSON, two spaces deep, instead of text. */
  json: boolean;
  /** Renders the data for people; an empty result prints nothing. */
  text: (data: T) => string;
}

/**
 * Prints a result once, as JSON or as text, with one newline at the end.
 * @throws StdoutClosed
 */
export function print<T>(data: T, options: PrintOptions<T>): void {
  const text = options.json ? JSON.stringify(data ?? null, null, 2) : options.text(data);
  if (text !== "") writeOut(text.endsWith("\n") ? text : `${text}\n`);
}

/** Columns of the terminal on stdout, or null when stdout is not a terminal. */
export function terminalWidth(): number | null {
  if (!Deno.stdout.isTerminal()) return null;
  const { columns } = Deno.consoleSize();
  return columns > 0 ? columns : 80;
}
