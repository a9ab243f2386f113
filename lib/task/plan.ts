import { quote } from "../names.ts";
import { type Block, readBlocks } from "./plan_blocks.ts";
import { checkWaves, error, type Place, warning } from "./plan_check.ts";
import {
  isUnreadable,
  oneLine,
  readFileLine,
  readFileList,
  readLabels,
  startsBold,
} from "./plan_fields.ts";
import { classify, type Header, headingText, MAX_HEADING_LENGTH } from "./plan_headers.ts";
import {
  byPlace,
  checkOk,
  type Finding,
  type Plan,
  type PlanSection,
  type PlanTask,
  type PlanWave,
} from "./plan_model.ts";

export { checkOk };
export type { Finding, FindingCode, Plan, PlanSection, PlanTask, PlanWave } from "./plan_model.ts";

/** Reads a plan: a markdown document of waves and tasks. Pure, and safe on any text. */

/** What {@link parsePlan} read and what it has to say about it, sorted by place. */
export interface ParsedPlan {
  plan: Plan;
  findings: Finding[];
}

/** Said by everything that refuses to implement a plan without waves. */
export const NO_WAVES = "no wave headers found in plan; add ## Wave N sections before implementing";

/** A stretch of the document from one structural header to the next. */
interface Segment {
  kind: "preamble" | "wave" | "task" | "section";
  number: number;
  title: string;
  /** Start of the header's line; the segment before ends there. */
  start: number;
  bodyStart: number;
  end: number;
  place: Place;
  blocks: Block[];
}

/**
 * Parses a plan by the headings at the root of its CommonMark tree: those in fences, quotes, lists
 * and comments are text. Never throws; a plan with an error finding must not be implemented.
 * The header slices and the texts in the plan together are the whole document.
 */
export function parsePlan(markdown: string): ParsedPlan {
  const text = markdown.startsWith("\uFEFF") ? markdown.slice(1) : markdown;
  const top: Place = { line: 1, column: 1 };
  if (text.trim() === "") {
    return { plan: emptyPlan(text), findings: [error("empty_plan", top, "plan is empty")] };
  }
  const { blocks, excess } = readBlocks(text);
  if (excess !== null) {
    const at = { line: excess.line, column: 1 };
    const message = `${excess.message}; move long material to a file of the repository`;
    return { plan: emptyPlan(text), findings: [error("too_large", at, message)] };
  }
  const findings: Finding[] = [];
  const segments = splitSegments(text, blocks, findings);
  const places = new Map<PlanWave | PlanTask, Place>();
  const plan = buildPlan(text, segments, places, findings);
  if (plan.waves.length === 0) findings.push(error("no_waves", top, NO_WAVES));
  findings.push(...checkWaves(plan.waves, (item) => places.get(item) ?? top));
  return { plan, findings: byPlace(findings) };
}

function emptyPlan(preamble: string): Plan {
  const fields = { title: null, goal: null, architecture: null, techStack: null, size: null };
  return { ...fields, preamble, waves: [], sections: [] };
}

/** Where the walk over the headings stands. */
interface Walk {
  segments: Segment[];
  /** Whether tasks may follow; `broken` is below a wave header that does not parse. */
  context: "none" | "wave" | "broken";
  waveLevel: number;
  titleSeen: boolean;
  findings: Finding[];
}

function splitSegments(text: string, blocks: readonly Block[], findings: Finding[]): Segment[] {
  const place = { line: 1, column: 1 };
  let segment = newSegment("preamble", "", { place, start: 0, bodyStart: 0 });
  const segments = [segment];
  const walk: Walk = { segments, context: "none", waveLevel: 0, titleSeen: false, findings };
  for (const block of blocks) {
    const opened = block.level === 0
      ? null
      : openSegment(walk, block, headingText(text.slice(block.start, block.end)));
    if (opened === null) segment.blocks.push(block);
    else segments.push(segment = opened);
  }
  closeSegments(segments, text.length);
  return segments;
}

/** The segment that a heading opens, or null when it is part of the one it stands in. */
function openSegment(walk: Walk, block: Block, title: string): Segment | null {
  const inPreamble = walk.segments.length === 1;
  const isTitle = inPreamble && block.level === 1 && !walk.titleSeen;
  const header = refine(classify(title, block.level), block, isTitle);
  if (isTitle && header.kind === "other") walk.titleSeen = true;
  report(header, block, title, walk.findings);
  const position = {
    place: { line: block.line, column: block.column },
    start: block.start,
    bodyStart: block.end,
  };
  if (header.kind === "wave") {
    walk.context = "wave";
    walk.waveLevel = block.level;
    return newSegment("wave", header.title, { ...position, number: header.number });
  }
  if (header.kind === "task") {
    if (walk.context === "wave") {
      return newSegment("task", header.title, { ...position, number: header.number });
    }
    if (walk.context === "none") {
      const message = `task ${header.number} stands in no wave; move it below a ## Wave N header`;
      walk.findings.push(error("task_outside_wave", block, message));
    }
    return newSegment("section", title, position);
  }
  if (header.kind === "malformed" && header.lost) {
    if (header.of === "task") return null;
    walk.context = "broken";
    walk.waveLevel = Math.min(Math.max(block.level, 2), 3);
    return newSegment("section", title, position);
  }
  if (walk.context === "none" || block.level > walk.waveLevel) return null;
  walk.context = "none";
  const message = `section ${quote(title)} ends the wave and belongs to no task`;
  walk.findings.push(warning("heading_in_task", block, message));
  return newSegment("section", title, position);
}

