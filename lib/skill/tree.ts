import { ifThere, realOrNull } from "../files/there.ts";
import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { isInside, nameOf, namesIn, parentOf, relativePath } from "./_files.ts";

/** The files of a skill: looked through before they are copied, and told apart by their content. */

/** One file, or one link that stays inside the skill. */
export interface TreeEntry {
  /** Below the skill's folder. */
  readonly path: string;
  readonly executable: boolean;
  /** Where a link points, from its own folder; null for a file. */
  readonly target: string | null;
}

/** A skill's folder that may be copied. */
export interface SkillTree {
  readonly root: string;
  readonly entries: readonly TreeEntry[];
}

/** What a skill may be at most. */
export interface SkillLimits {
  readonly bytes: number;
  readonly files: number;
}

/** Limits of {@link scanSkill}. */
export const SKILL_LIMITS: SkillLimits = { bytes: 20 * 1024 * 1024, files: 2000 };

/** The record of where a skill is from. */
export const MANIFEST = ".kas-skill.json";
/** The same by another program; read, never written. */
export const FOREIGN_MANIFEST = ".kman-skill.json";

/** The record of a copy that stands in for a link. */
export const COPY_RECORD = ".kas-copy.json";
const RECORDS: readonly string[] = [MANIFEST, FOREIGN_MANIFEST, COPY_RECORD];

// Git's own, and what a look or a run leaves behind.
const IGNORED: readonly string[] = [".git", ".DS_Store", "Thumbs.db", "__pycache__"];
// Control characters, what turns the direction of text, and what stands for undecodable bytes.
const BAD_NAME = /[\p{Cc}\\\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffd]/u;
const MAX_READ = 64 * 1024 * 1024;

function isIgnored(name: string, atTop: boolean): boolean {
  return IGNORED.includes(name) || (atTop && RECORDS.includes(name));
}

/**
 * Looks through a skill's folder before it is copied. Links that stay inside are taken as relative
 * links, whatever they are written as.
 * @throws KasError "guard" for a link that leaves the folder or leads nowhere, for devices and the
 * like, for names that are unsafe or differ only in case, and beyond the limits; "not_found"
 */
export async function scanSkill(
  root: string,
  limits: SkillLimits = SKILL_LIMITS,
): Promise<SkillTree> {
  const real = await realOrNull(root);
  if (real === null) {
    throw new KasError("not_found", `Cannot find the skill's folder ${quote(root, 200)}`);
  }
  const scan: Scan = { root: real, limits, entries: [], bytes: 0, count: 0 };
  await scanFolder(scan, "");
  return { root: real, entries: scan.entries };
}

interface Scan {
  readonly root: string;
  readonly limits: SkillLimits;
  readonly entries: TreeEntry[];
  bytes: number;
  count: number;
}

async function scanFolder(scan: Scan, folder: string): Promise<void> {
  const seen = new Map<string, string>();
  for (const name of await namesIn(`${scan.root}/${folder}`)) {
    if (isIgnored(name, folder === "")) continue;
    const path = folder === "" ? name : `${folder}/${name}`;
    if (BAD_NAME.test(name)) throw refused(scan, path, "its name is unsafe");
    const key = name.normalize("NFC").toLowerCase();
    const twin = seen.get(key);
    if (twin !== undefined) {
      throw refused(scan, path, `its name differs from ${quote(twin)} only in case or form`);
    }
    seen.set(key, name);
    if (++scan.count > scan.limits.files) {
      throw refused(scan, path, `a skill may have at most ${scan.limits.files} files`);
    }
    await scanEntry(scan, path);
  }
}

async function scanEntry(scan: Scan, path: string): Promise<void> {
  const info = await Deno.lstat(`${scan.root}/${path}`);
  if (info.isDirectory) return await scanFolder(scan, path);
  if (info.isSymlink) {
    const target = await linkTarget(scan, path);
    scan.entries.push({ path, executable: false, target });
    return;
  }
  if (!info.isFile) throw refused(scan, path, "it is neither a file nor a folder");
  scan.bytes += info.size;
  if (scan.bytes > scan.limits.bytes) {
    throw refused(scan, path, `a skill may have at most ${scan.limits.bytes} bytes`);
  }
  scan.entries.push({ path, executable: ((info.mode ?? 0) & 0o111) !== 0, target: null });
}

async function linkTarget(scan: Scan, path: string): Promise<string> {
  const real = await realOrNull(`${scan.root}/${path}`);
  if (real === null) throw refused(scan, path, "it is a link that leads nowhere");
  if (!isInside(real, scan.root)) throw refused(scan, path, "it is a link that leaves the skill");
  const inner = real.slice(scan.root.length + 1);
  if (inner.split("/").some((name, i) => isIgnored(name, i === 0))) {
    throw refused(scan, path, "it is a link to what is not copied");
  }
  const place = `${scan.root}/${path}`;
  if (isInside(place, real)) throw refused(scan, path, "it is a link to a folder it lies in");
  return relativePath(parentOf(place), real);
}

