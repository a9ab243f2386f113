import { VARIABLES } from "../agent/variables.ts";
import { eventFromJson, type EventJson } from "../api/json.ts";
import type { Problem } from "../api/schema/common.ts";
import { checkSocketPath, type Paths, pathVariables } from "../config/paths.ts";
import { ensurePrivateDir } from "../files/private_dir.ts";
import { KasError, messageOf } from "../errors.ts";
import { selfArgv } from "../self.ts";
import type { Home, Workspace } from "../engine/workspace.ts";
import type { EventRow } from "../store/types.ts";

/** How long a daemon may take to answer after it was started. */
const START_LIMIT_MS = 15_000;

const clients = new Map<string, Deno.HttpClient>();

function clientFor(socket: string): Deno.HttpClient {
  const known = clients.get(socket);
  if (known !== undefined) return known;
  const client = Deno.createHttpClient({ proxy: { transport: "unix", path: socket } });
  clients.set(socket, client);
  return client;
}

/** Closes the connections this process holds to daemons. */
export function closeClients(): void {
  for (const client of clients.values()) client.close();
  clients.clear();
}

/**
 * One request to the daemon over its unix socket.
 * @param path such as `/v1/status`
 * @throws KasError "daemon_unreachable"
 */
export async function daemonFetch(
  paths: Paths,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  try {
    // The name of the host matters to nobody, but fetch asks the resolver for one it does not know
    // when the socket is refused, and that may take five seconds.
    return await fetch(`http://localhost${path}`, { ...init, client: clientFor(paths.socket) });
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw new KasError("daemon_unreachable", "daemon not running", {
      hint: `Start it with "kas daemon start"`,
      cause,
      context: { socket: paths.socket },
    });
  }
}

/** The same, with a JSON answer. @throws KasError with what the daemon said */
export async function daemonJson<T>(
  paths: Paths,
  path: string,
  init: RequestInit = {},
): Promise<T> {
  const response = await daemonFetch(paths, path, init);
  const body = await response.json();
  if (response.ok) return body as T;
  const { detail, hint } = body as Partial<Problem>;
  throw new KasError("internal", detail ?? `the daemon answered ${response.status}`, {
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Whether a daemon answers on the socket. */
export async function pingDaemon(paths: Paths): Promise<boolean> {
  try {
    const response = await daemonFetch(paths, "/v1/ping");
    await response.body?.cancel();
    return response.ok;
  } catch (error) {
    if (error instanceof KasError && error.code === "daemon_unreachable") return false;
    throw error;
  }
}

/**
 * Tells the daemon to look now.
 * @param options.start starts one when none runs
 * @returns false when none runs and none was started
 */
export async function wakeDaemon(paths: Paths, options: { start: boolean }): Promise<boolean> {
  try {
    const response = await daemonFetch(paths, "/v1/wake", { method: "POST" });
    await response.body?.cancel();
    return true;
  } catch (error) {
    if (!(error instanceof KasError) || error.code !== "daemon_unreachable") throw error;
    if (!options.start) return false;
    await startDaemon(paths);
    return true;
  }
}

/** Marks a project as one the daemon works on, and tells the daemon if it was not. */
export async function ensureRegistered(
  home: Home,
  workspace: Pick<Workspace, "project">,
): Promise<void> {
  const { project } = workspace;
  if (project.registered) return;
  await home.store.setRegistered(project.id, true);
  if (!(await pingDaemon(home.paths))) return;
  const response = await daemonFetch(home.paths, "/v1/repos", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ path: project.root }),
  });
  await response.body?.cancel();
}

/**
 * Makes sure that what needs a daemon can have one, before anything is written for it.
 * @throws KasError "missing_program" when none runs and there is no tmux
 */
export async function requireDaemon(paths: Paths): Promise<void> {
  if (!(await pingDaemon(paths))) await requireStartable();
}

/** Without tmux a daemon ends before it has a log to say so. */
async function requireStartable(): Promise<void> {
  const { requireTmux } = await import("../session/tmux/tmux_version.ts");
  await requireTmux();
}

/**
 * Starts a daemon in the background and waits until it answers. Two callers at once end up with one
 * daemon: the second finds the lock taken and waits for the first.
 * @throws KasError "daemon_unreachable" with the end of its log when it does not come up,
 * "missing_program" without a tmux
 */
export async function startDaemon(paths: Paths): Promise<void> {
  checkSocketPath(paths.socket);
  await ensurePrivateDir(paths.stateDir);
  await requireStartable();
  const [program = "", ...args] = selfArgv();
  const env = Deno.env.toObject();
  // What belongs to one agent does not belong to the daemon it may start.
  for (const name of Object.values(VARIABLES)) delete env[name];
  Object.assign(env, pathVariables(paths));
  const child = new Deno.Command(program, {
    args: [...args, "daemon", "start", "--foreground", "--socket", paths.socket],
    cwd: "/",
    env,
    clearEnv: true,
    detached: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let exited: number | null = null;
  child.status.then((status) => {
    exited = status.code;
  });
  child.unref();
  const limit = Date.now() + START_LIMIT_MS;
  while (!(await pingDaemon(paths))) {
    // Another daemon may have won the lock and be about to answer; its status 3 is no failure.
    if ((exited !== null && exited !== 3) || Date.now() > limit) throw await didNotStart(paths);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

async function didNotStart(paths: Paths): Promise<KasError> {
  let last = "";
  try {
    last = (await Deno.readTextFile(paths.daemonLog)).trimEnd().split("\n").at(-1) ?? "";
    last = ` (${(JSON.parse(last) as { message: string }).message})`;
  } catch (error) {
    last = error instanceof Deno.errors.NotFound ? "" : ` (${messageOf(error)})`;
  }
  return new KasError("daemon_unreachable", `The daemon did not start${last}`, {
    hint: `Run "kas daemon start --foreground" to see why`,
    context: { log: paths.daemonLog },
  });
}

export interface EventSubscription {
  /** First event wanted is the one after this id; without it, only new ones. */
  readonly afterId?: number;
  readonly project?: string;
  readonly task?: string;
  readonly kinds?: readonly string[];
}

/**
 * Follows the daemon's event stream, from `afterId` on without a gap.
 * @throws KasError "daemon_unreachable" at once or when the daemon goes away
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function* subscribe(
  paths: Paths,
  filter: EventSubscription,
  signal: AbortSignal,
): AsyncIterable<EventRow> {
  const query = new URLSearchParams();
  if (filter.project !== undefined) query.set("project", filter.project);
  if (filter.task !== undefined) query.set("task", filter.task);
  for (const kind of filter.kinds ?? []) query.append("kind", kind);
  const response = await daemonFetch(paths, `/v1/events?${query}`, {
    signal,
    headers: filter.afterId === undefined ? {} : { "last-event-id": String(filter.afterId) },
  });
  if (response.body === null || !response.ok) {
    throw new KasError("daemon_unreachable", `The daemon answered ${response.status}`);
  }
  let rest = "";
  try {
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + chunk).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        // Named blocks are about the stream itself.
        if (block.startsWith("event: ")) continue;
        const data = block.split("\n").filter((line) => line.startsWith("data: "))
          .map((line) => line.slice(6)).join("\n");
        if (data !== "") yield eventFromJson(JSON.parse(data) as EventJson);
      }
    }
  } catch (cause) {
    if (signal.aborted) return;
    throw new KasError("daemon_unreachable", "The event stream broke off", { cause });
  }
}
