import type { Paths } from "../config/paths.ts";
import { isLocked, lockedPid } from "../daemon/lock.ts";
import { KasError } from "../errors.ts";

/** How long a daemon may take to finish the steps under way. */
const LIMIT_MS = 60_000;

/**
 * Ends the daemon; agents that run keep running.
 * @returns its pid, or null when none ran
 * @throws KasError "daemon_unreachable" when it does not end
 */
export async function stopDaemon(paths: Paths): Promise<number | null> {
  const pid = await isLocked(paths.lock) ? await lockedPid(paths.lock) : null;
  if (pid === null) return null;
  Deno.kill(pid, "SIGTERM");
  const limit = Date.now() + LIMIT_MS;
  while (await isLocked(paths.lock)) {
    if (Date.now() > limit) {
      throw new KasError("daemon_unreachable", `The daemon (pid ${pid}) does not end`, {
        hint: `See its log with "kas daemon logs"`,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return pid;
}
