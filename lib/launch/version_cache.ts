import { now } from "../files/now.ts";
import { isObject, readIfThere, writePrivate } from "../harness/files.ts";
import { probe, type Probing, type Probings } from "../harness/probe.ts";
import type { Harness } from "../harness/types.ts";
import { diskTrouble, parentOf } from "./disk.ts";
import type { LaunchInput } from "./types.ts";

/**
 * What a program says of itself. Asking costs a process, often a slow one, so an answer is kept for
 * as long as the file is the same: real path, size and time of change.
 */

/** Entries kept in a file; the oldest go first. */
const KEEP = 40;

/**
 * The version of a program.
 * @param file absolute path of the program, as found
 * @throws KasError "missing_program"
 */
export async function programVersion(
  harness: Harness,
  file: string,
  args: readonly string[],
  input: Pick<LaunchInput, "hostEnv" | "versionCache">,
): Promise<string> {
  return await kept<string>(
    { path: input.versionCache ?? null, key: () => stampOf(harness.name, file, args) },
    {
      read: (text) => /^\d+\.\d+\.\d+$/.test(text) ? text : null,
      write: (version) => version,
    },
    () => harness.version([file, ...args], input.hostEnv),
  );
}

/**
 * What a program shows in its help of what its adapter stands on. An answer is also good for one
 * version and one set of probes alone, and one that is not known is not kept.
 * @param file absolute path of the program, as found
 */
export async function programProbings(
  harness: Harness,
  file: string,
  args: readonly string[],
  input: {
    readonly hostEnv: LaunchInput["hostEnv"];
    /** The version it says it has. */
    readonly version: string;
    /** Remembers answers between processes; null = ask the program. */
    readonly cache: string | null;
  },
): Promise<Probings> {
  const about = [input.version, await digest(harness.probes ?? [])];
  return await kept<Probings>(
    { path: input.cache, key: () => stampOf(harness.name, file, [...about, ...args]) },
    {
      read: readProbings,
      write: (probings) =>
        Object.values(probings).some(({ state }) => state === "unknown")
          ? null
          : JSON.stringify(probings),
    },
    () => probe(harness, [file, ...args], input.hostEnv),
  );
}

async function digest(value: unknown): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

function readProbings(text: string): Probings | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  return isObject(value) && Object.values(value).every(isProbing) ? value : null;
}

function isProbing(value: unknown): value is Probing {
  if (!isObject(value)) return false;
  const { state, words } = value;
  return state === "found" ||
    state === "missing" && Array.isArray(words) && words.every((word) => typeof word === "string");
}

/** How an answer is a line of text; null where it is none, or not to be kept. */
interface Form<T> {
  readonly read: (text: string) => T | null;
  readonly write: (value: T) => string | null;
}

async function kept<T>(
  cache: { readonly path: string | null; readonly key: () => Promise<string> },
  form: Form<T>,
  ask: () => Promise<T>,
): Promise<T> {
  const { path } = cache;
  if (path === null) return await ask();
  const key = await cache.key();
  const line = (await readCache(path)).get(key);
  const known = line === undefined ? null : form.read(line);
  if (known !== null) return known;
  const answer = await ask();
  const text = form.write(answer);
  if (text !== null) await remember(path, key, text);
  return answer;
}

async function stampOf(name: string, file: string, more: readonly string[]): Promise<string> {
  const real = await now.realPath(file);
  const { size, mtime, ino } = await now.stat(real);
  return JSON.stringify([name, real, size, mtime?.getTime() ?? 0, ino, ...more]);
}

async function readCache(path: string): Promise<Map<string, string>> {
  const known = new Map<string, string>();
  for (const line of (await orNull(() => readIfThere(path)) ?? "").split("\n")) {
    const tab = line.indexOf("\t");
    if (tab > 0) known.set(line.slice(tab + 1), line.slice(0, tab));
  }
  return known;
}

/** Writes under way, by file: answers that come together are all kept. */
const writing = new Map<string, Promise<unknown>>();

async function remember(path: string, key: string, text: string): Promise<void> {
  const turn = (writing.get(path) ?? Promise.resolve()).then(async () => {
    const known = await readCache(path);
    await writeCache(path, known.set(key, text));
  });
  // a write that fails is its own caller's error
  writing.set(path, Promise.allSettled([turn]));
  await turn;
}

async function writeCache(path: string, known: ReadonlyMap<string, string>): Promise<void> {
  const lines = [...known].slice(-KEEP).map(([key, text]) => `${text}\t${key}\n`);
  await orNull(async () => {
    await now.mkdir(parentOf(path), { recursive: true, mode: 0o700 });
    await writePrivate(path, lines.join(""));
  });
}

/** The cache only saves time: where it cannot be read or written, it goes without one. */
async function orNull<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (diskTrouble(error) === null) throw error;
    return null;
  }
}
