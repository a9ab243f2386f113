import { wrap } from "../cli/text.ts";
import type { Style } from "../cli/style.ts";

/** Columns a page takes at most: longer lines are hard to read. */
const WIDTH = 80;

/**
 * A page as it is shown: paragraphs and lists wrapped, code indented, headings bold. Knows what the
 * pages of kas use of markdown and no more. Pure.
 */
export function renderPage(markdown: string, style: Style, columns: number = WIDTH): string {
  const width = Math.max(40, Math.min(columns, WIDTH));
  const shown: string[] = [];
  for (const block of blocksOf(markdown)) {
    const [first = ""] = block;
    if (shown.length > 0) shown.push("");
    if (first.startsWith("```")) shown.push(...block.slice(1, -1).map(indented));
    else if (first.startsWith("#")) shown.push(style.bold(first.replace(/^#+ /, "")));
    else if (first.startsWith("- ")) {
      shown.push(...items(block).flatMap((text) => item(text, width)));
    } else shown.push(...wrap(block.join(" "), width));
  }
  return shown.join("\n");
}

/** Paragraphs, lists and fenced code, which may hold empty lines. */
function blocksOf(markdown: string): string[][] {
  const blocks: string[][] = [[]];
  let fenced = false;
  for (const line of markdown.trimEnd().split("\n")) {
    if (line.startsWith("```")) fenced = !fenced;
    if (line === "" && !fenced) blocks.push([]);
    else blocks.at(-1)?.push(line);
  }
  return blocks.filter((block) => block.length > 0);
}

function items(block: readonly string[]): string[] {
  return block.join("\n").split(/^- /m).slice(1).map((text) => text.replaceAll(/\s+/g, " ").trim());
}

function item(text: string, width: number): string[] {
  const [first = "", ...rest] = wrap(text, width - 2);
  return [`- ${first}`, ...rest.map((line) => `  ${line}`)];
}

function indented(line: string): string {
  return line === "" ? "" : `    ${line}`;
}
