import { followStore, noDaemon, remoteDaemon } from "../daemon/port.ts";
import { Notifier } from "../daemon/notifier.ts";
import type { Home } from "../engine/workspace.ts";
import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { Screens } from "../session/tmux/screens.ts";
import { TmuxServer } from "../session/tmux/mod.ts";
import { createApp, type Mount } from "./app.ts";
import { withFilePages } from "./file_pages.ts";
import { Authority } from "./auth.ts";
import { Workspaces } from "./context.ts";
import { type Door, LOOPBACK_HOSTS } from "./guards.ts";
import { Counts } from "./metrics.ts";
import { portHolder } from "./port_holder.ts";

/** The API on TCP, as a process of its own beside the daemon. */

/** What {@link serveApi} takes. */
export interface ServeOptions {
  readonly home: Home;
  readonly port: number;
  readonly bind: string;
  /** Further names in the Host header that mean this server. */
  readonly allowHosts: readonly string[];
  /** Speak TLS with these PEM texts; null = plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** Serve others than this machine without TLS. */
  readonly insecure: boolean;
  /** False when the daemon works on another database. */
  readonly daemon: boolean;
  /** What else hangs on the server, such as the admin and MCP. */
  readonly mounts: readonly Mount[];
  /** Pages opened from a file may read the monitor, with a token. */
  readonly filePages?: boolean;
  readonly onFailure: (what: string, error: unknown) => void;
  /** Ends the server in good order. */
  readonly stop: AbortSignal;
  readonly checkAnswers?: boolean;
}

/** A server that runs. */
export interface Serving {
  /** Such as "http://127.0.0.1:7433". */
  readonly url: string;
  readonly port: number;
  readonly authority: Authority;
  /** Resolves when it has ended after the signal. */
  readonly finished: Promise<void>;
}

/** How long requests under way may take after the end was asked for, in ms. */
const DRAIN_MS = 10_000;
const DRAIN_STEP_MS = 10;

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits no longer than `ms`: a client that takes nothing must not keep the server from its end. */
async function within(ms: number, work: Promise<void>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work, late]);
  clearTimeout(timer);
}

/** Addresses that only this machine reaches. */
export function isLoopback(bind: string): boolean {
  return bind === "localhost" || bind === "::1" || /^127(\.\d{1,3}){3}$/.test(bind);
}

/**
 * Refuses to serve others in the clear.
 * @throws KasError "guard"
 */
export function checkBind(
  { bind, tls, insecure }: Pick<ServeOptions, "bind" | "tls" | "insecure">,
): void {
  if (isLoopback(bind) || tls !== null || insecure) return;
  throw new KasError(
    "guard",
    `Cannot serve on ${
      quote(bind)
    } without TLS: tokens and code would go over the net in the clear`,
    { hint: "Give --cert and --key, or bind to 127.0.0.1 and use an SSH tunnel (or --insecure)" },
  );
}

function doorOf({ bind, allowHosts, tls }: ServeOptions, port: number): Door {
  const anywhere = bind === "0.0.0.0" || bind === "::";
  const own = anywhere ? [] : [bind.includes(":") ? `[${bind}]` : bind];
  const hosts = [...LOOPBACK_HOSTS, ...own, ...allowHosts].map((host) => host.toLowerCase());
  return { scheme: tls === null ? "http" : "https", port, hosts: new Set(hosts) };
}

/**
 * Starts to serve.
 * @throws KasError "guard" for a public address in the clear, "conflict" when the port is taken,
 * "invalid" for an address that is not of this machine
 */
export async function serveApi(options: ServeOptions): Promise<Serving> {
  checkBind(options);
  const { home: { store, paths }, stop, onFailure, tls, bind } = options;
  const news = new Notifier();
  const tmux = TmuxServer.open({ socket: paths.tmuxSocket });
  const screens = new Screens({ socket: paths.tmuxSocket });
  const remote = { store, paths, onFailure };
  const authority = new Authority(store);
  const handlers = { app: null as ReturnType<typeof createApp> | null };
  const counts = new Counts();
  const server = await listen(
    options,
    (request, info) =>
      handlers.app?.fetch(request, () => info.remoteAddr.hostname) ??
        new Response(null, { status: 503 }),
  );
  const { port } = server.addr;
  const app = createApp({
    context: {
      store,
      paths,
      tmux,
      screens,
      news,
      daemon: options.daemon ? remoteDaemon(remote) : noDaemon(),
      workspaces: new Workspaces(store, paths),
      startedAt: Date.now(),
      stop,
    },
    site: {
      door: doorOf(options, port),
      authority,
      counts,
      onFailure,
      ...(options.checkAnswers === true ? { checkAnswers: true } : {}),
    },
    mounts: options.mounts,
  });
  handlers.app = options.filePages === true ? withFilePages(app) : app;
  const following = followStore(remote, news, stop);
  const end = async (): Promise<void> => {
    await aborted(stop);
    // Streams were told and end by themselves. A shutdown would cut off bodies that still arrive.
    const limit = Date.now() + DRAIN_MS;
    while (counts.underWay > 0 && Date.now() < limit) await sleep(DRAIN_STEP_MS);
    await within(DRAIN_MS, server.shutdown());
    await following;
    await screens[Symbol.asyncDispose]();
    await tmux.close();
  };
  const host = bind === "0.0.0.0" || bind === "::" ? "127.0.0.1" : bind;
  const name = host.includes(":") ? `[${host}]` : host;
  return {
    url: `${tls === null ? "http" : "https"}://${name}:${port}`,
    port,
    authority,
    finished: end(),
  };
}

async function listen(
  { port, bind, tls }: ServeOptions,
  handler: Deno.ServeHandler<Deno.NetAddr>,
): Promise<Deno.HttpServer<Deno.NetAddr>> {
  try {
    const where = { port, hostname: bind, onListen: () => {} };
    return tls === null
      ? Deno.serve(where, handler)
      : Deno.serve({ ...where, cert: tls.cert, key: tls.key }, handler);
  } catch (cause) {
    if (cause instanceof Deno.errors.AddrInUse) throw await inUse(port, cause);
    if (cause instanceof Deno.errors.PermissionDenied) {
      throw new KasError("invalid", `Cannot listen on port ${port}: it needs more rights`, {
        hint: "Choose a port from 1024 on with --port",
        cause,
      });
    }
    if (cause instanceof Deno.errors.AddrNotAvailable || cause instanceof TypeError) {
      throw new KasError("invalid", `Cannot listen on ${quote(bind)}: no address of this machine`, {
        hint: "Use 127.0.0.1",
        cause,
      });
    }
    throw cause;
  }
}

async function inUse(port: number, cause: unknown): Promise<KasError> {
  const holder = await portHolder(port);
  const who = holder === null ? "another process" : `${holder.program} (pid ${holder.pid})`;
  return new KasError("conflict", `Cannot listen on port ${port}: ${who} has it`, {
    hint: "Stop that one, or choose another port with --port",
    cause,
    context: { port, ...(holder === null ? {} : { pid: holder.pid, program: holder.program }) },
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
