import { defineCommand, defineGroup, formatDuration, type Group } from "../lib/cli/mod.ts";
import { KasError } from "../lib/errors.ts";
import { requirePerson } from "./_shared.ts";

const socket = {
  socket: { type: "string", description: "Socket of the daemon", metavar: "path" },
} as const;

async function pathsFor(at: string | undefined): Promise<import("../lib/config/paths.ts").Paths> {
  const { homePaths } = await import("../lib/engine/workspace.ts");
  const paths = await homePaths();
  if (at === undefined) return paths;
  const { withSocket } = await import("../lib/config/paths.ts");
  return withSocket(paths, at);
}

interface Status {
  version: string;
  pid: number;
  uptime_ms: number;
  database: string;
  socket: string;
  repos: { project: string; path: string; active: number }[];
}

const start = defineCommand({
  description: "Start the daemon that drives tasks in the background",
  args: {
    ...socket,
    foreground: { type: "boolean", description: "Stay in the foreground and log to stderr" },
  },
  examples: [
    ["kas daemon start", "Start it in the background"],
    ["kas daemon start --foreground", "Run it under a service manager"],
  ],
  async run(ctx) {
    // An agent's own programs, variables and secrets would be those of all others.
    requirePerson("start the daemon");
    const paths = await pathsFor(ctx.values.socket);
    if (ctx.values.foreground) {
      const { runDaemon } = await import("../lib/daemon/daemon.ts");
      await runDaemon({ paths, echo: true, stop: ctx.signal });
      return;
    }
    const { pingDaemon, startDaemon } = await import("../lib/daemon/client.ts");
    const already = await pingDaemon(paths);
    if (!already) await startDaemon(paths);
    ctx.print(
      { running: true, started: !already, socket: paths.socket },
      () => already ? "daemon already running" : "daemon started",
    );
  },
});

const stop = defineCommand({
  description: "Stop the daemon; agents that run keep running",
  args: socket,
  async run(ctx) {
    requirePerson("stop the daemon");
    const paths = await pathsFor(ctx.values.socket);
    const { isLocked, lockedPid } = await import("../lib/daemon/lock.ts");
    const pid = await isLocked(paths.lock) ? await lockedPid(paths.lock) : null;
    if (pid === null) {
      ctx.print({ stopped: false }, () => "daemon not running");
      return;
    }
    Deno.kill(pid, "SIGTERM");
    const limit = Date.now() + 60_000;
    while (await isLocked(paths.lock)) {
      if (Date.now() > limit) {
        throw new KasError("daemon_unreachable", `The daemon (pid ${pid}) does not end`, {
          hint: `See its log with "kas daemon logs"`,
        });
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    ctx.print({ stopped: true, pid }, () => "daemon stopped");
  },
});

const status = defineCommand({
  description: "Show whether the daemon runs and what it works on",
  args: socket,
  async run(ctx) {
    const paths = await pathsFor(ctx.values.socket);
    const { daemonJson, pingDaemon } = await import("../lib/daemon/client.ts");
    if (!(await pingDaemon(paths))) {
      ctx.print({ running: false, socket: paths.socket }, () => "daemon not running");
      return;
    }
    const data = await daemonJson<Status>(paths, "/v1/status");
    ctx.print({ running: true, ...data }, (now) =>
      [
        `daemon running (uptime: ${formatDuration(now.uptime_ms)}, pid ${now.pid})`,
        `repos (${now.repos.length}):`,
        ...now.repos.map((repo) => `  ${repo.project}  ${repo.path}  active: ${repo.active}`),
      ].join("\n"));
  },
});

const reload = defineCommand({
  description: "Have the daemon read its configuration and repositories again",
  args: socket,
  async run(ctx) {
    requirePerson("reload the daemon");
    const paths = await pathsFor(ctx.values.socket);
    const { daemonJson } = await import("../lib/daemon/client.ts");
    await daemonJson(paths, "/v1/reload", { method: "POST" });
    ctx.print({ reloaded: true }, () => "daemon reloaded");
  },
});

const repoArg = {
  path: {
    type: "positional",
    description: "Folder in the repository (default: this one)",
    required: false,
  },
} as const;

const add = defineCommand({
  description: "Have the daemon work on a repository, now and after restarts",
  args: { ...socket, ...repoArg },
  async run(ctx) {
    requirePerson("add a repository");
    const paths = await pathsFor(ctx.values.socket);
    const { ensureRegistered } = await import("../lib/daemon/client.ts");
    const { openHome, openWorkspaceAt } = await import("../lib/engine/workspace.ts");
    await using home = await openHome(paths);
    const workspace = await openWorkspaceAt(home, ctx.values.path ?? Deno.cwd());
    await ensureRegistered(home, workspace);
    const { key, root } = workspace.project;
    ctx.print({ project: key, path: root }, (data) => `added ${data.project} (${data.path})`);
  },
});

const remove = defineCommand({
  description: "Have the daemon leave a repository alone; nothing in it is removed",
  args: { ...socket, ...repoArg },
  async run(ctx) {
    requirePerson("remove a repository");
    const paths = await pathsFor(ctx.values.socket);
    const { openHome, openWorkspaceAt } = await import("../lib/engine/workspace.ts");
    const { daemonFetch, pingDaemon } = await import("../lib/daemon/client.ts");
    await using home = await openHome(paths);
    const { project } = await openWorkspaceAt(home, ctx.values.path ?? Deno.cwd());
    await home.store.setRegistered(project.id, false);
    if (await pingDaemon(paths)) {
      const path = `/v1/repos/${encodeURIComponent(project.key)}`;
      await (await daemonFetch(paths, path, { method: "DELETE" })).body?.cancel();
    }
    ctx.print(
      { project: project.key, path: project.root },
      (data) => `removed ${data.project} (${data.path})`,
    );
  },
});

const logs = defineCommand({
  description: "Print the end of the daemon's log",
  args: {
    lines: { type: "number", description: "How many lines", default: 50 },
    follow: { type: "boolean", short: "f", description: "Go on printing what is added" },
  },
  async run(ctx) {
    const { daemonLog } = await pathsFor(undefined);
    const { followLog, readLog } = await import("../lib/daemon/log.ts");
    const entries = await readLog(daemonLog, ctx.values.lines);
    const show = (entry: { at: string; message: string }): string => `${entry.at} ${entry.message}`;
    if (!ctx.values.follow) {
      ctx.print(entries, (all) => all.map(show).join("\n") || "no log yet");
      return;
    }
    for await (const entry of followLog(daemonLog, entries, ctx.signal)) ctx.print(entry, show);
  },
});

const group: Group = defineGroup({
  description: "Run the daemon that drives tasks in the background",
  commands: { start, stop, status, reload, add, remove, logs },
});
export default group;
