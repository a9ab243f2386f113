import { now } from "../files/now.ts";
import { readIfThere, writePrivate } from "../harness/files.ts";
import type { Harness } from "../harness/types.ts";
import { diskTrouble, parentOf } from "./disk.ts";
import type { LaunchInput } from "./types.ts";

/** Entries kept in the file; the oldest go first. */
const KEEP = 40;

/**
 * The version of a program. Asking costs a process, often a slow one, so the answer is kept for as
 * long as the file is the same: real path, size and time of change.
 * @param file absolute path of the program, as found
 * @throws KasError "missing_program"
 */
export async function programVersion(
  harness: Harness,
  file: string,
  args: readonly string[],
  input: Pick<LaunchInput, "hostEnv" | "versionCache">,
): Promise<string> {
  const ask = () => harness.version([file, ...args], input.hostEnv);
  const cache = input.versionCache ?? null;
  if (cache === null) return await ask();
  const key = await stampOf(harness.name, file, args);
  const known = await readCache(cache);
  const kept = known.get(key);
  if (kept !== undefined) return kept;
  const version = await ask();
  known.set(key, version);
  await writeCache(cache, known);
  return version;
}

async function stampOf(name: string, file: string, args: readonly string[]): Promise<string> {
  const real = await now.realPath(file);
  const { size, mtime, ino } = await now.stat(real);
  return JSON.stringify([name, real, size, mtime?.getTime() ?? 0, ino, ...args]);
}

async function readCache(path: string): Promise<Map<string, string>> {
  const known = new Map<string, string>();
  for (const line of (await readIfThere(path) ?? "").split("\n")) {
    const tab = line.indexOf("\t");
    const [version, key] = [line.slice(0, tab), line.slice(tab + 1)];
    if (tab > 0 && /^\d+\.\d+\.\d+$/.test(version)) known.set(key, version);
  }
  return known;
}

/** The cache only saves time: a folder that cannot be written to goes without one. */
async function writeCache(path: string, known: ReadonlyMap<string, string>): Promise<void> {
  const lines = [...known].slice(-KEEP).map(([key, version]) => `${version}\t${key}\n`);
  try {
    await now.mkdir(parentOf(path), { recursive: true, mode: 0o700 });
    await writePrivate(path, lines.join(""));
  } catch (error) {
    if (diskTrouble(error) === null) throw error;
  }
}
