import { KasError } from "../errors.ts";
import { quote } from "../names.ts";

/** Files of services: kas writes them whole, and touches none that it did not write. */

/** Stands in every file of kas; without it a file is somebody else's. */
export const MARKER = "Written by kas service install";

/** What a file holds; null when there is none. @throws KasError "guard" when kas did not write it */
export async function readOwn(path: string): Promise<string | null> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  if (text.includes(MARKER)) return text;
  throw new KasError("guard", `Cannot change ${quote(path, 200)}: kas did not write it`, {
    hint: "Move the file away first",
    context: { path },
  });
}

/**
 * Writes a file of kas in one step.
 * @returns whether anything changed
 * @throws KasError "guard" when kas did not write what is there, "invalid" when it cannot be written
 */
export async function writeOwn(path: string, text: string): Promise<boolean> {
  if (await readOwn(path) === text) return false;
  const draft = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(draft, text, { mode: 0o600, createNew: true });
    await Deno.rename(draft, path);
  } catch (cause) {
    await removeFile(draft);
    throw new KasError("invalid", `Cannot write ${quote(path, 200)}`, {
      hint: "Check the permissions of its folder",
      cause,
    });
  }
  return true;
}

/** Removes a file. @returns false when it was not there */
export async function removeFile(path: string): Promise<boolean> {
  try {
    await Deno.remove(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return false;
    }
    throw error;
  }
}

/** Refuses what no service file can hold. @throws KasError "invalid" */
export function plainText(value: string): string {
  if (!/\p{Cc}/u.test(value)) return value;
  throw new KasError("invalid", `Cannot put ${quote(value, 200)} into the file of a service`, {
    hint: "It has a line break or another control character; give it another name or value",
  });
}
