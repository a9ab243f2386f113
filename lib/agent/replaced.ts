import { KasError, messageOf } from "../errors.ts";
import { lockFolder } from "../files/lock_folder.ts";
import { now } from "../files/now.ts";
import { ifThere, isThere, removeIfThere } from "../files/there.ts";
import { parseName, quote } from "../names.ts";

/**
 * Agents that were on their way out when another took their place. Two renames cannot be one step: a
 * command that is killed between them leaves the agent under a name that says which one it is.
 */

const ASIDE = /^\.old-[0-9a-f-]{36}-(.+)$/;

/** Where an agent is put while another takes its place. */
export function asidePath(root: string, name: string): string {
  return `${root}/.old-${crypto.randomUUID()}-${name}`;
}

/** Where a folder goes that is being removed; what is left of it is swept. */
export function gonePath(root: string): string {
  return `${root}/.gone-${crypto.randomUUID()}`;
}

/**
 * Ends replacements that were cut off: an agent whose successor never came is put back, one whose
 * successor is there is removed. Waits for one that is under way.
 * @param root a folder of agents; may be missing
 * @throws KasError "invalid" when it cannot be done
 */
export async function settleReplaced(root: string): Promise<void> {
  if ((await asides(root)).length === 0) return;
  try {
    using _ = await lockFolder(root);
    for (const { path, name } of await asides(root)) {
      const target = `${root}/${name}`;
      if (await isThere(target)) await discard(root, path);
      else await Deno.rename(path, target);
    }
  } catch (error) {
    if (error instanceof KasError || !(error instanceof Error)) throw error;
    throw new KasError(
      "invalid",
      `Cannot put back the agents that were being replaced in ${quote(root, 200)}: ${
        messageOf(error)
      }`,
      { hint: "Check the permissions of the folder and the free space", cause: error },
    );
  }
}

/**
 * Looks into a folder of agents while none is being replaced.
 * @param root may be missing
 * @throws KasError as settleReplaced()
 */
export async function settled<T>(root: string, look: () => Promise<T>): Promise<T> {
  await settleReplaced(root);
  using _ = await ifThere(lockFolder(root));
  return await look();
}

/** Removes a folder such that a half of it is never taken for a whole. */
export async function discard(root: string, path: string): Promise<void> {
  const gone = gonePath(root);
  await Deno.rename(path, gone);
  await removeIfThere(gone);
}

async function asides(root: string): Promise<{ path: string; name: string }[]> {
  const found: { path: string; name: string }[] = [];
  for (const entry of await ifThere(now.readDir(root)) ?? []) {
    const name = entry.isDirectory ? nameIn(entry.name) : null;
    if (name !== null) found.push({ path: `${root}/${entry.name}`, name });
  }
  return found;
}

/** The agent a folder was; null for any other folder. */
function nameIn(folder: string): string | null {
  const name = ASIDE.exec(folder)?.[1];
  if (name === undefined) return null;
  try {
    return parseName("agent", name) === name ? name : null;
  } catch (error) {
    if (error instanceof KasError && error.code === "invalid") return null;
    throw error;
  }
}
