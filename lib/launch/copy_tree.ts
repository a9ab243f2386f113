import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { parentOf, realOrNull } from "./disk.ts";

/** A copy under way: where everything must come from, and how much came. */
export interface TreeCopy {
  /** Folder no link may lead out of; null = the source itself. */
  readonly root: string | null;
  /** Where what is copied goes: {@link ON_DISK}, or a list of it. */
  readonly into: CopySink;
  files: number;
  bytes: number;
}

/** Takes the folders and files of a copy. */
export interface CopySink {
  folder(path: string): Promise<void>;
  file(source: string, path: string, info: Deno.FileInfo): Promise<void>;
}

/** Writes what it takes: 0600, or 0700 for folders and what can be run. */
export const ON_DISK: CopySink = {
  folder: (path) => Deno.mkdir(path, { recursive: true, mode: 0o700 }),
  async file(source, path, { mode }) {
    await Deno.copyFile(source, path);
    await Deno.chmod(path, ((mode ?? 0) & 0o111) === 0 ? 0o600 : 0o700);
  },
};

const MAX_FILES = 20_000;
const MAX_BYTES = 512 * 1024 * 1024;

/**
 * Copies a file or folder as plain files. A link is copied as what it points to, and refused when that
 * is outside. A source that is not there is fine.
 * @throws KasError "guard" for a link that leads out, a loop of links, a device, or too much
 */
export async function copyTree(copy: TreeCopy, from: string, to: string): Promise<void> {
  const source = await realOrNull(from);
  if (source === null) return;
  const root = await Deno.realPath(copy.root ?? from);
  await copy.into.folder(parentOf(to));
  await copyOne(copy, root, from, to, []);
}

async function copyOne(
  copy: TreeCopy,
  root: string,
  from: string,
  to: string,
  above: readonly string[],
): Promise<void> {
  const source = await realOrNull(from);
  if (source === null) throw refused(from, "it is a link to nothing", "Remove the link");
  if (source !== root && !source.startsWith(`${root}/`)) {
    throw refused(from, "it leads out of the agent's folder", "Copy what it points to");
  }
  const info = await Deno.stat(source);
  if (info.isDirectory) {
    if (above.includes(source)) throw refused(from, "its links go round in a circle", "Remove one");
    await copy.into.folder(to);
    for await (const { name } of Deno.readDir(source)) {
      await copyOne(copy, root, `${source}/${name}`, `${to}/${name}`, [...above, source]);
    }
    return;
  }
  if (!info.isFile) throw refused(from, "it is neither a file nor a folder", "Remove it");
  copy.files++;
  copy.bytes += info.size;
  if (copy.files > MAX_FILES || copy.bytes > MAX_BYTES) {
    const limit = `${MAX_FILES} files or ${MAX_BYTES / 1024 / 1024} MiB`;
    throw refused(from, `the agent is larger than ${limit}`, "Keep large files elsewhere");
  }
  await copy.into.file(source, to, info);
}

function refused(path: string, why: string, hint: string): KasError {
  return new KasError("guard", `Cannot copy ${quote(path, 200)} of the agent: ${why}`, { hint });
}
