import { toString } from "mdast-util-to-string";
import type { PhrasingContent } from "mdast";
import { parseInline } from "./plan_blocks.ts";

/** The grammar of wave and task headers, applied to the text of a heading node. */

/** Longest heading source that is read, in UTF-16 units. */
export const MAX_HEADING_LENGTH = 1000;
/** Highest wave or task number. */
export const MAX_NUMBER = 9999;

type Kind = "wave" | "task";

/** What a heading is. A malformed one keeps no number; `lost` says that work may hang on it. */
export type Header =
  | { kind: Kind; number: number; title: string }
  | { kind: "malformed"; of: Kind; problem: string; lost: boolean }
  | { kind: "other" };

const LEVELS: Record<Kind, readonly [number, number]> = { wave: [2, 3], task: [3, 4] };
const WORD = /^(wave|task)(?:$|(?=\P{L}))(.*)$/iu;
const SEPARATOR = /^\s*(?:[:—–]|-(?!\d))\s*/;
const NUMBER = /^\s+(\d+)(?![\p{N}\p{L}_])/u;
const NUMBER_LIKE = /^\s*[#-]?\s*\p{N}/u;
/** `one`, `iv` or `B`, alone or before a separator. */
const NUMBER_WORD =
  /^\s*(?:one|two|three|four|five|six|seven|eight|nine|ten|[ivx]+|[a-z])\s*(?:$|[:—–-])/iu;

/** The text of a heading's markdown, on one line, without comments and control characters. */
export function headingText(source: string): string {
  const block = parseInline(source.slice(0, MAX_HEADING_LENGTH)).children[0];
  if (block === undefined) return "";
  const inline: readonly unknown[] = "children" in block ? block.children : [block];
  const kept = inline.filter((node) => !isComment(node));
  return kept.map((node) => toString(node)).join("").replace(/[\s\p{Cc}]+/gu, " ").trim();
}

function isComment(node: unknown): boolean {
  const { type, value } = node as Partial<Extract<PhrasingContent, { type: "html" }>>;
  return type === "html" && value?.startsWith("<!--") === true;
}

/**
 * Decides what a heading is.
 * @param text the result of {@link headingText}
 * @param level 1 to 6
 */
export function classify(text: string, level: number): Header {
  const match = WORD.exec(text);
  if (match === null) return { kind: "other" };
  const of: Kind = (match[1] ?? "").toLowerCase() === "wave" ? "wave" : "task";
  const rest = match[2] ?? "";
  const levelFits = LEVELS[of].includes(level);
  const parsed = parseRest(of, rest);
  if (typeof parsed !== "string") {
    if (levelFits) return { kind: of, ...parsed };
    const [low, high] = LEVELS[of];
    return malformed(of, `level ${level} does not fit, use ${marks(low)} or ${marks(high)}`, true);
  }
  const meant = rest === "" || [NUMBER_LIKE, NUMBER_WORD, SEPARATOR].some((re) => re.test(rest));
  // Far from the levels of headers, a word is only a word unless a number follows.
  if (!levelFits && !NUMBER_LIKE.test(rest) && !NUMBER_WORD.test(rest)) return { kind: "other" };
  return malformed(of, parsed, meant);
}

function parseRest(of: Kind, rest: string): { number: number; title: string } | string {
  const match = NUMBER.exec(rest);
  if (match === null) return `there is no number after "${of === "wave" ? "Wave" : "Task"}"`;
  const digits = match[1] ?? "";
  const number = Number(digits);
  if (number < 1 || number > MAX_NUMBER || digits.length > 4) {
    return `the number must be between 1 and ${MAX_NUMBER}`;
  }
  const tail = rest.slice(match[0].length);
  if (tail === "" && of === "wave") return { number, title: "" };
  const separator = SEPARATOR.exec(tail);
  if (separator === null) return `there is no ":" between the number and the title`;
  const title = tail.slice(separator[0].length);
  return title === "" && of === "task" ? "there is no title" : { number, title };
}

function malformed(of: Kind, problem: string, lost: boolean): Header {
  return { kind: "malformed", of, problem, lost };
}

function marks(level: number): string {
  return `"${"#".repeat(level)}"`;
}
