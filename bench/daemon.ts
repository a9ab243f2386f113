import { wakeDaemon } from "../lib/daemon/client.ts";
import { applyEvent, createTask } from "../lib/engine/operations.ts";
import { TmuxServer } from "../lib/session/tmux/mod.ts";
import { limited, type Row } from "./stats.ts";
import { type Binary, pause, until, World } from "./world.ts";

const SESSIONS = 50;
const SETTLE_MS = 5_000;
const WINDOW_MS = 10_000;
const CAPTURE_MS = 500;
/** Clock ticks per second of /proc; 100 on every Linux. */
const TICKS = 100;

const IDLE = "exec sleep 3600";
const CHATTY = "while :; do echo 1; echo 2; echo 3; echo 4; echo 5; sleep 1; done";

/** What the daemon costs while agents sit still, and while they print and a person looks at all of them. */
export async function daemon(binary: Binary): Promise<Row[]> {
  if (Deno.build.os !== "linux") {
    return [{ what: "daemon: CPU and memory", value: "measured on Linux only" }];
  }
  const idle = await watched(binary, IDLE, false);
  const chatty = await watched(binary, CHATTY, true);
  return [
    limited(`daemon: CPU with ${SESSIONS} idle sessions`, idle.percent, 1, "% of a core"),
    limited(`daemon: processes spawned meanwhile`, idle.spawned, 0, ""),
    limited(`daemon: CPU with ${SESSIONS} chatty sessions`, chatty.percent, 10, "% of a core"),
    limited(`viewer: CPU, ${SESSIONS} screens every 0.5 s`, chatty.viewer, 10, "% of a core"),
    limited(
      "daemon: memory, the larger one",
      Math.max(idle.megabytes, chatty.megabytes),
      120,
      "MB",
    ),
  ];
}

interface Cost {
  readonly percent: number;
  readonly viewer: number;
  /** 0 when the daemon has waited for no child. */
  readonly spawned: number;
  readonly megabytes: number;
}

async function watched(binary: Binary, agent: string, look: boolean): Promise<Cost> {
  await using world = await World.open(binary, `default_program = "/bin/sh -c '${agent}'"\n`);
  const pid = await world.startDaemon();
  for (let n = 0; n < SESSIONS; n++) {
    await createTask(world.home, world.workspace, { name: `task-${n}` }, "bench");
    await applyEvent(world.home, world.workspace, `task-${n}`, "plan_start", "bench");
  }
  await wakeDaemon(world.sandbox.paths, { start: false });
  await until("all agents", async () => {
    const running = await world.home.store.sessions({ statuses: ["running"] });
    return running.length === SESSIONS;
  });
  await pause(SETTLE_MS);
  const before = await usage(pid);
  const viewer = look ? await lookAround(world) : (await pause(WINDOW_MS), 0);
  const after = await usage(pid);
  const seconds = (after.at - before.at) / 1000;
  return {
    percent: (after.ticks - before.ticks) / TICKS / seconds * 100,
    viewer,
    spawned: after.childFaults > before.childFaults ? 1 : 0,
    megabytes: after.megabytes,
  };
}

/** Captures every screen twice a second, as a person's view of all agents does. @returns CPU of this process in % */
async function lookAround(world: World): Promise<number> {
  await using tmux = TmuxServer.open({ socket: world.sandbox.paths.tmuxSocket });
  const names = (await world.home.store.sessions({ statuses: ["running"] })).map((s) => s.tmuxName);
  const before = await usage(Deno.pid);
  while (performance.now() - before.at < WINDOW_MS) {
    const next = performance.now() + CAPTURE_MS;
    const screens = await Promise.all(names.map((name) => tmux.capture(name)));
    if (screens.length !== SESSIONS) throw new Error("A screen is missing");
    await pause(Math.max(0, next - performance.now()));
  }
  const after = await usage(Deno.pid);
  return (after.ticks - before.ticks) / TICKS / ((after.at - before.at) / 1000) * 100;
}

interface Usage {
  readonly at: number;
  readonly ticks: number;
  readonly childFaults: number;
  readonly megabytes: number;
}

/** proc(5): user and system time, page faults of children that were waited for, resident memory. */
async function usage(pid: number): Promise<Usage> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  // The program's name stands in parentheses and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number);
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return {
    at: performance.now(),
    ticks: (fields[11] ?? NaN) + (fields[12] ?? NaN),
    childFaults: fields[8] ?? NaN,
    megabytes: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1000,
  };
}
