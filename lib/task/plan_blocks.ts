import { fromMarkdown } from "mdast-util-from-markdown";
import type { Nodes, Root, RootContent } from "mdast";

/**
 * Markdown to its top-level blocks, and the inline content of single blocks, on the CommonMark
 * parser. That is quadratic in a document with lists and worse in a hostile one, so the text goes
 * through it in windows with inline constructs off, and inline content is parsed where it matters.
 */

/** Largest plan in UTF-16 units: an ordinary one of this size is parsed in 2 to 4 s. */
export const MAX_PLAN_LENGTH = 1_000_000;
/**
 * Weight is what text costs the parser: its characters, and so many more for each line and for
 * each list or quote marker. With these limits the worst text known takes some 15 s.
 */
export const LINE_WEIGHT = 16;
export const MARKER_WEIGHT = 32;
/** Heaviest plan. */
export const MAX_PLAN_WEIGHT = 3_000_000;
/** Heaviest single block; twice a block costs four times as much. */
export const MAX_BLOCK_WEIGHT = 64_000;
/** Deepest nesting on one line: each line below costs a step for each open level. */
export const MAX_NESTING = 10;

const WINDOW_WEIGHT = 16_000;

/** A child of the document root. Offsets are UTF-16 indexes into the text read. */
export interface Block {
  type: RootContent["type"];
  /** 1 to 6 for a heading, else 0. */
  level: number;
  /** Start of the block's first line. */
  start: number;
  /** Start of the line after the block, or the end of the text. */
  end: number;
  line: number;
  column: number;
}

/** Where and why a text is too much for the parser. */
export interface Excess {
  line: number;
  message: string;
}

/** The blocks of a text, or the first reason not to parse it. */
export type BlocksResult = { blocks: Block[]; excess: null } | { blocks: null; excess: Excess };

/** Inline constructs that only cost time when the question is where blocks begin. */
const INLINE = [
  "autolink",
  "characterEscape",
  "characterReference",
  "hardBreakEscape",
  "htmlText",
  "labelEnd",
  "labelStartImage",
  "labelStartLink",
];
const BLOCKS_ONLY = { extensions: [{ disable: { null: ["attention", "codeText", ...INLINE] } }] };
const LIGHT = { extensions: [{ disable: { null: INLINE } }] };

/**
 * Parses a text without byte order mark into its root blocks. Never throws.
 * @param window weight of text parsed at a time; tests make it small
 */
export function readBlocks(text: string, window = WINDOW_WEIGHT): BlocksResult {
  if (text.length > MAX_PLAN_LENGTH) {
    return tooMuch(1, `plan has ${text.length} characters, the limit is ${MAX_PLAN_LENGTH}`);
  }
  const lines = measure(text);
  if ("message" in lines) return { blocks: null, excess: lines };
  const blocks: Block[] = [];
  let first = 0;
  let weight = window;
  while (first < lines.starts.length) {
    const last = lines.reach(first, weight);
    const base = lines.starts[first] ?? 0;
    const end = lines.starts[last] ?? text.length;
    const source = plainStart(text.slice(base, end));
    const children = fromMarkdown(source, BLOCKS_ONLY).children;
    const atEnd = last >= lines.starts.length;
    const settled = atEnd ? children.length : settledCount(children, source);
    if (settled === 0 && children.length > 0) {
      if (weight >= MAX_BLOCK_WEIGHT) return tooMuch(first + 1, OVERSIZED);
      weight = Math.min(weight * 2, MAX_BLOCK_WEIGHT);
      continue;
    }
    for (const node of children.slice(0, settled)) {
      blocks.push(toBlock(node, first, lines.starts, text.length));
    }
    const next = children[settled];
    first = next === undefined ? last : first + startOf(next).line - 1;
    weight = window;
  }
  return { blocks, excess: null };
}

const WEIGHING = `where each line counts as ${LINE_WEIGHT} more and each list or quote marker ` +
  `as ${MARKER_WEIGHT} more`;
const OVERSIZED = `block is too long: the limit is ${MAX_BLOCK_WEIGHT} characters, ${WEIGHING}`;
const OVERWEIGHT = `plan is too long: the limit is ${MAX_PLAN_WEIGHT} characters, ${WEIGHING}`;

