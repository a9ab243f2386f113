/** Signals to kas while an agent runs: they are the agent's. */

/** Signals that are passed on. */
export const PASSED = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
export type PassedSignal = typeof PASSED[number];

/** Watches for signals until it is disposed. */
export interface Interrupts extends Disposable {
  /** The first signal that came; null while none has. */
  readonly first: PassedSignal | null;
  /** Calls it for every signal from now on, and for one that came before. */
  pass(to: (signal: PassedSignal) => void): void;
}

/** From now on signals do not end kas. */
export function watchInterrupts(): Interrupts {
  let first: PassedSignal | null = null;
  let receiver: ((signal: PassedSignal) => void) | null = null;
  const handlers = PASSED.map((signal) => {
    const handler = (): void => {
      first ??= signal;
      receiver?.(signal);
    };
    Deno.addSignalListener(signal, handler);
    return () => Deno.removeSignalListener(signal, handler);
  });
  return {
    get first() {
      return first;
    },
    pass(to) {
      receiver = to;
      if (first !== null) to(first);
    },
    [Symbol.dispose]() {
      for (const remove of handlers) remove();
    },
  };
}
