import { ifThere, isThere } from "../files/there.ts";
import { KasError } from "../errors.ts";
import { quote } from "../names.ts";

/** One writer at a time for each home. */

/** How long another writer is waited for, in milliseconds. */
export const LOCK_WAIT_MS = 15_000;
const PAUSE_MS = 40;

/**
 * Makes kas's own folder beside a home, where skills are staged, kept and locked. git ignores it.
 * @throws KasError "guard" when something else is there
 */
export async function makeWorkFolder(path: string): Promise<void> {
  await Deno.mkdir(path, { recursive: true });
  if (!(await Deno.lstat(path)).isDirectory) throw foreign(path);
  const lock = await ifThere(Deno.lstat(`${path}/lock`));
  if (lock !== null && !lock.isFile) throw foreign(`${path}/lock`);
  if (!(await isThere(`${path}/.gitignore`))) await Deno.writeTextFile(`${path}/.gitignore`, "*\n");
}

/**
 * Runs `work` alone among all processes that use the same work folder. The kernel gives the lock back
 * when its process dies.
 * @throws KasError "conflict" when another one does not end; the abort reason
 */
export async function locked<T>(
  folder: string,
  work: () => Promise<T>,
  options: { signal?: AbortSignal; waitMs?: number } = {},
): Promise<T> {
  await makeWorkFolder(folder);
  using file = await Deno.open(`${folder}/lock`, { read: true, write: true, create: true });
  const deadline = Date.now() + (options.waitMs ?? LOCK_WAIT_MS);
  while (!(await file.tryLock(true))) {
    options.signal?.throwIfAborted();
    if (Date.now() > deadline) {
      throw new KasError("conflict", `Cannot change the skills beside ${quote(folder, 200)}`, {
        hint: "Another kas is changing them; run the command again when it is done",
      });
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  options.signal?.throwIfAborted();
  return await work();
}

function foreign(path: string): KasError {
  return new KasError("guard", `Cannot use ${quote(path, 200)}: it is not kas's own`, {
    hint: "Move it out of the way",
  });
}
