import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import type { FileFact } from "./types.ts";

/** Looking at files of a repository that may be hostile. */

/** Largest file kas looks into, in bytes. */
const MAX_BYTES = 1024 * 1024;

/** A byte order mark stays: the file is written back with it. */
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What is at a path below the repository. Never follows a link out of it. */
export async function lookAt(root: string, path: string): Promise<FileFact> {
  const parent = await parentProblem(root, path);
  if (parent !== null) return { kind: "other", why: parent };
  const full = `${root}/${path}`;
  try {
    const info = await Deno.lstat(full);
    if (info.isSymlink) return { kind: "link", target: await Deno.readLink(full) };
    if (info.isDirectory) return { kind: "other", why: "a folder is in its place" };
    if (!info.isFile) return { kind: "other", why: "it is no file" };
    if (info.size > MAX_BYTES) return { kind: "other", why: "it is larger than 1 MiB" };
    const bytes = await Deno.readFile(full);
    return { kind: "text", text: UTF8.decode(bytes) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { kind: "none" };
    if (error instanceof TypeError) return { kind: "other", why: "it is not UTF-8" };
    if (error instanceof Deno.errors.PermissionDenied) {
      return { kind: "other", why: "it cannot be read" };
    }
    throw error;
  }
}

/** Why nothing may be written below a folder of this path; null when it may. */
export async function parentProblem(root: string, path: string): Promise<string | null> {
  const parts = path.split("/").slice(0, -1);
  for (let i = 1; i <= parts.length; i++) {
    const folder = parts.slice(0, i).join("/");
    try {
      const info = await Deno.lstat(`${root}/${folder}`);
      if (info.isSymlink) return `${folder} is a link`;
      if (!info.isDirectory) return `${folder} is no folder`;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      if (error instanceof Deno.errors.PermissionDenied) return `${folder} cannot be entered`;
      throw error;
    }
  }
  return null;
}

/** Whether a folder is there. */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.lstat(path)).isDirectory;
  } catch (error) {
    const none = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (none) return false;
    throw error;
  }
}

/** Text of a small file; null when there is none. @throws KasError "invalid" when it cannot be read */
export async function textOrNull(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    const none = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (none) return null;
    throw new KasError("invalid", `Cannot read ${quote(path, 200)}`, {
      hint: "Check what it is, and its permissions",
      cause: error,
    });
  }
}