/** The parser drops a leading byte order mark, which inside a text is a character. */
function plainStart(source: string): string {
  return source.startsWith("\uFEFF") ? "\uFFFD" + source.slice(1) : source;
}

function tooMuch(line: number, message: string): BlocksResult {
  return { blocks: null, excess: { line, message } };
}

/**
 * How many blocks no later line can change, and after which the parser starts afresh: all but the
 * last, a link definition before it, whose title may still close, and indented code before that,
 * after which the parser takes `2)` for text.
 */
function settledCount(children: readonly RootContent[], source: string): number {
  let count = Math.max(children.length - 1, 0);
  if (children[count - 1]?.type === "definition") count--;
  if (isIndentedCode(children[count - 1], source)) count--;
  return count;
}

function isIndentedCode(node: RootContent | undefined, source: string): boolean {
  return node?.type === "code" && isBlank(source[node.position?.start.offset ?? 0] ?? "");
}

interface Lines {
  /** Offset of each line's first character. */
  starts: number[];
  /** Index after the last line of a window that begins at `first`: one line at least. */
  reach(first: number, weight: number): number;
}

function measure(text: string): Lines | Excess {
  const starts: number[] = [];
  const sums: number[] = [0];
  let sum = 0;
  for (let at = 0; at < text.length;) {
    const next = nextLine(text, at);
    const markers = countMarkers(text, at, next);
    const line = starts.push(at);
    if (markers > MAX_NESTING) {
      return {
        line,
        message: `line nests ${markers} lists or quotes, the limit is ${MAX_NESTING}`,
      };
    }
    sum += next - at + LINE_WEIGHT + markers * MARKER_WEIGHT;
    if (sum > MAX_PLAN_WEIGHT) return { line, message: OVERWEIGHT };
    sums.push(sum);
    at = next;
  }
  const reach = (first: number, weight: number): number => {
    const goal = (sums[first] ?? 0) + weight;
    let index = first + 1;
    while (index < starts.length && (sums[index] ?? 0) < goal) index++;
    return index;
  };
  return { starts, reach };
}

/** Start of the line after the one that holds `at`. CommonMark ends lines at LF, CR LF and CR. */
function nextLine(text: string, at: number): number {
  for (let i = at; i < text.length; i++) {
    const char = text[i];
    if (char === "\n") return i + 1;
    if (char === "\r") return text[i + 1] === "\n" ? i + 2 : i + 1;
  }
  return text.length;
}

/** Upper bound of the lists and quotes that the line opens or continues; 1 for `- - -`, a rule. */
function countMarkers(text: string, from: number, to: number): number {
  let count = 0;
  const kinds = new Set<string>();
  for (let i = from; i < to; i++) {
    const char = text[i] ?? "";
    if (isBlank(char)) continue;
    let end = i;
    while (end < to && isDigit(text[end] ?? "")) end++;
    const isMarker = char === ">" ||
      (end > i ? ".)" : "-+*").includes(text[end] ?? " ") && isBlank(text[end + 1] ?? "\n");
    if (!isMarker) return count;
    kinds.add(end > i ? "1" : char);
    count++;
    i = end;
  }
  const isRule = kinds.size === 1 && (kinds.has("-") || kinds.has("*"));
  return isRule ? 1 : count;
}

function isBlank(char: string): boolean {
  return char === " " || char === "\t" || char === "\n" || char === "\r";
}

function isDigit(char: string): boolean {
  return char >= "0" && char <= "9";
}

function toBlock(node: RootContent, first: number, starts: number[], length: number): Block {
  const { line, column } = startOf(node);
  const lastLine = node.position?.end.line ?? line;
  return {
    type: node.type,
    level: node.type === "heading" ? node.depth : 0,
    start: starts[first + line - 1] ?? length,
    end: starts[first + lastLine] ?? length,
    line: first + line,
    column,
  };
}

function startOf(node: Nodes): { line: number; column: number } {
  return node.position?.start ?? { line: 1, column: 1 };
}

/** Parses one short block with all of CommonMark. */
export function parseInline(source: string): Root {
  return fromMarkdown(source);
}

/** Parses a block with emphasis and code spans only: enough for labels and paths, and fast. */
export function parseLabels(source: string): Root {
  return fromMarkdown(source, LIGHT);
}
