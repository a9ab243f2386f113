/** Who listens on a TCP port, as far as /proc tells: this user's processes on Linux. */

/** A process and what it calls itself. */
export interface Holder {
  readonly pid: number;
  readonly program: string;
}

const LISTEN = "0A";

/**
 * Finds the process that listens on a port; null when it cannot be told.
 * @see proc_pid_net(5)
 */
export async function portHolder(port: number): Promise<Holder | null> {
  const inodes = new Set<string>();
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const inode of listening(await readOrEmpty(table), port)) inodes.add(`socket:[${inode}]`);
  }
  if (inodes.size === 0) return null;
  for await (const pid of processes()) {
    if (await holds(pid, inodes)) {
      return { pid, program: await programOf(pid) };
    }
  }
  return null;
}

/** What a process is called; kas may run as a script of its runtime. */
async function programOf(pid: number): Promise<string> {
  const words = (await readOrEmpty(`/proc/${pid}/cmdline`)).split("\0");
  const at = words.findIndex((word) => /\/(binary_main\.js|main\.ts)$/.test(word));
  return at >= 0 && words[at + 1] === "serve"
    ? "kas serve"
    : (await readOrEmpty(`/proc/${pid}/comm`)).trim();
}

/** Inodes of the sockets that listen on a port, from the text of the kernel's table. Pure. */
export function listening(table: string, port: number): string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  return table.split("\n").slice(1).map((line) => line.trim().split(/\s+/))
    .filter(([, local = "", , state]) => state === LISTEN && local.endsWith(`:${wanted}`))
    .map((fields) => fields[9] ?? "");
}

async function* processes(): AsyncIterable<number> {
  try {
    for await (const { name } of Deno.readDir("/proc")) {
      if (/^\d+$/.test(name)) yield Number(name);
    }
  } catch (error) {
    if (!isHidden(error)) throw error;
  }
}

async function holds(pid: number, inodes: ReadonlySet<string>): Promise<boolean> {
  try {
    for await (const { name } of Deno.readDir(`/proc/${pid}/fd`)) {
      if (inodes.has(await linkOf(`/proc/${pid}/fd/${name}`))) return true;
    }
  } catch (error) {
    if (!isHidden(error)) throw error;
  }
  return false;
}

async function linkOf(path: string): Promise<string> {
  try {
    return await Deno.readLink(path);
  } catch (error) {
    if (isHidden(error)) return "";
    throw error;
  }
}

async function readOrEmpty(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (isHidden(error)) return "";
    throw error;
  }
}

/** Other users' processes, and those that just ended. */
function isHidden(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.NotADirectory ||
    (error instanceof Error && /ESRCH|no such process/i.test(error.message));
}
