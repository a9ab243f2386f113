/** SIGINT and SIGTERM as an AbortSignal, for commands that wait. */

const EXIT = { SIGINT: 130, SIGTERM: 143 } as const;

/** Watches for an interrupt from the moment {@link Interruption.signal} is first read. */
export interface Interruption extends Disposable {
  readonly signal: AbortSignal;
  /** 130 or 143 after an interrupt, else null. */
  exitCode(): number | null;
  /** Whether an error is nothing but the interrupt coming through. */
  caused(error: unknown): boolean;
}

/**
 * Until the signal is read the default holds: SIGINT and SIGTERM end the process at once.
 * Afterwards the first one aborts the signal and the second one ends the process.
 */
export function interruption(): Interruption {
  const controller = new AbortController();
  let code: number | null = null;
  let listening = false;
  const onSignal = (name: keyof typeof EXIT) => () => {
    if (code !== null) Deno.exit(EXIT[name]);
    code = EXIT[name];
    controller.abort();
  };
  const onInt = onSignal("SIGINT");
  const onTerm = onSignal("SIGTERM");
  return {
    get signal() {
      if (!listening) {
        listening = true;
        Deno.addSignalListener("SIGINT", onInt);
        Deno.addSignalListener("SIGTERM", onTerm);
      }
      return controller.signal;
    },
    exitCode: () => code,
    caused: (error) => controller.signal.aborted && comesFrom(error, controller.signal.reason),
    [Symbol.dispose]() {
      if (!listening) return;
      Deno.removeSignalListener("SIGINT", onInt);
      Deno.removeSignalListener("SIGTERM", onTerm);
    },
  };
}

/** Whether a reason is the error itself or stands in its chain of causes. */
function comesFrom(error: unknown, reason: unknown): boolean {
  for (let at = error, depth = 0; at !== undefined && depth < 8; depth++) {
    if (at === reason) return true;
    at = at instanceof Error ? at.cause : undefined;
  }
  return false;
}
