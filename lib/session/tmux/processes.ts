import { KasError } from "../../errors.ts";

/** One running process. */
export interface Process {
  pid: number;
  ppid: number;
  /** Its process session; where the system does not tell, its process group. */
  sid: number;
  /** When it started, in whatever form the system tells: with the pid it names the process for good. */
  started: string;
}

/** Every running process; zombies are left out. Reads /proc on Linux, runs ps(1) elsewhere. */
export function listProcesses(): Promise<Process[]> {
  return Deno.build.os === "linux" ? Promise.resolve(readProc()) : runPs();
}

function readProc(): Process[] {
  const found: Process[] = [];
  for (const entry of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(entry.name)) continue;
    const stat = readStat(`/proc/${entry.name}/stat`);
    const process = stat === null ? null : parseStat(stat);
    if (process !== null) found.push(process);
  }
  return found;
}

function readStat(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    // The process ended since the directory was read: ENOENT at open, ESRCH at read.
    if (error instanceof Deno.errors.NotFound || /ESRCH|os error 3\b/.test(String(error))) {
      return null;
    }
    throw error;
  }
}

/** Parses /proc/PID/stat (proc_pid_stat(5)); null for a zombie. The name in it may hold spaces and ")". */
export function parseStat(stat: string): Process | null {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, ppid, , sid] = fields;
  const started = fields[19];
  if (state === undefined || started === undefined || "ZX".includes(state)) return null;
  return { pid: Number.parseInt(stat), ppid: Number(ppid), sid: Number(sid), started };
}

/** Reads the processes from ps(1), for systems without /proc. */
export async function runPs(): Promise<Process[]> {
  const { success, stdout } = await new Deno.Command("ps", {
    args: ["-A", "-o", "pid=,ppid=,pgid=,stat=,lstart="],
    env: { LC_ALL: "C" },
    stderr: "null",
  }).output();
  if (!success) throw new KasError("internal", `Cannot list processes: "ps" failed`);
  return new TextDecoder().decode(stdout).split("\n").flatMap((line) => {
    const [pid, ppid, pgid, state, ...started] = line.trim().split(/\s+/);
    if (state === undefined || state.startsWith("Z")) return [];
    return [{
      pid: Number(pid),
      ppid: Number(ppid),
      sid: Number(pgid),
      started: started.join(" "),
    }];
  });
}

/** How long after SIGKILL a process that is still there counts as one that cannot be killed. */
const UNKILLABLE_MS = 5_000;

/** SIGCONT, because a stopped process handles no other signal. */
const STAGES = {
  1: ["SIGTERM", "SIGCONT"],
  2: ["SIGHUP", "SIGCONT"],
  3: ["SIGKILL"],
} as const satisfies Record<number, readonly Deno.Signal[]>;

/** The first process of a pane. `started` is null when it had already ended. */
export interface Leader {
  pid: number;
  started: string | null;
}

/**
 * The processes of these leaders: each leader, whatever is in its process session, what was `known`
 * before, and all their descendants, but never `self` and what it started. A pid that has since
 * gone to another process is told by its start time.
 */
export function processesOf(
  table: readonly Process[],
  leaders: readonly Leader[],
  known: ReadonlyMap<number, string>,
  self: number,
): Process[] {
  const byPid = new Map(table.map((process) => [process.pid, process]));
  const sessions = new Set(
    leaders.filter(({ pid, started }) => (byPid.get(pid)?.started ?? started) === started)
      .map((leader) => leader.pid),
  );
  const children = Map.groupBy(table, (process) => process.ppid);
  const found = new Map<number, Process>();
  const queue = table.filter((it) => sessions.has(it.sid) || known.get(it.pid) === it.started);
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (next.pid === self || found.has(next.pid)) continue;
    found.set(next.pid, next);
    queue.push(...children.get(next.pid) ?? []);
  }
  return [...found.values()];
}

/**
 * Ends the processes of these panes: SIGTERM at first, SIGHUP after half of `graceMs` (shells
 * ignore the first, while the second would cut short who handles only that), then SIGKILL.
 * Returns when none is left.
 * @throws KasError "tmux_failed" when one survives, as one of another user may
 */
export async function endProcesses(
  panes: readonly { pid: number; dead: boolean }[],
  graceMs: number,
): Promise<void> {
  let table = await listProcesses();
  // Session 0 is the kernel's: a pane without a process must not lead there.
  const leaders = panes.filter(({ pid }) => pid > 1).map(({ pid, dead }): Leader => ({
    pid,
    started: dead ? null : table.find((it) => it.pid === pid)?.started ?? null,
  }));
  const known = new Map<number, string>();
  const sent = new Map<number, number>();
  const begun = performance.now();
  for (let wait = 2;; wait = Math.min(wait * 2, 100)) {
    const left = processesOf(table, leaders, known, Deno.pid);
    if (left.length === 0) return;
    const passed = performance.now() - begun;
    if (passed > graceMs + UNKILLABLE_MS) throw survived(left);
    const stage = passed >= graceMs ? 3 : passed >= graceMs / 2 ? 2 : 1;
    for (const process of left) {
      known.set(process.pid, process.started);
      if (sent.get(process.pid) !== stage) signal(process.pid, STAGES[stage]);
      sent.set(process.pid, stage);
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
    table = await listProcesses();
  }
}

function signal(pid: number, signals: readonly Deno.Signal[]): void {
  for (const name of signals) {
    try {
      Deno.kill(pid, name);
    } catch (error) {
      // Ended meanwhile, or another user's: the next look at the table tells which.
      if (error instanceof Deno.errors.NotFound) return;
      if (error instanceof Deno.errors.PermissionDenied) return;
      throw error;
    }
  }
}

function survived(left: readonly Process[]): KasError {
  const pids = left.map((process) => process.pid);
  return new KasError("tmux_failed", `Cannot end process ${pids.join(", ")}: it survives SIGKILL`, {
    hint: `Look at it with: ps -o pid,user,stat,args -p ${pids.join(",")}`,
    context: { pids },
  });
}
