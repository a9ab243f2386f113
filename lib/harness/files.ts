import { now } from "../files/now.ts";
import { removeIfThere } from "../files/there.ts";
import { KasError } from "../errors.ts";

/** JSON object as read from a file or a variable. */
export type JsonObject = Record<string, unknown>;

/** True for a plain JSON object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value when it is a JSON object, else an empty one. */
export function objectOr(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

/**
 * Parses a JSON object; `what` names its place in the error.
 * @throws KasError "invalid"
 */
export function parseObject(text: string, what: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw notAnObject(what, cause);
  }
  if (isObject(value)) return value;
  throw notAnObject(what);
}

function notAnObject(what: string, cause?: unknown): KasError {
  return new KasError("invalid", `Cannot read ${what}: it is not a JSON object`, {
    hint: "Correct it, or move it away and start again",
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Text of a file; null when there is none. */
export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await now.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return null;
    }
    throw error;
  }
}

/** Writes a 0600 file in one step: readers see the old text or the new one. */
export async function writePrivate(path: string, text: string): Promise<void> {
  const fresh = `${path}.${crypto.randomUUID().slice(0, 8)}`;
  try {
    await now.writeTextFile(fresh, text, { mode: 0o600, createNew: true });
    await now.rename(fresh, path);
  } catch (error) {
    await removeIfThere(fresh);
    throw error;
  }
}

/** A session's own folder for temporary files; the engine removes it when the session ends. */
export function temporaryDir(sessionDir: string): string {
  return `${sessionDir}/tmp`;
}