function refused(scan: Scan, path: string, why: string): KasError {
  return new KasError(
    "guard",
    `Cannot take the skill ${quote(nameOf(scan.root))}: ${quote(path, 120)}: ${why}`,
    { hint: "Mend it at its source", context: { path } },
  );
}

/** Content of each file of a skill by its path: `sha256:…`, or `link:…` for a link. */
export type Digests = Readonly<Record<string, string>>;

/**
 * Copies a looked-through skill into a new folder. Of the mode only the right to execute is kept.
 * Returns what was written.
 * @throws KasError "conflict" when a file changed its kind meanwhile
 */
export async function copySkill(tree: SkillTree, to: string): Promise<Digests> {
  await Deno.mkdir(to);
  const digests: [string, string][] = [];
  for (const { path, executable, target } of tree.entries) {
    await Deno.mkdir(parentOf(`${to}/${path}`), { recursive: true });
    if (target !== null) {
      await Deno.symlink(target, `${to}/${path}`);
      digests.push([path, `link:${target}`]);
      continue;
    }
    const from = `${tree.root}/${path}`;
    // Between the look and the copy it may have become a link out of the folder.
    if (await realOrNull(from) !== from) {
      throw new KasError("conflict", `Cannot copy ${quote(from, 200)}: it was changed meanwhile`, {
        hint: "Run the command again",
      });
    }
    const bytes = await Deno.readFile(from);
    const mode = executable ? 0o755 : 0o644;
    await Deno.writeFile(`${to}/${path}`, bytes, { createNew: true, mode });
    digests.push([path, await sha256(bytes)]);
  }
  return Object.fromEntries(digests);
}

/** What {@link copySkill} would write. */
export async function digestTree({ root, entries }: SkillTree): Promise<Digests> {
  const digests: [string, string][] = [];
  for (const { path, target } of entries) {
    const digest = target === null
      ? await sha256(await Deno.readFile(`${root}/${path}`))
      : `link:${target}`;
    digests.push([path, digest]);
  }
  return Object.fromEntries(digests);
}

/** The content of an installed skill, whatever somebody made of it. Nothing is followed. */
export async function digestSkill(root: string): Promise<Digests> {
  const digests: [string, string][] = [];
  const visit = async (folder: string): Promise<void> => {
    for (const name of await namesIn(`${root}/${folder}`)) {
      if (isIgnored(name, folder === "")) continue;
      const path = folder === "" ? name : `${folder}/${name}`;
      const info = await ifThere(Deno.lstat(`${root}/${path}`));
      if (info?.isDirectory) await visit(path);
      else if (info !== null) digests.push([path, await digestOf(`${root}/${path}`, info)]);
    }
  };
  await visit("");
  return Object.fromEntries(digests);
}

async function digestOf(path: string, info: Deno.FileInfo): Promise<string> {
  if (info.isSymlink) return `link:${await Deno.readLink(path)}`;
  if (!info.isFile) return "other";
  // No file of a skill is that large when it comes.
  return info.size > MAX_READ ? `size:${info.size}` : await sha256(await Deno.readFile(path));
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return `sha256:${new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex()}`;
}

/** How a folder differs from what was written into it. */
export interface Edits {
  readonly changed: readonly string[];
  readonly added: readonly string[];
  readonly deleted: readonly string[];
}

/** Compares by content alone; times and modes say nothing. Pure. */
export function compareDigests(written: Digests, found: Digests): Edits {
  const before = new Map(Object.entries(written));
  const now = new Map(Object.entries(found));
  return {
    changed: [...now].filter(([path, digest]) => (before.get(path) ?? digest) !== digest)
      .map(([path]) => path),
    added: [...now.keys()].filter((path) => !before.has(path)),
    deleted: [...before.keys()].filter((path) => !now.has(path)),
  };
}

/** Whether nothing differs. */
export function isUntouched({ changed, added, deleted }: Edits): boolean {
  return changed.length + added.length + deleted.length === 0;
}

/** The edits in words: "SKILL.md changed, notes.md added". */
export function describeEdits({ changed, added, deleted }: Edits, most = 4): string {
  const all = [
    ...changed.map((path) => `${path} changed`),
    ...added.map((path) => `${path} added`),
    ...deleted.map((path) => `${path} deleted`),
  ];
  const more = all.length > most ? `, ${all.length - most} more` : "";
  return all.slice(0, most).join(", ") + more;
}
