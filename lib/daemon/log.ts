/** Size at which the log starts anew; one older file is kept beside it. */
const MAX_LOG_BYTES = 10 * 1024 * 1024;

/** The daemon's log: one JSON object a line, `{at, message}`. */
export interface DaemonLog extends Disposable {
  line(message: string): void;
}

/**
 * Opens the log for appending.
 * @param echo also prints each line to stderr, for a daemon in the foreground
 */
export function openLog(path: string, echo: boolean): DaemonLog {
  let file = Deno.openSync(path, { append: true, create: true, mode: 0o600 });
  let size = file.statSync().size;
  const encoder = new TextEncoder();
  return {
    line(message) {
      const at = new Date().toISOString();
      const bytes = encoder.encode(`${JSON.stringify({ at, message })}\n`);
      if (size + bytes.length > MAX_LOG_BYTES) {
        file.close();
        Deno.renameSync(path, `${path}.1`);
        file = Deno.openSync(path, { append: true, create: true, mode: 0o600 });
        size = 0;
      }
      file.writeSync(bytes);
      size += bytes.length;
      if (echo) Deno.stderr.writeSync(encoder.encode(`${at} ${message}\n`));
    },
    [Symbol.dispose]: () => file.close(),
  };
}

/** One line of the log. */
export interface LogEntry {
  readonly at: string;
  readonly message: string;
}

/** The last lines of the log; none when there is no log. */
export async function readLog(path: string, lines: number): Promise<LogEntry[]> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  return text.split("\n").filter((line) => line !== "").slice(-Math.max(0, lines)).map(entryOf);
}

function entryOf(line: string): LogEntry {
  try {
    return JSON.parse(line) as LogEntry;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { at: "", message: line }; // a line cut off by a full disk is still shown
  }
}

/** Gives `first`, then every line that is added, until the signal aborts. */
export async function* followLog(
  path: string,
  first: readonly LogEntry[],
  signal: AbortSignal,
): AsyncIterable<LogEntry> {
  yield* first;
  let seen = (await readLog(path, Number.MAX_SAFE_INTEGER)).length;
  while (!signal.aborted) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, 250);
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      }, { once: true });
    });
    const all = await readLog(path, Number.MAX_SAFE_INTEGER);
    if (all.length < seen) seen = 0; // the log began anew
    yield* all.slice(seen);
    seen = all.length;
  }
}
