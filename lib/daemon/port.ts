import type { DaemonPort, DaemonState } from "../api/context.ts";
import type { Paths } from "../config/paths.ts";
import { KasError } from "../errors.ts";
import type { Project, Store } from "../store/types.ts";
import { daemonFetch, daemonJson, ensureRegistered, subscribe, wakeDaemon } from "./client.ts";
import type { Notifier } from "./notifier.ts";

/** The daemon as another process of the same user sees it. */

/** How often another process looks whether somebody wrote, in ms: while a client waits, and else. */
const POLL_MS = 40;
const IDLE_POLL_MS = 500;
/** Pause before the daemon's stream is tried again, in ms. */
const RETRY_MS = 1_000;

/** Where the daemon is, and whom to tell of failures nobody waits for. */
export interface RemoteDaemonOptions {
  readonly store: Store;
  readonly paths: Paths;
  readonly onFailure: (what: string, error: unknown) => void;
}

/** The daemon behind the socket. */
export function remoteDaemon({ store, paths, onFailure }: RemoteDaemonOptions): DaemonPort {
  const home = { store, paths };
  const whenUp = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof KasError) || error.code !== "daemon_unreachable") throw error;
    }
  };
  const wake = async (project: Project | undefined): Promise<void> => {
    if (project !== undefined) await ensureRegistered(home, { project });
    await wakeDaemon(paths, { start: project !== undefined });
  };
  return {
    async state(): Promise<DaemonState | null> {
      try {
        const status = await daemonJson<{ pid: number; version: string; started_at: string }>(
          paths,
          "/v1/status",
        );
        const { pid, version, started_at } = status;
        return { pid, version, startedAt: Date.parse(started_at) };
      } catch (error) {
        if (error instanceof KasError && error.code === "daemon_unreachable") return null;
        throw error;
      }
    },
    wake(project) {
      wake(project).catch((error: unknown) => onFailure("wake the daemon", error));
    },
    look() {
      whenUp(async () => {
        await (await daemonFetch(paths, "/v1/look", { method: "POST" })).body?.cancel();
      }).catch((error: unknown) => onFailure("have the daemon look", error));
    },
    async reload() {
      await daemonJson(paths, "/v1/reload", { method: "POST" });
    },
    // A project that was marked as registered is found by the daemon when it looks.
    register: () => whenUp(() => wakeDaemon(paths, { start: false })),
    unregister: (project) =>
      whenUp(async () => {
        const path = `/v1/repos/${encodeURIComponent(project.key)}`;
        await (await daemonFetch(paths, path, { method: "DELETE" })).body?.cancel();
      }),
  };
}

/** No daemon works on this store, and none is to be started. */
export function noDaemon(): DaemonPort {
  const nothing = () => Promise.resolve();
  return {
    state: () => Promise.resolve(null),
    wake: () => {},
    look: () => {},
    reload: () =>
      Promise.reject(
        new KasError("daemon_unreachable", "No daemon works on this database", {
          hint: "Serve the user's own database to have one",
        }),
      ),
    register: nothing,
    unregister: nothing,
  };
}

/**
 * Tells a notifier of what other processes commit, until the signal fires: the daemon's stream tells
 * at once, and a look at the store's change token finds what it does not. The look costs microseconds.
 */
export async function followStore(
  { store, paths, onFailure }: RemoteDaemonOptions,
  news: Notifier,
  stop: AbortSignal,
): Promise<void> {
  await Promise.all([
    poll(store, news, stop, onFailure),
    listen(paths, news, stop, onFailure),
  ]);
}

async function poll(
  store: Store,
  news: Notifier,
  stop: AbortSignal,
  onFailure: RemoteDaemonOptions["onFailure"],
): Promise<void> {
  let token = -1;
  let told = false;
  while (!stop.aborted) {
    try {
      const now = await store.changeToken();
      if (now !== token) news.notify();
      token = now;
      told = false;
    } catch (error) {
      // A locked database is looked at again; it is told of once.
      if (!told) onFailure("look for changes", error);
      told = true;
    }
    await sleep(news.isAwaited ? POLL_MS : IDLE_POLL_MS, stop);
  }
}

async function listen(
  paths: Paths,
  news: Notifier,
  stop: AbortSignal,
  onFailure: RemoteDaemonOptions["onFailure"],
): Promise<void> {
  while (!stop.aborted) {
    try {
      for await (const _ of subscribe(paths, {}, stop)) news.notify();
    } catch (error) {
      const down = error instanceof KasError && error.code === "daemon_unreachable";
      if (!down && !stop.aborted) onFailure("follow the daemon", error);
    }
    await sleep(RETRY_MS, stop);
  }
}

function sleep(ms: number, stop: AbortSignal): Promise<void> {
  if (stop.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      stop.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    stop.addEventListener("abort", done);
  });
}
