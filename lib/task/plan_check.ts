import { quote } from "../names.ts";
import type { Finding, FindingCode, PlanTask, PlanWave } from "./plan_model.ts";

/** What can be wrong with waves and tasks that parsed, and which files are claimed twice. */

/** Where a finding points. */
export interface Place {
  line: number;
  column: number;
}

/** The files that one task says it will touch. */
export interface Claim {
  task: number;
  files: readonly string[];
}

/** A file claimed by more than one task, by their numbers in ascending order. */
export interface Overlap {
  file: string;
  tasks: number[];
}

/** Builds an error finding. */
export function error(code: FindingCode, at: Place, message: string): Finding {
  return { code, severity: "error", line: at.line, column: at.column, message };
}

/** Builds a warning finding. */
export function warning(code: FindingCode, at: Place, message: string): Finding {
  return { code, severity: "warning", line: at.line, column: at.column, message };
}

/**
 * Checks the numbers of waves and tasks, empty waves, and files claimed twice within a wave.
 * @param placeOf where the header of a wave or task stands
 */
export function checkWaves(
  waves: readonly PlanWave[],
  placeOf: (item: PlanWave | PlanTask) => Place,
): Finding[] {
  return [
    ...checkWaveNumbers(waves, placeOf),
    ...checkTaskNumbers(waves, placeOf),
    ...waves.flatMap((wave) => checkOverlaps(wave, placeOf)),
  ];
}

function checkWaveNumbers(
  waves: readonly PlanWave[],
  placeOf: (item: PlanWave) => Place,
): Finding[] {
  const findings: Finding[] = [];
  const seen = new Map<number, PlanWave>();
  let highest = 0;
  for (const wave of waves) {
    const at = placeOf(wave);
    const earlier = seen.get(wave.number);
    if (earlier !== undefined) {
      findings.push(
        error("duplicate_wave", at, `wave ${wave.number} is already on line ${earlier.line}`),
      );
    } else if (wave.number < highest) {
      findings.push(
        error("wave_out_of_order", at, `wave ${wave.number} comes after wave ${highest}`),
      );
    } else if (wave.number > highest + 1) {
      const before = highest === 0 ? "is the first" : `follows wave ${highest}`;
      findings.push(warning("wave_gap", at, `wave ${wave.number} ${before}: a number is skipped`));
    }
    if (wave.tasks.length === 0) {
      findings.push(
        error("empty_wave", at, `wave ${wave.number} has no tasks; add ### Task N: title below it`),
      );
    }
    if (earlier === undefined) seen.set(wave.number, wave);
    highest = Math.max(highest, wave.number);
  }
  return findings;
}

function checkTaskNumbers(
  waves: readonly PlanWave[],
  placeOf: (item: PlanTask) => Place,
): Finding[] {
  const findings: Finding[] = [];
  const seen = new Map<number, PlanTask>();
  let highest = 0;
  for (const task of waves.flatMap((wave) => wave.tasks)) {
    const at = placeOf(task);
    const earlier = seen.get(task.number);
    if (earlier !== undefined) {
      findings.push(
        error(
          "duplicate_task",
          at,
          `task ${task.number} is already on line ${earlier.line}; each number is used once`,
        ),
      );
    } else if (task.number < highest) {
      findings.push(
        warning(
          "task_out_of_order",
          at,
          `task ${task.number} comes after task ${highest}; the order of the document counts`,
        ),
      );
    }
    if (earlier === undefined) seen.set(task.number, task);
    highest = Math.max(highest, task.number);
  }
  return findings;
}

function checkOverlaps(
  wave: PlanWave,
  placeOf: (item: PlanTask) => Place,
): Finding[] {
  const claims = wave.tasks.map((task) => ({ task: task.number, files: task.files }));
  return sharedClaims(claims).map(({ file, tasks }) => {
    const second = wave.tasks.find((task) => task.number === tasks[1]);
    const at = second === undefined ? { line: wave.line, column: 1 } : placeOf(second);
    return warning("same_wave_file_overlap", at, describeOverlap(wave.number, { file, tasks }));
  });
}

/** The message of a same_wave_file_overlap finding. */
export function describeOverlap(wave: number, { file, tasks }: Overlap): string {
  return `tasks ${tasks.join(", ")} of wave ${wave} all claim ${quote(file)}; ` +
    `agents of one wave must not touch the same file`;
}

/**
 * Files that more than one claim covers, sorted. Paths are compared normalised and in their case; a
 * claim on a folder (`src`, `src/`, `src/**`) covers the files below it.
 */
export function sharedClaims(claims: readonly Claim[]): Overlap[] {
  const owners = new Map<string, Set<number>>();
  for (const { task, files } of claims) {
    for (const file of files) {
      const path = normalizePath(file);
      const tasks = owners.get(path) ?? new Set();
      owners.set(path, tasks.add(task));
    }
  }
  const overlaps: Overlap[] = [];
  for (const [path, direct] of owners) {
    const tasks = new Set(direct);
    for (const folder of foldersOf(path)) {
      for (const task of owners.get(folder) ?? []) tasks.add(task);
    }
    if (tasks.size > 1) overlaps.push({ file: path, tasks: [...tasks].sort((a, b) => a - b) });
  }
  return overlaps.sort((a, b) => (a.file < b.file ? -1 : 1));
}

function foldersOf(path: string): string[] {
  if (path === ".") return [];
  const folders = ["."];
  for (let at = path.indexOf("/", 1); at !== -1; at = path.indexOf("/", at + 1)) {
    folders.push(path.slice(0, at));
  }
  return folders;
}

/**
 * A repository path in one spelling: no `./`, `//`, inner `..`, final slash or wildcard; `.` for
 * the whole repository. A leading `..` or `/` stays, so that {@link isOutside} can see it.
 */
export function normalizePath(path: string): string {
  const slashed = path.trim().replaceAll("\\", "/");
  const parts: string[] = [];
  for (const part of slashed.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else parts.push(part);
  }
  while (parts.at(-1) === "**" || parts.at(-1) === "*") parts.pop();
  const joined = parts.join("/");
  if (slashed.startsWith("/")) return `/${joined}`;
  return joined === "" ? "." : joined;
}

/** True for a path that leaves the repository or is absolute. */
export function isOutside(path: string): boolean {
  const normal = normalizePath(path);
  return normal.startsWith("/") || normal === ".." || normal.startsWith("../") ||
    /^[A-Za-z]:/.test(normal);
}
