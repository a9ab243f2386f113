import { controlApi } from "../api/app.ts";
import { loadDaemonConfig } from "../config/config.ts";
import { checkSocketPath, type Paths } from "../config/paths.ts";
import { ensurePrivateDir } from "../config/private_dir.ts";
import { messageOf } from "../errors.ts";
import { bridgeSentinels, recoverSentinels } from "../engine/bridge.ts";
import { Engine, MAX_SIGNAL_ATTEMPTS } from "../engine/engine.ts";
import { writeSelfShim } from "../engine/environment.ts";
import type { SessionHost } from "../engine/sessions.ts";
import { newWatchMemory, watchSessions } from "../engine/watch.ts";
import { openWorkspaceAt } from "../engine/workspace.ts";
import { requireTmux, TmuxServer } from "../session/tmux/mod.ts";
import { openStore } from "../store/mod.ts";
import type { Store } from "../store/types.ts";
import { type DaemonLog, openLog } from "./log.ts";
import { takeLock } from "./lock.ts";
import { Notifier } from "./notifier.ts";

/** Look at running agents; at other writers' commits and signal files; at stuck claims. In ms. */
const WATCH_MS = 1_000;
const FALLBACK_MS = 2_000;
const REAP_MS = 30_000;
/** A claim this old belongs to nobody. */
const CLAIM_LIMIT_MS = 60_000;

export interface DaemonOptions {
  readonly paths: Paths;
  /** Print the log to stderr as well. */
  readonly echo: boolean;
  /** Ends the daemon in good order. */
  readonly stop: AbortSignal;
}

/**
 * Runs the daemon until it is told to stop: lock, socket, registered repositories, wake-ups, and a
 * shutdown that finishes what is under way and leaves the agents running.
 * @throws KasError "guard" when another daemon owns the socket, "missing_program" without tmux
 */
export async function runDaemon(options: DaemonOptions): Promise<void> {
  const { paths } = options;
  checkSocketPath(paths.socket);
  await ensurePrivateDir(paths.runtimeDir);
  await ensurePrivateDir(paths.stateDir);
  await ensurePrivateDir(paths.sessionsDir);
  await requireTmux();
  using _lock = await takeLock(paths.lock);
  using log = openLog(paths.daemonLog, options.echo);
  await using store = await openStore(paths.database);
  const daemon = new Daemon(paths, store, log, await writeSelfShim(paths.runtimeDir));
  try {
    await daemon.run(options.stop);
  } catch (error) {
    log.line(`daemon failed: ${messageOf(error)}`);
    throw error;
  }
}

class Daemon {
  readonly #host: SessionHost;
  readonly #engine: Engine;
  readonly #news = new Notifier();
  readonly #log: DaemonLog;
  readonly #worker: string;
  readonly #memory = newWatchMemory();
  #token = -1;
  #lastEvent = 0;
  #noticing = false;
  #noticeAgain = false;

