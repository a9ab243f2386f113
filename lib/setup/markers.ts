import { BrokenFile, type Piece } from "./types.ts";

/** A section between two markers in a markdown file that is somebody else's. Pure. */

const BEGIN = "<!-- kas:begin -->";
const END = "<!-- kas:end -->";
const NOTE = "<!-- Written by kas setup; what is between these lines is replaced by it. -->";

interface Place {
  /** From the first marker to the end of the last one's line. */
  readonly start: number;
  readonly end: number;
  readonly body: string;
}

/**
 * Finds the section; null when there is none. Markers count only alone on a line.
 * @throws BrokenFile for markers that do not pair
 */
export function findSection(text: string): Place | null {
  const marks = [...text.matchAll(/^[ \t]*<!--[ \t]*kas:(begin|end)[ \t]*-->[ \t]*\r?$/gm)];
  if (marks.length === 0) return null;
  const [first, second, third] = marks;
  if (first?.[1] !== "begin") throw unpaired(text, first?.index ?? 0, "an end without a begin");
  if (second === undefined) throw unpaired(text, first.index, "a begin without an end");
  if (second[1] !== "end") throw unpaired(text, second.index, "a second begin before the end");
  if (third !== undefined) throw unpaired(text, third.index, "a second section");
  const inner = text.slice(first.index + first[0].length, second.index);
  const stop = second.index + second[0].length;
  const end = text[stop] === "\n" ? stop + 1 : stop;
  const body = inner.replaceAll("\r\n", "\n").replace(/^\r?\n/, "");
  return { start: first.index, end, body };
}

function unpaired(text: string, index: number, what: string): BrokenFile {
  const line = text.slice(0, index).split("\n").length;
  return new BrokenFile(`the markers of kas do not pair: ${what}`, line, 1);
}

/** A section of a file. `extra` is the number of line breaks put before it. */
export function sectionPiece(path: string, what: string, body: string): Piece {
  const wanted = `${NOTE}\n\n${body.trim()}\n`;
  return {
    path,
    id: "section",
    what,
    wanted,
    snippet: `${BEGIN}\n${wanted}${END}`,
    whole: false,
    isLink: false,
    read: (text) => findSection(text)?.body ?? null,
    write: (text) => Promise.resolve(written(text ?? "", wanted)),
    erase: (text, extra) => Promise.resolve(erased(text, extra)),
  };
}

function written(text: string, wanted: string): { text: string; extra: number } {
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const block = `${BEGIN}\n${wanted}${END}\n`.replaceAll("\n", newline);
  const place = findSection(text);
  if (place !== null) {
    const gap = /\n*$/.exec(text.slice(0, place.start).replaceAll("\r", ""))?.[0].length ?? 0;
    return { text: text.slice(0, place.start) + block + text.slice(place.end), extra: gap };
  }
  const breaks = text === "" ? 0 : text.endsWith("\n\n") || text.endsWith("\n\r\n") ? 0 : 1;
  const extra = text !== "" && !text.endsWith("\n") ? 2 : breaks;
  return { text: text + newline.repeat(extra) + block, extra };
}

function erased(text: string, extra: number): string {
  const place = findSection(text);
  if (place === null) return text;
  let head = text.slice(0, place.start);
  for (let left = extra; left > 0 && head.endsWith("\n"); left--) head = head.replace(/\r?\n$/, "");
  const tail = text.slice(place.end);
  // Somebody wrote on behind the section: then a break stays between the two.
  return tail === "" || head === "" || head.endsWith("\n") ? head + tail : `${head}\n${tail}`;
}
