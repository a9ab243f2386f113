import { KasError } from "../../errors.ts";
import { quote } from "../../names.ts";

/** The launcher found its marker: this start has already happened. */
export const EXIT_ALREADY_STARTED = 97;
/** The launcher could not enter the directory or make the marker; its screen says why. */
export const EXIT_CANNOT_PREPARE = 98;

/**
 * Runs "$@" in directory $1, once for marker $2. mkdir(1) is atomic, so of any number of attempts
 * one gets through. The agent must not see TMUX: a `tmux kill-server` of its own would reach kas.
 */
const LAUNCHER = `unset TMUX TMUX_PANE
cd "$1" || exit ${EXIT_CANNOT_PREPARE}
unset OLDPWD
if ! command -p mkdir -m 700 "$2"; then
  [ -d "$2" ] && exit ${EXIT_ALREADY_STARTED}
  exit ${EXIT_CANNOT_PREPARE}
fi
shift 2
exec "$@"`;

/** What pane_start_command begins with in a pane that {@link launcherArgv} started. */
export const LAUNCHER_PREFIX = "/bin/sh -c";

/** Linux refuses a longer argument or environment string (MAX_ARG_STRLEN, execve(2)). */
const MAX_STRING_BYTES = 131_071;
/** Below the 1 MiB that macOS allows for all of them together. */
const MAX_TOTAL_BYTES = 900_000;

const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Whether a session can be given a variable of this name. */
export function isVariableName(name: string): boolean {
  return ENV_NAME.test(name);
}

/** What a pane is to run. */
export interface Launch {
  /** Absolute path of the working directory. */
  cwd: string;
  /** The program and its arguments. */
  argv: readonly string[];
  /** Variables on top of the server's clean base. */
  env: Readonly<Record<string, string>>;
  /** Absolute path of a directory that does not exist yet; its parent does. */
  marker: string;
}

/** The argv of the pane: the launcher with its positional arguments. */
export function launcherArgv(launch: Launch): string[] {
  return ["/bin/sh", "-c", LAUNCHER, "kas-launch", launch.cwd, launch.marker, ...launch.argv];
}

/**
 * Checks what only the operating system would refuse later, inside the pane, where nobody looks.
 * @throws KasError "invalid"
 */
export function checkLaunch(launch: Launch): void {
  for (const path of [launch.cwd, launch.marker]) {
    if (!path.startsWith("/")) throw refused(`${quote(path)} is not an absolute path`);
  }
  const program = launch.argv[0] ?? "";
  if (program === "" || program.startsWith("-")) {
    throw refused(`${quote(program)} is not the name of a program`);
  }
  for (const name of Object.keys(launch.env)) {
    if (!isVariableName(name)) throw refused(`${quote(name)} is not a name for a variable`);
  }
  const strings = [
    ...launch.argv,
    ...Object.entries(launch.env).map(([name, value]) => `${name}=${value}`),
  ];
  const encoder = new TextEncoder();
  let total = 0;
  for (const value of strings) {
    if (value.includes("\0")) throw refused(`${quote(value)} contains a NUL byte`);
    const bytes = encoder.encode(value).length;
    if (bytes > MAX_STRING_BYTES) {
      throw refused(`${quote(value, 20)} is ${bytes} bytes long, the limit is ${MAX_STRING_BYTES}`);
    }
    total += bytes + 1;
  }
  if (total > MAX_TOTAL_BYTES) {
    throw refused(`arguments and environment are ${total} bytes, the limit is ${MAX_TOTAL_BYTES}`);
  }
}

function refused(problem: string): KasError {
  return new KasError("invalid", `Cannot start the session: ${problem}`, {
    hint: "Pass long texts in a file; give absolute paths and plain variable names",
  });
}
