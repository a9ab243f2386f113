import { KasError, messageOf } from "../errors.ts";
import { lockFolder } from "../files/lock_folder.ts";
import { replaceFile } from "../files/replace.ts";
import { quote } from "../names.ts";
import { sweepDrafts } from "./drafts.ts";
import { isFolder, lookAt, textOrNull } from "./files.ts";
import { MANIFEST_PATH, manifestText } from "./manifest.ts";
import type { FileChange, FileFact, SetupPlan } from "./types.ts";

/** Doing what a plan says: all of it, or nothing. */

/** How {@link applyPlan} works. */
export interface ApplyOptions {
  /** The git folder all work trees share. */
  readonly commonDir: string;
  /** Whether old texts are kept in `.kasmos/backup/`. */
  readonly backup: boolean;
  /** Adds lines to `.git/info/exclude`. */
  readonly exclude: (lines: readonly string[]) => Promise<unknown>;
}

/** What was done. */
export interface Applied {
  /** Paths that were written or removed. */
  readonly changed: readonly string[];
  /** Folder with the old texts, below the repository; null when none was kept. */
  readonly backup: string | null;
  /** What a setup that was killed had left, which is gone now. */
  readonly drafts: readonly string[];
}

/** Puts back what one step did. */
type Undo = () => Promise<void>;

/**
 * Writes a plan. When a step fails, those before it are taken back.
 * @throws KasError "conflict" when a file has changed since the plan was made, "invalid" when
 * something cannot be written; in both cases nothing is different afterwards
 */
export async function applyPlan(plan: SetupPlan, options: ApplyOptions): Promise<Applied> {
  const todo = plan.changes.filter(({ kind }) => /^(create|update|remove)$/.test(kind));
  // Two at once would sweep away each other's drafts and take back each other's files.
  using _ = await lockFolder(options.commonDir);
  await checkUnchanged(plan.root, todo);
  const undo: Undo[] = [];
  try {
    const drafts = await sweepDrafts(plan.root, plan.changes.map(({ path }) => path));
    const backup = options.backup ? await keepOld(plan.root, todo, undo) : null;
    // The record comes first and goes last: what it knows can be taken back after a crash as well.
    if (plan.manifest !== null) await writeManifest(plan, undo);
    for (const change of todo) await applyChange(plan.root, change, undo);
    if (plan.manifest === null) await writeManifest(plan, undo);
    if (plan.exclude.add.length > 0) await options.exclude(plan.exclude.add);
    if (plan.manifest === null) await tidy(plan, options.commonDir);
    return { changed: todo.map(({ path }) => path), backup, drafts };
  } catch (error) {
    for (const step of undo.reverse()) await step();
    if (error instanceof KasError) throw error;
    throw new KasError("invalid", `Cannot set up ${quote(plan.root, 200)}: ${messageOf(error)}`, {
      hint: "Nothing was changed. Check the permissions of the repository and the free space",
      cause: error,
    });
  }
}

async function checkUnchanged(root: string, changes: readonly FileChange[]): Promise<void> {
  for (const { path, before } of changes) {
    if (textIn(await lookAt(root, path)) === before) continue;
    throw new KasError("conflict", `Cannot write ${quote(path, 200)}: it has just changed`, {
      hint: "Nothing was changed; run the command again",
      context: { path },
    });
  }
}

function textIn(fact: FileFact): string | null {
  if (fact.kind === "text") return fact.text;
  return fact.kind === "link" ? fact.target : null;
}

/** Copies what will be replaced. @returns the folder below the repository */
async function keepOld(
  root: string,
  changes: readonly FileChange[],
  undo: Undo[],
): Promise<string | null> {
  const replaced = changes.filter(({ before, isLink }) => before !== null && !isLink);
  if (replaced.length === 0) return null;
  const time = new Date().toISOString().replaceAll(":", "-").replace(/\.\d+Z$/, "Z");
  let folder = `.kasmos/backup/${time}`;
  for (let n = 2; await isFolder(`${root}/${folder}`); n++) folder = `.kasmos/backup/${time}-${n}`;
  for (const { path, before } of replaced) {
    await makeFolders(root, `${folder}/${path}`, undo);
    await writeNew(`${root}/${folder}/${path}`, before ?? "", undo);
  }
  return folder;
}

async function applyChange(root: string, change: FileChange, undo: Undo[]): Promise<void> {
  const { path, before, after, isLink } = change;
  const full = `${root}/${path}`;
  if (after === null) {
    await Deno.remove(full);
    undo.push(() => isLink ? Deno.symlink(before ?? "", full) : restore(full, before ?? ""));
    return;
  }
  await makeFolders(root, path, undo);
  if (isLink) {
    await replaceLink(full, before, after, undo);
  } else if (before === null) {
    await writeNew(full, after, undo);
  } else {
    await replaceFile(full, after, "project");
    undo.push(() => restore(full, before));
  }
}

async function replaceLink(
  path: string,
  before: string | null,
  after: string,
  undo: Undo[],
): Promise<void> {
  if (before !== null) {
    await Deno.remove(path);
    undo.push(() => Deno.symlink(before, path));
  }
  await Deno.symlink(after, path);
  undo.push(() => Deno.remove(path));
}

async function writeNew(path: string, text: string, undo: Undo[]): Promise<void> {
  await replaceFile(path, text, "project");
  undo.push(() => Deno.remove(path));
}

async function restore(path: string, text: string): Promise<void> {
  await replaceFile(path, text, "project");
}

/** Makes the folders above a path one by one, so that each can be taken back. */
async function makeFolders(root: string, path: string, undo: Undo[]): Promise<void> {
  const parts = path.split("/").slice(0, -1);
  for (let i = 1; i <= parts.length; i++) {
    const folder = `${root}/${parts.slice(0, i).join("/")}`;
    if (await isFolder(folder)) continue;
    await Deno.mkdir(folder);
    undo.push(() => Deno.remove(folder));
  }
}

async function writeManifest({ root, manifest }: SetupPlan, undo: Undo[]): Promise<void> {
  const path = `${root}/${MANIFEST_PATH}`;
  const before = await textOrNull(path);
  if (manifest === null) {
    if (before === null) return;
    await Deno.remove(path);
    undo.push(() => restore(path, before));
    return;
  }
  const text = manifestText(manifest);
  if (text === before) return;
  await makeFolders(root, MANIFEST_PATH, undo);
  if (before === null) await writeNew(path, text, undo);
  else {
    await replaceFile(path, text, "project");
    undo.push(() => restore(path, before));
  }
}

/** What is left to take back when the files are gone. */
async function tidy(plan: SetupPlan, commonDir: string): Promise<void> {
  for (const folder of plan.emptied) await removeEmpty(`${plan.root}/${folder}`);
  const file = `${commonDir}/info/exclude`;
  const text = await textOrNull(file);
  if (text === null || plan.exclude.remove.length === 0) return;
  const unused: string[] = [];
  for (const line of plan.exclude.remove) {
    if (!await isFolder(`${plan.root}/${line.replace(/\/$/, "")}`)) unused.push(line);
  }
  const kept = text.split("\n").filter((line) => !unused.includes(line)).join("\n");
  if (kept !== text) await Deno.writeTextFile(file, kept);
}

async function removeEmpty(folder: string): Promise<void> {
  if (!await isFolder(folder)) return;
  for await (const _entry of Deno.readDir(folder)) return;
  await Deno.remove(folder);
}
