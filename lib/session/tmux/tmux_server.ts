import { KasError } from "../../errors.ts";
import { quote } from "../../names.ts";
import { Connection, type ConnectionOptions, CONTROL_SESSION } from "./connection.ts";
import { checkDirectory, checkSize } from "./checks.ts";
import { ControlLost } from "./control_client.ts";
import { checkKeys } from "./keys.ts";
import { checkLaunch, type Launch, launcherArgv } from "./launch.ts";
import { type PaneInfo, panesFormat, parsePanes } from "./panes.ts";
import { withoutPasteEnd } from "./paste.ts";
import { endProcesses } from "./processes.ts";
import { literalFormat } from "./quote.ts";
import type { Reply } from "./reply_reader.ts";
import { Turns } from "./turns.ts";

/** Some agents drop an Enter that follows a paste at once (100 ms were needed). */
const PASTE_SETTLE_MS = 300;
/** Two Escapes in one write are read as one Alt-Escape. */
const BETWEEN_KEYS_MS = 100;
/** More than tmux takes to answer a signal. */
const REAP_MS = 10;
const DEFAULT_GRACE_MS = 3_000;
/** How often the end of a server is tried that goes away meanwhile. */
const MOST_TRIES = 3;

const SESSION_NAME = /^[A-Za-z0-9_-]{1,80}$/;

/** What {@link TmuxServer.start} takes. */
export interface StartOptions extends Launch {
  /** Session name: letters, digits, "_" and "-". */
  name: string;
  /** Width in cells, 160 by default. */
  cols?: number;
  /** Height in cells, 48 by default. */
  rows?: number;
}

/** What {@link TmuxServer.start} found or made. */
export interface Started {
  pid: number;
  /** tmux's id of the pane, such as "%3". */
  pane: string;
  /** True when the session was there already. */
  adopted: boolean;
}

/** What {@link TmuxServer.capture} takes: lines as capture-pane -S and -E of tmux(1) count them. */
export interface CaptureOptions {
  /** First line: 0 is the top of the screen, negative the history, "-" its beginning. */
  start?: number | "-";
  /** Last line; "-" is the bottom of the screen. */
  end?: number | "-";
  /** Keep colours and attributes as escape sequences. */
  escapes?: boolean;
}

/**
 * kas's own tmux server, with one session for each agent. Nothing is spawned before the first need;
 * one control client then carries every command. Targets are pane ids looked up by exact session
 * name, so neither "x-1" and "x-10" nor a split that a person made are ever confused.
 *
 * Methods throw KasError "invalid" for a bad name, "not_found" for a session that is not there,
 * "missing_program" without tmux and "tmux_failed" when tmux refuses or dies.
 */
export class TmuxServer implements AsyncDisposable {
  readonly #connection: Connection;
  readonly #socket: string;
  readonly #turns = new Turns();

  private constructor(options: ConnectionOptions) {
    this.#connection = new Connection(options);
    this.#socket = options.socket;
  }

  /**
   * The server on `socket`, an absolute path of at most 100 bytes in a directory that only its
   * owner can enter.
   * @throws KasError "invalid" for any other path
   */
  static open(options: ConnectionOptions): TmuxServer {
    return new TmuxServer(options);
  }

