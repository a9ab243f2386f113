import { ifThere, realOrNull } from "../files/there.ts";
import * as v from "valibot";
import { KasError } from "../errors.ts";
import { nameOf, namesIn, parentOf, readSmall, relativePath } from "./_files.ts";
import type { SkillFinding } from "./frontmatter.ts";
import type { HarnessPlace, SkillLayer } from "./harnesses.ts";
import { type InstalledSkill, listSkills, realHome } from "./home.ts";
import { placeOf } from "./install.ts";
import { isSkillName } from "./names.ts";
import { isInterrupted } from "./transaction.ts";
import { COPY_RECORD, type Digests, digestSkill } from "./tree.ts";

/** What is where: a description of a layer that the audit and the sync reason about. */

/** A skill in a canonical folder. */
export interface CanonicalSkill {
  readonly name: string;
  /** `external` is a link to somewhere, `broken` one to nowhere. */
  readonly kind: "folder" | "external" | "broken";
  readonly findings: readonly SkillFinding[];
  /** Content; null unless it is a folder. */
  readonly digests: Digests | null;
}

/** What lies in a harness's own folder under a name. */
export type HarnessEntry =
  | {
    readonly kind: "link";
    readonly name: string;
    readonly target: string;
    readonly leadsTo: "canonical" | "elsewhere" | "nowhere";
    /** Exactly the link kas makes. */
    readonly ours: boolean;
  }
  | {
    readonly kind: "folder";
    readonly name: string;
    readonly digests: Digests;
    /** What kas wrote, when it is a copy by kas. */
    readonly written: Digests | null;
  };

/** A harness and what its folder holds. */
export interface HarnessScan {
  readonly name: string;
  readonly installed: boolean;
  readonly native: boolean;
  readonly folder: string | null;
  /** Its whole folder is a link to the canonical one. */
  readonly whole: boolean;
  readonly entries: readonly HarnessEntry[];
  /** Why the folder cannot be used; null when it can. */
  readonly problem: string | null;
}

/** A layer as it is. */
export interface LayerScan {
  readonly layer: "user" | "project";
  readonly skills: readonly CanonicalSkill[];
  readonly harnesses: readonly HarnessScan[];
  /** A change was cut off and is still to be ended. */
  readonly interrupted: boolean;
}

const CopySchema = v.object({ version: v.literal(1), files: v.record(v.string(), v.string()) });

/** Looks at a layer. Changes nothing. @throws KasError "guard" when the canonical folder is elsewhere */
export async function scanLayer({ layer, home, harnesses }: SkillLayer): Promise<LayerScan> {
  const dir = await realHome(home);
  const skills: CanonicalSkill[] = [];
  for (const skill of await listSkills(home)) skills.push(await canonical(skill));
  const scans: HarnessScan[] = [];
  for (const harness of harnesses) {
    scans.push(await scanHarness(harness, dir ?? home.path, home.within));
  }
  const interrupted = dir !== null && await isInterrupted(placeOf(dir).work);
  return { layer, skills, harnesses: scans, interrupted };
}

async function canonical(skill: InstalledSkill): Promise<CanonicalSkill> {
  const { name, path, external, findings } = skill;
  if (external === null) {
    return { name, kind: "folder", findings, digests: await digestSkill(path) };
  }
  const kind = await realOrNull(path) === null ? "broken" : "external";
  return { name, kind, findings, digests: null };
}

async function scanHarness(
  harness: HarnessPlace,
  dir: string,
  within: string | null,
): Promise<HarnessScan> {
  const { name, installed, native, folder } = harness;
  const scan = { name, installed, native, folder, whole: false, entries: [], problem: null };
  if (folder === null || !installed) return scan;
  try {
    const real = await realHome({ path: folder, label: name, within });
    if (real === null) return scan;
    if (real === dir) return { ...scan, whole: true };
    return { ...scan, entries: await entriesOf(real, dir) };
  } catch (error) {
    if (!(error instanceof KasError) || error.code !== "guard") throw error;
    return { ...scan, problem: error.message };
  }
}

async function entriesOf(folder: string, dir: string): Promise<HarnessEntry[]> {
  const entries: HarnessEntry[] = [];
  for (const name of (await namesIn(folder)).filter(isSkillName)) {
    const path = `${folder}/${name}`;
    const info = await ifThere(Deno.lstat(path));
    if (info?.isSymlink) entries.push(await linkEntry(path, dir));
    else if (info?.isDirectory) {
      const written = await readCopyRecord(path);
      entries.push({ kind: "folder", name, digests: await digestSkill(path), written });
    }
  }
  return entries;
}

async function linkEntry(path: string, dir: string): Promise<HarnessEntry> {
  const name = nameOf(path);
  const target = await Deno.readLink(path);
  const real = await realOrNull(path);
  const leadsTo = real === null
    ? "nowhere"
    : real === await realOrNull(`${dir}/${name}`)
    ? "canonical"
    : "elsewhere";
  return {
    kind: "link",
    name,
    target,
    leadsTo,
    ours: target === linkText(parentOf(path), dir, name),
  };
}

/** The link kas makes: relative, so that it holds when the repository moves. Both are real folders. */
export function linkText(folder: string, dir: string, name: string): string {
  return relativePath(folder, `${dir}/${name}`);
}

/** What kas wrote into a copy; null when the folder is not one. */
async function readCopyRecord(path: string): Promise<Digests | null> {
  const text = await readSmall(`${path}/${COPY_RECORD}`, 4 * 1024 * 1024);
  if (text === null) return null;
  try {
    return v.parse(CopySchema, JSON.parse(text)).files;
  } catch (error) {
    // Somebody else's file: then the folder is not kas's either.
    if (error instanceof SyntaxError || error instanceof v.ValiError) return null;
    throw error;
  }
}
