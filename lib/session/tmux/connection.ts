import { KasError } from "../../errors.ts";
import { quote } from "../../names.ts";
import { ControlClient, ControlLost } from "./control_client.ts";
import type { Reply } from "./reply_reader.ts";
import { baseEnvironment, TMUX_CONFIG } from "./tmux_config.ts";

/**
 * The session the control client sits in. Its program ends at once and leaves an empty pane, so it
 * costs no process.
 */
export const CONTROL_SESSION = "kas-control";

/** sun_path holds 104 bytes on macOS, and tmux needs room for its lock file. */
const MAX_SOCKET_BYTES = 100;

const ENDING_MS = 50;

/** Notifications that tell that a session, or the program in one, came or went. */
const CHANGE =
  /^%(?:sessions-changed|session-renamed|(?:unlinked-)?window-(?:add|close|renamed))\b/;

/**
 * Where tmux is built with libutempter, closing a pane makes it deaf to SIGCHLD for a moment, and
 * an exit in that moment stays unseen until another child exits (tmux 3.3a, Debian 12: one in ten).
 * This format changes when any pane closes; tmux looks at it once a second.
 */
const CLOSED_PANES = ["kas-closed", "#{S:#{W:#{P:#{pane_dead}}}}"] as const;

/** What {@link Connection} needs. */
export interface ConnectionOptions {
  /** Absolute path of the socket, in a directory that only its owner can enter. */
  socket: string;
  /** Called, at most once for a burst, when something came or went. */
  onChange?: () => void;
  /** The whole environment of a server that has to be started; by default the clean base of ours. */
  env?: Record<string, string>;
}

/** The line to one tmux server: opened when first needed, and again after it broke. */
export class Connection {
  readonly #options: ConnectionOptions;
  #client: Promise<ControlClient> | null = null;
  #announced = false;
  #closed = false;

  /** @throws KasError "invalid" for a socket path tmux could not use */
  constructor(options: ConnectionOptions) {
    checkSocket(options.socket);
    this.#options = options;
  }

  /** Where kas keeps the files that belong to this server. */
  get directory(): string {
    return this.#options.socket.slice(0, this.#options.socket.lastIndexOf("/"));
  }

  /**
   * Runs a command that may be run twice, and does so once when the line breaks under it.
   * Returns null when no server runs, unless `start` asks for one.
   * @throws KasError "tmux_failed", "missing_program", "invalid"
   */
  async ask(argv: readonly string[], start = false): Promise<Reply | null> {
    try {
      return await this.tell(argv, start);
    } catch (error) {
      if (!(error instanceof ControlLost)) throw error;
      // A server that is just ending still answers the door.
      await new Promise((resolve) => setTimeout(resolve, ENDING_MS));
      return await this.tell(argv, start);
    }
  }

  /**
   * Runs a command once. Returns null when no server runs, unless `start` asks for one.
   * @throws KasError "tmux_failed", "missing_program", "invalid"
   */
  async tell(argv: readonly string[], start = false): Promise<Reply | null> {
    const client = await this.#current(start);
    return client === null ? null : await client.request(argv);
  }

