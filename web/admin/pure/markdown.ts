/**
 * Markdown as data. Plans and reports come from agents, so nothing of them may become markup: the
 * result is a tree of plain values, and what draws it makes text nodes only. CommonMark's blocks and
 * GFM's tables, task lists and strikethrough; HTML is text, an image is a link. Pure.
 */
import { parseInline } from "./markdown_inline.ts";

/** A piece of running text. */
export type Inline =
  | { readonly kind: "text" | "code"; readonly text: string }
  | {
    readonly kind: "strong" | "em" | "del";
    readonly children: readonly Inline[];
  }
  | {
    readonly kind: "link";
    readonly href: string;
    readonly children: readonly Inline[];
  }
  | { readonly kind: "break" };

/** One item of a list; `checked` is set for a task list. */
export interface Item {
  readonly checked: boolean | null;
  readonly blocks: readonly Block[];
}

/** A block of the document. */
export type Block =
  | {
    readonly kind: "heading";
    readonly level: number;
    readonly text: readonly Inline[];
  }
  | { readonly kind: "paragraph"; readonly text: readonly Inline[] }
  | { readonly kind: "code"; readonly language: string; readonly text: string }
  | { readonly kind: "quote"; readonly blocks: readonly Block[] }
  | {
    readonly kind: "list";
    readonly start: number | null;
    readonly items: readonly Item[];
  }
  | {
    readonly kind: "table";
    readonly align: readonly ("left" | "right" | "center" | null)[];
    readonly head: readonly (readonly Inline[])[];
    readonly rows: readonly (readonly (readonly Inline[])[])[];
  }
  | { readonly kind: "rule" };

/** Deeper quotes and lists than this are text. */
const DEPTH = 12;
const HEADING = /^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/;
const RULE = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const FENCE = /^( {0,3})(`{3,}|~{3,})[ \t]*([^`]*)$/;
const QUOTE = /^ {0,3}> ?/;
const MARKER = /^( {0,3})([-*+]|\d{1,9}[.)])(?:( {1,4})(?! )|( )|$)/;
const DELIMITER = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;

/** Reads a document. Any text is a document; nothing is refused. */
export function parseMarkdown(text: string): readonly Block[] {
  const lines = text.replace(/\r\n?/g, "\n").replaceAll("\t", "    ").split(
    "\n",
  );
  return parseBlocks(lines, 0);
}

function parseBlocks(
  lines: readonly string[],
  depth: number,
): readonly Block[] {
  const blocks: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? "";
    if (line.trim() === "") {
      at++;
      continue;
    }
    const [block, next] = readBlock(lines, at, depth);
    blocks.push(block);
    at = next;
  }
  return blocks;
}

function readBlock(
  lines: readonly string[],
  at: number,
  depth: number,
): [Block, number] {
  const line = lines[at] ?? "";
  const heading = HEADING.exec(line);
  if (heading !== null) {
    const [, marks = "", text = ""] = heading;
    return [
      { kind: "heading", level: marks.length, text: parseInline(text) },
      at + 1,
    ];
  }
  if (FENCE.test(line)) return readFence(lines, at);
  if (RULE.test(line)) return [{ kind: "rule" }, at + 1];
  if (depth < DEPTH && QUOTE.test(line)) return readQuote(lines, at, depth);
  if (depth < DEPTH && MARKER.test(line)) return readList(lines, at, depth);
  if (isTable(lines, at)) return readTable(lines, at);
  if (/^ {4}/.test(line)) return readIndented(lines, at);
  return readParagraph(lines, at);
}

function readFence(lines: readonly string[], at: number): [Block, number] {
  const [, indent = "", fence = "", info = ""] = FENCE.exec(lines[at] ?? "") ??
    [];
  const body: string[] = [];
  let next = at + 1;
  const closed = (line: string): boolean => {
    const text = line.trim();
    return text.length >= fence.length &&
      text === (fence[0] ?? "").repeat(text.length);
  };
  while (next < lines.length && !closed(lines[next] ?? "")) {
    const line = lines[next] ?? "";
    body.push(
      line.startsWith(indent) ? line.slice(indent.length) : line.trimStart(),
    );
    next++;
  }
  const language = info.trim().split(/\s+/)[0] ?? "";
  return [{ kind: "code", language, text: body.join("\n") }, next + 1];
}

function readIndented(lines: readonly string[], at: number): [Block, number] {
  let next = at;
  while (next < lines.length && /^( {4}|\s*$)/.test(lines[next] ?? "")) next++;
  const body = lines.slice(at, next).map((line) => line.slice(4));
  while (body.at(-1)?.trim() === "") body.pop();
  return [{ kind: "code", language: "", text: body.join("\n") }, next];
}

