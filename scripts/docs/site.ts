import { ROOT, ScriptError } from "../run.ts";
import { removeIfThere } from "../bundle.ts";
import { minifyCss } from "../build_admin.ts";
import { CHAPTERS, EXTRA_PAGES, placedPages } from "./pages.ts";
import { DOCS, pageNames } from "./references.ts";
import { escapeHtml, type Rendered, renderMarkdown } from "./render.ts";
import { frontPage, layout } from "./layout.ts";

/** Files of the site by their path in it: texts, and pictures. */
export type SiteFiles = ReadonlyMap<string, string | Uint8Array>;

/** A picture of the repository by its path; null for one that is missing. */
type Pictures = ReadonlyMap<string, Uint8Array | null>;

/** A page of the site before its frame is put around it. */
export interface SitePage extends Rendered {
  /** Name of its file without `.html`. */
  readonly name: string;
}

const ASSETS = `${ROOT}/scripts/docs/assets`;

/**
 * Makes all files of the site from docs/, in memory.
 * @throws ScriptError for a page without a place in the navigation, and for markup it does not have
 */
export async function siteFiles(): Promise<SiteFiles> {
  const names = await pageNames();
  const placed = placedPages();
  const lost = names.filter((name) => !placed.includes(name));
  if (lost.length > 0) {
    throw new ScriptError(`Pages without a place in scripts/docs/pages.ts: ${lost.join(", ")}`);
  }
  const files = new Map<string, string | Uint8Array>();
  const images = new Map<string, Uint8Array>();
  const sources = [
    ...placed.filter((name) => names.includes(name))
      .map((name): [string, string] => [`docs/${name}.md`, name]),
    ...Object.entries(EXTRA_PAGES),
  ];
  const pages: SitePage[] = [];
  for (const [file, name] of sources) pages.push(await pageOf(file, name, images));
  const chapters = CHAPTERS.map((chapter) => ({
    title: chapter.title,
    pages: chapter.pages.filter(({ name }) => names.includes(name)),
  }));
  for (const page of pages) files.set(`${page.name}.html`, layout(page, pages, chapters));
  files.set("index.html", frontPage(pages, chapters));
  files.set("search.js", searchIndex(pages));
  files.set("style.css", await style());
  for (const name of ["site.js", "theme.js"]) {
    files.set(name, await Deno.readTextFile(`${ASSETS}/${name}`));
  }
  files.set("favicon.svg", await Deno.readTextFile(`${ROOT}/web/admin/favicon.svg`));
  files.set("demo.svg", await Deno.readTextFile(`${DOCS}/demo.svg`));
  for (const [path, bytes] of images) files.set(path, bytes);
  return files;
}

async function pageOf(
  file: string,
  name: string,
  images: Map<string, Uint8Array>,
): Promise<SitePage> {
  const markdown = await Deno.readTextFile(`${ROOT}/${file}`);
  const pictures = await picturesOf(markdown, file);
  const rendered = renderMarkdown(file, markdown, {
    link: (url) => linkFrom(file, url),
    image: (url, alt) => imageMarkup(inRepository(file, url), alt, pictures, images),
  });
  return { name, ...rendered };
}

/** Path of a link's target in the repository. */
function inRepository(file: string, url: string): string {
  return decodeURIComponent(new URL(url, `file:///${file}`).pathname.slice(1));
}

/** Where a link of a file in the repository leads on the site; null for what is not on it. */
export function linkFrom(file: string, url: string): string | null {
  if (/^(https?:|mailto:)/.test(url)) return url;
  if (url.startsWith("#")) return url;
  const path = inRepository(file, url);
  const hash = new URL(url, `file:///${file}`).hash;
  const extra = EXTRA_PAGES[path];
  if (extra !== undefined) return `${extra}.html${hash}`;
  if (path === "README.md") return `index.html`;
  const page = /^docs\/([a-z0-9-]+)\.md$/.exec(path)?.[1];
  return page === undefined ? null : `${page}.html${hash}`;
}

/** The pictures a page shows. */
async function picturesOf(markdown: string, file: string): Promise<Pictures> {
  const urls = [...markdown.matchAll(/!\[[^\]]*\]\(([^)\s]+)\)/g)].map(([, url = ""]) => url);
  const pictures = new Map<string, Uint8Array | null>();
  for (const url of urls) {
    const path = inRepository(file, url);
    pictures.set(path, await bytesOrNull(`${ROOT}/${path}`));
  }
  return pictures;
}

async function bytesOrNull(path: string): Promise<Uint8Array | null> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Diagrams become part of the page, so that they take its colours; other pictures are files. */
function imageMarkup(
  path: string,
  alt: string,
  pictures: Pictures,
  images: Map<string, Uint8Array>,
): string {
  const bytes = pictures.get(path) ?? null;
  const label = escapeHtml(alt);
  const name = path.slice(path.lastIndexOf("/") + 1);
  // One that is missing is found by the check of links.
  if (bytes === null || !path.startsWith("docs/diagrams/")) {
    if (bytes !== null) images.set(name, bytes);
    return `<img src="${escapeHtml(name)}" alt="${label}" loading="lazy">`;
  }
  const svg = new TextDecoder().decode(bytes);
  if (/<script|\son\w+=|href=|<foreignObject/i.test(svg)) {
    throw new ScriptError(`"${path}" holds more than a drawing`);
  }
  const drawing = svg.replace(/^[\s\S]*?<svg /, `<svg role="img" aria-label="${label}" `).trim();
  return `<span class="diagram" tabindex="0">${drawing}</span>`;
}

/** What the search looks through: a script, since a page opened from a disk may not fetch. */
function searchIndex(pages: readonly SitePage[]): string {
  const rows = pages.flatMap(({ name, title, sections }) =>
    sections.map((section) => [
      `${name}.html${section.id === "" ? "" : `#${section.id}`}`,
      title,
      section.title,
      section.text.trim(),
    ])
  );
  return `globalThis.kasSearch = ${JSON.stringify(rows)};\n`;
}

async function style(): Promise<string> {
  const tokens = await Deno.readTextFile(`${ROOT}/web/admin/styles/tokens.css`);
  return minifyCss(`${tokens}\n${await Deno.readTextFile(`${ASSETS}/site.css`)}`);
}

/** Writes the site into a folder, in place of what is there. */
export async function writeSite(files: SiteFiles, folder: string): Promise<void> {
  await removeIfThere(folder);
  await Deno.mkdir(folder, { recursive: true });
  const encoder = new TextEncoder();
  for (const [path, content] of files) {
    const bytes = typeof content === "string" ? encoder.encode(content) : content;
    await Deno.writeFile(`${folder}/${path}`, bytes);
  }
}