  /** Makes the server look again for children that have ended; see {@link CLOSED_PANES}. */
  async reap(): Promise<void> {
    const reply = await this.ask(["display-message", "-p", "#{pid}"]);
    const pid = Number(reply?.text);
    if (!reply?.ok || !(pid > 1)) return;
    try {
      Deno.kill(pid, "SIGCHLD");
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** Whether a server listens on the socket. */
  async serverRuns(): Promise<boolean> {
    try {
      (await Deno.connect({ transport: "unix", path: this.#options.socket })).close();
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      if (error instanceof Deno.errors.ConnectionRefused) return false;
      // It ended between our knock and its answer.
      if (error instanceof Deno.errors.ConnectionReset) return false;
      throw error;
    }
  }

  /** Ends the control client. The server and its sessions live on; a later command connects again. */
  async close(): Promise<void> {
    const opening = this.#client;
    this.#client = null;
    this.#closed = true;
    if (opening === null) return;
    // Who asked for the connection gets its error.
    const [opened] = await Promise.allSettled([opening]);
    if (opened.status === "fulfilled") await opened.value.close();
  }

  async #current(start: boolean): Promise<ControlClient | null> {
    const last = this.#client;
    if (last !== null) {
      const client = await last;
      if (client.alive) return client;
      if (this.#client === last) this.#client = null;
    }
    if (this.#client === null && !start && !(await this.serverRuns())) return null;
    this.#client ??= this.#open();
    return await this.#client;
  }

  #open(): Promise<ControlClient> {
    this.#closed = false;
    const opening: Promise<ControlClient> = this.#connect(() => {
      if (this.#client === opening) this.#client = null;
      this.#announce();
    });
    return opening;
  }

  async #connect(onEnd: () => void): Promise<ControlClient> {
    const { socket } = this.#options;
    try {
      await ensurePrivate(this.directory);
      // tmux 3.3a crashes when a second client comes in while it starts.
      using lock = await Deno.open(`${socket}.lck`, { write: true, create: true, mode: 0o600 });
      await lock.lock(true);
      const config = `${socket}.conf`;
      await writeConfig(config);
      return await this.#attach(config, onEnd);
    } catch (error) {
      this.#client = null;
      throw error;
    }
  }

  async #attach(config: string, onEnd: () => void): Promise<ControlClient> {
    const { socket, env, onChange } = this.#options;
    const client = ControlClient.spawn({
      // deno-fmt-ignore
      args: [
        "-u", "-S", socket, "-f", config, "-C",
        "new-session", "-A", "-s", CONTROL_SESSION, "-x", "80", "-y", "24",
        "-f", "no-output,ignore-size", "--", "true", "kas",
      ],
      env: env ?? baseEnvironment(Deno.env.toObject()),
      onNotice: (line) => this.#notice(line),
      onEnd,
    });
    await client.request(["source-file", config.replaceAll(/[\\*?[\]]/g, "\\$&")]);
    if (onChange !== undefined) {
      await client.request(["refresh-client", "-B", CLOSED_PANES.join("::")]);
    }
    return client;
  }

  #notice(line: string): void {
    if (CHANGE.test(line) || line.startsWith(`%subscription-changed ${CLOSED_PANES[0]} `)) {
      this.#announce();
    }
  }

  #announce(): void {
    const { onChange } = this.#options;
    if (this.#announced || onChange === undefined) return;
    this.#announced = true;
    queueMicrotask(() => {
      this.#announced = false;
      if (!this.#closed) onChange();
    });
  }
}

function checkSocket(socket: string): void {
  const bytes = new TextEncoder().encode(socket).length;
  const problem = !/^\/.*[^/]$/s.test(socket)
    ? "it is not an absolute path"
    : [...socket].some((char) => char < " ")
    ? "it contains a control character"
    : bytes > MAX_SOCKET_BYTES
    ? `it is ${bytes} bytes long, and the limit is ${MAX_SOCKET_BYTES}`
    : null;
  if (problem === null) return;
  throw new KasError("invalid", `Cannot use ${quote(socket, 120)} as a tmux socket: ${problem}`, {
    hint: "Choose a shorter runtime directory, for example with XDG_RUNTIME_DIR",
  });
}

/** Whoever can enter the directory can type into the agents. */
async function ensurePrivate(directory: string): Promise<void> {
  await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
  const { mode, uid } = await Deno.stat(directory);
  const foreign = uid !== null && uid !== Deno.uid();
  if (!foreign && ((mode ?? 0) & 0o077) === 0) return;
  throw new KasError("invalid", `Cannot use ${quote(directory, 120)}: others may enter it`, {
    hint: `Make it yours alone: chmod 700 ${quote(directory, 120)}`,
  });
}

async function writeConfig(path: string): Promise<void> {
  const draft = `${path}.${crypto.randomUUID()}`;
  await Deno.writeTextFile(draft, TMUX_CONFIG, { createNew: true, mode: 0o600 });
  await Deno.rename(draft, path);
}
