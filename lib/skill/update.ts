import { KasError } from "../errors.ts";
import type { GitOptions } from "../git/run.ts";
import { quote } from "../names.ts";
import { explained } from "./_files.ts";
import type { SkillCandidate } from "./discover.ts";
import { type InstalledSkill, readSkill, realHome, type SkillHome } from "./home.ts";
import {
  type ChangeOptions,
  type InstalledChange,
  lookedThrough,
  type NewSkill,
  placeOf,
  type ReadySkill,
  refuseEdited,
  replace,
} from "./install.ts";
import { locked } from "./lock.ts";
import type { SkillManifest } from "./manifest.ts";
import { parseSkillName } from "./names.ts";
import { type OpenSource, openSource } from "./open_source.ts";
import { parseSource, type SkillSource } from "./source.ts";
import { type Place, recover } from "./transaction.ts";
import { compareDigests, digestSkill, digestTree, isUntouched } from "./tree.ts";

/** What an update did to one skill. */
export interface UpdatedSkill extends InstalledChange {
  /** `current`: nothing is new in it. */
  readonly state: "updated" | "current";
  readonly from: string | null;
  readonly to: string | null;
  readonly ref: string | null;
}

/** How {@link updateSkills} works. */
export interface UpdateOptions extends ChangeOptions {
  readonly git?: GitOptions;
  /** For `~` in a source; null when it is not known. */
  readonly home: string | null;
}

/**
 * Brings skills up to date: the ref that was asked for is fetched again, and what the source no longer
 * has goes away. All or none; everything that can be refused is refused before the first fetch.
 * @throws KasError "invalid" for a skill without a manifest, "guard" for an edited one without `force`,
 * "not_found" when the source has it no more; those of `openSource`
 */
export async function updateSkills(
  home: SkillHome,
  names: readonly string[],
  options: UpdateOptions,
): Promise<UpdatedSkill[]> {
  return await explained(`update skills of ${home.label}`, () => update(home, names, options));
}

async function update(
  home: SkillHome,
  names: readonly string[],
  options: UpdateOptions,
): Promise<UpdatedSkill[]> {
  const place = await placeFor(home, names);
  await locked(place.work, () => recover(place), options);
  const skills = await Promise.all([...new Set(names)].map((name) => readSkill(home, name)));
  const managed = skills.map(requireManifest);
  if (options.force !== true) await refuseEdited(place, managed.map(({ name }) => name), "update");
  await using stack = new AsyncDisposableStack();
  const found = await compared(await fetchAll(managed, options, stack));
  const wanted = found.filter(({ differs }) => differs).map(({ ready }) => ready);
  const changes = wanted.length === 0 ? [] : await locked(place.work, async () => {
    await recover(place);
    // It may have been edited while the source was fetched.
    if (options.force !== true) await refuseEdited(place, wanted.map(({ name }) => name), "update");
    return await replace(place, wanted, options);
  }, options);
  return found.map(({ name, skill, manifest, next, sameContent }) => ({
    name,
    path: skill.path,
    replaced: false,
    backup: null,
    ...changes.find((change) => change.name === name),
    state: sameContent ? "current" : "updated",
    from: manifest.commit,
    to: next.source.commit,
    ref: next.source.requestedRef,
  }));
}

/** Illegal names and a home that does not exist are refused before anything is made. */
async function placeFor(home: SkillHome, names: readonly string[]): Promise<Place> {
  names.forEach(parseSkillName);
  const real = await realHome(home);
  if (real === null) { for (const name of names) await readSkill(home, name); }
  return placeOf(real ?? home.path);
}

interface Managed {
  readonly name: string;
  readonly skill: InstalledSkill;
  readonly manifest: SkillManifest;
}

interface Found extends Managed {
  readonly next: NewSkill;
}

interface Compared extends Found {
  readonly ready: ReadySkill;
  /** Nothing is new in the files. */
  readonly sameContent: boolean;
  /** Something is to be written: files, the commit, or the record of another program. */
  readonly differs: boolean;
}

function requireManifest(skill: InstalledSkill): Managed {
  const { name, manifest, manifestProblem } = skill;
  if (manifest !== null) return { name, skill, manifest };
  if (manifestProblem !== null) throw manifestProblem;
  throw new KasError(
    "invalid",
    `Cannot update ${quote(name)}: kas does not know where it is from`,
    {
      hint: `Add it again from its source with "kas skills add <source> --skill ${name} --force"`,
    },
  );
}

/** Skills of one source and ref share one fetch. */
async function fetchAll(
  managed: readonly Managed[],
  options: UpdateOptions,
  stack: AsyncDisposableStack,
): Promise<Found[]> {
  const sources = new Map<string, Promise<OpenSource>>();
  const found: Found[] = [];
  for (const one of managed) {
    const { manifest } = one;
    const key = JSON.stringify([manifest.source, manifest.requestedRef]);
    let opening = sources.get(key);
    if (opening === undefined) {
      const source = sourceOf(manifest, options.home);
      opening = openSource(source, { ...options.git, ...signalOf(options) })
        .then((open) => stack.use(open));
      sources.set(key, opening);
    }
    const open = await opening;
    const candidate = matching(open, one);
    found.push({ ...one, next: { candidate, source: open, name: one.name } });
  }
  return found;
}

function signalOf({ signal }: ChangeOptions): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

function sourceOf(manifest: SkillManifest, home: string | null): SkillSource {
  // Saved paths are absolute, so where one stands does not matter.
  return { ...parseSource(manifest.source, { home, cwd: "/" }), ref: manifest.requestedRef };
}

/** The folder it was in, else its name, else the only one there is. */
function matching(open: OpenSource, { name, manifest }: Managed): SkillCandidate {
  const { skills } = open;
  const match = skills.find(({ folder }) => folder === manifest.folder) ??
    skills.find((skill) => skill.name === name) ??
    (skills.length === 1 ? skills[0] : undefined);
  if (match !== undefined) return match;
  throw new KasError(
    "not_found",
    `Cannot find ${quote(name)} in ${quote(open.text, 200)} any more`,
    {
      hint: `It has ${skills.map((skill) => skill.name).join(", ")}; keep yours with ` +
        `"kas skills detach ${name}"`,
      context: { skill: name },
    },
  );
}

async function compared(found: readonly Found[]): Promise<Compared[]> {
  const ready = await lookedThrough(found.map(({ next }) => next));
  const result: Compared[] = [];
  for (const [i, one] of found.entries()) {
    const itsReady = ready[i];
    if (itsReady === undefined) throw new KasError("internal", `Cannot find ${quote(one.name)}`);
    const { files, commit } = one.manifest;
    const now = await digestSkill(one.skill.path);
    const fresh = await digestTree(itsReady.tree);
    const sameContent = isUntouched(compareDigests(now, fresh));
    const sameRecord = files !== null && isUntouched(compareDigests(files, fresh)) &&
      commit === one.next.source.commit;
    result.push({ ...one, ready: itsReady, sameContent, differs: !sameContent || !sameRecord });
  }
  return result;
}