function newSegment(
  kind: Segment["kind"],
  title: string,
  rest: Pick<Segment, "place" | "start" | "bodyStart"> & { number?: number },
): Segment {
  return { number: 0, end: 0, blocks: [], kind, title, ...rest };
}

function closeSegments(segments: Segment[], length: number): void {
  for (const [index, segment] of segments.entries()) {
    segment.end = segments[index + 1]?.start ?? length;
  }
}

/** Rules that need more than the text: the title of the document, and headings read in part. */
function refine(header: Header, block: Block, isTitle: boolean): Header {
  if (header.kind === "other") return header;
  const isTask = header.kind === "task" || (header.kind === "malformed" && header.of === "task");
  if (isTitle && isTask) return { kind: "other" };
  if (block.end - block.start > MAX_HEADING_LENGTH && header.kind !== "malformed") {
    const problem = `the header is longer than ${MAX_HEADING_LENGTH} characters`;
    return { kind: "malformed", of: header.kind, problem, lost: true };
  }
  return header;
}

function report(header: Header, place: Place, title: string, findings: Finding[]): void {
  if (header.kind !== "malformed") return;
  const form = header.of === "wave" ? '"## Wave N" or "## Wave N: title"' : '"### Task N: title"';
  const code = header.of === "wave" ? "malformed_wave_header" : "malformed_task_header";
  const make = header.lost ? error : warning;
  const outcome = header.lost ? "" : "; it is read as ordinary text";
  findings.push(make(
    code,
    place,
    `${quote(title)} is no ${header.of} header: ${header.problem}; write ${form}${outcome}`,
  ));
}

function buildPlan(
  text: string,
  segments: readonly Segment[],
  places: Map<PlanWave | PlanTask, Place>,
  findings: Finding[],
): Plan {
  const waves: PlanWave[] = [];
  const sections: PlanSection[] = [];
  for (const segment of segments) {
    const { number, title, place } = segment;
    const body = text.slice(segment.bodyStart, segment.end);
    const base = { title, line: place.line };
    if (segment.kind === "wave") {
      const wave: PlanWave = { number, ...base, notes: body, tasks: [] };
      waves.push(wave);
      places.set(wave, place);
    } else if (segment.kind === "task") {
      const files = readFiles(text, segment.blocks, findings);
      const task: PlanTask = { number, ...base, body, files };
      waves.at(-1)?.tasks.push(task);
      places.set(task, place);
    } else if (segment.kind === "section") {
      sections.push({ ...base, body });
    }
  }
  const preamble = segments[0];
  const head = preamble === undefined ? emptyPlan("") : readPreamble(text, preamble, findings);
  return { ...head, waves, sections };
}

const FIELDS = {
  goal: "goal",
  architecture: "architecture",
  "tech stack": "techStack",
  size: "size",
} as const;
const REQUIRED = [
  ["goal", "missing_goal", "**Goal:**"],
  ["architecture", "missing_architecture", "**Architecture:**"],
  ["techStack", "missing_tech_stack", "**Tech Stack:**"],
] as const;

function readPreamble(text: string, segment: Segment, findings: Finding[]): Plan {
  const plan = emptyPlan(text.slice(0, segment.end));
  for (const [index, block] of segment.blocks.entries()) {
    const source = text.slice(block.start, block.end);
    if (block.level === 1) plan.title ??= headingText(source);
    if (!startsBold(block, source) || reportUnreadable(source, block, findings)) continue;
    for (const { name, value } of readLabels(source)) {
      if (!isField(name)) continue;
      const field = FIELDS[name];
      if (plan[field] !== null) {
        const message = `${quote(name)} is given twice; the first one counts`;
        findings.push(warning("duplicate_field", block, message));
      } else {
        const found = value === "" ? valueBelow(text, segment.blocks[index + 1]) : value;
        plan[field] = found === "" ? null : found;
      }
    }
  }
  for (const [field, code, label] of REQUIRED) {
    if (plan[field] !== null) continue;
    const message = `plan has no ${label} line before its first wave; every agent is given it`;
    findings.push(warning(code, { line: 1, column: 1 }, message));
  }
  return plan;
}

function isField(name: string): name is keyof typeof FIELDS {
  return Object.hasOwn(FIELDS, name);
}

/** A label alone on its line speaks of the list or paragraph below it. */
function valueBelow(text: string, block: Block | undefined): string {
  if (block === undefined || block.level > 0) return "";
  const source = text.slice(block.start, block.end);
  if (startsBold(block, source) || isUnreadable(source)) return "";
  return oneLine(source);
}

function readFiles(text: string, blocks: readonly Block[], findings: Finding[]): string[] {
  const files = new Set<string>();
  for (const [index, block] of blocks.entries()) {
    const source = text.slice(block.start, block.end);
    if (!startsBold(block, source) || reportUnreadable(source, block, findings)) continue;
    const label = readLabels(source).find(({ name }) => name === "files");
    if (label === undefined) continue;
    for (const file of readFileLine(label.value)) files.add(file);
    const below = blocks[index + 1];
    if (label.value !== "" || below?.type !== "list") continue;
    const list = text.slice(below.start, below.end);
    if (reportUnreadable(list, below, findings)) continue;
    for (const file of readFileList(list)) files.add(file);
  }
  return [...files];
}

function reportUnreadable(source: string, place: Place, findings: Finding[]): boolean {
  if (!isUnreadable(source)) return false;
  const message = "block is too long or too full of emphasis and was not read for fields or files";
  findings.push(warning("block_unread", place, message));
  return true;
}
