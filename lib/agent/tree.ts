import { now } from "../files/now.ts";
import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { readable } from "./places.ts";

/** Looking through an agent's folder before anything in it is used. */

/** Something in an agent's folder. */
export interface TreeEntry {
  /** Relative to the folder. */
  readonly path: string;
  readonly kind: "folder" | "file";
  /** Permission bits. */
  readonly mode: number;
  /** Bytes of a file. */
  readonly size: number;
  /** A link is listed as what it points to; this says that it is one. */
  readonly linked: boolean;
}

const MAX_ENTRIES = 10_000;
const MAX_BYTES = 100 * 1024 * 1024;
const MAX_DEPTH = 32;

/** Folders that are nobody's part of an agent. */
const SKIPPED: readonly string[] = [".git", ".kas-skills"];

/**
 * All files and folders of an agent, parents first. Git's own folder is left out.
 * @param name of the agent, for messages
 * @throws KasError "guard" for a link that leaves the folder, leads to nothing or to a folder it is
 * in, and for what is no file; "invalid" when there is too much of it
 */
export async function readTree(root: string, name: string): Promise<TreeEntry[]> {
  return await readable(root, async () => {
    const walk: Walk = { name, root, realRoot: await now.realPath(root), entries: [], bytes: 0 };
    await walkFolder(walk, "", 0);
    return walk.entries;
  });
}

interface Walk {
  readonly name: string;
  readonly root: string;
  readonly realRoot: string;
  readonly entries: TreeEntry[];
  bytes: number;
}

async function walkFolder(walk: Walk, folder: string, depth: number): Promise<void> {
  if (depth > MAX_DEPTH) throw tooMuch(walk, `it is nested deeper than ${MAX_DEPTH} folders`);
  const names: string[] = [];
  for (const entry of await now.readDir(`${walk.root}/${folder}`)) names.push(entry.name);
  for (const entry of names.sort()) {
    const path = folder === "" ? entry : `${folder}/${entry}`;
    if (SKIPPED.includes(entry)) continue;
    const info = await now.lstat(`${walk.root}/${path}`);
    if (info.isSymlink) {
      await followLink(walk, path, depth);
    } else if (info.isDirectory) {
      add(walk, { path, kind: "folder", mode: modeOf(info), size: 0, linked: false });
      await walkFolder(walk, path, depth + 1);
    } else if (info.isFile) {
      add(walk, { path, kind: "file", mode: modeOf(info), size: info.size, linked: false });
    } else {
      throw refused(walk, path, "is neither a file nor a folder", "Remove it");
    }
  }
}

async function followLink(walk: Walk, path: string, depth: number): Promise<void> {
  const full = `${walk.root}/${path}`;
  let real: string;
  try {
    real = await now.realPath(full);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw refused(walk, path, "is a link that leads to nothing", "Remove the link", error);
  }
  if (!real.startsWith(`${walk.realRoot}/`) || SKIPPED.some((one) => real.includes(`/${one}/`))) {
    const hint = "Replace the link by a copy of what it points to";
    throw refused(walk, path, "is a link that leaves the agent's folder", hint);
  }
  const info = await now.stat(real);
  if (info.isFile) {
    add(walk, { path, kind: "file", mode: modeOf(info), size: info.size, linked: true });
  } else if (!info.isDirectory) {
    throw refused(walk, path, "is neither a file nor a folder", "Remove it");
  } else if (`${walk.realRoot}/${path}`.startsWith(`${real}/`)) {
    throw refused(walk, path, "is a link to a folder it is in", "Remove the link");
  } else {
    add(walk, { path, kind: "folder", mode: modeOf(info), size: 0, linked: true });
    await walkFolder(walk, path, depth + 1);
  }
}

function add(walk: Walk, entry: TreeEntry): void {
  walk.entries.push(entry);
  walk.bytes += entry.size;
  if (walk.entries.length > MAX_ENTRIES) {
    throw tooMuch(walk, `it has more than ${MAX_ENTRIES} files and folders`);
  }
  if (walk.bytes > MAX_BYTES) throw tooMuch(walk, `it has more than ${MAX_BYTES} bytes`);
}

function modeOf(info: Deno.FileInfo): number {
  return (info.mode ?? 0o644) & 0o777;
}

function tooMuch({ name, root }: Walk, why: string): KasError {
  return new KasError("invalid", `Cannot use the agent ${quote(name)}: ${why}`, {
    hint: `Remove what does not belong into ${root}`,
  });
}

function refused(
  { name }: Walk,
  path: string,
  what: string,
  hint: string,
  cause?: unknown,
): KasError {
  return new KasError("guard", `Cannot use the agent ${quote(name)}: ${quote(path, 200)} ${what}`, {
    hint,
    context: { agent: name, path },
    cause,
  });
}
