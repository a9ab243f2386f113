import assert from "node:assert/strict";
import { daemonFetch, daemonJson, pingDaemon, subscribe } from "../lib/daemon/client.ts";
import { runDaemon } from "../lib/daemon/daemon.ts";
import { isLocked, lockedPid } from "../lib/daemon/lock.ts";
import type { EventRow } from "../lib/store/types.ts";
import { IDLE, Lab, planText } from "./support/lab.ts";

/** The daemon as a process: one per home, its socket, its end, its event stream, its rest. */

const ONE = planText([{ "one.txt": "one" }]);

async function answers(lab: Lab): Promise<void> {
  await lab.until("an answer of the daemon", () => pingDaemon(lab.sandbox.paths), 5);
}

Deno.test("a second daemon is refused, and the first goes on", async () => {
  await using lab = await Lab.open();
  lab.startDaemon();
  await answers(lab);
  const pid = await lockedPid(lab.sandbox.paths.lock);
  const second = await lab.kas("daemon", "start", "--foreground");
  assert.equal(second.code, 3, second.err);
  assert.match(second.err, new RegExp(`one already runs \\(pid ${pid}\\)`));
  assert.equal(await pingDaemon(lab.sandbox.paths), true);
});

Deno.test("a socket that a killed daemon left is taken over", async () => {
  await using lab = await Lab.open();
  lab.startDaemon();
  await answers(lab);
  await lab.killDaemon("SIGKILL");
  assert.equal((await Deno.lstat(lab.sandbox.paths.socket)).isSocket, true, "it is left behind");
  assert.equal(await pingDaemon(lab.sandbox.paths), false);
  lab.startDaemon();
  await answers(lab);
});

Deno.test("SIGTERM leaves the agents running and no socket; the next daemon finds them", async () => {
  await using lab = await Lab.open({ agents: { coder: IDLE } });
  await lab.buildTask("long", ONE);
  lab.startDaemon();
  const coder = await lab.running("long", "coder");
  await lab.killDaemon("SIGTERM");
  await assert.rejects(Deno.lstat(lab.sandbox.paths.socket), Deno.errors.NotFound);
  await using tmux = lab.tmux;
  const alive = async () => (await tmux.list()).find((pane) => pane.name === coder.tmuxName);
  assert.equal((await alive())?.dead, false);
  lab.startDaemon();
  await answers(lab);
  await lab.signalEnd("advance_wave", "long"); // refused, but by then everything was looked at
  assert.equal((await alive())?.pid, coder.pid);
  assert.equal((await lab.sessions("long")).length, 1);
});

Deno.test("without tmux a start says what is missing, and no more than that", async () => {
  await using lab = await Lab.open({ env: { PATH: "/nowhere" } });
  const { code, err } = await lab.kas("daemon", "start");
  assert.equal(code, 4, err);
  assert.match(err, /Cannot run "tmux": it is not installed\nhint: Install tmux 3\.2/);
});

Deno.test("without tmux a task is not started half: it stays as it was", async () => {
  const bin = await Deno.makeTempDir({ prefix: "kas-bin-" });
  try {
    const { stdout } = await new Deno.Command("sh", { args: ["-c", "command -v git"] }).output();
    await Deno.symlink(new TextDecoder().decode(stdout).trim(), `${bin}/git`);
    await using lab = await Lab.open({ env: { PATH: bin } });
    assert.equal((await lab.kas("task", "create", "login")).code, 0);
    const { code, err } = await lab.kas("task", "start", "login");
    assert.equal(code, 4, err);
    assert.match(err, /Cannot run "tmux"/);
    assert.equal((await lab.task("login")).status, "ready");
  } finally {
    await Deno.remove(bin, { recursive: true });
  }
});

Deno.test("the demo agent brings a task to the merge where git knows nobody's name", async () => {
  await using lab = await Lab.open();
  await lab.git("config", "user.name", ""); // no name of the machine comes through that
  await lab.buildTask("short", ONE, null);
  lab.startDaemon();
  await lab.untilMerged("short");
  const authors = (await lab.git("log", "--format=%an <%ae>", "main")).split("\n");
  assert.ok(authors.includes("kas demo <demo@localhost>"), authors.join("; "));
  assert.ok(authors.includes("kas <kas@localhost>"), authors.join("; "));
});

Deno.test("SIGTERM with nothing at work ends the terminal server too", async () => {
  await using lab = await Lab.open();
  await lab.buildTask("short", ONE, null);
  lab.startDaemon();
  await lab.untilMerged("short");
  await using tmux = lab.tmux;
  await lab.until("the end of the agents", async () => (await tmux.list()).length === 0);
  await lab.killDaemon("SIGTERM");
  const { success } = await new Deno.Command("tmux", {
    args: ["-S", lab.sandbox.paths.tmuxSocket, "list-sessions"],
    stdout: "null",
    stderr: "null",
  }).output();
  assert.equal(success, false);
});

