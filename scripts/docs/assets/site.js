/** Search, theme and menu of the documentation. Everything else works without it. */

const LIMIT = 12;
const input = document.getElementById("site-search");
const list = document.getElementById("site-results");
const menu = document.getElementById("site-menu");
const theme = document.getElementById("site-theme");

let rows = null;
let loading = null;
let active = -1;

/** The index comes with the first key, not with the page. */
function load() {
  return loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "search.js";
    script.onload = () => {
      rows = globalThis.kasSearch.map(([url, page, title, text]) => ({
        url,
        page,
        title,
        text,
        lower: text.toLowerCase(),
        head: `${title} ${page}`.toLowerCase(),
      }));
      resolve();
    };
    script.onerror = reject;
    document.head.append(script);
  });
}

/** Every word must occur; words in headings count most. */
function find(query) {
  const words = query.toLowerCase().split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) return [];
  const scored = [];
  for (const row of rows) {
    let points = 0;
    for (const word of words) {
      const inHead = row.head.includes(word);
      const at = row.lower.indexOf(word);
      if (!inHead && at < 0) {
        points = -Infinity;
        break;
      }
      const isWord = new RegExp(`\\b${word.replace(/[^\w]/g, "\\$&")}\\b`).test(row.head);
      points += (inHead ? 20 : 0) + (isWord ? 20 : 0) + (at >= 0 ? 3 : 0);
    }
    if (words.length > 1 && row.lower.includes(words.join(" "))) points += 25;
    if (points > 0) scored.push({ row, points: points - Math.min(10, row.title.length / 8) });
  }
  scored.sort((a, b) => b.points - a.points);
  return scored.slice(0, LIMIT).map(({ row }) => ({ ...row, words }));
}

/** The text around the first word, or all words in a row, with the words marked. */
function excerpt({ text, lower, words }) {
  const phrase = lower.indexOf(words.join(" "));
  const hits = words.map((word) => lower.indexOf(word)).filter((at) => at >= 0);
  const first = phrase >= 0 ? phrase : hits.length === 0 ? 0 : Math.min(...hits);
  const wish = Math.max(0, first - 40);
  const from = wish === 0 ? 0 : text.indexOf(" ", wish) + 1;
  const end = text.indexOf(" ", from + 130);
  const part = `${from > 0 ? "… " : ""}${
    end < 0 ? text.slice(from) : `${text.slice(from, end)} …`
  }`;
  const nodes = [];
  let rest = part;
  while (rest !== "") {
    const hits = words.map((word) => [rest.toLowerCase().indexOf(word), word])
      .filter(([at]) => at >= 0).sort(([a], [b]) => a - b);
    if (hits.length === 0) break;
    const [at, word] = hits[0];
    const mark = document.createElement("mark");
    mark.textContent = rest.slice(at, at + word.length);
    nodes.push(rest.slice(0, at), mark);
    rest = rest.slice(at + word.length);
  }
  return [...nodes, rest];
}

function close() {
  list.hidden = true;
  active = -1;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}

function show(hits) {
  active = -1;
  input.removeAttribute("aria-activedescendant");
  list.replaceChildren(...hits.map((hit, index) => {
    const item = document.createElement("li");
    item.id = `result-${index}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    const link = document.createElement("a");
    link.href = hit.url;
    link.tabIndex = -1;
    const title = document.createElement("strong");
    title.textContent = hit.title === hit.page ? hit.page : `${hit.page}: ${hit.title}`;
    const text = document.createElement("span");
    text.append(...excerpt(hit));
    link.append(title, text);
    item.append(link);
    return item;
  }));
  if (hits.length === 0) {
    const none = document.createElement("li");
    none.className = "none";
    none.textContent = "Nothing has all these words";
    list.append(none);
  }
  list.hidden = false;
  input.setAttribute("aria-expanded", "true");
}

function choose(step) {
  const items = [...list.querySelectorAll('[role="option"]')];
  if (items.length === 0) return;
  items[active]?.setAttribute("aria-selected", "false");
  active = (active + step + items.length) % items.length;
  const item = items[active];
  item.setAttribute("aria-selected", "true");
  item.scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", item.id);
}

input.addEventListener("focus", () => load());
input.addEventListener("input", async () => {
  await load();
  if (input.value.trim() === "") close();
  else show(find(input.value));
});
input.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    close();
    input.blur();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (list.hidden) return;
    event.preventDefault();
    choose(event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Enter") {
    const item = list.querySelectorAll('[role="option"]')[Math.max(0, active)];
    if (!list.hidden && item !== undefined) {
      const { href } = item.querySelector("a");
      close();
      location.href = href;
    }
  }
});
document.addEventListener("keydown", (event) => {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target?.tagName ?? "");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  input.focus();
});
document.addEventListener("click", (event) => {
  if (!event.target.closest(".search")) close();
});

function setMenu(isOpen) {
  document.documentElement.classList.toggle("menu-open", isOpen);
  menu.setAttribute("aria-expanded", String(isOpen));
}
menu.addEventListener("click", () => setMenu(menu.getAttribute("aria-expanded") !== "true"));

const THEMES = ["system", "light", "dark"];
function currentTheme() {
  return document.documentElement.dataset.theme ?? "system";
}
function labelTheme() {
  theme.textContent = { system: "Auto", light: "Light", dark: "Dark" }[currentTheme()];
  theme.setAttribute("aria-label", `${theme.textContent} colours`);
}
theme.addEventListener("click", () => {
  const next = THEMES[(THEMES.indexOf(currentTheme()) + 1) % THEMES.length];
  if (next === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  try {
    if (next === "system") localStorage.removeItem("kas-theme");
    else localStorage.setItem("kas-theme", next);
  } catch (error) {
    // No storage: it holds for this page.
    if (!(error instanceof DOMException)) throw error;
  }
  labelTheme();
});
labelTheme();

/** Marks in the list of headings where the reader is. */
const links = new Map(
  [...document.querySelectorAll(".contents a")].map((link) => [link.hash.slice(1), link]),
);
if (links.size > 0) {
  const headings = [...document.querySelectorAll("article [id]")]
    .filter(({ id }) => links.has(encodeURIComponent(id)) || links.has(id));
  let marked = null;
  const mark = () => {
    const here = headings.filter((heading) => heading.getBoundingClientRect().top < 120).at(-1);
    const link = here === undefined
      ? null
      : links.get(here.id) ?? links.get(encodeURIComponent(here.id));
    if (link === marked) return;
    marked?.removeAttribute("aria-current");
    marked = link ?? null;
    marked?.setAttribute("aria-current", "true");
  };
  addEventListener("scroll", mark, { passive: true });
  mark();
}
