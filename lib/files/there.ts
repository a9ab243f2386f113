import { now } from "./now.ts";

/** Things that may or may not be at a path. */

/** Whether an error says that nothing is there: a link that leads back to itself leads nowhere. */
export function isAbsent(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory ||
    isLoop(error);
}

function isLoop(error: unknown): boolean {
  if (error instanceof Deno.errors.FilesystemLoop) return true;
  return error instanceof Error && /ELOOP|too many levels of symbolic links/i.test(error.message);
}

/** Runs a file operation; null when nothing is there. */
export async function ifThere<T>(operation: Promise<T>): Promise<T | null> {
  try {
    return await operation;
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}

/** Whether something is at a path, even a dangling link. */
export async function isThere(path: string): Promise<boolean> {
  return await ifThere(now.lstat(path)) !== null;
}

/** The real path; null when it does not exist or is a loop of links. */
export async function realOrNull(path: string): Promise<string | null> {
  return await ifThere(now.realPath(path));
}

/** Removes a file, or a folder with all in it; none is fine. */
export async function removeIfThere(path: string): Promise<void> {
  await ifThere(Deno.remove(path, { recursive: true }));
}

/**
 * What a folder of a search path has under a name, followed through links; null when nothing is
 * there, or nobody may look: such a folder is passed over, as execvp(3) does.
 */
export async function lookUpOn(folder: string, name: string): Promise<Deno.FileInfo | null> {
  try {
    return await ifThere(now.stat(`${folder}/${name}`));
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) return null;
    throw error;
  }
}
