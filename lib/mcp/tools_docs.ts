import * as v from "valibot";
import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { nearest } from "../suggest.ts";
import { count, output, project, text, textOutput, tool } from "./define.ts";
import type { Tool } from "./types.ts";

/** Where the pages come from: they are part of the program, so they fit its version. */
const SOURCE = "local";
const MAX_HITS = 50;

async function pages(): Promise<Readonly<Record<string, string>>> {
  return (await import("./docs_files.ts")).DOCS;
}

function titleOf(page: string): string {
  return /^#\s+(.+)$/m.exec(page)?.[1] ?? "";
}

/** A part of a page under one heading. */
interface Section {
  readonly page: string;
  readonly heading: string;
  readonly text: string;
}

function sectionsOf(page: string, body: string): Section[] {
  const sections: { page: string; heading: string; text: string }[] = [];
  let fenced = false;
  for (const line of body.split("\n")) {
    if (/^(```|~~~)/.test(line)) fenced = !fenced;
    const heading = fenced ? null : /^#{1,6}\s+(.+)$/.exec(line);
    if (heading !== null) sections.push({ page, heading: heading[1] ?? "", text: "" });
    const last = sections.at(-1);
    if (heading === null && last !== undefined) last.text += `${line}\n`;
  }
  return sections;
}

/** Every word must occur; words in the heading count most. 0 = no match. */
function score(section: Section, words: readonly string[]): number {
  const heading = section.heading.toLowerCase();
  const body = section.text.toLowerCase();
  let sum = 0;
  for (const word of words) {
    const hits = body.split(word).length - 1;
    const inHeading = heading.includes(word);
    if (hits === 0 && !inHeading) return 0;
    sum += (inHeading ? 10 : 0) + Math.min(hits, 5);
  }
  return sum;
}

/** The lines around the first word, in one. */
function excerpt(body: string, words: readonly string[]): string {
  const flat = body.replace(/\s+/g, " ").trim();
  const lower = flat.toLowerCase();
  const at = Math.max(0, ...words.slice(0, 1).map((word) => lower.indexOf(word)));
  const from = Math.max(0, at - 120);
  return `${from > 0 ? "…" : ""}${flat.slice(from, from + 360)}${
    flat.length > from + 360 ? "…" : ""
  }`;
}

const docsSearch = tool({
  name: "docs_search",
  description: "Search the documentation of kas: sections that have all the words",
  scope: "read",
  schema: v.strictObject({
    query: text("Words to look for"),
    limit: v.optional(count("Most sections; default 8", 1, MAX_HITS)),
    project,
  }),
  async run(_desk, { query, limit }) {
    const words = query.toLowerCase().split(/[\s,]+/).filter((word) => word !== "").slice(0, 12);
    if (words.length === 0) {
      throw new KasError("usage", "Cannot search for nothing", { hint: "Give some words" });
    }
    const hits = Object.entries(await pages()).flatMap(([page, body]) => sectionsOf(page, body))
      .map((section) => ({ section, points: score(section, words) }))
      .filter(({ points }) => points > 0)
      .sort((a, b) => b.points - a.points)
      .slice(0, limit ?? 8)
      .map(({ section }) => ({
        page: section.page,
        heading: section.heading,
        excerpt: excerpt(section.text, words),
      }));
    return output({ source: SOURCE, hits });
  },
});

const docsRead = tool({
  name: "docs_read",
  description: "Read a page of the documentation of kas; without a page, the list of them",
  scope: "read",
  schema: v.strictObject({
    page: v.optional(text('Name of the page, such as "signals"')),
    project,
  }),
  async run(_desk, { page }) {
    const all = await pages();
    if (page === undefined) {
      return output({
        source: SOURCE,
        pages: Object.entries(all).map(([name, body]) => ({ page: name, title: titleOf(body) })),
      });
    }
    const name = page.replace(/^(\.\/)?(docs\/)?/, "").replace(/\.md$/, "");
    const body = Object.hasOwn(all, name) ? all[name] : undefined;
    if (body !== undefined) {
      return textOutput(body, { source: SOURCE, page: name, title: titleOf(body), content: body });
    }
    const close = nearest(name, Object.keys(all));
    throw new KasError("not_found", `Cannot find the page ${quote(page)}`, {
      hint: close === null ? `Pages: ${Object.keys(all).join(", ")}` : `Did you mean "${close}"?`,
    });
  },
});

/** The documentation of this program. */
export const DOCS_TOOLS: readonly Tool[] = [docsSearch, docsRead];
