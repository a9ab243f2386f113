import type { SiteFiles } from "./site.ts";

/** Elements without an end. @see https://html.spec.whatwg.org/multipage/syntax.html#void-elements */
const VOID = new Set(["meta", "link", "br", "hr", "img", "input"]);

const TAG = /<!DOCTYPE html>|<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+(?:="[^"]*")?)*)\s*(\/?)>/g;
const ATTRIBUTE = /([\w:-]+)(?:="([^"]*)")?/g;

interface Tag {
  readonly name: string;
  readonly isEnd: boolean;
  readonly isEmpty: boolean;
  readonly attributes: ReadonlyMap<string, string>;
}

/** What is wrong with the site: links that lead nowhere, things from outside, broken HTML. */
export function checkSite(files: SiteFiles): string[] {
  const texts = [...files].flatMap(([path, text]): [string, string][] =>
    typeof text === "string" ? [[path, text]] : []
  );
  const pages = texts.filter(([path]) => path.endsWith(".html"));
  const parsed = new Map(pages.map(([path, html]) => [path, tagsOf(html)]));
  const anchors = new Map([...parsed].map(([path, tags]) => [path, idsOf(tags)]));
  return [
    ...pages.flatMap(([path, html]) => strays(html).map((what) => `${path}: ${what}`)),
    ...[...parsed].flatMap(([path, tags]) =>
      [
        ...nesting(tags),
        ...repeated(tags),
        ...outside(tags),
        ...deadLinks(path, tags, files, anchors),
      ].map((what) => `${path}: ${what}`)
    ),
    ...texts.filter(([path]) => path.endsWith(".css"))
      .flatMap(([path, css]) => /url\(|@import/.test(css) ? [`${path}: loads another file`] : []),
  ];
}

function tagsOf(html: string): Tag[] {
  return [...html.matchAll(TAG)].filter(([, , name]) => name !== undefined)
    .map(([, slash, name = "", attributes = "", empty]) => ({
      name,
      isEnd: slash === "/",
      isEmpty: empty === "/" || VOID.has(name),
      attributes: new Map(
        [...attributes.matchAll(ATTRIBUTE)].map(([, key = "", value = ""]) => [key, decode(value)]),
      ),
    }));
}

function decode(text: string): string {
  return text.replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/** Signs that are neither markup nor escaped. */
function strays(html: string): string[] {
  const text = html.replaceAll(TAG, "");
  const found = [...text.matchAll(/[<>]|&(?!(amp|lt|gt|quot|#39);)/g)];
  return found.slice(0, 3).map(({ index }) =>
    `stray markup near "${text.slice(Math.max(0, index - 20), index + 20).trim()}"`
  );
}

function nesting(tags: readonly Tag[]): string[] {
  const open: string[] = [];
  for (const { name, isEnd, isEmpty } of tags) {
    if (isEnd) {
      const last = open.pop();
      if (last !== name) return [`</${name}> ends <${last ?? "nothing"}>`];
    } else if (!isEmpty) open.push(name);
  }
  return open.length === 0 ? [] : [`<${open.join("><")}> is not ended`];
}

function idsOf(tags: readonly Tag[]): ReadonlySet<string> {
  return new Set(tags.flatMap(({ attributes }) => attributes.get("id") ?? []));
}

function repeated(tags: readonly Tag[]): string[] {
  const seen = new Set<string>();
  return tags.flatMap(({ attributes }) => {
    const id = attributes.get("id");
    if (id === undefined) return [];
    if (seen.has(id)) return [`two elements have the id "${id}"`];
    seen.add(id);
    return [];
  });
}

/** Anything a browser would fetch from elsewhere. */
function outside(tags: readonly Tag[]): string[] {
  return tags.flatMap(({ name, attributes }) => {
    const url = attributes.get("src") ?? (name === "link" ? attributes.get("href") : undefined);
    return url !== undefined && /^([a-z]+:|\/)/i.test(url) ? [`loads ${url}`] : [];
  });
}

function deadLinks(
  path: string,
  tags: readonly Tag[],
  files: SiteFiles,
  anchors: ReadonlyMap<string, ReadonlySet<string>>,
): string[] {
  return tags.flatMap(({ attributes }) => {
    const url = attributes.get("href") ?? attributes.get("src");
    if (url === undefined || /^(https?:|mailto:)/.test(url)) return [];
    const [file = "", hash] = url.split("#");
    const target = file === "" ? path : file;
    if (!files.has(target)) return [`the link "${url}" leads nowhere`];
    if (hash === undefined) return [];
    return anchors.get(target)?.has(decodeURIComponent(hash)) === true
      ? []
      : [`the link "${url}" names no heading`];
  });
}
