import * as v from "valibot";
import { parseTaskName, quote } from "../names.ts";
import { KasError } from "../errors.ts";
import { placesOf, readJson } from "./json_text.ts";
import {
  describeOverlap,
  error,
  isOutside,
  type Overlap,
  sharedClaims,
  warning,
} from "./plan_check.ts";
import { byPlace, checkOk, type Finding, type FindingCode, type Plan } from "./plan_model.ts";

export { formatFindings } from "./plan_model.ts";
export type { Overlap } from "./plan_check.ts";

/** The file that the architect writes beside a plan: files, models and checks for each task. */

/** Longest metadata file in UTF-16 units. */
export const MAX_META_LENGTH = 1_000_000;

const number = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(9999));
const line = v.pipe(v.string(), v.trim(), v.nonEmpty(), v.maxLength(1000));
const text = v.pipe(v.string(), v.maxLength(20_000));
const path = v.pipe(v.string(), v.trim(), v.nonEmpty(), v.maxLength(1024));
const label = v.optional(v.nullable(line), null);
const prose = v.optional(v.nullable(text), null);

const metaTask = v.strictObject({
  task_number: number,
  title: label,
  preferred_model: label,
  fallback_model: label,
  escalation_policy: label,
  estimated_tokens: v.optional(
    v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
    null,
  ),
  files_to_modify: v.optional(v.array(path), []),
  dependency_task_numbers: v.optional(v.array(number), []),
  verify_checks: v.optional(v.array(line), []),
});

const metaWave = v.strictObject({
  wave: number,
  parallel: v.optional(v.boolean(), true),
  tasks: v.array(metaTask),
});

const draft = v.strictObject({ profile: line, cache_path: path });
const drafts = v.optional(v.array(draft), []);

const decisionAudit = v.strictObject({
  schema_version: v.literal(1),
  plan_file: label,
  project: label,
  created_at: v.optional(v.nullable(v.pipe(v.string(), v.isoTimestamp())), null),
  baseline_source: v.picklist(["planner_drafts", "inline", "absent", "stale"]),
  summary: prose,
  planner_summary: prose,
  baseline_summary: prose,
  consumed_drafts: drafts,
  planner_drafts: drafts,
  differences: v.optional(v.array(v.union([text, v.record(v.string(), text)])), []),
  final_decision: text,
});

const metaSchema = v.strictObject({
  plan_id: line,
  schema_version: v.literal(1),
  waves: v.array(metaWave),
  decision_audit: v.optional(decisionAudit),
});

/** Validated metadata. Field names are those of the file; what may be left out is null or empty. */
export type ArchitectMeta = v.InferOutput<typeof metaSchema>;

/** What the file must agree with. */
export interface MetaExpectation {
  /** Name of the task, with or without `.md`. */
  task: string;
  plan: Plan;
}

/** The metadata, or null when a finding is an error. */
export interface ParsedMeta {
  meta: ArchitectMeta | null;
  findings: Finding[];
}

/** Where a value stands in the file: the keys and indexes that lead to it. */
type Path = readonly (string | number)[];
type Report = (
  severity: Finding["severity"],
  code: FindingCode,
  path: Path,
  message: string,
) => void;

/**
 * Reads the architect's metadata: schema version 1, unknown fields refused, every number checked
 * against the plan. Never throws. Overlapping claims within a wave are warnings.
 */
export function parseArchitectMeta(json: string, expect: MetaExpectation): ParsedMeta {
  const top = { line: 1, column: 1 };
  if (json.length > MAX_META_LENGTH) {
    const message = `metadata has ${json.length} characters, the limit is ${MAX_META_LENGTH}`;
    return { meta: null, findings: [error("too_large", top, message)] };
  }
  const source = json.startsWith("\uFEFF") ? json.slice(1) : json;
  const placeOf = placesOf(source);
  const read = readJson(source);
  if (!read.ok) {
    const message = `metadata is not JSON: ${read.message}`;
    return {
      meta: null,
      findings: [error("meta_syntax", placeOf(read.offset), message)],
    };
  }
  const findings = read.duplicates.map(({ key, offset }) =>
    error("meta_duplicate_key", placeOf(offset), `key ${quote(key)} is given twice`)
  );
  const report: Report = (severity, code, path, message) => {
    const make = severity === "error" ? error : warning;
    findings.push(make(code, placeOf(read.offsetOf(path)), message));
  };
  const result = v.safeParse(metaSchema, read.value);
  if (result.success) checkMeta(result.output, expect, report);
  else for (const issue of result.issues) reportIssue(issue, report);
  const meta = result.success && checkOk(findings) ? result.output : null;
  return { meta, findings: byPlace(findings) };
}

function reportIssue(issue: v.BaseIssue<unknown>, report: Report): void {
  const path = (issue.path ?? []).map(({ key }) => typeof key === "number" ? key : String(key));
  const where = path.length === 0 ? "metadata" : quote(path.join("."), 120);
  const problem = issue.type === "strict_object" && issue.expected === "never"
    ? "is not a known field"
    : issue.received === "undefined"
    ? "is missing"
    : `must be ${issue.expected ?? issue.requirement ?? "valid"}, not ${clip(issue.received)}`;
  report("error", "meta_schema", path, `${where} ${problem}`);
}

