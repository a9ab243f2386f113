import { KasError } from "../../errors.ts";
import { quote } from "../../names.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";

/** A screen as it is now. */
export interface ScreenState {
  /** Lines with colours as escape sequences, joined by newlines. */
  readonly text: string;
  readonly cols: number;
  readonly rows: number;
  /** From 0; null while the program hides it. */
  readonly cursor: { readonly x: number; readonly y: number } | null;
}

/** What a watcher is told. */
export interface ScreenWatcher {
  /** The screen changed; called once at the start too. */
  changed(screen: ScreenState): void;
  /** The program ended, or cannot be seen any more. */
  ended(reason: string): void;
}

/** Time between looks in ms: right after something moved, and at most. */
const QUICK_MS = 40;
const SLOW_MS = 500;
/** Bytes of one send-keys command. */
const CHUNK = 400;

const FIELDS =
  "#{pane_dead} #{pane_width} #{pane_height} #{cursor_x} #{cursor_y} #{cursor_flag} #{pane_id}";

/**
 * Live screens of sessions. All are looked at over one control client; a session is looked at only
 * while somebody watches it, often while it moves and seldom while it rests.
 */
export class Screens implements AsyncDisposable {
  readonly #connection: Connection;
  readonly #watched = new Map<string, Watched>();

  /** Opens nothing before the first watcher. */
  constructor(options: ConnectionOptions) {
    this.#connection = new Connection(options);
  }

  /** Watches a session until the returned function is called. @param name as tmux knows it */
  watch(name: string, watcher: ScreenWatcher): () => void {
    const known = this.#watched.get(name);
    const watched: Watched = known ??
      { watchers: new Set(), last: null, wake: () => {}, pause: QUICK_MS };
    watched.watchers.add(watcher);
    if (known === undefined) {
      this.#watched.set(name, watched);
      void this.#follow(name, watched);
    } else if (watched.last !== null) {
      watcher.changed(watched.last);
    }
    return () => {
      watched.watchers.delete(watcher);
      watched.wake();
    };
  }

  /**
   * Types text as a terminal would send it: control characters and escape sequences are keys.
   * @throws KasError "not_found", "tmux_failed"
   */
  async type(name: string, text: string): Promise<void> {
    const pane = (await this.#look(name))?.pane;
    if (pane === undefined) throw gone(name);
    // A person may have scrolled: in copy mode the keys would go to tmux.
    const jobs = [["copy-mode", "-q", "-t", pane], ...typing(pane, text)];
    const replies = await Promise.all(jobs.map((argv) => this.#connection.tell(argv)));
    if (replies.some((reply) => reply?.ok !== true)) {
      throw new KasError("tmux_failed", `Cannot type into session ${quote(name)}: tmux refused`);
    }
    this.hurry(name);
  }

  /** Something is about to change: look soon. */
  hurry(name: string): void {
    const entry = this.#watched.get(name);
    if (entry === undefined) return;
    entry.pause = QUICK_MS;
    entry.wake();
  }

  /** Ends every watch and the control client. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const entry of this.#watched.values()) {
      entry.watchers.clear();
      entry.wake();
    }
    await this.#connection.close();
  }

  async #follow(name: string, entry: Watched): Promise<void> {
    let reason = "its session is gone";
    try {
      for (;;) {
        if (entry.watchers.size === 0) break;
        const screen = await this.#capture(name);
        if (screen === null) break;
        if (isSame(screen, entry.last)) {
          entry.pause = Math.min(entry.pause * 1.5, SLOW_MS);
        } else {
          entry.last = screen;
          entry.pause = QUICK_MS;
          for (const watcher of entry.watchers) watcher.changed(screen);
        }
        await rest(entry);
      }
    } catch (error) {
      if (!(error instanceof KasError)) throw error;
      reason = error.message;
    } finally {
      if (this.#watched.get(name) === entry) this.#watched.delete(name);
      for (const watcher of entry.watchers) watcher.ended(reason);
    }
  }

  async #look(name: string): Promise<{ pane: string; numbers: number[] } | null> {
    // A split that a person made has a higher id than the pane the agent began in.
    const reply = await this.#connection.ask(["list-panes", "-s", "-t", `=${name}:`, "-F", FIELDS]);
    const line = reply?.ok === true ? reply.text.split("\n")[0] ?? "" : "";
    const words = line.split(" ");
    const pane = words.pop();
    if (pane === undefined || words.length !== 6) return null;
    return { pane, numbers: words.map(Number) };
  }

  async #capture(name: string): Promise<ScreenState | null> {
    const found = await this.#look(name);
    if (found === null) return null;
    const [dead, cols = 0, rows = 0, x = 0, y = 0, shown] = found.numbers;
    if (dead === 1) return null;
    const reply = await this.#connection.ask(["capture-pane", "-p", "-e", "-t", found.pane]);
    if (reply?.ok !== true) return null;
    return { text: reply.text, cols, rows, cursor: shown === 1 ? { x, y } : null };
  }
}

interface Watched {
  readonly watchers: Set<ScreenWatcher>;
  last: ScreenState | null;
  wake: () => void;
  pause: number;
}

function rest(entry: Watched): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, entry.pause);
    entry.wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}

function isSame(a: ScreenState, b: ScreenState | null): boolean {
  return b !== null && a.text === b.text && a.cols === b.cols && a.rows === b.rows &&
    a.cursor?.x === b.cursor?.x && a.cursor?.y === b.cursor?.y;
}

/** ASCII goes as numbers, which need no quoting; the rest as literal text. Pure. */
export function typing(pane: string, text: string): string[][] {
  const jobs: string[][] = [];
  for (const run of text.match(/[\0-\x7f]+|[^\0-\x7f]+/g) ?? []) {
    const literal = run.charCodeAt(0) > 0x7f;
    const points = [...run];
    for (let i = 0; i < points.length; i += CHUNK) {
      const part = points.slice(i, i + CHUNK);
      jobs.push(
        literal
          ? ["send-keys", "-t", pane, "-l", "--", part.join("")]
          : ["send-keys", "-t", pane, "-H", ...part.map((c) => c.charCodeAt(0).toString(16))],
      );
    }
  }
  return jobs;
}

function gone(name: string): KasError {
  return new KasError("not_found", `Cannot type into session ${quote(name)}: it does not exist`, {
    hint: "List the sessions to see which run",
  });
}