function readQuote(
  lines: readonly string[],
  at: number,
  depth: number,
): [Block, number] {
  let next = at;
  const body: string[] = [];
  while (next < lines.length) {
    const line = lines[next] ?? "";
    if (!QUOTE.test(line) && (line.trim() === "" || startsBlock(lines, next))) {
      break;
    }
    body.push(line.replace(QUOTE, ""));
    next++;
  }
  return [{ kind: "quote", blocks: parseBlocks(body, depth + 1) }, next];
}

function markerOf(
  line: string,
): { width: number; ordered: boolean; number: number } | null {
  const found = MARKER.exec(line);
  if (found === null || RULE.test(line)) return null;
  const [whole, indent = "", mark = ""] = found;
  const ordered = /\d/.test(mark);
  const width = line.trim() === mark ? indent.length + mark.length + 1 : whole.length;
  return { width, ordered, number: ordered ? parseInt(mark) : 0 };
}

function readList(
  lines: readonly string[],
  at: number,
  depth: number,
): [Block, number] {
  const first = markerOf(lines[at] ?? "");
  const items: Item[] = [];
  let next = at;
  while (next < lines.length) {
    const marker = markerOf(lines[next] ?? "");
    if (marker === null || marker.ordered !== first?.ordered) break;
    const body = [(lines[next] ?? "").slice(marker.width)];
    next++;
    while (next < lines.length) {
      const line = lines[next] ?? "";
      const indented = line.startsWith(" ".repeat(marker.width));
      const blank = line.trim() === "";
      const follows = blank &&
        (lines[next + 1] ?? "").startsWith(" ".repeat(marker.width));
      const lazy = !blank && (lines[next - 1] ?? "").trim() !== "" &&
        !startsBlock(lines, next);
      if (!indented && !follows && !lazy) break;
      body.push(indented ? line.slice(marker.width) : line.trimStart());
      next++;
    }
    items.push(readItem(body, depth));
    while (
      (lines[next] ?? "").trim() === "" &&
      markerOf(lines[next + 1] ?? "") !== null
    ) next++;
  }
  return [
    { kind: "list", start: first?.ordered ? first.number : null, items },
    next,
  ];
}

function readItem(body: readonly string[], depth: number): Item {
  const [head = "", ...rest] = body;
  const box = /^\[([ xX])\] +/.exec(head);
  const checked = box === null ? null : box[1] !== " ";
  const text = box === null ? head : head.slice(box[0].length);
  return { checked, blocks: parseBlocks([text, ...rest], depth + 1) };
}

function cells(line: string): string[] {
  const inner = line.trim().replace(/^\|/, "").replace(/(?<!\\)\|$/, "");
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function isTable(lines: readonly string[], at: number): boolean {
  const head = lines[at] ?? "";
  const line = lines[at + 1] ?? "";
  return head.includes("|") && line.includes("-") && DELIMITER.test(line) &&
    cells(head).length === cells(line).length;
}

function readTable(lines: readonly string[], at: number): [Block, number] {
  const head = cells(lines[at] ?? "");
  const align = cells(lines[at + 1] ?? "").map((cell) => {
    const [left, right] = [cell.startsWith(":"), cell.endsWith(":")];
    return left && right ? "center" as const : right ? "right" as const : left ? "left" : null;
  });
  const rows: (readonly Inline[])[][] = [];
  let next = at + 2;
  while (
    next < lines.length && (lines[next] ?? "").includes("|") &&
    !startsBlock(lines, next)
  ) {
    const row = cells(lines[next] ?? "");
    rows.push(head.map((_, column) => parseInline(row[column] ?? "")));
    next++;
  }
  return [{ kind: "table", align, head: head.map(parseInline), rows }, next];
}

function startsBlock(lines: readonly string[], at: number): boolean {
  const line = lines[at] ?? "";
  return HEADING.test(line) || FENCE.test(line) || RULE.test(line) ||
    QUOTE.test(line) ||
    markerOf(line) !== null;
}

function readParagraph(lines: readonly string[], at: number): [Block, number] {
  let next = at + 1;
  while (next < lines.length) {
    const line = lines[next] ?? "";
    const underline = /^ {0,3}(=+|-+)[ \t]*$/.exec(line);
    if (underline !== null) {
      const level = underline[1]?.startsWith("=") ? 1 : 2;
      const text = lines.slice(at, next).map((one) => one.trim()).join("\n");
      return [{ kind: "heading", level, text: parseInline(text) }, next + 1];
    }
    if (line.trim() === "" || startsBlock(lines, next)) break;
    next++;
  }
  const text = lines.slice(at, next).map((line) => line.replace(/^ +/, ""))
    .join("\n").trimEnd();
  return [{ kind: "paragraph", text: parseInline(text) }, next];
}
