import { ifThere } from "../files/there.ts";
import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { explained } from "./_files.ts";
import { type InstalledSkill, readSkill, realHome, type SkillHome } from "./home.ts";
import { type ChangeOptions, keptName, placeOf, refuseEdited } from "./install.ts";
import { locked } from "./lock.ts";
import { parseSkillName } from "./names.ts";
import { backupPath, type Move, type Place, recover, transact } from "./transaction.ts";
import { FOREIGN_MANIFEST, MANIFEST } from "./tree.ts";

/** A skill that was taken away. */
export interface RemovedSkill {
  readonly name: string;
  readonly path: string;
  /** Where its folder is now, when it held somebody's work. */
  readonly backup: string | null;
}

/**
 * Removes skills from a home: all or none. Only a direct child of the home with a legal name is ever
 * touched. What kas did not write is kept as a backup, and needs `force`.
 * @throws KasError "invalid" for an illegal name, "not_found", "guard" for edited skills
 */
export async function removeSkills(
  home: SkillHome,
  names: readonly string[],
  options: ChangeOptions = {},
): Promise<RemovedSkill[]> {
  return await explained(`remove skills of ${home.label}`, () => remove(home, names, options));
}

async function remove(
  home: SkillHome,
  names: readonly string[],
  options: ChangeOptions,
): Promise<RemovedSkill[]> {
  const place = await placeFor(home, names);
  return await locked(place.work, async () => {
    await recover(place);
    const skills: InstalledSkill[] = [];
    for (const name of new Set(names)) skills.push(await readSkill(home, name));
    // A link holds nothing: what it points at stays.
    const folders = skills.filter(({ external }) => external === null).map(({ name }) => name);
    if (options.force !== true) await refuseEdited(place, folders, "remove");
    const at = new Date().toISOString();
    const removed: RemovedSkill[] = [];
    await transact(place, async () => {
      const moves: Move[] = [];
      for (const { name, external } of skills) {
        const keepAs = external === null ? await keptName(place, name, at) : null;
        moves.push({ name, staged: false, keepAs });
        const backup = keepAs === null ? null : backupPath(place, keepAs);
        removed.push({ name, path: `${place.home}/${name}`, backup });
      }
      return moves;
    }, options.onStep);
    return removed;
  }, options);
}

/**
 * Takes skills out of kas's care: the manifest goes, the files stay.
 * @throws KasError "invalid" for an illegal name or a skill that has no manifest, "not_found"
 */
export async function detachSkills(home: SkillHome, names: readonly string[]): Promise<string[]> {
  const place = await placeFor(home, names);
  return await locked(place.work, async () => {
    await recover(place);
    const skills = await Promise.all([...new Set(names)].map((name) => readSkill(home, name)));
    for (const { name, manifest, manifestProblem } of skills) {
      if (manifest !== null || manifestProblem !== null) continue;
      throw new KasError("invalid", `Cannot detach ${quote(name)}: kas does not look after it`, {
        hint: "It is yours already",
      });
    }
    for (const { path } of skills) {
      await ifThere(Deno.remove(`${path}/${MANIFEST}`));
      await ifThere(Deno.remove(`${path}/${FOREIGN_MANIFEST}`));
    }
    return skills.map(({ name }) => name);
  });
}

/** Illegal names and a home that does not exist are refused before anything is made. */
async function placeFor(home: SkillHome, names: readonly string[]): Promise<Place> {
  names.forEach(parseSkillName);
  const real = await realHome(home);
  if (real !== null) return placeOf(real);
  for (const name of names) await readSkill(home, name);
  throw new KasError("usage", "Cannot tell which skills are meant", { hint: "Name at least one" });
}
