import { readIfThere } from "./files.ts";

interface ProcessInfo {
  /** One letter, such as "S" (sleeping) or "Z" (zombie). */
  readonly state: string;
  readonly parent: number;
  /** Clock ticks after boot, as the kernel prints it. */
  readonly started: string;
}

/** Parent and start time from proc_pid_stat(5); null when there is no such process, or no procfs. */
async function processInfo(pid: number): Promise<ProcessInfo | null> {
  const stat = await readStat(pid);
  if (stat === null) return null;
  // the name in parentheses may hold anything, so count from the last one
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, parent] = fields;
  const started = fields[19];
  if (state === undefined || parent === undefined || started === undefined) return null;
  return { state, parent: Number(parent), started };
}

async function readStat(pid: number): Promise<string | null> {
  try {
    return await readIfThere(`/proc/${pid}/stat`);
  } catch (error) {
    // ESRCH, for which there is no error class: it ended between open and read
    if (error instanceof Error && error.message.includes("(os error 3)")) return null;
    throw error;
  }
}

/** Start time of a process in the kernel's own words; null when it is gone or unknown. */
export async function startTime(pid: number): Promise<string | null> {
  return (await processInfo(pid))?.started ?? null;
}

/**
 * Whether a process is there and has not ended. An orphan that ended stays in the table until an
 * init waits for it, in many containers for ever. Always false where there is no procfs.
 */
export async function isRunning(pid: number): Promise<boolean> {
  const info = await processInfo(pid);
  return info !== null && !/^[ZX]/.test(info.state);
}

/** True when `pid` runs below `ancestor`. Always false where there is no procfs. */
export async function isAncestor(ancestor: number, pid: number): Promise<boolean> {
  let at = pid;
  for (let depth = 0; depth < 32 && at > 1; depth++) {
    const info = await processInfo(at);
    if (info === null) return false;
    if (info.parent === ancestor) return true;
    at = info.parent;
  }
  return false;
}
