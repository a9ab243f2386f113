import { lockFolder } from "../files/lock_folder.ts";
import { now } from "../files/now.ts";
import { ifThere, isAbsent, isThere, removeIfThere } from "../files/there.ts";
import { KasError, messageOf } from "../errors.ts";
import { ensurePrivateDir } from "../files/private_dir.ts";
import { parseName, quote } from "../names.ts";
import { type AgentPlaces, containedPath, refuseLinkedRoot, rootOf } from "./places.ts";
import { asidePath, discard, settleReplaced } from "./replaced.ts";
import type { TreeEntry } from "./tree.ts";

/** Making folders that are there whole or not at all. */

/** Scopes in which agents can be changed. */
export type OwnScope = "global" | "project";

/** Permission bits: a project's files are everybody's, the user's are the user's alone. */
export function modesOf(scope: OwnScope): { folder: number; file: number; program: number } {
  return scope === "global"
    ? { folder: 0o700, file: 0o600, program: 0o700 }
    : { folder: 0o755, file: 0o644, program: 0o755 };
}

/**
 * Makes an agent's folder beside its place and moves it there in one step. Of two that do so at the
 * same time one wins.
 * @param fill writes the content into the folder it is given
 * @param replace true takes the place of an agent that is there
 * @returns the folder
 * @throws KasError "exists", "guard" for a place that must not be used, "invalid" when it cannot be
 * written, and what `fill` throws; then nothing has changed
 */
export async function placeAgent(
  places: AgentPlaces,
  scope: OwnScope,
  name: string,
  fill: (folder: string) => Promise<void>,
  replace = false,
): Promise<string> {
  const clean = parseName("agent", name);
  const root = await ensureRoot(places, scope);
  await settleReplaced(root);
  const there = await containedPath(root, clean);
  const target = `${root}/${clean}`;
  if (there !== null && !replace && !await isEmpty(there)) throw taken(clean, there);
  await sweepStages(root);
  const stage = `${root}/.new-${crypto.randomUUID()}`;
  try {
    await attempt(`make a folder in ${quote(root, 200)}`, async () => {
      await Deno.mkdir(stage, { mode: modesOf(scope).folder });
    });
    await fill(stage);
    if (there !== null && replace) await exchange(stage, root, clean);
    else await moveInto(stage, target);
  } finally {
    await removeIfThere(stage);
  }
  return target;
}

/** How long a folder may be on its way into its place or out of it, in ms. */
const UNDER_WAY_MS = 60 * 60_000;

/**
 * Removes what commands that were killed left in a folder of agents: halves of new agents, and rests of
 * deleted ones. An agent that was being replaced is not touched: see {@link settleReplaced}.
 */
export async function sweepStages(root: string, at = Date.now()): Promise<void> {
  const names = await ifThere(now.readDir(root)) ?? [];
  for (const { name, isDirectory } of names) {
    if (!isDirectory || !/^\.(new|gone)-[0-9a-f-]{36}$/.test(name)) continue;
    const path = `${root}/${name}`;
    const info = await ifThere(now.lstat(path));
    const since = info?.ctime ?? info?.mtime ?? null;
    if (since === null || at - since.getTime() < UNDER_WAY_MS) continue;
    await attempt(`remove ${quote(path, 200)}`, () => removeIfThere(path));
  }
}

async function moveInto(stage: string, target: string): Promise<void> {
  try {
    await Deno.rename(stage, target);
  } catch (error) {
    if (await isThere(target)) throw taken(target.slice(target.lastIndexOf("/") + 1), target);
    throw error;
  }
}

/** Whoever looks for the agent between the two renames waits for the lock, or puts it back. */
async function exchange(stage: string, root: string, name: string): Promise<void> {
  const target = `${root}/${name}`;
  using _ = await lockFolder(root);
  const old = asidePath(root, name);
  const isReplaced = await ifThere(Deno.rename(target, old)) !== null;
  try {
    await Deno.rename(stage, target);
  } catch (error) {
    if (isReplaced) await Deno.rename(old, target);
    throw error;
  }
  if (isReplaced) await discard(root, old);
}

/** The folder of agents, made when it is missing. @throws KasError "guard", "invalid" */
async function ensureRoot(places: AgentPlaces, scope: OwnScope): Promise<string> {
  const root = rootOf(places, scope);
  const above = root.slice(0, root.lastIndexOf("/"));
  if (scope === "global") await ensurePrivateDir(above);
  else await refuseLinkedRoot(places);
  await attempt(`make the folder ${quote(root, 200)}`, async () => {
    await Deno.mkdir(root, { recursive: true, mode: modesOf(scope).folder });
  });
  return root;
}

/** Does what touches the disk. @throws KasError "invalid" saying what could not be done */
export async function attempt<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof KasError || !(error instanceof Error)) throw error;
    throw new KasError("invalid", `Cannot ${what}: ${messageOf(error)}`, {
      hint: "Check the permissions of the folder and the free space",
      cause: error,
    });
  }
}

/** Writes a new file with exactly these bits. @throws KasError "invalid" */
export async function writeNew(path: string, text: string, mode: number): Promise<void> {
  await attempt(`write ${quote(path, 200)}`, async () => {
    await Deno.writeTextFile(path, text, { createNew: true, mode });
    await Deno.chmod(path, mode);
  });
}

/**
 * Copies a tree that was looked through. Links become what they point to; of the bits only
 * "executable" is kept.
 */
export async function copyTree(
  entries: readonly TreeEntry[],
  from: string,
  to: string,
  scope: OwnScope,
): Promise<void> {
  const modes = modesOf(scope);
  await attempt(`copy ${quote(from, 200)}`, async () => {
    for (const { path, kind, mode } of entries) {
      const target = `${to}/${path}`;
      if (kind === "folder") {
        await Deno.mkdir(target, { mode: modes.folder });
      } else {
        await Deno.copyFile(`${from}/${path}`, target);
        await Deno.chmod(target, (mode & 0o111) === 0 ? modes.file : modes.program);
      }
    }
  });
}

/** The error for a name that is taken. */
export function taken(name: string, path: string): KasError {
  return new KasError("exists", `Cannot make the agent ${quote(name)}: it exists`, {
    hint: `Choose another name, or look at ${quote(path, 300)}`,
    context: { agent: name, path },
  });
}

/** Whether a folder is empty or missing. */
export async function isEmpty(folder: string): Promise<boolean> {
  try {
    for await (const _ of Deno.readDir(folder)) return false;
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  return true;
}
