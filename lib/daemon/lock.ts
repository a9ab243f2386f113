import { KasError } from "../errors.ts";

/** A held daemon lock. Dropping it leaves the file: removing it would race with the next daemon. */
export interface DaemonLock extends Disposable {
  readonly path: string;
}

/**
 * Takes the lock that lets one daemon own a socket. The kernel gives it back when the process dies,
 * so it cannot go stale; the pid inside is only for people.
 * @throws KasError "guard" naming the pid of the daemon that has it
 */
export async function takeLock(path: string): Promise<DaemonLock> {
  const file = await Deno.open(path, { read: true, write: true, create: true, mode: 0o600 });
  if (!(await file.tryLock(true))) {
    file.close();
    const pid = await lockedPid(path);
    throw new KasError(
      "guard",
      `Cannot start a second daemon: one already runs${pid === null ? "" : ` (pid ${pid})`}`,
      {
        hint: `See it with "kas daemon status", end it with "kas daemon stop"`,
        context: { pid },
      },
    );
  }
  await file.truncate(0);
  await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
  return { path, [Symbol.dispose]: () => file.close() };
}

/** The pid written into a lock file; null without one. */
export async function lockedPid(path: string): Promise<number | null> {
  try {
    const pid = Number((await Deno.readTextFile(path)).trim());
    return Number.isSafeInteger(pid) && pid > 0 ? pid : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Whether some process holds the lock now. */
export async function isLocked(path: string): Promise<boolean> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path, { read: true, write: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
  try {
    return !(await file.tryLock(true));
  } finally {
    file.close();
  }
}
