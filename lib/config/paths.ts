import { KasError } from "../errors.ts";
import { quote } from "../names.ts";

/** Every place of the user's where kas keeps something. All absolute. */
export interface Paths {
  /** Settings and the database. */
  readonly configDir: string;
  readonly userConfig: string;
  readonly daemonConfig: string;
  readonly database: string;
  /** Sockets and locks; gone after a restart of the machine. */
  readonly runtimeDir: string;
  /** The daemon's socket. */
  readonly socket: string;
  /** Held by the daemon that owns the socket. */
  readonly lock: string;
  readonly tmuxSocket: string;
  /** Logs and folders of sessions. */
  readonly stateDir: string;
  readonly sessionsDir: string;
  readonly daemonLog: string;
}

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Resolves all paths. Pure.
 * @param env environment to read; default that of the process
 * @param uid numeric user id for the fallback runtime folder; null where there is none
 * @throws KasError "invalid" when no home is known or a KASMOS_* path is not absolute
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
export function resolvePaths(
  env: Environment = Deno.env.toObject(),
  uid: number | null = Deno.uid(),
): Paths {
  const configDir = own(env, "KASMOS_HOME") ?? xdg(env, "XDG_CONFIG_HOME", ".config");
  const stateDir = own(env, "KASMOS_STATE_DIR") ?? xdg(env, "XDG_STATE_HOME", ".local/state");
  const runtimeDir = own(env, "KASMOS_RUNTIME_DIR") ?? runtime(env, uid);
  const socket = `${runtimeDir}/kas.sock`;
  return Object.freeze({
    configDir,
    userConfig: `${configDir}/config.toml`,
    daemonConfig: `${configDir}/daemon.toml`,
    database: own(env, "KASMOS_DB") ?? `${configDir}/taskstore.db`,
    runtimeDir,
    socket,
    lock: lockOf(socket),
    tmuxSocket: `${runtimeDir}/tmux.sock`,
    stateDir,
    sessionsDir: `${stateDir}/sessions`,
    daemonLog: `${stateDir}/daemon.log`,
  });
}

/** The same paths with the daemon's socket elsewhere (`--socket`, `socket_path`); its lock follows. */
export function withSocket(paths: Paths, socket: string): Paths {
  if (!isAbsolute(socket)) throw notAbsolute("the socket", socket);
  const clean = trimmed(socket);
  return Object.freeze({ ...paths, socket: clean, lock: lockOf(clean) });
}

/** The environment in which kas finds exactly these places. */
export function pathVariables(paths: Paths): Record<string, string> {
  return {
    KASMOS_HOME: paths.configDir,
    KASMOS_DB: paths.database,
    KASMOS_RUNTIME_DIR: paths.runtimeDir,
    KASMOS_STATE_DIR: paths.stateDir,
  };
}

/** Longest path of a unix socket in bytes that works on Linux (108) and macOS (104), NUL included. */
const SOCKET_MAX = 103;

/**
 * Refuses a socket path the kernel would cut off or reject.
 * @throws KasError "invalid"
 * @see unix(7), sun_path
 */
export function checkSocketPath(path: string): void {
  const bytes = new TextEncoder().encode(path).length;
  if (bytes <= SOCKET_MAX) return;
  throw new KasError(
    "invalid",
    `Cannot use ${quote(path)} as a socket: ${bytes} bytes, at most ${SOCKET_MAX} work`,
    { hint: "Set KASMOS_RUNTIME_DIR to a shorter folder" },
  );
}

/** What kas keeps inside a repository. All absolute. */
export interface ProjectPaths {
  readonly dir: string;
  readonly config: string;
  readonly signals: {
    readonly root: string;
    readonly staging: string;
    readonly processing: string;
    readonly failed: string;
  };
  readonly cache: string;
  readonly worktrees: string;
}

/**
 * The places of kas in a repository. Pure.
 * @param repoRoot absolute path of the main work tree
 * @throws KasError "invalid" when it is not absolute
 */
export function projectPaths(repoRoot: string): ProjectPaths {
  if (!isAbsolute(repoRoot)) throw notAbsolute("the repository", repoRoot);
  const root = trimmed(repoRoot);
  const dir = `${root === "/" ? "" : root}/.kasmos`;
  const signals = `${dir}/signals`;
  return Object.freeze({
    dir,
    config: `${dir}/config.toml`,
    signals: Object.freeze({
      root: signals,
      staging: `${signals}/staging`,
      processing: `${signals}/processing`,
      failed: `${signals}/failed`,
    }),
    cache: `${dir}/cache`,
    worktrees: `${root === "/" ? "" : root}/.worktrees`,
  });
}

function isAbsolute(path: string): boolean {
  return path.startsWith("/") && !path.includes("\0");
}

function trimmed(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, "") || "/" : path;
}

function lockOf(socket: string): string {
  return `${socket}.pid`;
}

/** A variable of kas: set means meant, so a relative path is an error and not ignored. */
function own(env: Environment, name: string): string | null {
  const value = env[name] ?? "";
  if (value === "") return null;
  if (!isAbsolute(value)) throw notAbsolute(name, value);
  return trimmed(value);
}

/** The specification says to ignore relative paths in XDG variables. */
function xdg(env: Environment, name: string, fallback: string): string {
  const value = env[name] ?? "";
  if (isAbsolute(value)) return `${trimmed(value)}/kasmos`;
  const home = env.HOME ?? "";
  if (isAbsolute(home)) return `${home === "/" ? "" : trimmed(home)}/${fallback}/kasmos`;
  throw new KasError("invalid", `Cannot find the folder of kas: neither HOME nor ${name} is set`, {
    hint: name === "XDG_CONFIG_HOME"
      ? "Set HOME, or KASMOS_HOME and KASMOS_STATE_DIR, to absolute paths"
      : "Set HOME or KASMOS_STATE_DIR to an absolute path",
  });
}

function runtime(env: Environment, uid: number | null): string {
  const given = env.XDG_RUNTIME_DIR ?? "";
  if (isAbsolute(given)) return `${trimmed(given)}/kasmos`;
  const tmp = env.TMPDIR ?? "";
  const base = isAbsolute(tmp) ? trimmed(tmp) : "/tmp";
  return `${base === "/" ? "" : base}/kasmos-${uid ?? "user"}`;
}

function notAbsolute(what: string, value: string): KasError {
  return new KasError("invalid", `Cannot use ${quote(value)} for ${what}: not an absolute path`, {
    hint: "Give a path that begins with /",
  });
}
