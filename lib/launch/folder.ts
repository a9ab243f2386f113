import { now } from "../files/now.ts";
import { isRunning, startTime } from "../harness/process_info.ts";
import { quote } from "../names.ts";
import { removeTree, saying } from "./disk.ts";

/** Folders of launches in the foreground: made, held, removed, and swept when nobody could. */

const OWNER = "owner";
/** A folder without an owner is being made, unless it is older than this. */
const YOUNG_MS = 60_000;

/** A folder that is removed at the end of the block. */
export interface LaunchFolder extends AsyncDisposable {
  readonly path: string;
  /** Writes down the process that works in it, so that nobody takes the folder from under it. */
  started(pid: number): Promise<void>;
}

/** A new path for a launch of an agent; nothing is made. */
export function launchPath(stateDir: string, agent: string): string {
  const id = `${Date.now().toString(36)}-${crypto.randomUUID().slice(0, 8)}`;
  return `${stateDir}/runtime/${agent}/${id}`;
}

/**
 * Makes and holds a folder from {@link launchPath}. It is held by a lock of the kernel, which ends
 * with this process however that ends.
 * @throws KasError "invalid" when it cannot be made
 */
export async function holdFolder(path: string): Promise<LaunchFolder> {
  const owner = await saying(`the launch folder ${quote(path, 200)}`, async () => {
    await now.mkdir(path, { recursive: true, mode: 0o700 });
    const file = Deno.openSync(`${path}/${OWNER}`, { create: true, write: true, mode: 0o600 });
    file.lockSync(true);
    return file;
  });
  return {
    path,
    async started(pid) {
      const text = `${pid} ${await startTime(pid) ?? ""}\n`;
      await owner.write(new TextEncoder().encode(text));
    },
    async [Symbol.asyncDispose]() {
      try {
        await removeTree(path);
      } finally {
        owner.close();
      }
    },
  };
}

/**
 * Folders of launches that are over: nobody holds them, and the agent's process is gone. Changes
 * nothing.
 */
export async function finishedFolders(stateDir: string, now = Date.now()): Promise<string[]> {
  const finished: string[] = [];
  for (const agent of await foldersIn(`${stateDir}/runtime`)) {
    for (const path of await foldersIn(agent)) {
      if (await isOver(path, now)) finished.push(path);
    }
  }
  return finished;
}

/**
 * Removes the {@link finishedFolders}.
 * @returns the paths removed
 */
export async function sweepFolders(stateDir: string, now = Date.now()): Promise<string[]> {
  const finished = await finishedFolders(stateDir, now);
  for (const path of finished) await removeTree(path);
  return finished;
}

async function foldersIn(path: string): Promise<string[]> {
  const found: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(path)) {
      if (isDirectory) found.push(`${path}/${name}`);
    }
  } catch (error) {
    if (!isGone(error)) throw error;
  }
  return found;
}

async function isOver(path: string, now: number): Promise<boolean> {
  try {
    using owner = await Deno.open(`${path}/${OWNER}`, { read: true, write: true });
    if (!(await owner.tryLock(true))) return false;
    const text = await Deno.readTextFile(`${path}/${OWNER}`);
    if (text !== "") return !(await isOwned(text));
  } catch (error) {
    if (!isGone(error)) throw error;
  }
  try {
    return now - ((await Deno.stat(path)).mtime?.getTime() ?? now) > YOUNG_MS;
  } catch (error) {
    if (!isGone(error)) throw error;
    return false;
  }
}

/** @param owner process id and start time, as written by {@link LaunchFolder.started} */
async function isOwned(owner: string): Promise<boolean> {
  const [pid = "", started = ""] = owner.trim().split(" ");
  if (!/^\d+$/.test(pid)) return false;
  const now = await startTime(Number(pid));
  return now !== null && now === started && await isRunning(Number(pid));
}

function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
}
