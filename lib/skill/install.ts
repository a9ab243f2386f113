import { isThere } from "../files/there.ts";
import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { explained, namesIn, parentOf } from "./_files.ts";
import type { SkillCandidate } from "./discover.ts";
import { makeHome, readSkillAt, realHome, type SkillHome, skillState } from "./home.ts";
import { locked } from "./lock.ts";
import { writeManifest } from "./manifest.ts";
import { parseSkillName } from "./names.ts";
import type { OpenSource } from "./open_source.ts";
import { backupPath, type Move, type Place, recover, transact } from "./transaction.ts";
import { copySkill, describeEdits, scanSkill, type SkillTree } from "./tree.ts";

/** Where a home's transactions take place. @param real folder of the home, links resolved */
export function placeOf(real: string): Place {
  return { home: real, work: `${parentOf(real) === "/" ? "" : parentOf(real)}/.kas-skills` };
}

/** How a change is made. */
export interface ChangeOptions {
  /** Replaces what is there; what kas did not write is kept as a backup. */
  readonly force?: boolean;
  readonly signal?: AbortSignal;
  /** Told of each step of the change; for tests. */
  readonly onStep?: (step: string) => void;
}

/** One skill to install. */
export interface NewSkill {
  readonly candidate: SkillCandidate;
  readonly source: Pick<OpenSource, "text" | "url" | "requestedRef" | "commit">;
  /** The name here, when it is not that of the candidate: an update keeps it. */
  readonly name?: string;
}

/** What became of one skill. */
export interface InstalledChange {
  readonly name: string;
  readonly path: string;
  readonly replaced: boolean;
  /** Where the folder is that was replaced; null when it held nobody's work, or there was none. */
  readonly backup: string | null;
}

/**
 * Installs skills into a home: all or none. Each is looked through before anything is written, staged
 * beside the home and moved into place.
 * @throws KasError "exists" without `force` when one is there already, "guard" as `scanSkill`,
 * "invalid" for a name that is not legal, or when the file system refuses, "conflict" when another
 * kas holds the lock
 */
export async function installSkills(
  home: SkillHome,
  skills: readonly NewSkill[],
  options: ChangeOptions = {},
): Promise<InstalledChange[]> {
  return await explained(`add skills to ${home.label}`, async () => {
    const named = await lookedThrough(skills);
    const place = placeOf(await makeHome(home));
    return await locked(place.work, async () => {
      await recover(place);
      await refuseClashes(place, home, named, options.force ?? false);
      return await replace(place, named, options);
    }, options);
  });
}

/** The same checks without a change; what would be done. @throws KasError as {@link installSkills} */
export async function planInstall(
  home: SkillHome,
  skills: readonly NewSkill[],
  options: { force?: boolean } = {},
): Promise<InstalledChange[]> {
  const named = await lookedThrough(skills);
  const real = await realHome(home);
  if (real !== null) await refuseClashes(placeOf(real), home, named, options.force ?? false);
  const changes: InstalledChange[] = [];
  for (const { name } of named) {
    const path = `${home.path}/${name}`;
    changes.push({ name, path, replaced: await isThere(path), backup: null });
  }
  return changes;
}

/** A skill that may be copied, under its name here. */
export interface ReadySkill {
  readonly name: string;
  readonly tree: SkillTree;
  readonly skill: NewSkill;
}

/** Looks through all skills before the first is touched. @throws KasError "guard", "invalid", "usage" */
export async function lookedThrough(skills: readonly NewSkill[]): Promise<ReadySkill[]> {
  const ready: ReadySkill[] = [];
  for (const skill of skills) {
    const name = parseSkillName(skill.name ?? skill.candidate.name);
    const twin = ready.find((other) => other.name.toLowerCase() === name.toLowerCase());
    if (twin !== undefined) {
      throw new KasError("usage", `Cannot add two skills that are called ${quote(name)}`, {
        hint: `They are in ${quote(twin.skill.candidate.folder)} and ${
          quote(skill.candidate.folder)
        }; name one of the folders with --skill`,
      });
    }
    ready.push({ name, tree: await scanSkill(skill.candidate.path), skill });
  }
  return ready;
}

async function refuseClashes(
  { home: dir }: Place,
  home: SkillHome,
  ready: readonly ReadySkill[],
  force: boolean,
): Promise<void> {
  const here = await namesIn(dir);
  const clashes = ready.flatMap(({ name }) =>
    here.filter((other) =>
      force
        ? other !== name && other.toLowerCase() === name.toLowerCase()
        : other.toLowerCase() === name.toLowerCase()
    )
  );
  if (clashes.length === 0) return;
  const list = clashes.map((name) => quote(name)).join(", ");
  throw new KasError("exists", `Cannot add ${list}: ${home.label} has it already`, {
    hint: force
      ? "Names that differ only in case cannot stand side by side; remove the other one first"
      : `Bring it up to date with "kas skills update", or replace it with --force`,
    context: { skills: clashes },
  });
}

/** Stages and moves. Under the lock, with all checks made. */
export async function replace(
  place: Place,
  ready: readonly ReadySkill[],
  options: ChangeOptions,
): Promise<InstalledChange[]> {
  const installedAt = new Date().toISOString();
  const changes: InstalledChange[] = [];
  await transact(place, async ({ folderOf }) => {
    const moves: Move[] = [];
    for (const { name, tree, skill } of ready) {
      options.signal?.throwIfAborted();
      const files = await copySkill(tree, folderOf(name));
      await writeManifest(folderOf(name), {
        source: skill.source.text,
        sourceUrl: skill.source.url,
        requestedRef: skill.source.requestedRef,
        commit: skill.source.commit,
        folder: skill.candidate.folder,
        installedAt,
        files,
      });
      const keepAs = await keptName(place, name, installedAt);
      moves.push({ name, staged: true, keepAs });
      changes.push({
        name,
        path: `${place.home}/${name}`,
        replaced: await isThere(`${place.home}/${name}`),
        backup: keepAs === null ? null : backupPath(place, keepAs),
      });
    }
    return moves;
  }, options.onStep);
  return changes;
}

/** Under which name an old folder is kept; null when it may go, since it is what kas wrote. */
export async function keptName(place: Place, name: string, at: string): Promise<string | null> {
  if (!(await isThere(`${place.home}/${name}`))) return null;
  const skill = await readSkillAt(place.home, name);
  if (skill !== null && (await skillState(skill)).kind === "untouched") return null;
  const stamp = at.replace(/[-:.]/g, "");
  for (let n = 1;; n++) {
    const kept = `${[...name].slice(0, 50).join("")}-${stamp}${n === 1 ? "" : `-${n}`}`;
    if (!(await isThere(backupPath(place, kept)))) return kept;
  }
}

/**
 * Refuses to lose what somebody wrote.
 * @throws KasError "guard" naming the files
 */
export async function refuseEdited(
  place: Place,
  names: readonly string[],
  what: string,
): Promise<void> {
  const told: string[] = [];
  for (const name of names) {
    const skill = await readSkillAt(place.home, name);
    const state = skill === null ? null : await skillState(skill);
    if (state?.kind === "edited") told.push(`${name} (${describeEdits(state.edits)})`);
    if (state?.kind === "unknown") told.push(`${name} (kas did not write it)`);
  }
  if (told.length === 0) return;
  throw new KasError("guard", `Cannot ${what} what was edited: ${told.join("; ")}`, {
    hint: "With --force it is done all the same, and the old folder kept beside the home",
    context: { skills: told },
  });
}
