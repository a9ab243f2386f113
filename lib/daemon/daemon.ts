import { createApp } from "../api/app.ts";
import { Authority } from "../api/auth.ts";
import { type DaemonPort, Workspaces } from "../api/context.ts";
import { Counts } from "../api/metrics.ts";
import { loadConfig, loadDaemonConfig } from "../config/config.ts";
import { checkSocketPath, type Paths } from "../config/paths.ts";
import { ensurePrivateDir } from "../files/private_dir.ts";
import { KasError, messageOf } from "../errors.ts";
import { bridgeSentinels, recoverSentinels } from "../engine/bridge.ts";
import { Engine, MAX_SIGNAL_ATTEMPTS } from "../engine/engine.ts";
import { ensureShim } from "../launch/shim.ts";
import type { SessionHost } from "../engine/sessions.ts";
import { newWatchMemory, watchSessions } from "../engine/watch.ts";
import { openWorkspaceAt } from "../engine/workspace.ts";
import { requireTmux, TmuxServer } from "../session/tmux/mod.ts";
import { Screens } from "../session/tmux/screens.ts";
import { openStore } from "../store/mod.ts";
import type { Project, Store } from "../store/types.ts";
import { VERSION } from "../version.ts";
import { type DaemonLog, openLog } from "./log.ts";
import { takeLock } from "./lock.ts";
import { Notifier } from "./notifier.ts";
import { Round } from "./round.ts";

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
  const daemon = new Daemon(paths, store, log, await ensureShim(paths.runtimeDir));
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
  readonly #screens: Screens;
  readonly #startedAt = Date.now();
  readonly #log: DaemonLog;
  readonly #worker: string;
  readonly #memory = newWatchMemory();
  /** Registered projects that cannot be worked on, with the reason. */
  readonly #broken = new Map<number, string>();
  #token = -1;
  #lastEvent = 0;
  readonly #watch = new Round(() => this.#guarded("watch", () => this.#lookAtAgents()));
  readonly #notice = new Round(() => this.#guarded("notice", () => this.#lookAtNews()));

  constructor(paths: Paths, store: Store, log: DaemonLog, binDir: string) {
    this.#log = log;
    this.#worker = `daemon:${paths.socket}`;
    const tmux = TmuxServer.open({
      socket: paths.tmuxSocket,
      onChange: () => void this.#watch.run(),
    });
    this.#screens = new Screens({ socket: paths.tmuxSocket });
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
      await this.#screens[Symbol.asyncDispose]();
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
    const { store, paths, tmux } = this.#host;
    const app = createApp({
      context: {
        store,
        paths,
        tmux,
        screens: this.#screens,
        news: this.#news,
        daemon: this.#port(),
        workspaces: new Workspaces(store, paths),
        startedAt: this.#startedAt,
        stop,
      },
      site: {
        door: null,
        authority: new Authority(store),
        counts: new Counts(),
        onFailure: (route, error) => this.#log.line(`${route}: ${messageOf(error)}`),
      },
    });
    return Deno.serve({ path: socket, onListen: () => {} }, (request) => app.fetch(request));
  }

  /** What the API asks of the daemon, when that is this very process. */
  #port(): DaemonPort {
    const engine = this.#engine;
    return {
      state: () => Promise.resolve({ pid: Deno.pid, version: VERSION, startedAt: this.#startedAt }),
      wake: (project) => {
        void this.#guarded("wake", async () => {
          if (project !== undefined) await this.#host.store.setRegistered(project.id, true);
          await this.#notice.run();
        });
      },
      look: () => void this.#watch.run(),
      reload: () => this.#reload(),
      register: (project) => engine.register(project),
      unregister: (project) => Promise.resolve(engine.unregister(project.id)),
    };
  }

  /** @throws KasError "invalid" naming what could not be taken on; everything else is under way then */
  async #reload(): Promise<void> {
    const problems = await this.#registerAll();
    if (problems.length === 0) return;
    throw new KasError("invalid", `Not everything could be taken on: ${problems.join("; ")}`, {
      hint: "The rest is under way; mend this and the daemon takes it on by itself",
    });
  }

  /** @returns what could not be taken on, as text lines */
  async #registerAll(): Promise<string[]> {
    const { store } = this.#host;
    const { config } = await loadDaemonConfig(this.#host.paths);
    const problems: string[] = [];
    for (const path of config.repos) {
      try {
        const { project } = await openWorkspaceAt(this.#host, path);
        await store.setRegistered(project.id, true);
      } catch (error) {
        problems.push(`repository ${path}: ${messageOf(error)}`);
      }
    }
    for (const line of problems) this.#log.line(line);
    for (const project of await store.projects({ registered: true })) {
      const problem = await this.#takeOn(project);
      if (problem !== null) problems.push(problem);
    }
    this.#engine.wake();
    return problems;
  }

  /**
   * Takes on a project. What prevents it is told once in the project's log, and it is tried again
   * as time goes by; the other projects go on meanwhile.
   * @returns what prevents it, or null
   */
  async #takeOn(project: Project): Promise<string | null> {
    try {
      await this.#engine.register(project);
      const workspace = this.#engine.workspaces.find((w) => w.project.id === project.id);
      if (workspace !== undefined) await recoverSentinels(this.#host, workspace);
      this.#broken.delete(project.id);
      return null;
    } catch (error) {
      const problem = `project ${project.key}: ${messageOf(error)}`;
      if (this.#broken.get(project.id) === problem) return problem;
      this.#broken.set(project.id, problem);
      this.#log.line(problem);
      await this.#host.store.commit([{
        kind: "event",
        event: { projectId: project.id, kind: "project_error", actor: "kas", message: problem },
      }]);
      return problem;
    }
  }

  /** Tries projects again that could not be taken on, as soon as their settings can be read. */
  async #retryBroken(): Promise<void> {
    const { store, paths } = this.#host;
    for (const id of [...this.#broken.keys()]) {
      const project = await store.project(id);
      if (project === null || !project.registered) this.#broken.delete(id);
      else if (await isWhole(project, paths)) await this.#takeOn(project);
    }
  }

  #timers(): ReturnType<typeof setInterval>[] {
    return [
      setInterval(() => void this.#watch.run(), WATCH_MS),
      setInterval(() => void this.#guarded("fallback", () => this.#fallback()), FALLBACK_MS),
      setInterval(() => void this.#guarded("reaper", () => this.#reap()), REAP_MS),
    ];
  }

  async #lookAtAgents(): Promise<void> {
    await watchSessions(this.#host, this.#engine, this.#memory);
    // the store's token tells of what others wrote; this is what the look itself did
    if (await this.#host.store.lastEventId() > this.#lastEvent) void this.#notice.run();
  }

  /** Finds the work of writers who could not tell: commits of other processes, and signal files. */
  async #fallback(): Promise<void> {
    await this.#guarded("retry", () => this.#retryBroken());
    for (const workspace of this.#engine.workspaces) {
      if (await bridgeSentinels(this.#host, workspace) > 0) this.#engine.wake();
    }
    const token = await this.#host.store.changeToken();
    if (token === this.#token) return;
    this.#token = token;
    await this.#notice.run();
  }

  async #reap(): Promise<void> {
    const { requeued, dead } = await this.#host.store.reapSignals({
      before: Date.now() - CLAIM_LIMIT_MS,
      maxAttempts: MAX_SIGNAL_ATTEMPTS,
    });
    if (requeued + dead > 0) this.#engine.wake();
  }

  /** Looks at the tasks whose log grew since the last look, takes on new projects. */
  async #lookAtNews(): Promise<void> {
    const { store } = this.#host;
    this.#engine.wake();
    const known = new Set(this.#engine.workspaces.map((w) => w.project.id));
    for (const project of await store.projects({ registered: true })) {
      if (!known.has(project.id) && !this.#broken.has(project.id)) await this.#takeOn(project);
    }
    for (;;) {
      const rows = await store.events({ afterId: this.#lastEvent, limit: 500 });
      for (const row of rows) {
        // from what an agent is busy with nothing follows for its task
        const isNews = row.kind !== "engine_error" && row.kind !== "agent_activity";
        if (row.taskId !== null && row.projectId !== null && isNews) {
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

/** Whether a project is worth a try: a look at files, where taking it on starts processes. */
async function isWhole(project: Project, paths: Paths): Promise<boolean> {
  try {
    await Deno.stat(`${project.root}/.git`);
    await loadConfig(project.root, paths);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof KasError) return false;
    throw error;
  }
}