Deno.test("commands that need a daemon start one, two at once start one", async () => {
  await using lab = await Lab.open({ agents: { planner: IDLE } });
  await lab.home.store.setRegistered(lab.workspace.project.id, false);
  for (const name of ["a", "b"]) {
    assert.equal((await lab.kas("task", "create", name, "--description", name)).code, 0);
  }
  assert.equal(await isLocked(lab.sandbox.paths.lock), false, "making a task needs none");
  const [a, b] = await Promise.all([lab.kas("task", "start", "a"), lab.kas("task", "start", "b")]);
  assert.deepEqual([a.code, b.code], [0, 0], a.err + b.err);
  await lab.running("a", "planner");
  await lab.running("b", "planner");
  const log = await Deno.readTextFile(lab.sandbox.paths.daemonLog);
  assert.equal(log.match(/daemon started/g)?.length, 1);
  assert.equal((await lab.kas("daemon", "stop")).out.trim(), "daemon stopped");
  assert.equal(await pingDaemon(lab.sandbox.paths), false);
});

/** Reads a stream until an event of a kind, or so many of them. */
async function read(
  lab: Lab,
  filter: Parameters<typeof subscribe>[1],
  done: (rows: readonly EventRow[]) => boolean,
): Promise<EventRow[]> {
  const stop = new AbortController();
  const rows: EventRow[] = [];
  for await (const row of subscribe(lab.sandbox.paths, filter, stop.signal)) {
    rows.push(row);
    if (done(rows)) break;
  }
  stop.abort();
  return rows;
}

const ids = (rows: readonly EventRow[]): number[] => rows.map((row) => row.id);

Deno.test("the event stream is replayed from any event on without a gap, filtered too", async () => {
  await using lab = await Lab.open();
  lab.startDaemon();
  await answers(lab);
  await lab.buildTask("one", ONE, null);
  await lab.buildTask("two", ONE, null);
  // A reader that goes away after every few events, and comes back with the last it saw.
  const seen: EventRow[] = [];
  const ended = () => seen.filter((row) => row.kind === "worktree_removed").length === 2;
  while (!ended()) {
    const part = await read(lab, { afterId: seen.at(-1)?.id ?? 0 }, (rows) =>
      rows.length >= 5 ||
      [...seen, ...rows].filter((row) => row.kind === "worktree_removed").length === 2);
    seen.push(...part);
  }
  const all = await lab.events();
  assert.deepEqual(ids(seen), ids(all).slice(0, seen.length));
  const merges = await read(
    lab,
    { afterId: 0, kinds: ["task_merged"] },
    (rows) => rows.length === 2,
  );
  assert.deepEqual(ids(merges), ids(all.filter((row) => row.kind === "task_merged")));
  const wanted = ids(all.filter((row) => row.task === "two"));
  const two = await read(lab, { afterId: 0, task: "two" }, (rows) => rows.length === wanted.length);
  assert.deepEqual(ids(two), wanted);
});

Deno.test("the event stream refuses an unknown project and an id that is none", async () => {
  await using lab = await Lab.open();
  lab.startDaemon();
  await answers(lab);
  const get = async (query: string): Promise<number> => {
    const response = await daemonFetch(lab.sandbox.paths, `/v1/events?${query}`);
    await response.body?.cancel();
    return response.status;
  };
  assert.equal(await get("project=nobody"), 404);
  assert.equal(await get("after=x"), 422);
  assert.equal(await get(`project=${lab.workspace.project.key}`), 200);
});

Deno.test("an idle daemon with 50 agents starts no process", async () => {
  await using lab = await Lab.open({
    policy: { wave_isolation: "shared" },
    agents: { coder: IDLE },
  });
  const tasks = Array.from({ length: 50 }, (_, n) => ({ [`f${n}`]: "" }));
  await lab.buildTask("many", planText(tasks));
  const stop = new AbortController();
  const original = Deno.Command;
  const spawned: string[] = [];
  class Counted extends original {
    constructor(command: string | URL, options?: Deno.CommandOptions) {
      super(command, options);
      spawned.push([command, ...(options?.args ?? [])].join(" "));
    }
  }
  Object.defineProperty(Deno, "Command", { value: Counted, configurable: true, writable: true });
  const daemon = runDaemon({ paths: lab.sandbox.paths, echo: false, stop: stop.signal });
  try {
    await lab.until(
      "50 running agents",
      async () => (await lab.sessions("many")).filter((s) => s.status === "running").length === 50,
    );
    await lab.signalEnd("advance_wave", "many"); // what was under way before it is done
    assert.ok(spawned.length > 0, "the counter counts");
    spawned.length = 0;
    // Longer than every timer of the daemon but the reaper's, which only asks the store.
    await new Promise((resolve) => setTimeout(resolve, 4_500));
    assert.deepEqual(spawned, []);
  } finally {
    stop.abort();
    await daemon;
    Object.defineProperty(Deno, "Command", {
      value: original,
      configurable: true,
      writable: true,
    });
  }
});

Deno.test("the status names what the daemon works on", async () => {
  await using lab = await Lab.open({ agents: { coder: IDLE } });
  await lab.buildTask("one", ONE);
  lab.startDaemon();
  await lab.running("one", "coder");
  const { repos } = await daemonJson<{ repos: unknown[] }>(lab.sandbox.paths, "/v1/status");
  assert.deepEqual(repos, [{ project: "repo", path: lab.sandbox.repo, active: 1 }]);
});