  /**
   * Starts a program in a session of its own, exactly once for a marker, or adopts the session of
   * that name. The program gets `env`, the server's clean base and what a terminal sets (TERM,
   * TERM_PROGRAM, TERM_PROGRAM_VERSION, SHELL, PWD), but not TMUX.
   *
   * A pane that could not run it is dead in {@link list}: exit code 97 when the marker was there,
   * 98 when the directory or the marker could not be used, 126 or 127 when the program could not.
   * @throws KasError "not_found" when `cwd` is no directory, "conflict" when a session of that name
   *   is not one of kas
   */
  async start(options: StartOptions): Promise<Started> {
    const { name, cols = 160, rows = 48 } = options;
    checkName(name);
    checkSize(cols, rows);
    checkLaunch(options);
    await checkDirectory(options.cwd);
    // deno-fmt-ignore
    const reply = await this.#connection.ask([
      "new-session", "-d", "-P", "-F", "#{pane_id} #{pane_pid}", "-s", name,
      "-x", String(cols), "-y", String(rows), "-c", literalFormat(options.cwd),
      ...Object.entries(options.env).flatMap(([key, value]) => ["-e", `${key}=${value}`]),
      "--", ...launcherArgv(options),
    ], true);
    if (reply?.ok) {
      const [pane = "", pid] = reply.text.split(" ");
      return { pid: Number(pid), pane, adopted: false };
    }
    if (!reply?.text.startsWith("duplicate session")) throw refused("start", name, reply);
    const there = await this.#find(name);
    if (there !== null) return { pid: there.pid, pane: there.pane, adopted: true };
    throw new KasError("conflict", `Cannot start session ${quote(name)}: kas did not make it`, {
      hint: `Look at it with: ${this.attachArgv(name).join(" ")}`,
    });
  }

  /** Every agent's session; none when no server runs. */
  async list(): Promise<PaneInfo[]> {
    return await this.#panes(["-a"]) ?? [];
  }

  /** Whether a session of exactly this name exists. */
  async has(name: string): Promise<boolean> {
    checkName(name);
    const reply = await this.#connection.ask(["has-session", "-t", `=${name}`]);
    return reply?.ok ?? false;
  }

  /** The text of a session's screen or history: lines joined by newlines, without trailing blanks. */
  async capture(name: string, options: CaptureOptions = {}): Promise<string> {
    const { start, end, escapes } = options;
    for (const line of [start, end]) {
      if (line === undefined || line === "-" || Number.isSafeInteger(line)) continue;
      throw new KasError("invalid", `Cannot capture from line ${quote(String(line))}`, {
        hint: `Use a whole number or "-"`,
      });
    }
    const { pane } = await this.#get("capture", name);
    const reply = await this.#connection.ask([
      ...["capture-pane", "-p", "-t", pane],
      ...(escapes ? ["-e"] : []),
      ...(start === undefined ? [] : ["-S", String(start)]),
      ...(end === undefined ? [] : ["-E", String(end)]),
    ]);
    if (!reply?.ok) throw refused("capture", name, reply);
    return reply.text;
  }

  /**
   * Pastes text into a session, bracketed when the program asked for that, and presses Enter unless
   * told not to. Every byte arrives as it is, but for one sequence: an ESC that would end the
   * paste, and let the rest act as keys, becomes "␛".
   */
  async send(
    name: string,
    text: string | Uint8Array,
    options: { enter?: boolean } = {},
  ): Promise<void> {
    const bytes = withoutPasteEnd(typeof text === "string" ? new TextEncoder().encode(text) : text);
    await this.#turns.take(name, async () => {
      const pane = await this.#ready("type into", name);
      if (bytes.length > 0) {
        await this.#paste(name, pane, bytes);
        await sleep(PASTE_SETTLE_MS);
      }
      if (options.enter ?? true) await this.#do("type into", name, sendKeys(pane, ["Enter"]));
    });
  }

  /** Presses keys such as "Escape", "C-c", "Enter", "1", all in one write. */
  async keys(name: string, keys: readonly string[]): Promise<void> {
    checkKeys(keys);
    if (keys.length === 0) return;
    await this.#turns.take(name, async () => {
      const pane = await this.#ready("press keys in", name);
      await this.#do("press keys in", name, sendKeys(pane, keys));
    });
  }

  /** Presses an agent's interrupt keys one after the other, each in a write of its own. */
  async interrupt(name: string, keys: readonly string[]): Promise<void> {
    checkKeys(keys);
    await this.#turns.take(name, async () => {
      const pane = await this.#ready("interrupt", name);
      for (const [index, key] of keys.entries()) {
        if (index > 0) await sleep(BETWEEN_KEYS_MS);
        await this.#do("interrupt", name, sendKeys(pane, [key]));
      }
    });
  }

  /** Sets the size of a session in cells; an attached person's terminal goes first. */
  async resize(name: string, cols: number, rows: number): Promise<void> {
    checkSize(cols, rows);
    const { pane } = await this.#get("resize", name);
    const size = ["-x", String(cols), "-y", String(rows)];
    await this.#do("resize", name, ["resize-window", "-t", pane, ...size]);
    // resize-window pins the size; people who attach later should have it follow them again.
    await this.#do("resize", name, ["set-option", "-w", "-u", "-t", pane, "window-size"]);
  }

  /**
   * Ends every process of a session, then the session: SIGTERM first, SIGHUP after half of
   * `graceMs` (3000), SIGKILL after all of it. The session goes last, so that after a crash of kas a second call finds what
   * is left. Does nothing when there is no such session.
   * @throws KasError "tmux_failed" when a process survives, as one of another user may
   */
  async kill(name: string, options: { graceMs?: number } = {}): Promise<void> {
    checkName(name);
    const target = `=${name}`;
    if (!(await this.#endPanes(["-s", "-t", `${target}:`], options.graceMs))) return;
    const reply = await this.#connection.ask(["kill-session", "-t", target]);
    if (reply !== null && !reply.ok && !isMissing(reply)) throw refused("kill", name, reply);
  }

  /** Ends every process of every session, then the server. Does nothing when none runs. */
  async killServer(): Promise<void> {
    for (let tries = 1;; tries++) {
      try {
        return await this.#endServer();
      } catch (error) {
        // It is ending already: somebody else told it to, or it crashed at that (tmux 3.3a does when a
        // client that follows a format has lost its session).
        if (!(error instanceof ControlLost) || tries === MOST_TRIES) throw error;
        await sleep(100);
      }
    }
  }

  async #endServer(): Promise<void> {
    const pid = await this.#serverPid();
    if (pid === null || !(await this.#endPanes(["-a"]))) return;
    try {
      await this.#connection.tell(["kill-server"]);
    } catch (error) {
      if (!(error instanceof ControlLost)) throw error;
    }
    await this.#connection.close();
    for (let tries = 0; await this.#connection.serverRuns(); tries++) {
      // One whose start was cut off by a SIGKILL may not listen to commands any more.
      if (tries === 100) killProcess(pid);
      if (tries === 200) {
        throw new KasError("tmux_failed", `Cannot end the tmux server on ${quote(this.#socket)}`, {
          hint: `Try: tmux -S ${quote(this.#socket, 120)} kill-server`,
        });
      }
      await sleep(10);
    }
  }

  /** Process id of the server; null when none runs. */
  async #serverPid(): Promise<number | null> {
    const reply = await this.#connection.ask(["display-message", "-p", "#{pid}"]);
    return reply?.ok ? Number(reply.text) : null;
  }

  /** The argv that shows a session in a person's terminal. */
  attachArgv(name: string): string[] {
    checkName(name);
    return ["tmux", "-S", this.#socket, "attach-session", "-t", `=${name}`];
  }

  /** Ends the control client; the server and its sessions live on. */
  async close(): Promise<void> {
    await this.#connection.close();
  }

  /** Same as {@link close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The agents' panes that list-panes shows; null when there is no such session, or no server. */
  async #panes(args: readonly string[]): Promise<PaneInfo[] | null> {
    const first = await this.#listPanes(args);
    if (first === null || !first.unreaped) return first?.panes ?? null;
    await this.#connection.reap();
    await sleep(REAP_MS);
    return (await this.#listPanes(args))?.panes ?? null;
  }

  async #listPanes(args: readonly string[]): Promise<ReturnType<typeof parsePanes> | null> {
    const mark = `<${crypto.randomUUID()}`;
    const reply = await this.#connection.ask(["list-panes", ...args, "-F", panesFormat(mark)]);
    if (reply?.ok) return parsePanes(reply.text, mark);
    if (reply === null || isMissing(reply)) return null;
    throw refused("list", "-a", reply);
  }

  async #find(name: string): Promise<PaneInfo | null> {
    checkName(name);
    const panes = await this.#panes(["-s", "-t", `=${name}:`]);
    return panes?.[0] ?? null;
  }

  async #get(verb: string, name: string): Promise<PaneInfo> {
    const pane = await this.#find(name);
    if (pane === null) throw refused(verb, name, null);
    return pane;
  }

  /** Makes sure that keys reach the program, and returns its pane. */
  async #ready(verb: string, name: string): Promise<string> {
    const { pane, dead } = await this.#get(verb, name);
    if (dead) {
      throw new KasError(
        "conflict",
        `Cannot ${verb} session ${quote(name)}: its program has ended`,
        {
          hint: `See how it ended with: ${this.attachArgv(name).join(" ")}`,
        },
      );
    }
    // A person may have scrolled: in copy mode the keys would go to tmux.
    await this.#do(verb, name, ["copy-mode", "-q", "-t", pane]);
    return pane;
  }

  async #do(verb: string, name: string, argv: readonly string[]): Promise<void> {
    const reply = await this.#connection.tell(argv);
    if (!reply?.ok) throw refused(verb, name, reply);
  }

  async #paste(name: string, pane: string, bytes: Uint8Array): Promise<void> {
    const buffer = `kas-${crypto.randomUUID()}`;
    const file = `${this.#connection.directory}/${buffer}`;
    try {
      await Deno.writeFile(file, bytes, { createNew: true, mode: 0o600 });
      await this.#do("type into", name, ["load-buffer", "-b", buffer, literalFormat(file)]);
    } finally {
      await Deno.remove(file);
    }
    await this.#do("type into", name, ["paste-buffer", "-p", "-r", "-d", "-b", buffer, "-t", pane]);
  }

  /** Ends the processes of all panes, a person's included; false when there is no such session. */
  async #endPanes(args: readonly string[], graceMs = DEFAULT_GRACE_MS): Promise<boolean> {
    const format = "#{pane_pid} #{pane_dead_status}#{pane_dead_signal}";
    const reply = await this.#connection.ask(["list-panes", ...args, "-F", format]);
    if (reply === null || isMissing(reply)) return false;
    if (!reply.ok) throw refused("list", "-a", reply);
    const panes = reply.text.split("\n").map((line) => {
      const [pid, status = ""] = line.split(" ");
      return { pid: Number(pid), dead: status !== "" };
    });
    await endProcesses(panes, graceMs);
    return true;
  }
}

function killProcess(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound) && !(error instanceof TypeError)) throw error;
  }
}

function sendKeys(pane: string, keys: readonly string[]): string[] {
  return ["send-keys", "-t", pane, ...keys];
}

function checkName(name: string): void {
  if (SESSION_NAME.test(name) && name !== CONTROL_SESSION) return;
  throw new KasError("invalid", `Cannot use ${quote(name)} as a session name`, {
    hint: `Use up to 80 letters, digits, "_" and "-"; ${quote(CONTROL_SESSION)} is taken`,
  });
}

/** tmux's words for a target that is not there. */
function isMissing(reply: Reply): boolean {
  return !reply.ok && /^(?:can't find|no such) (?:session|window|pane)/.test(reply.text);
}

function refused(verb: string, name: string, reply: Reply | null): KasError {
  if (reply === null || isMissing(reply)) {
    return new KasError("not_found", `Cannot ${verb} session ${quote(name)}: it does not exist`, {
      hint: "List the sessions to see which run",
    });
  }
  return new KasError("tmux_failed", `Cannot ${verb} session ${quote(name)}: tmux refused`, {
    hint: "See the message of tmux in the context",
    context: { tmux: reply.text.slice(0, 500) },
  });
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
