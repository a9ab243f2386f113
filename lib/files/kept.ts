import { isAbsent, removeIfThere } from "./there.ts";

/**
 * What reading a file came to, kept for as long as its text is the same. A parser and a schema take
 * longer to load than all else that a short command does. The text itself is compared, so nothing
 * kept can be out of date.
 */

/** Identifies the program whose reading is kept; the bundler puts the hash of the bundle here. */
const BUILD: string = "@kas-build@";

/** Texts that are longer are read anew each time, in characters. */
const MAX_TEXT = 64 * 1024;

/** Where readings are kept. */
export interface Keep {
  /** Made when missing, unless the folder above it is missing too. Absolute. */
  readonly folder: string;
  /** Readings of another build are not used. */
  readonly build: string;
}

/** A text whose reading is kept. */
export interface KeptText {
  /** What it is read as: `agent`. */
  readonly kind: string;
  /** All else the reading depends on, such as the path of the file. */
  readonly place: string;
  readonly text: string;
}

/** What stands in the file of a place. */
interface Entry<T> extends KeptText {
  readonly build: string;
  readonly value: T;
}

/** Where a built program keeps readings; null from source, where the code changes under them. */
export function keepIn(stateDir: string): Keep | null {
  return BUILD.startsWith("@") ? null : { folder: `${stateDir}/read`, build: BUILD };
}

/** The reading that was kept of this very text; null when there is none. */
export function readKept<T>(keep: Keep | null, of: KeptText): T | null {
  if (keep === null) return null;
  try {
    // not awaited: a hop to another thread takes longer than a small file
    const entry: Entry<T> | null = JSON.parse(Deno.readTextFileSync(fileOf(keep, of)));
    const same = entry?.build === keep.build && entry.kind === of.kind &&
      entry.place === of.place && entry.text === of.text;
    return same ? entry.value : null;
  } catch (error) {
    if (isAbsent(error) || error instanceof SyntaxError || isRefusal(error)) return null;
    throw error;
  }
}

/**
 * Keeps a reading. It only saves time: a folder that cannot be written to goes without, as does a
 * value that JSON would change.
 */
export async function keepReading(keep: Keep | null, of: KeptText, value: unknown): Promise<void> {
  if (keep === null || of.text.length > MAX_TEXT || !isPlain(value)) return;
  const { kind, place, text } = of;
  const path = fileOf(keep, of);
  const draft = `${path}.${crypto.randomUUID().slice(0, 8)}`;
  const json = JSON.stringify({ build: keep.build, kind, place, text, value });
  try {
    await makeFolder(keep.folder);
    await Deno.writeTextFile(draft, json, { mode: 0o600, createNew: true });
    await Deno.rename(draft, path);
  } catch (error) {
    if (isAbsent(error)) return;
    if (!isRefusal(error)) throw error;
    await removeDraft(draft);
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

/** After a refusal, which may be one of removing too. */
async function removeDraft(path: string): Promise<void> {
  try {
    await removeIfThere(path);
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}

/** There are this many files at most: what shares one with another takes turns. */
const FILES = 4096;

/** @see http://www.isthe.com/chongo/tech/comp/fnv/ (FNV-1a) */
function fileOf({ folder }: Keep, { kind, place }: KeptText): string {
  let hash = 0x811c9dc5;
  for (const char of `${kind} ${place}`) {
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  }
  return `${folder}/${((hash >>> 0) % FILES).toString(16).padStart(3, "0")}.json`;
}

/** A disk that does not want to: no rights, no space, something else in the place. */
function isRefusal(error: unknown): boolean {
  if (error instanceof Deno.errors.PermissionDenied) return true;
  if (error instanceof Deno.errors.IsADirectory) return true;
  const code = error instanceof Error && "code" in error ? error.code : null;
  return code === "EROFS" || code === "ENOSPC" || code === "EDQUOT";
}

/** Whether a value comes back from JSON as it was. */
function isPlain(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0);
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (Array.isArray(value)) return value.every(isPlain);
  if (typeof value !== "object") return false;
  const base: unknown = Object.getPrototypeOf(value);
  return (base === Object.prototype || base === null) && Object.values(value).every(isPlain);
}
