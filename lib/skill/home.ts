import { ifThere, isThere, realOrNull } from "../files/there.ts";
import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { nearest } from "../suggest.ts";
import { isInside, namesIn, parentOf } from "./_files.ts";
import { readSkillFile } from "./discover.ts";
import { checkSkill, readHead, type SkillFinding } from "./frontmatter.ts";
import { readManifest, type SkillManifest } from "./manifest.ts";
import { isSkillName, parseSkillName } from "./names.ts";
import { compareDigests, digestSkill, type Edits, isUntouched } from "./tree.ts";

/** A folder of skills, and what is in it. */
export interface SkillHome {
  /** Absolute; need not exist. */
  readonly path: string;
  /** For people: "the project", "agent coder". */
  readonly label: string;
  /** A folder the home must lie in when its links are resolved; null when it may be anywhere. */
  readonly within: string | null;
}

/** A skill that lies in a home. */
export interface InstalledSkill {
  readonly name: string;
  readonly path: string;
  /** Where it points when it is only a link; kas leaves what is behind it alone. */
  readonly external: string | null;
  readonly description: string | null;
  readonly findings: readonly SkillFinding[];
  /** Null for one that was not added by kas, or was detached. */
  readonly manifest: SkillManifest | null;
  /** Why the manifest cannot be read; null when it can, or there is none. */
  readonly manifestProblem: KasError | null;
}

/**
 * The real folder of a home; null when it does not exist.
 * @throws KasError "guard" when links lead it out of where it belongs
 */
export async function realHome(home: SkillHome): Promise<string | null> {
  await checkPlace(home);
  const real = await realOrNull(home.path);
  if (real === null || !(await Deno.stat(real)).isDirectory) return null;
  return real;
}

/** Makes the home when it does not exist. @throws KasError as {@link realHome} */
export async function makeHome(home: SkillHome): Promise<string> {
  await checkPlace(home);
  await Deno.mkdir(home.path, { recursive: true });
  await checkPlace(home);
  return await Deno.realPath(home.path);
}

/** Looks at the part of the path that exists, so that nothing is made outside either. */
async function checkPlace({ path, label, within }: SkillHome): Promise<void> {
  if (within === null) return;
  const bounds = await Deno.realPath(within);
  let at = path;
  while (at !== "/" && !(await isThere(at))) at = parentOf(at);
  const real = await realOrNull(at);
  if (real !== null && (isInside(real, bounds) || (at !== path && isInside(bounds, real)))) return;
  throw new KasError("guard", `Cannot use ${quote(path, 200)} for skills of ${label}`, {
    hint: `It leads out of ${quote(within, 200)}; remove the link ${quote(at, 200)}`,
  });
}

/** All skills of a home by name. A folder without a SKILL.md is listed too, with a finding. */
export async function listSkills(home: SkillHome): Promise<InstalledSkill[]> {
  const dir = await realHome(home);
  if (dir === null) return [];
  const skills: InstalledSkill[] = [];
  for (const name of await namesIn(dir)) {
    if (!isSkillName(name)) continue;
    const skill = await readSkillAt(dir, name);
    if (skill !== null) skills.push(skill);
  }
  return skills;
}

/**
 * One skill of a home.
 * @throws KasError "invalid" for an illegal name, "not_found"
 */
export async function readSkill(home: SkillHome, name: string): Promise<InstalledSkill> {
  const legal = parseSkillName(name);
  const dir = await realHome(home);
  const skill = dir === null ? null : await readSkillAt(dir, legal);
  if (skill !== null) return skill;
  const names = (dir === null ? [] : await namesIn(dir)).filter(isSkillName);
  const near = nearest(legal, names);
  throw new KasError("not_found", `Cannot find the skill ${quote(legal)} of ${home.label}`, {
    hint: near !== null
      ? `Did you mean ${near}?`
      : names.length === 0
      ? `It has none; add one with "kas skills add"`
      : `It has ${names.join(", ")}`,
    context: { skill: legal, home: home.path },
  });
}

/** What is at a name of a real home folder; null when that is no folder and no link to one. */
export async function readSkillAt(dir: string, name: string): Promise<InstalledSkill | null> {
  const path = `${dir}/${name}`;
  const info = await ifThere(Deno.lstat(path));
  if (info === null || !(info.isDirectory || info.isSymlink)) return null;
  const real = info.isSymlink ? await realOrNull(path) : path;
  const text = real === null ? null : await readSkillFile(real);
  const { manifest, problem } = info.isSymlink
    ? { manifest: null, problem: null }
    : await manifestOf(path);
  return {
    name,
    path,
    external: info.isSymlink ? await Deno.readLink(path) : null,
    description: text === null ? null : readHead(text)?.description ?? null,
    findings: checkSkill(text, name),
    manifest,
    manifestProblem: problem,
  };
}

async function manifestOf(path: string) {
  try {
    return { manifest: await readManifest(path), problem: null };
  } catch (error) {
    if (!(error instanceof KasError)) throw error;
    return { manifest: null, problem: error };
  }
}

/** Whether somebody's own work is in a skill's folder, as far as kas can tell. */
export type SkillState =
  | { readonly kind: "untouched" }
  | { readonly kind: "edited"; readonly edits: Edits }
  /** Not added by kas, or by a program that kept no record of the content. */
  | { readonly kind: "unknown" };

/** Compares a skill with what was written, by content. */
export async function skillState(skill: InstalledSkill): Promise<SkillState> {
  const written = skill.manifest?.files ?? null;
  if (written === null || skill.external !== null) return { kind: "unknown" };
  const edits = compareDigests(written, await digestSkill(skill.path));
  return isUntouched(edits) ? { kind: "untouched" } : { kind: "edited", edits };
}
