import { ROOT, ScriptError } from "../run.ts";
import { removeIfThere } from "../bundle.ts";
import { minifyCss } from "../build_admin.ts";
import { CHAPTERS, EXTRA_PAGES, placedPages } from "./pages.ts";
import { DOCS, pageNames } from "./references.ts";
import { escapeHtml, type Rendered, renderMarkdown } from "./render.ts";
import { frontPage, layout } from "./layout.ts";

/** Files of the site by their path in it. */
export type SiteFiles = ReadonlyMap<string, string>;

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
  const files = new Map<string, string>();
  const images = new Map<string, string>();
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
  for (const [path, text] of images) files.set(path, text);
  return files;
}

async function pageOf(
  file: string,
  name: string,
  images: Map<string, string>,
): Promise<SitePage> {
  const markdown = await Deno.readTextFile(`${ROOT}/${file}`);
  const svgs = await svgsOf(markdown, file);
  const rendered = renderMarkdown(markdown, {
    link: (url) => linkFrom(file, url),
    image: (url, alt) => imageMarkup(inRepository(file, url), alt, svgs, images),
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

/** The pictures a page shows, by their path in the repository. */
async function svgsOf(markdown: string, file: string): Promise<ReadonlyMap<string, string>> {
  const urls = [...markdown.matchAll(/!\[[^\]]*\]\(([^)\s]+)\)/g)].map(([, url = ""]) => url);
  const svgs = new Map<string, string>();
  for (const url of urls) {
    const path = inRepository(file, url);
    svgs.set(path, await Deno.readTextFile(`${ROOT}/${path}`));
  }
  return svgs;
}

/** Diagrams become part of the page, so that they take its colours; other pictures are files. */
function imageMarkup(
  path: string,
  alt: string,
  svgs: ReadonlyMap<string, string>,
  images: Map<string, string>,
): string {
  const svg = svgs.get(path);
  if (svg === undefined || !path.endsWith(".svg")) {
    throw new ScriptError(`The site has no picture "${path}"`);
  }
  const label = escapeHtml(alt);
  if (!path.startsWith("docs/diagrams/")) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    images.set(name, svg);
    return `<img src="${escapeHtml(name)}" alt="${label}" loading="lazy">`;
  }
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
  for (const [path, text] of files) await Deno.writeTextFile(`${folder}/${path}`, text);
}
