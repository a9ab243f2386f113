import { KasError } from "../errors.ts";

/** Small things about files that the rest of this room shares. */

/** The folder a path is in. */
export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

/** Removes a file, or a folder with all in it; none is fine. */
export async function removeTree(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** The real path; null when nothing is there. */
export async function realOrNull(path: string): Promise<string | null> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return null;
    }
    throw error;
  }
}

/**
 * Does `work`, explaining the failures of a disk or its permissions.
 * @param what is written, for the message
 * @throws KasError "invalid"
 */
export async function saying<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const why = diskTrouble(cause);
    if (why === null) throw cause;
    throw new KasError("invalid", `Cannot write ${what}: ${why}`, {
      hint: "Make it writable, or set KASMOS_STATE_DIR or HOME to a folder that is",
      cause,
    });
  }
}

/** Why a disk refused, in words; null for any other error. */
export function diskTrouble(error: unknown): string | null {
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (
    error instanceof Deno.errors.NotADirectory || error instanceof Deno.errors.AlreadyExists
  ) return "a file is in the place of a folder";
  if (error instanceof Deno.errors.IsADirectory) return "a folder is in the place of a file";
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code === "EROFS") return "the file system is read-only";
  if (code === "ENOSPC" || code === "EDQUOT") return "the disk is full";
  return null;
}