function clip(received: string): string {
  return received.length > 60 ? `${received.slice(0, 60)}…` : received;
}

function checkMeta(meta: ArchitectMeta, expect: MetaExpectation, report: Report): void {
  if (nameOf(meta.plan_id) !== nameOf(expect.task)) {
    const message = `plan_id is ${quote(meta.plan_id)}, the task is ${quote(expect.task)}`;
    report("error", "meta_plan_id", ["plan_id"], message);
  }
  const waveOf = new Map<number, number>();
  for (const wave of expect.plan.waves) {
    for (const task of wave.tasks) waveOf.set(task.number, wave.number);
  }
  const known = new Set(expect.plan.waves.map((wave) => wave.number));
  const waves = new Set<number>();
  const tasks = new Set<number>();
  for (const [w, wave] of meta.waves.entries()) {
    const at: Path = ["waves", w];
    if (!known.has(wave.wave)) {
      report("error", "meta_unknown_wave", [...at, "wave"], `plan has no wave ${wave.wave}`);
    } else if (waves.has(wave.wave)) {
      report("error", "meta_duplicate_wave", [...at, "wave"], `wave ${wave.wave} is given twice`);
    }
    waves.add(wave.wave);
    for (const [t, task] of wave.tasks.entries()) {
      const path = [...at, "tasks", t];
      checkTaskNumber(task.task_number, wave.wave, { waveOf, seen: tasks, path, report });
      checkTask(task, waveOf, path, report);
    }
    for (const overlap of overlaps({ ...meta, waves: [wave] }, wave.wave)) {
      report("warning", "same_wave_file_overlap", at, describeOverlap(wave.wave, overlap));
    }
  }
  const missing = [...waveOf.keys()].filter((task) => !tasks.has(task));
  if (missing.length > 0) {
    const message = `metadata says nothing of task ${missing.slice(0, 20).join(", ")}` +
      (missing.length > 20 ? ` and ${missing.length - 20} more` : "");
    report("warning", "meta_missing_task", ["waves"], message);
  }
}

interface TaskNumberCheck {
  waveOf: ReadonlyMap<number, number>;
  seen: Set<number>;
  path: Path;
  report: Report;
}

function checkTaskNumber(task: number, wave: number, check: TaskNumberCheck): void {
  const { waveOf, seen, report } = check;
  const at = [...check.path, "task_number"];
  const planned = waveOf.get(task);
  if (planned === undefined) {
    report("error", "meta_unknown_task", at, `plan has no task ${task}`);
  } else if (planned !== wave) {
    const message = `task ${task} is in wave ${planned} of the plan, not in wave ${wave}`;
    report("error", "meta_wrong_wave", at, message);
  }
  if (seen.has(task)) {
    report("error", "meta_duplicate_task", at, `task ${task} is given twice`);
  }
  seen.add(task);
}

type MetaTask = ArchitectMeta["waves"][number]["tasks"][number];

function checkTask(
  task: MetaTask,
  waveOf: ReadonlyMap<number, number>,
  path: Path,
  report: Report,
): void {
  for (const [i, file] of task.files_to_modify.entries()) {
    if (!isOutside(file)) continue;
    const message = `${quote(file)} is outside the repository`;
    report("error", "meta_unsafe_path", [...path, "files_to_modify", i], message);
  }
  const wave = waveOf.get(task.task_number);
  for (const [i, needed] of task.dependency_task_numbers.entries()) {
    const at = [...path, "dependency_task_numbers", i];
    const other = waveOf.get(needed);
    const say = (problem: string): void =>
      report("warning", "meta_dependency", at, `task ${task.task_number} ${problem}`);
    if (other === undefined) say(`depends on task ${needed}, which the plan does not have`);
    else if (needed === task.task_number) say("depends on itself");
    else if (wave !== undefined && other >= wave) {
      say(`of wave ${wave} depends on task ${needed} of wave ${other}, which is not before it`);
    }
  }
}

/** A name that cannot be one still compares as it is written. */
function nameOf(value: string): string {
  try {
    return parseTaskName(value);
  } catch (cause) {
    if (cause instanceof KasError && cause.code === "invalid") return value;
    throw cause;
  }
}

/**
 * Files that more than one task of a wave claims, sorted by path; empty when the wave is unknown.
 * Reads `files_to_modify` of metadata or the `**Files:**` of a plan.
 */
export function overlaps(source: ArchitectMeta | Plan, wave: number): Overlap[] {
  if ("schema_version" in source) {
    const found = source.waves.filter((each) => each.wave === wave);
    return sharedClaims(
      found.flatMap(({ tasks }) =>
        tasks.map((task) => ({ task: task.task_number, files: task.files_to_modify }))
      ),
    );
  }
  const found = source.waves.filter((each) => each.number === wave);
  return sharedClaims(
    found.flatMap(({ tasks }) => tasks.map(({ number, files }) => ({ task: number, files }))),
  );
}
