import { VERSION } from "../../lib/version.ts";
import type { Chapter } from "./pages.ts";
import { escapeHtml } from "./render.ts";
import type { SitePage } from "./site.ts";

const TAGLINE = "kas runs a team of AI coding agents on a git repository.";

/** A page in the frame of the site. */
export function layout(
  page: SitePage,
  pages: readonly SitePage[],
  chapters: readonly Chapter[],
): string {
  const about = chapters.flatMap((chapter) => chapter.pages)
    .find(({ name }) => name === page.name)?.about ?? page.title;
  return document(
    { title: `${page.title} · kas`, about, name: page.name, chapters, pages },
    `<article class="page">\n${page.html}\n${neighbours(page, pages, chapters)}</article>\n${
      contents(page)
    }`,
  );
}

/** The front page: what this is, how to begin, and all pages. */
export function frontPage(pages: readonly SitePage[], chapters: readonly Chapter[]): string {
  const cards = chapters.map(({ title, pages: entries }) => {
    const links = entries.map(({ name, about }) =>
      `<li><a href="${name}.html"><strong>${escapeHtml(titleOf(name, pages))}</strong><span>${
        escapeHtml(about)
      }</span></a></li>`
    );
    return `<section><h2>${escapeHtml(title)}</h2><ul class="cards">${
      links.join("")
    }</ul></section>`;
  });
  const body = `<article class="page front">
<h1>${escapeHtml(TAGLINE)}</h1>
<p class="lead">You write down what you want. One agent plans it, others build it side by side, another reviews it, and one more verifies the result. Each is an ordinary agent program in a terminal and a git worktree of its own. What comes out is a branch that is ready to merge, and it is merged when you say so.</p>
<pre data-language="sh" tabindex="0"><code>kas setup
kas task create add-login --description 'Let people log in with a password'
kas task start add-login
kas status</code></pre>
<p><a class="button" href="getting-started.html">Start here</a></p>
<img src="demo.svg" alt="One task in kas demo: planned, built in two waves, reviewed, fixed, verified and merged">
${cards.join("\n")}
</article>`;
  return document({ title: "kas", about: TAGLINE, name: "index", chapters, pages }, body);
}

interface Frame {
  readonly title: string;
  readonly about: string;
  /** Of the page's file. */
  readonly name: string;
  readonly chapters: readonly Chapter[];
  readonly pages: readonly SitePage[];
}

function document({ title, about, name, chapters, pages }: Frame, body: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<meta name="description" content="${escapeHtml(about)}">
<link rel="icon" href="favicon.svg">
<link rel="stylesheet" href="style.css">
<script src="theme.js"></script>
<script src="site.js" defer></script>
</head>
<body>
<a class="skip" href="#site-content">Skip to the text</a>
<header class="top">
<a class="brand" href="index.html">kas</a>
<div class="search">
<input id="site-search" type="search" placeholder="Search" aria-label="Search the documentation" autocomplete="off" spellcheck="false" role="combobox" aria-expanded="false" aria-controls="site-results" aria-autocomplete="list">
<ul id="site-results" role="listbox" aria-label="Results" hidden></ul>
</div>
<button id="site-theme" type="button" class="needs-script">Theme</button>
<button id="site-menu" type="button" class="needs-script" aria-expanded="false" aria-controls="site-pages">Pages</button>
</header>
<div class="columns">
<nav id="site-pages" class="side" aria-label="Pages">
${navigation(name, pages, chapters)}
</nav>
<main id="site-content" tabindex="-1">
${body}
</main>
</div>
<footer class="foot">kas ${
    escapeHtml(VERSION)
  }. This page is made from the documentation of that version.</footer>
</body>
</html>
`;
}

function titleOf(name: string, pages: readonly SitePage[]): string {
  return pages.find((page) => page.name === name)?.title ?? name;
}

function navigation(
  current: string,
  pages: readonly SitePage[],
  chapters: readonly Chapter[],
): string {
  return chapters.map(({ title, pages: entries }) => {
    const items = entries.map(({ name }) => {
      const here = name === current ? ' aria-current="page"' : "";
      return `<li><a href="${name}.html"${here}>${escapeHtml(titleOf(name, pages))}</a></li>`;
    });
    return `<p class="chapter">${escapeHtml(title)}</p><ul>${items.join("")}</ul>`;
  }).join("\n");
}

/** What stands on the page: two levels of headings. */
function contents({ headings }: SitePage): string {
  const shown = headings.filter(({ level }) => level <= 3);
  if (shown.length < 3) return "";
  const items = shown.map(({ level, id, text }) =>
    `<li class="level-${level}"><a href="#${escapeHtml(id)}">${escapeHtml(text)}</a></li>`
  );
  return `<nav class="contents" aria-label="On this page"><p class="chapter">On this page</p><ul>${
    items.join("")
  }</ul></nav>`;
}

function neighbours(
  { name }: SitePage,
  pages: readonly SitePage[],
  chapters: readonly Chapter[],
): string {
  const order = chapters.flatMap((chapter) => chapter.pages.map((page) => page.name));
  const at = order.indexOf(name);
  if (at < 0) return "";
  const link = (other: string | undefined, relation: string, word: string): string =>
    other === undefined
      ? "<span></span>"
      : `<a rel="${relation}" href="${other}.html"><span>${word}</span>${
        escapeHtml(titleOf(other, pages))
      }</a>`;
  const before = at === 0 ? undefined : order[at - 1];
  return `<nav class="neighbours" aria-label="Before and after">${link(before, "prev", "Before")}${
    link(order[at + 1], "next", "Next")
  }</nav>\n`;
}