  constructor(paths: Paths, store: Store, log: DaemonLog, binDir: string) {
    this.#log = log;
    this.#worker = `daemon:${paths.socket}`;
    const tmux = TmuxServer.open({
      socket: paths.tmuxSocket,
      onChange: () => void this.#guarded("watch", () => this.#watch()),
    });
    this.#host = { store, paths, tmux, hostEnv: Deno.env.toObject(), binDir };
    this.#engine = new Engine(this.#host, {
      worker: this.#worker,
      log: (line) => log.line(line),
      onProgress: () => this.#news.notify(),
    });
  }

  async run(stop: AbortSignal): Promise<void> {
    const { store, paths, tmux } = this.#host;
    await store.reapSignals({
      before: Date.now() - CLAIM_LIMIT_MS,
      workers: [this.#worker],
      maxAttempts: MAX_SIGNAL_ATTEMPTS,
    });
    this.#lastEvent = await store.lastEventId();
    const server = await this.#listen(paths.socket, stop);
    await this.#registerAll();
    this.#log.line(`daemon started (pid ${Deno.pid}, socket ${paths.socket})`);
    const timers = this.#timers();
    try {
      await this.#engine.run(stop);
    } finally {
      for (const timer of timers) clearInterval(timer);
      await server.shutdown();
      // Agents live on without a daemon; an empty terminal server need not.
      if ((await tmux.list()).length === 0) await tmux.killServer();
      await tmux.close();
      this.#log.line("daemon stopped");
    }
  }

  /** A socket file that is left over from a killed daemon is removed: the lock says it is nobody's. */
  async #listen(socket: string, stop: AbortSignal): Promise<Deno.HttpServer<Deno.UnixAddr>> {
    try {
      await Deno.remove(socket);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    const app = controlApi({
      host: this.#host,
      engine: this.#engine,
      news: this.#news,
      startedAt: Date.now(),
      stop,
      notice: () => this.#notice(),
      reload: () => this.#registerAll(),
    });
    return Deno.serve({ path: socket, onListen: () => {} }, app.fetch);
  }

  async #registerAll(): Promise<void> {
    const { store } = this.#host;
    const { config } = await loadDaemonConfig(this.#host.paths);
    for (const path of config.repos) {
      await this.#guarded(`repository ${path}`, async () => {
        const { project } = await openWorkspaceAt(this.#host, path);
        await store.setRegistered(project.id, true);
      });
    }
    for (const project of await store.projects({ registered: true })) {
      await this.#guarded(`project ${project.key}`, async () => {
        await this.#engine.register(project);
        const workspace = this.#engine.workspaces.find((w) => w.project.id === project.id);
        if (workspace !== undefined) await recoverSentinels(this.#host, workspace);
      });
    }
    this.#engine.wake();
  }

  #timers(): ReturnType<typeof setInterval>[] {
    return [
      setInterval(() => void this.#guarded("watch", () => this.#watch()), WATCH_MS),
      setInterval(() => void this.#guarded("fallback", () => this.#fallback()), FALLBACK_MS),
      setInterval(() => void this.#guarded("reaper", () => this.#reap()), REAP_MS),
    ];
  }

  async #watch(): Promise<void> {
    await watchSessions(this.#host, this.#engine, this.#memory);
  }

  /** Finds the work of writers who could not tell: commits of other processes, and signal files. */
  async #fallback(): Promise<void> {
    for (const workspace of this.#engine.workspaces) {
      if (await bridgeSentinels(this.#host, workspace) > 0) this.#engine.wake();
    }
    const token = await this.#host.store.changeToken();
    if (token === this.#token) return;
    this.#token = token;
    await this.#notice();
  }

  async #reap(): Promise<void> {
    const { requeued, dead } = await this.#host.store.reapSignals({
      before: Date.now() - CLAIM_LIMIT_MS,
      maxAttempts: MAX_SIGNAL_ATTEMPTS,
    });
    if (requeued + dead > 0) this.#engine.wake();
  }

  /** Looks at the tasks whose log grew since the last look, takes on new projects, wakes the engine. */
  async #notice(): Promise<void> {
    this.#engine.wake();
    if (this.#noticing) {
      this.#noticeAgain = true;
      return;
    }
    this.#noticing = true;
    try {
      do {
        this.#noticeAgain = false;
        await this.#guarded("notice", () => this.#lookAtNews());
      } while (this.#noticeAgain);
    } finally {
      this.#noticing = false;
    }
  }

  async #lookAtNews(): Promise<void> {
    const { store } = this.#host;
    const known = new Set(this.#engine.workspaces.map((w) => w.project.id));
    for (const project of await store.projects({ registered: true })) {
      if (!known.has(project.id)) await this.#engine.register(project);
    }
    for (;;) {
      const rows = await store.events({ afterId: this.#lastEvent, limit: 500 });
      for (const row of rows) {
        if (row.taskId !== null && row.projectId !== null && row.kind !== "engine_error") {
          this.#engine.lookAt(row.taskId, row.projectId);
        }
        this.#lastEvent = row.id;
      }
      if (rows.length < 500) break;
    }
    this.#news.notify();
  }

  /** A failure in the background is written down and must not end the daemon. */
  async #guarded(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#log.line(`${what}: ${messageOf(error)}`);
    }
  }
}
