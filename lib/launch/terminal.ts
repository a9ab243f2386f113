/** A program of its own in the terminal kas is in, and the terminal afterwards as it was. */

import type { EndSignal } from "./process.ts";
import { cannotStart, GRACE_MS } from "./process.ts";
import { sendSignal, Strays } from "./strays.ts";
import type { PreparedLaunch } from "./types.ts";

/** Variables that tell a program about its terminal; beside the allowed ones of the host. */
const TERMINAL_VARIABLES = [
  "TERM",
  "COLORTERM",
  "TERM_PROGRAM",
  "TERM_PROGRAM_VERSION",
  "VTE_VERSION",
  "KITTY_WINDOW_ID",
  "WT_SESSION",
  "NO_COLOR",
] as const;

/** What of the host's environment describes the terminal. */
export function terminalVariables(
  hostEnv: Readonly<Record<string, string>>,
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of TERMINAL_VARIABLES) {
    const value = hostEnv[name];
    if (value !== undefined) found[name] = value;
  }
  return found;
}

/** A program in the terminal. */
export interface TerminalProgram {
  readonly pid: number;
  /**
   * Passes on a signal the terminal does not send by itself, to what the program started as well;
   * after a grace time they are killed.
   */
  stop(signal: EndSignal): void;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: Deno.Signal | null }>;
}

/**
 * Starts a launch in this terminal, in kas's own process group: keys that mean signals reach both.
 * @throws KasError "missing_program" when it cannot be started
 */
export function runInTerminal({ launch, context }: PreparedLaunch): TerminalProgram {
  const [program = "", ...args] = launch.argv;
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args,
      cwd: context.cwd,
      env: { ...launch.env },
      clearEnv: true,
      stdin: "inherit",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn();
  } catch (cause) {
    throw cannotStart(program, cause);
  }
  const strays = new Strays(child.pid);
  let ending: Promise<void> = Promise.resolve();
  let killer: ReturnType<typeof setTimeout> | undefined;
  const send = (signal: EndSignal): void => {
    try {
      child.kill(signal);
    } catch (error) {
      // it has just ended
      if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
    }
  };
  const end = (signal: EndSignal): Promise<void> => {
    ending = ending.then(async () => {
      const below = await strays.look();
      send(signal);
      for (const pid of below) sendSignal(pid, signal);
    });
    return ending;
  };
  return {
    pid: child.pid,
    stop(signal) {
      end(signal);
      killer ??= setTimeout(() => end("SIGKILL"), GRACE_MS);
    },
    ended: child.status.then(async ({ code, signal }) => {
      clearTimeout(killer);
      // what was told to end has had its time
      if (killer !== undefined) await end("SIGKILL");
      return { code: signal === null ? code : null, signal };
    }),
  };
}

/** Leaves what full-screen programs turn on: alternate screen, hidden cursor, mouse, paste marks, key modes. */
const LEAVE = "\x1b[?1049l\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l" +
  "\x1b[?1004l\x1b[<u\x1b[>4;0m\x1b[0m";

/**
 * Remembers the settings of the terminal, see stty(1).
 * @returns puts them back; `clean` is false after a program that could not tidy up itself
 */
export async function keepTerminal(): Promise<(clean: boolean) => Promise<void>> {
  const saved = await stty(["-g"]);
  return async (clean) => {
    if (!clean) Deno.stdout.writeSync(new TextEncoder().encode(LEAVE));
    if (saved !== null) await stty([saved]);
  };
}

/** Runs stty(1) on this terminal; null where there is none. */
async function stty(args: readonly string[]): Promise<string | null> {
  try {
    const { success, stdout } = await new Deno.Command("stty", {
      args: [...args],
      stdin: "inherit",
      stdout: "piped",
      stderr: "null",
    }).output();
    return success ? new TextDecoder().decode(stdout).trim() : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
