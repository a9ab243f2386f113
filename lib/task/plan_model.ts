/** The shape of a plan and of what is wrong with it, shared by all that read plans. */

/** One unit of work for one agent. */
export interface PlanTask {
  /** Unique in the whole plan, 1 to 9999. */
  number: number;
  title: string;
  /** The markdown between this header and the one that ends it, byte for byte. */
  body: string;
  /** Paths listed under `**Files:**`, as written, without a line suffix such as `:12-40`. */
  files: string[];
  /** 1-based line of the header. */
  line: number;
}

/** Tasks that may run at the same time. */
export interface PlanWave {
  number: number;
  /** Text after `Wave N:`; empty when there is none. */
  title: string;
  /** The markdown between the header and the first task: meant for every agent of the wave. */
  notes: string;
  tasks: PlanTask[];
  line: number;
}

/** Text that stands in no task: an appendix, or work under a header that does not parse. */
export interface PlanSection {
  title: string;
  body: string;
  line: number;
}

/** A plan as written; the order of waves and tasks is the order of the document. */
export interface Plan {
  title: string | null;
  goal: string | null;
  architecture: string | null;
  techStack: string | null;
  size: string | null;
  /** Everything before the first wave, byte for byte, title and header fields included. */
  preamble: string;
  waves: PlanWave[];
  /** What stands after the first wave and belongs to no task. */
  sections: PlanSection[];
}

/** Machine-readable names of findings, part of the `--json` contract: add, never rename. */
export type FindingCode =
  | "empty_plan"
  | "too_large"
  | "no_waves"
  | "duplicate_wave"
  | "wave_out_of_order"
  | "wave_gap"
  | "empty_wave"
  | "duplicate_task"
  | "task_out_of_order"
  | "task_outside_wave"
  | "malformed_wave_header"
  | "malformed_task_header"
  | "heading_in_task"
  | "missing_goal"
  | "missing_architecture"
  | "missing_tech_stack"
  | "duplicate_field"
  | "block_unread"
  | "same_wave_file_overlap"
  | "meta_syntax"
  | "meta_schema"
  | "meta_duplicate_key"
  | "meta_plan_id"
  | "meta_unknown_wave"
  | "meta_unknown_task"
  | "meta_wrong_wave"
  | "meta_duplicate_wave"
  | "meta_duplicate_task"
  | "meta_missing_task"
  | "meta_dependency"
  | "meta_unsafe_path";

/** One thing to tell the author of a plan. An error would lose or reorder work. */
export interface Finding {
  code: FindingCode;
  severity: "error" | "warning";
  /** 1-based. */
  line: number;
  /** 1-based, in UTF-16 units; a byte order mark is not counted. */
  column: number;
  message: string;
}

/** True when no finding is an error: the plan can be implemented. */
export function checkOk(findings: readonly Finding[]): boolean {
  return findings.every((finding) => finding.severity !== "error");
}

/** Sorts findings by place; those of one place keep their order. Returns a new array. */
export function byPlace(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) => a.line - b.line || a.column - b.column);
}

/** Findings as lines `file:line:column severity code message`, control characters escaped. */
export function formatFindings(findings: readonly Finding[], file: string): string[] {
  return findings.map((f) =>
    printable(`${file}:${f.line}:${f.column} ${f.severity} ${f.code} ${f.message}`)
  );
}

/** Terminals act on control and bidirectional characters, and text of a plan may hold any. */
function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
