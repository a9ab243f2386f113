import type { AuditRow, SkillStanding } from "../skill/audit.ts";
import { checkConfig } from "../config/read.ts";
import { judge, type Standing } from "./judge.ts";
import { CONFIG_PATH } from "./settings.ts";
import type { Entry, SetupFacts } from "./types.ts";
import { allPieces, wantedPieces } from "./wanted.ts";

/** How the scaffold stands against the templates, by content. Pure. */

const STATES: Readonly<Record<Standing["state"], SkillStanding>> = {
  synced: "synced",
  missing: "missing",
  outdated: "outdated",
  edited: "edited",
  foreign: "edited",
  blocked: "broken",
  broken: "broken",
};

/**
 * A row for everything setup wrote or would write, in the form of the audit of skills; empty where
 * setup never ran.
 */
export async function auditScaffold(facts: Omit<SetupFacts, "runtimes">): Promise<AuditRow[]> {
  const { manifest, files } = facts;
  if (manifest === null) return [];
  const wanted = wantedPieces(facts, manifest);
  const rows: AuditRow[] = [settingsRow(facts)];
  for (const piece of wanted) {
    const entry = manifest.entries.find(({ path, id }) => path === piece.path && id === piece.id);
    const { state, detail } = await judge(piece, files.get(piece.path) ?? { kind: "none" }, entry);
    rows.push(row(piece.path, piece.id, STATES[state], detail));
  }
  const known = new Set(wanted.map(({ path, id }) => `${path}\n${id}`));
  for (const entry of manifest.entries) {
    if (entry.path === CONFIG_PATH || known.has(`${entry.path}\n${entry.id}`)) continue;
    const found = await orphan(facts, entry);
    if (found !== null) rows.push(found);
  }
  return rows;
}

function row(path: string, id: string, state: SkillStanding, detail: string | null): AuditRow {
  const isWhole = id === "file" || id === "link";
  const skill = isWhole ? path : `${path} (${id})`;
  return { layer: "project", harness: "scaffold", skill, state, detail };
}

/** Settings are the user's: they only have to be right. */
function settingsRow({ files, root }: Omit<SetupFacts, "runtimes">): AuditRow {
  const fact = files.get(CONFIG_PATH) ?? { kind: "none" };
  if (fact.kind === "none") return row(CONFIG_PATH, "file", "missing", null);
  if (fact.kind !== "text") {
    const why = fact.kind === "other" ? fact.why : "a link";
    return row(CONFIG_PATH, "file", "broken", why);
  }
  const { findings } = checkConfig(fact.text, `${root}/${CONFIG_PATH}`);
  const error = findings.find(({ level }) => level === "error");
  if (error === undefined) return row(CONFIG_PATH, "file", "synced", null);
  return row(CONFIG_PATH, "file", "broken", `line ${error.line}: ${error.message}`);
}

/** Something that was written and is not wanted any more; null when it is gone. */
async function orphan(
  facts: Omit<SetupFacts, "runtimes">,
  entry: Entry,
): Promise<AuditRow | null> {
  const fact = facts.files.get(entry.path) ?? { kind: "none" };
  if (fact.kind === "none") return null;
  const piece = allPieces(facts).find(({ path, id }) => path === entry.path && id === entry.id);
  if (piece !== undefined) {
    const { state } = await judge(piece, fact, entry);
    if (state === "missing") return null;
  }
  return row(entry.path, entry.id, "orphan", "not wanted any more");
}
