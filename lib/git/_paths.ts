import { KasError } from "../errors.ts";
import { quote } from "../names.ts";

/** The folder that holds `path`; "/" for the root. */
export function dirname(path: string): string {
  const cut = path.lastIndexOf("/");
  return cut <= 0 ? "/" : path.slice(0, cut);
}

/** Resolves "." and ".." by words alone and drops double and trailing slashes; `base` anchors a relative path. */
export function resolvePath(path: string, base = "/"): string {
  const parts: string[] = [];
  for (const part of (path.startsWith("/") ? path : `${base}/${path}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** Runs a file operation; null when the file or folder does not exist. */
export async function ifExists<T>(operation: Promise<T>): Promise<T | null> {
  try {
    return await operation;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return null;
    }
    throw error;
  }
}

/** Text of a file without its one final newline (names may hold newlines); null when missing. */
export async function readLine(path: string): Promise<string | null> {
  const text = await ifExists(Deno.readTextFile(path));
  return text === null ? null : text.replace(/\n$/, "");
}

/** Whether something, even a dangling link, is at `path`. */
export async function exists(path: string): Promise<boolean> {
  return (await ifExists(Deno.lstat(path))) !== null;
}

/**
 * The real path of a folder that may not exist yet: links in its existing parents are resolved,
 * a link at the very end is not.
 * @throws KasError "invalid" for a relative path or one with a NUL
 */
export async function canonical(path: string): Promise<string> {
  if (!path.startsWith("/") || path.includes("\0")) {
    throw new KasError("invalid", `Cannot use ${quote(path, 200)} as a path: it is not absolute`, {
      hint: "Give the full path",
    });
  }
  const clean = resolvePath(path);
  if (clean === "/") return clean;
  const parent = dirname(clean);
  const real = (await ifExists(Deno.realPath(parent))) ?? await canonical(parent);
  return `${real === "/" ? "" : real}/${clean.slice(clean.lastIndexOf("/") + 1)}`;
}

/** A path as one word of a POSIX shell, for commands shown in hints. */
export function shellWord(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
