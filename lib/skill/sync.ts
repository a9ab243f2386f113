import { ifThere, isThere } from "../files/there.ts";
import { KasError, messageOf } from "../errors.ts";
import { replaceFile } from "../files/replace.ts";
import { isRefused, namesIn } from "./_files.ts";
import { auditSkills, same } from "./audit.ts";
import type { SkillLayer } from "./harnesses.ts";
import { makeHome, realHome } from "./home.ts";
import { placeOf } from "./install.ts";
import { locked } from "./lock.ts";
import { type HarnessScan, type LayerScan, linkText, scanLayer } from "./scan.ts";
import { recover } from "./transaction.ts";
import { COPY_RECORD, copySkill, scanSkill } from "./tree.ts";

/** Making every harness see the canonical skills. */

/** What happened for one harness in one layer. */
export interface SyncResult {
  readonly layer: "user" | "project";
  readonly harness: string;
  readonly state: "ok" | "skip" | "failed";
  readonly linked: readonly string[];
  readonly copied: readonly string[];
  readonly removed: readonly string[];
  readonly problems: readonly string[];
}

/** How {@link syncSkills} works. */
export interface SyncOptions {
  readonly signal?: AbortSignal;
  /** Makes a link; for tests of file systems that have none. */
  readonly link?: (target: string, path: string) => Promise<void>;
}

/**
 * Links what is missing and removes links and copies of kas whose skill is gone. What somebody else
 * put there stays, and is reported when it stands in the way. Where links cannot be made, copies are.
 * @throws KasError "conflict" when another kas holds the lock, "guard" for a home that leads elsewhere
 */
export async function syncSkills(
  layer: SkillLayer,
  options: SyncOptions = {},
): Promise<SyncResult[]> {
  const dir = await realHome(layer.home);
  const work = async () => {
    if (dir !== null) await recover(placeOf(dir));
    const scan = await scanLayer(layer);
    const results: SyncResult[] = [];
    for (const harness of scan.harnesses) {
      results.push(await syncHarness(layer, scan, harness, options));
    }
    return results;
  };
  return dir === null ? await work() : await locked(placeOf(dir).work, work, options);
}

interface Sync {
  /** Real folder of the harness. */
  readonly folder: string;
  /** Real folder of the canonical skills. */
  readonly dir: string;
  readonly harness: HarnessScan;
  readonly options: SyncOptions;
  readonly linked: string[];
  readonly copied: string[];
  readonly removed: string[];
  readonly problems: string[];
}

async function syncHarness(
  layer: SkillLayer,
  scan: LayerScan,
  harness: HarnessScan,
  options: SyncOptions,
): Promise<SyncResult> {
  const done = { linked: [], copied: [], removed: [], problems: [] };
  const result = { layer: layer.layer, harness: harness.name, ...done };
  if (!harness.installed) return { ...result, state: "skip" };
  if (harness.problem !== null) return { ...result, state: "failed", problems: [harness.problem] };
  if (harness.folder === null || harness.whole) return { ...result, state: "ok" };
  const rows = auditSkills([{ ...scan, harnesses: [harness] }]).rows
    .filter((row) => row.harness === harness.name);
  const isIdle = rows.every(({ state }) => ["synced", "copy", "skipped"].includes(state));
  if (isIdle && !(await isThere(harness.folder))) return { ...result, state: "ok" };
  const place = { path: harness.folder, label: harness.name, within: layer.home.within };
  const folder = await makeHome(place);
  const dir = await realHome(layer.home) ?? layer.home.path;
  const sync: Sync = { folder, dir, harness, options, ...done };
  await clearLeftovers(folder);
  for (const { skill, state, detail } of rows) {
    try {
      await settle(sync, skill, state, detail);
    } catch (error) {
      if (!(error instanceof KasError) && !isRefused(error)) throw error;
      sync.problems.push(`${skill}: ${messageOf(error)}`);
    }
  }
  return { ...result, state: sync.problems.length === 0 ? "ok" : "failed" };
}

async function settle(
  sync: Sync,
  skill: string,
  state: string,
  detail: string | null,
): Promise<void> {
  if (state === "missing" || state === "outdated") await show(sync, skill);
  else if (state === "orphan") await removeOwn(sync, skill);
  else if (state === "edited" || state === "broken") {
    sync.problems.push(`${skill}: ${detail ?? state}`);
  }
}

/** Puts a link to the skill into the folder, or a copy where that cannot be. */
async function show(sync: Sync, skill: string): Promise<void> {
  const path = `${sync.folder}/${skill}`;
  const link = sync.options.link ?? Deno.symlink;
  const next = `${sync.folder}/.kas-next-${crypto.randomUUID()}`;
  let list = sync.linked;
  try {
    await link(linkText(sync.folder, sync.dir, skill), next);
  } catch (error) {
    if (!isRefused(error)) throw error;
    const files = await copySkill(await scanSkill(`${sync.dir}/${skill}`), next);
    const record = JSON.stringify({ version: 1, files }, null, 2);
    await replaceFile(`${next}/${COPY_RECORD}`, record, "project");
    list = sync.copied;
  }
  const old = `${sync.folder}/.kas-old-${crypto.randomUUID()}`;
  // An outdated copy of kas, unchanged since kas wrote it.
  if (await isThere(path)) await Deno.rename(path, old);
  await Deno.rename(next, path);
  await ifThere(Deno.remove(old, { recursive: true }));
  list.push(skill);
}

async function removeOwn(sync: Sync, skill: string): Promise<void> {
  const entry = sync.harness.entries.find(({ name }) => name === skill);
  const isEdited = entry?.kind === "folder" && entry.written !== null &&
    !same(entry.digests, entry.written);
  if (isEdited) {
    sync.problems.push(`${skill}: a copy of a skill that is gone was edited; remove it yourself`);
    return;
  }
  await Deno.remove(`${sync.folder}/${skill}`, { recursive: true });
  sync.removed.push(skill);
}

/** What a sync that was killed left behind. */
async function clearLeftovers(folder: string): Promise<void> {
  for (const name of await namesIn(folder)) {
    if (!/^\.kas-(next|old)-[0-9a-f-]{36}$/.test(name)) continue;
    await Deno.remove(`${folder}/${name}`, { recursive: true });
  }
}
