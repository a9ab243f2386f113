import { ifThere, realOrNull } from "../files/there.ts";
import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { isInside, nameOf, namesIn, readStart } from "./_files.ts";
import { checkSkill, MAX_SKILL_TEXT, readHead, type SkillFinding } from "./frontmatter.ts";
import { isSkillName, parseSubpath } from "./names.ts";

/** Finding the skills in a folder that somebody else made. */

/** A skill that could be taken. */
export interface SkillCandidate {
  /** What it would be called here; not checked yet. */
  readonly name: string;
  /** Absolute folder. */
  readonly path: string;
  /** The same below the source's top; empty for the top itself. */
  readonly folder: string;
  readonly description: string | null;
  readonly findings: readonly SkillFinding[];
}

/** Where {@link discoverSkills} looks. */
export interface DiscoverOptions {
  /** Top of the source, absolute. */
  readonly root: string;
  /** Only below this folder of it. */
  readonly subpath: string | null;
  /** Name of the source, for a skill that is the whole of it and does not name itself. */
  readonly sourceName: string;
  /** The top is a checkout somewhere, whose folder name means nothing. */
  readonly topIsNameless: boolean;
}

const USUAL = ["", "skills", ".agents/skills", ".claude/skills"];
const SKIPPED = ["node_modules", ".git", ".turbo", "dist", "build", ".cache"];
const MAX_DEPTH = 4;
const MAX_FOLDERS = 20_000;

/**
 * Finds the skills of a source: its top (or the folder asked for) when that is a skill; else the
 * children of the first usual place that has any; else all down to four levels. Links are not followed.
 * @throws KasError "not_found" when the folder or any skill is missing, "guard" when the folder leads
 * out of the source
 */
export async function discoverSkills(options: DiscoverOptions): Promise<SkillCandidate[]> {
  const anchor = await anchorOf(options);
  if (await isSkill(anchor)) return [await candidate(options, anchor)];
  for (const place of USUAL) {
    const found = await skillsIn(place === "" ? anchor : `${anchor}/${place}`);
    if (found.length > 0) return await candidates(options, found);
  }
  const found = await searchBelow(anchor);
  if (found.length > 0) return await candidates(options, found);
  const where = options.subpath === null ? "" : ` below ${quote(options.subpath)}`;
  throw new KasError(
    "not_found",
    `Cannot find a skill in ${quote(options.sourceName, 200)}${where}`,
    {
      hint: "A skill is a folder with a SKILL.md",
    },
  );
}

async function anchorOf({ root, subpath, sourceName }: DiscoverOptions): Promise<string> {
  const real = await realOrNull(root);
  const wanted = subpath === null ? real : await realOrNull(`${root}/${parseSubpath(subpath)}`);
  const info = wanted === null ? null : await ifThere(Deno.stat(wanted));
  if (real === null || wanted === null || info === null || !info.isDirectory) {
    const what = subpath === null ? "" : `the folder ${quote(subpath)} in `;
    throw new KasError("not_found", `Cannot find ${what}${quote(sourceName, 200)}`, {
      hint: "Check the path",
    });
  }
  if (isInside(wanted, real)) return wanted;
  throw new KasError(
    "guard",
    `Cannot use the folder ${quote(subpath ?? "")}: it leaves the source`,
  );
}

async function isSkill(folder: string): Promise<boolean> {
  const info = await ifThere(Deno.lstat(`${folder}/SKILL.md`));
  return info !== null && (info.isFile || info.isSymlink);
}

async function foldersIn(folder: string): Promise<string[]> {
  const info = await ifThere(Deno.lstat(folder));
  if (info === null || !info.isDirectory) return [];
  const names = (await namesIn(folder)).filter((name) => !SKIPPED.includes(name));
  const found: string[] = [];
  for (const name of names) {
    if ((await ifThere(Deno.lstat(`${folder}/${name}`)))?.isDirectory) found.push(name);
  }
  return found.map((name) => `${folder}/${name}`);
}

async function skillsIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const path of await foldersIn(folder)) if (await isSkill(path)) found.push(path);
  return found;
}

/** Level by level; a found skill is not looked into. */
async function searchBelow(anchor: string): Promise<string[]> {
  const found: string[] = [];
  let level = [anchor];
  let seen = 0;
  for (let depth = 1; depth <= MAX_DEPTH && seen < MAX_FOLDERS; depth++) {
    const below = (await Promise.all(level.map(foldersIn))).flat();
    seen += below.length;
    level = [];
    for (const path of below) (await isSkill(path) ? found : level).push(path);
  }
  return found.sort();
}

async function candidates(
  options: DiscoverOptions,
  folders: readonly string[],
): Promise<SkillCandidate[]> {
  const found: SkillCandidate[] = [];
  for (const path of folders) found.push(await candidate(options, path));
  return found;
}

async function candidate(options: DiscoverOptions, path: string): Promise<SkillCandidate> {
  const root = await Deno.realPath(options.root);
  const text = await readSkillFile(path, root);
  const head = text === null ? null : readHead(text);
  const isTop = path === root;
  const own = head?.name ?? "";
  const name = !isTop || !options.topIsNameless
    ? nameOf(path)
    : isSkillName(own)
    ? own
    : options.sourceName.split("/").at(-1) ?? "";
  return {
    name: name.normalize("NFC"),
    path,
    folder: isTop ? "" : path.slice(root.length + 1),
    description: head?.description ?? null,
    findings: checkSkill(text, name),
  };
}

/** The start of a SKILL.md that lies inside `root`; null without one. */
export async function readSkillFile(folder: string, root: string = folder): Promise<string | null> {
  const real = await realOrNull(`${folder}/SKILL.md`);
  if (real === null || !isInside(real, await Deno.realPath(root))) return null;
  return await readStart(real, MAX_SKILL_TEXT);
}

/**
 * Picks skills by name.
 * @throws KasError "usage" naming all that exist when one of the names does not, or is borne by two
 */
export function selectSkills(
  found: readonly SkillCandidate[],
  names: readonly string[],
): SkillCandidate[] {
  const exist = `It has ${found.map(({ name }) => name).sort().join(", ")}`;
  return [...new Set(names)].map((name) => {
    const [match, other] = found.filter((skill) => skill.name === name || skill.folder === name);
    if (match === undefined) {
      throw new KasError("usage", `Cannot find the skill ${quote(name)} in the source`, {
        hint: exist,
        context: { skill: name, available: found.map((skill) => skill.name) },
      });
    }
    if (other === undefined) return match;
    throw new KasError("usage", `Cannot tell which skill ${quote(name)} is meant`, {
      hint: `Name one of the folders ${match.folder}, ${other.folder}`,
    });
  });
}
