import type { CanonicalSkill, HarnessEntry, HarnessScan, LayerScan } from "./scan.ts";
import { compareDigests, type Digests, isUntouched } from "./tree.ts";

/** What is right and wrong about skills, from a description of what is where. Pure. */

/** How a skill stands with a harness. */
export type SkillStanding =
  | "synced" // the harness sees it
  | "copy" // it sees a copy with the same content
  | "skipped" // not installed, or a link of somebody else's
  | "missing"
  | "orphan" // made by kas for a skill that is gone
  | "broken" // a link that leads nowhere, or a change that was cut off
  | "edited" // a folder with other content stands in its place
  | "outdated" // a copy by kas, older than the skill
  | "invalid"; // agents would not take it

/** One finding of the audit. */
export interface AuditRow {
  readonly layer: "user" | "project";
  /** A harness, or "skills" for the canonical folder itself. */
  readonly harness: string;
  readonly skill: string;
  readonly state: SkillStanding;
  /** Why, when it does not go without saying. */
  readonly detail: string | null;
}

/** The outcome of {@link auditSkills}. */
export interface SkillAudit {
  readonly rows: readonly AuditRow[];
  readonly ok: number;
  /** Rows that count: all but the skipped ones. */
  readonly total: number;
  /** Whole per cent, rounded down: 100 only when all are right. */
  readonly percent: number;
}

const RIGHT: readonly SkillStanding[] = ["synced", "copy"];

/** Judges every skill of every layer for every harness. */
export function auditSkills(layers: readonly LayerScan[]): SkillAudit {
  return summarize(layers.flatMap((layer) => [
    ...canonicalRows(layer),
    ...layer.harnesses.flatMap((harness) => harnessRows(layer, harness)),
  ]));
}

/** Counts rows, those of other audits too. */
export function summarize(rows: readonly AuditRow[]): SkillAudit {
  const counted = rows.filter(({ state }) => state !== "skipped");
  const ok = counted.filter(({ state }) => RIGHT.includes(state)).length;
  const total = counted.length;
  return { rows, ok, total, percent: total === 0 ? 100 : Math.floor(ok * 100 / total) };
}

/** What is wrong with the skills themselves, whoever reads them. */
function canonicalRows({ layer, skills, interrupted }: LayerScan): AuditRow[] {
  const row = (skill: string, state: SkillStanding, detail: string): AuditRow => ({
    layer,
    harness: "skills",
    skill,
    state,
    detail,
  });
  const rows = interrupted
    ? [row("-", "broken", "a change was cut off; the next kas skills sync ends it")]
    : [];
  for (const { name, kind, findings } of skills) {
    const error = findings.find(({ severity }) => severity === "error");
    if (kind === "broken") rows.push(row(name, "broken", "a link that leads nowhere"));
    else if (error !== undefined) rows.push(row(name, "invalid", error.message));
  }
  return rows;
}

function harnessRows({ layer, skills }: LayerScan, harness: HarnessScan): AuditRow[] {
  const rows: AuditRow[] = [];
  const add = (skill: string, [state, detail]: Judgement): void => {
    rows.push({ layer, harness: harness.name, skill, state, detail });
  };
  for (const skill of skills) {
    // What is broken itself was said once.
    if (skill.kind !== "broken") add(skill.name, judge(skill, harness));
  }
  const known = new Set(skills.map(({ name }) => name));
  for (const entry of harness.entries.filter(({ name }) => !known.has(name))) {
    const judgement = judgeStray(entry);
    if (judgement !== null) add(entry.name, judgement);
  }
  return rows;
}

type Judgement = readonly [state: SkillStanding, detail: string | null];

function judge(skill: CanonicalSkill, harness: HarnessScan): Judgement {
  if (!harness.installed) return ["skipped", "not installed"];
  if (harness.native || harness.whole) return ["synced", null];
  if (harness.problem !== null) return ["missing", harness.problem];
  const entry = harness.entries.find(({ name }) => name === skill.name);
  if (entry === undefined) {
    return skill.kind === "external" ? ["skipped", "a link of yours"] : ["missing", null];
  }
  if (entry.kind === "link") {
    if (entry.leadsTo === "canonical") return ["synced", null];
    if (entry.leadsTo === "elsewhere") return ["skipped", `a link to ${entry.target}`];
    return ["broken", `a link to ${entry.target}, which is not there`];
  }
  if (skill.digests === null) return ["skipped", "a folder of yours"];
  if (same(entry.digests, skill.digests)) return ["copy", null];
  if (entry.written !== null && same(entry.digests, entry.written)) {
    return ["outdated", "a copy of an older version"];
  }
  return ["edited", "a folder with other content"];
}

/** What has no skill any more; null for what never was kas's. */
function judgeStray(entry: HarnessEntry): Judgement | null {
  if (entry.kind === "folder") {
    return entry.written === null ? null : ["orphan", "a copy of a skill that is gone"];
  }
  if (entry.leadsTo !== "nowhere") return null;
  return entry.ours
    ? ["orphan", "a link to a skill that is gone"]
    : ["broken", `a link to ${entry.target}, which is not there`];
}

/** Whether two folders have the same files with the same content. */
export function same(a: Digests, b: Digests): boolean {
  return isUntouched(compareDigests(a, b));
}
