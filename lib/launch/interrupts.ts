/** Signals to kas while an agent runs: they are the agent's. */

/** Signals that are passed on, with their numbers. */
const PASSED = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15 } as const;
export type PassedSignal = keyof typeof PASSED;

/** Watches for signals until it is disposed. */
export interface Interrupts extends Disposable {
  /** The first signal that came; null while none has. */
  readonly first: PassedSignal | null;
  /** Calls it for every signal from now on, and for one that came before. */
  pass(to: (signal: PassedSignal) => void): void;
}

/**
 * From now on signals do not end kas. One that kas was started to ignore stays ignored, as under
 * nohup(1) and in the background of a script.
 */
export function watchInterrupts(): Interrupts {
  let first: PassedSignal | null = null;
  let receiver: ((signal: PassedSignal) => void) | null = null;
  const ignored = ignoredSignals();
  const handlers = (["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"] as const).map((signal) => {
    const isIgnored = (ignored >> BigInt(PASSED[signal] - 1) & 1n) === 1n;
    const handler = (): void => {
      // without a listener the runtime itself would end kas
      if (isIgnored) return;
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

/** Mask of ignored signals from proc_pid_status(5); empty where there is no procfs. */
function ignoredSignals(): bigint {
  try {
    const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(Deno.readTextFileSync("/proc/self/status"))?.[1];
    return mask === undefined ? 0n : BigInt(`0x${mask}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0n;
    throw error;
  }
}
