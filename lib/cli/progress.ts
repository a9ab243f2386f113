import { note } from "./output.ts";
import { formatDuration } from "./time.ts";
import { tame, truncate } from "./text.ts";

/** A line on stderr about slow work; it vanishes when disposed. */
export interface Progress extends Disposable {
  /** Changes what the line says. */
  update(label: string): void;
}

/** Where the line is drawn. */
export interface ProgressTarget {
  isTerminal(): boolean;
  write(text: string): void;
}

/** Options of {@link startProgress}. */
export interface ProgressOptions {
  /** Default: stderr. */
  target?: ProgressTarget;
  /** Milliseconds before the line appears; default 1000. */
  delayMs?: number;
}

const DELAY_MS = 1000;
const TICK_MS = 500;
const WIDTH = 60;

const stderr: ProgressTarget = {
  isTerminal: () => Deno.stderr.isTerminal(),
  write: (text) => void Deno.stderr.writeSync(new TextEncoder().encode(text)),
};

/**
 * Says what goes on when a step takes longer than a second: one line with the elapsed time,
 * on a terminal only. Use it with `using` so that it is cleared on every way out.
 */
export function startProgress(label: string, options: ProgressOptions = {}): Progress {
  const target = options.target ?? stderr;
  if (!target.isTerminal()) return { update: () => {}, [Symbol.dispose]: () => {} };
  const began = performance.now();
  let text = label;
  let shown = false;
  const draw = () => {
    shown = true;
    const elapsed = formatDuration(performance.now() - began);
    target.write(`\r\x1b[K${truncate(tame(text), WIDTH)} (${elapsed})`);
  };
  let ticker: ReturnType<typeof setInterval> | undefined;
  const first = setTimeout(() => {
    draw();
    ticker = setInterval(draw, TICK_MS);
  }, options.delayMs ?? DELAY_MS);
  return {
    update(next) {
      text = next;
      if (shown) draw();
    },
    [Symbol.dispose]() {
      clearTimeout(first);
      clearInterval(ticker);
      if (shown) target.write("\r\x1b[K");
    },
  };
}

/** Says a warning on stderr: `warning: …`. Never part of the data on stdout. */
export function warn(message: string): void {
  note(`warning: ${tame(message)}`);
}

/** Says what was done on stderr, so that stdout stays data. Several lines are kept. */
export function tell(message: string): void {
  for (const line of message.split("\n")) note(tame(line));
}
