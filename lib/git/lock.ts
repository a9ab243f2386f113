import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import type { GitContext } from "./_context.ts";
import { exists, ifExists } from "./_paths.ts";
import { adminDirOf, ownTree } from "./worktrees.ts";

/** What happened to the index lock of a worktree. */
export type LockOutcome =
  | "absent"
  | "removed"
  | "young" // younger than asked for
  | "held"; // a running process has it open

/**
 * Removes the `index.lock` that a killed git left in a worktree of kas, when it is older than
 * `olderThanMs` and no running process has it open (known on Linux; elsewhere age alone decides).
 * Call it only when nobody works in the worktree.
 * @throws KasError "guard" for the main checkout and for folders that are no worktree
 */
export async function clearStaleLock(
  ctx: GitContext,
  worktree: string,
  olderThanMs: number,
): Promise<LockOutcome> {
  await ownTree(ctx, worktree);
  const gitDir = await adminDirOf(ctx, worktree);
  return gitDir === null ? "absent" : await clearLock(gitDir, olderThanMs);
}

/** {@link clearStaleLock} for a git directory that is known to be kas's own. */
export async function clearLock(gitDir: string, olderThanMs: number): Promise<LockOutcome> {
  const lock = `${gitDir}/index.lock`;
  const before = await ifExists(Deno.stat(lock));
  if (before === null) return "absent";
  if (Date.now() - (before.mtime?.getTime() ?? Date.now()) < olderThanMs) return "young";
  if (await isOpen(lock)) return "held";
  const now = await ifExists(Deno.stat(lock));
  if (now === null) return "absent";
  // Another process may have taken its turn while we looked around.
  if (now.ino !== before.ino || now.mtime?.getTime() !== before.mtime?.getTime()) return "held";
  return (await ifExists(Deno.remove(lock).then(() => true))) === null ? "absent" : "removed";
}

/** Clears the lock of a half-made worktree. @throws KasError "conflict" when it is in use */
export async function requireUnlocked(gitDir: string, olderThanMs: number): Promise<void> {
  const outcome = await clearLock(gitDir, olderThanMs);
  if (outcome === "absent" || outcome === "removed") return;
  const lock = `${gitDir}/index.lock`;
  throw new KasError("conflict", `Cannot finish a checkout: git holds ${quote(lock, 200)}`, {
    hint: `If no git process is running there, delete the file ${quote(lock, 200)}`,
    context: { lock },
  });
}

/** Whether a process of this user has a file open, by /proc; false where there is no /proc. */
async function isOpen(path: string): Promise<boolean> {
  if (Deno.build.os !== "linux" || !(await exists("/proc/self/fd"))) return false;
  for await (const process of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(process.name)) continue;
    if (await hasOpen(`/proc/${process.name}/fd`, path)) return true;
  }
  return false;
}

async function hasOpen(folder: string, path: string): Promise<boolean> {
  try {
    for await (const fd of Deno.readDir(folder)) {
      if (await ifExists(Deno.readLink(`${folder}/${fd.name}`)) === path) return true;
    }
  } catch (error) {
    // Processes end while we look, and those of other users are closed to us.
    const gone = error instanceof Deno.errors.NotFound || /ESRCH|os error 3\b/.test(String(error));
    if (!gone && !(error instanceof Deno.errors.PermissionDenied)) throw error;
  }
  return false;
}
