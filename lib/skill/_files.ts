import { ifThere } from "../files/there.ts";
import { KasError, messageOf } from "../errors.ts";

/** Small file operations of this room. Paths are absolute, with "/" between their parts. */

/** Whether a path is a folder itself or lies below it, by words alone. */
export function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`);
}

/** The folder that holds a path. */
export function parentOf(path: string): string {
  const cut = path.lastIndexOf("/");
  return cut <= 0 ? "/" : path.slice(0, cut);
}

/** The last word of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The way from one folder to another path, both absolute and clean: "../../x". */
export function relativePath(from: string, to: string): string {
  const here = from.split("/").filter((part) => part !== "");
  const there = to.split("/").filter((part) => part !== "");
  let same = 0;
  while (same < here.length && same < there.length && here[same] === there[same]) same++;
  const way = [...here.slice(same).map(() => ".."), ...there.slice(same)];
  return way.length === 0 ? "." : way.join("/");
}

/** Names in a folder, sorted; empty when there is none. */
export async function namesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) names.push(entry.name);
  } catch (error) {
    const none = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (!none) throw error;
  }
  return names.sort();
}

/** Whether the file system, or the rights in it, said no. */
export function isRefused(error: unknown): boolean {
  if (error instanceof KasError) return false;
  return error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.NotSupported ||
    error instanceof Deno.errors.NotADirectory ||
    error instanceof Deno.errors.AlreadyExists ||
    // EPERM, ENOSPC, EROFS, EDQUOT, ENOTSUP, and a missing right on Windows
    (error instanceof Error && /os error (1|28|30|95|122|1314)\b/.test(error.message));
}

/**
 * Runs work on files and explains what the file system refuses.
 * @param what for the message: "add skills to the project"
 * @throws KasError "invalid"
 */
export async function explained<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isRefused(error)) throw error;
    throw new KasError("invalid", `Cannot ${what}: ${messageOf(error)}`, {
      hint: "Check what is there, the permissions and the free space",
      cause: error,
    });
  }
}

/** The first part of a text file; null when there is none. A cut character at its end is dropped. */
export async function readStart(path: string, max: number): Promise<string | null> {
  const info = await ifThere(Deno.stat(path));
  if (info === null || !info.isFile) return null;
  using file = await Deno.open(path);
  const bytes = new Uint8Array(Math.min(max, info.size));
  let size = 0;
  while (size < bytes.length) {
    const got = await file.read(bytes.subarray(size));
    if (got === null) break;
    size += got;
  }
  return new TextDecoder().decode(bytes.subarray(0, size), { stream: true });
}

/**
 * Reads a text file that has a sensible size; null when there is none.
 * @throws KasError "invalid" when it is larger
 */
export async function readSmall(path: string, max = 1024 * 1024): Promise<string | null> {
  const info = await ifThere(Deno.stat(path));
  if (info === null || !info.isFile) return null;
  if (info.size > max) {
    throw new KasError("invalid", `Cannot read ${JSON.stringify(path)}: it is too large`, {
      hint: `At most ${max} bytes are read`,
    });
  }
  return await Deno.readTextFile(path);
}
