import { isSkillName } from "./names.ts";

/**
 * What a SKILL.md says about itself: the two fields every agent CLI reads. Pure. Not a YAML parser:
 * it reads scalars at the top level, in every style YAML has for them, and skips all else.
 */

/** Something an agent CLI would stumble over. Codes are part of the `--json` contract. */
export interface SkillFinding {
  readonly code:
    | "missing_skill_file"
    | "missing_frontmatter"
    | "long_frontmatter"
    | "missing_name"
    | "missing_description"
    | "illegal_name"
    | "other_name"
    | "long_description";
  readonly severity: "error" | "warning";
  readonly message: string;
}

/** The head of a SKILL.md. */
export interface SkillHead {
  readonly name: string | null;
  readonly description: string | null;
}

/** What is read of a SKILL.md: its head, and then some; in bytes. */
export const MAX_SKILL_TEXT = 256 * 1024;

/** Most characters of a description that agent CLIs take. @see https://agentskills.io/specification */
const MAX_DESCRIPTION = 1024;

/**
 * Reads the head of a SKILL.md; null when it has no frontmatter. A byte order mark and CRLF are fine.
 * A first `---` without a second one is a rule, not frontmatter.
 * @see https://agentskills.io/specification
 */
export function readHead(text: string): SkillHead | null {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  if (lines[0]?.trimEnd() !== "---") return null;
  const end = lines.findIndex((line, i) => i > 0 && /^(---|\.\.\.)\s*$/.test(line));
  if (end < 0) return null;
  const fields = readFields(lines.slice(1, end));
  return { name: fields.get("name") ?? null, description: fields.get("description") ?? null };
}

function readFields(lines: readonly string[]): Map<string, string> {
  const fields = new Map<string, string>();
  for (let i = 0; i < lines.length;) {
    const match = /^(["']?)([\w.-]+)\1\s*:(?:\s+(.*))?$/.exec(lines[i] ?? "");
    const body: string[] = [];
    // What belongs to a field is indented below it, or empty.
    for (i++; i < lines.length && /^(\s|$)/.test(lines[i] ?? ""); i++) body.push(lines[i] ?? "");
    if (match === null) continue;
    const value = readScalar((match[3] ?? "").trim(), body);
    if (value !== null && value !== "") fields.set(match[2] ?? "", value);
  }
  return fields;
}

/** A scalar in any style; null for lists, maps, anchors and what else is no text. */
function readScalar(first: string, body: readonly string[]): string | null {
  const block = /^([|>])[-+0-9]*\s*(?:#.*)?$/.exec(first);
  if (block !== null) return blockText(body, block[1] === ">");
  const text = folded([first, ...body]);
  if (text.startsWith(`"`)) return quoted(/^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/.exec(text)?.[1]);
  if (text.startsWith("'")) {
    return /^'((?:[^']|'')*)'\s*(?:#.*)?$/.exec(text)?.[1]?.replaceAll("''", "'") ?? null;
  }
  if (/^[[{&*!%@`#-]/.test(text) && !/^-?\w/.test(text)) return null;
  if (body.some((line) => /^\s+(- |[\w.-]+:(\s|$))/.test(line)) && first === "") return null;
  return text.replace(/(^|\s)#.*$/, "").trim();
}

/** Lines joined as YAML folds them: one break is a space, an empty line is a break. */
function folded(lines: readonly string[]): string {
  let text = "";
  let gap = 0;
  for (const line of lines.map((part) => part.trim())) {
    if (line === "") {
      gap++;
      continue;
    }
    if (text !== "") text += gap === 0 ? " " : "\n".repeat(gap);
    text += line;
    gap = 0;
  }
  return text;
}

function blockText(body: readonly string[], fold: boolean): string {
  if (fold) return folded(body);
  const indent = Math.min(
    ...body.filter((line) => line.trim() !== "").map((line) => line.search(/\S/)),
  );
  return body.map((line) => line.slice(Number.isFinite(indent) ? indent : 0)).join("\n").trim();
}

function quoted(inner: string | undefined): string | null {
  if (inner === undefined) return null;
  const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "0": "" };
  return inner.replace(
    /\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))/gs,
    (_, long?: string, short?: string, letter?: string) => {
      const hex = long ?? short;
      return hex === undefined
        ? escapes[letter ?? ""] ?? letter ?? ""
        : String.fromCharCode(parseInt(hex, 16));
    },
  );
}

/**
 * What is wrong with a SKILL.md.
 * @param text null when there is none
 * @param folder name of the skill's folder, which agents expect to be its name
 */
export function checkSkill(text: string | null, folder: string): SkillFinding[] {
  if (text === null) return [finding("missing_skill_file", "error", "it has no SKILL.md")];
  const head = readHead(text);
  if (head === null && isCutHead(text)) {
    const message = `the frontmatter of its SKILL.md is longer than ${MAX_SKILL_TEXT / 1024} KiB`;
    return [finding("long_frontmatter", "error", message)];
  }
  if (head === null) {
    return [finding("missing_frontmatter", "error", "its SKILL.md has no frontmatter")];
  }
  const { name, description } = head;
  const found: SkillFinding[] = [];
  if (name === null) found.push(finding("missing_name", "error", "its SKILL.md has no name"));
  else if (!isSkillName(name)) {
    found.push(finding("illegal_name", "warning", "the name in its SKILL.md is no legal name"));
  } else if (name !== folder) {
    found.push(finding("other_name", "warning", `its SKILL.md says it is "${name}"`));
  }
  if (description === null) {
    found.push(finding("missing_description", "error", "its SKILL.md has no description"));
  } else if ([...description].length > MAX_DESCRIPTION) {
    const message = `its description is longer than ${MAX_DESCRIPTION} characters`;
    found.push(finding("long_description", "warning", message));
  }
  return found;
}

/** Whether a text that has no frontmatter as far as it was read would begin with one. */
function isCutHead(text: string): boolean {
  // decoding takes a byte order mark off
  const read = new TextEncoder().encode(text).length + 3;
  return read >= MAX_SKILL_TEXT && /^\uFEFF?---[ \t]*[\r\n]/.test(text);
}

function finding(
  code: SkillFinding["code"],
  severity: SkillFinding["severity"],
  message: string,
): SkillFinding {
  return { code, severity, message };
}
