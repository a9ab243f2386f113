import type { Nodes, Paragraph, PhrasingContent } from "mdast";
import { toString } from "mdast-util-to-string";
import { type Block, parseLabels } from "./plan_blocks.ts";

/** Labelled text inside blocks: the header fields of a plan and the files of a task. */

/** Longest block that is read for fields or files, in UTF-16 units. */
const MAX_LABELLED_LENGTH = 16_000;
/** Most emphasis delimiters in one: the parser compares each with all the others. */
const MAX_DELIMITERS = 1000;
const MAX_PATH_LENGTH = 1024;

/** A `**Label:** value` of a paragraph. */
export interface Label {
  /** Lower case, words joined by one space, no colon. */
  name: string;
  /** Markdown source on one line; may be empty. */
  value: string;
}

/** True when a paragraph begins as a label does: the only ones worth a second parse. */
export function startsBold(block: Block, source: string): boolean {
  const text = source.trimStart();
  return block.type === "paragraph" && (text.startsWith("**") || text.startsWith("__"));
}

/** True when a block is too long or too full of emphasis to be read for labels or paths. */
export function isUnreadable(source: string): boolean {
  if (source.length > MAX_LABELLED_LENGTH) return true;
  let delimiters = 0;
  for (const char of source) if (char === "*" || char === "_") delimiters++;
  return delimiters > MAX_DELIMITERS;
}

/** The labels of a paragraph, which must begin with one; further ones begin their own line. */
export function readLabels(source: string): Label[] {
  const paragraph = parseLabels(source).children[0];
  if (paragraph?.type !== "paragraph") return [];
  const found: { name: string; from: number; to: number }[] = [];
  for (const [index, node] of paragraph.children.entries()) {
    const label = labelAt(paragraph, index, source);
    if (label === null) {
      if (index === 0) return [];
      continue;
    }
    found.push({ name: label, from: offset(node, "start"), to: offset(node, "end") });
  }
  return found.map(({ name, to }, index) => {
    const raw = source.slice(to, found[index + 1]?.from ?? source.length);
    return { name, value: oneLine(raw.replace(/^\s*:/, "")) };
  });
}

/** Markdown source on one line. */
export function oneLine(source: string): string {
  return source.replace(/[\s\p{Cc}]+/gu, " ").trim();
}

function labelAt(paragraph: Paragraph, index: number, source: string): string | null {
  const node = paragraph.children[index];
  if (node?.type !== "strong") return null;
  const before = source.slice(0, offset(node, "start"));
  if (before.trim() !== "" && !/[\n\r][ \t]*$/.test(before)) return null;
  const text = toString(node).trim();
  if (!text.endsWith(":") && !/^\s*:/.test(source.slice(offset(node, "end")))) return null;
  return oneLine(text.replace(/:$/, "")).toLowerCase();
}

function offset(node: Nodes, edge: "start" | "end"): number {
  return node.position?.[edge].offset ?? 0;
}

/**
 * Paths of a list's items, nested lists included: the code spans that open an item, after a
 * verb such as `Modify:` if any, or else its first plain word.
 */
export function readFileList(source: string): string[] {
  const list = parseLabels(source).children[0];
  return list?.type === "list" ? itemPaths(list, source) : [];
}

function itemPaths(node: Nodes, source: string): string[] {
  if (node.type === "paragraph") return paths(node.children, source);
  if (node.type !== "list" && node.type !== "listItem") return [];
  return node.children.flatMap((child) => itemPaths(child, source));
}

/** Paths of a `**Files:** a, b` line. */
export function readFileLine(value: string): string[] {
  const paragraph = parseLabels(value).children[0];
  return paragraph?.type === "paragraph" ? paths(paragraph.children, value) : [];
}

const CHECKBOX = /^\s*\[[ xX]\]\s/;
const VERB = /^\s*[*_]{0,2}\p{L}[\p{L} /-]*:[*_]{0,2}\s*/u;
const BARE_VERB = /^\s*\p{L}+\s*$/u;
const JOINT = /^\s*(?:[,;+&]|and|→|->)*\s*(?:and\s*)?$/;

function paths(children: readonly PhrasingContent[], source: string): string[] {
  const first = children[0];
  if (first === undefined) return [];
  const start = offset(first, "start");
  const code = children.findIndex((node) => node.type === "inlineCode");
  if (code !== -1) {
    const lead = source.slice(start, offset(children[code] ?? first, "start"))
      .replace(CHECKBOX, "");
    if (BARE_VERB.test(lead) || lead.replace(VERB, "").trim() === "") {
      return spans(children.slice(code));
    }
  }
  const plain = oneLine(source.slice(start, offset(children.at(-1) ?? first, "end")))
    .replace(CHECKBOX, "").replace(VERB, "");
  const parts = plain.split(/ ?, ?/);
  const words = parts.every((part) => !part.includes(" ")) ? parts : [plain.split(" ")[0] ?? ""];
  return words.map(clean).filter((path) => /[./]/.test(path));
}

function spans(children: readonly PhrasingContent[]): string[] {
  const found: string[] = [];
  for (const [index, node] of children.entries()) {
    if (node.type === "inlineCode") found.push(clean(node.value));
    else if (index % 2 === 0 || !JOINT.test(toString(node))) break;
  }
  return found.filter((path) => path !== "");
}

/** Without a line suffix such as `:12-40` and final punctuation; empty when it is no path. */
function clean(path: string): string {
  if (path.length > MAX_PATH_LENGTH) return "";
  return path.trim().replace(/[,;]+$/, "").replace(/:\d+(?:-\d+)?$/, "").trim();
}
