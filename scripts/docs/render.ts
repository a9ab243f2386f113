import type { AlignType, Nodes, PhrasingContent, RootContent, Table } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { toString } from "mdast-util-to-string";
import { gfm } from "micromark-extension-gfm";
import { ScriptError } from "../run.ts";
import { slug } from "./cli_reference.ts";

/** A heading of a page. */
export interface Heading {
  readonly level: number;
  readonly id: string;
  readonly text: string;
}

/** A part of a page below one heading, for the search. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

/** A page as HTML. */
export interface Rendered {
  readonly title: string;
  readonly html: string;
  /** Without the title. */
  readonly headings: readonly Heading[];
  readonly sections: readonly Section[];
}

export interface RenderOptions {
  /** The address of a link as the site has it; null takes the link away and leaves its text. */
  link(url: string): string | null;
  /** Markup of an image of our own: its SVG, or an element that loads it. @throws for any other */
  image(url: string, alt: string): string;
}

/** Text as it may stand in HTML, also in an attribute. */
export function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;").replaceAll("'", "&#39;");
}

/**
 * Markdown to HTML. HTML in the markdown is refused, comments are left out, text is escaped.
 * @param file for messages
 * @throws ScriptError for markup that the site does not have
 */
export function renderMarkdown(
  file: string,
  markdown: string,
  options: RenderOptions,
): Rendered {
  const tree = fromMarkdown(markdown, {
    extensions: [gfm()],
    mdastExtensions: [gfmFromMarkdown()],
  });
  const writer = new Writer(file, options);
  const html = tree.children.map((node) => writer.block(node)).filter((part) => part !== "")
    .join("\n");
  return { title: writer.title, html, headings: writer.headings, sections: writer.sections };
}

class Writer {
  title = "";
  readonly headings: Heading[] = [];
  readonly sections: { id: string; title: string; text: string }[] = [];
  readonly #ids = new Map<string, number>();

  constructor(private readonly file: string, private readonly options: RenderOptions) {}

  block(node: RootContent): string {
    switch (node.type) {
      case "heading":
        return this.#heading(node.depth, toString(node), this.#inline(node.children));
      case "paragraph":
        this.#index(toString(node));
        return `<p>${this.#inline(node.children)}</p>`;
      case "code":
        this.#index(node.value);
        return codeBlock(node.lang ?? "", node.value);
      case "blockquote":
        return `<blockquote>${this.#blocks(node.children)}</blockquote>`;
      case "list": {
        const tag = node.ordered === true ? "ol" : "ul";
        const start = node.ordered === true && (node.start ?? 1) !== 1
          ? ` start="${node.start}"`
          : "";
        const items = node.children.map((item) => `<li>${this.#item(item.children)}</li>`);
        return `<${tag}${start}>${items.join("")}</${tag}>`;
      }
      case "table":
        return this.#table(node);
      case "thematicBreak":
        return "<hr>";
      case "html":
        if (/^<!--[\s\S]*-->$/.test(node.value)) return "";
        throw this.#unknown(node);
      default:
        throw this.#unknown(node);
    }
  }

  #blocks(nodes: readonly RootContent[]): string {
    return nodes.map((node) => this.block(node)).join("\n");
  }

  /** The content of a list item; a lone paragraph needs no element of its own. */
  #item(nodes: readonly RootContent[]): string {
    const [first, ...rest] = nodes;
    if (first?.type !== "paragraph") return this.#blocks(nodes);
    this.#index(toString(first));
    const tail = rest.length === 0 ? "" : `\n${this.#blocks(rest)}`;
    return `${this.#inline(first.children)}${tail}`;
  }

  #heading(level: number, text: string, html: string): string {
    if (level === 1) {
      if (this.title !== "") throw new ScriptError(`A page has two titles: "${text}"`);
      this.title = text;
      this.sections.push({ id: "", title: text, text: "" });
      return `<h1>${html}</h1>`;
    }
    const id = this.#id(text);
    this.headings.push({ level, id, text });
    this.sections.push({ id, title: text, text: "" });
    const label = escapeHtml(`Link to “${text}”`);
    return `<h${level} id="${escapeHtml(id)}">${html} <a class="anchor" href="#${
      escapeHtml(id)
    }" aria-label="${label}">#</a></h${level}>`;
  }

  /** The anchor of a heading; a second one of the same text gets a number. */
  #id(text: string): string {
    const base = slug(text);
    const seen = this.#ids.get(base) ?? 0;
    this.#ids.set(base, seen + 1);
    return seen === 0 ? base : `${base}-${seen}`;
  }

  #index(text: string): void {
    const last = this.sections.at(-1);
    if (last !== undefined) last.text += `${text.replaceAll(/\s+/g, " ")} `;
  }

  #table({ align, children }: Table): string {
    const [head, ...body] = children;
    const row = (tag: string, cells: Table["children"][number]["children"]): string =>
      `<tr>${
        cells.map((cell, index) => {
          this.#index(toString(cell));
          return `<${tag}${alignment(align?.[index])}>${this.#inline(cell.children)}</${tag}>`;
        }).join("")
      }</tr>`;
    const top = head === undefined ? "" : `<thead>${row("th", head.children)}</thead>`;
    const rows = body.map((one) => row("td", one.children)).join("\n");
    // a wide table scrolls by itself, also by keyboard
    return `<div class="scroll" tabindex="0" role="group" aria-label="Table"><table>${top}<tbody>${rows}</tbody></table></div>`;
  }

  #unknown(node: Nodes): ScriptError {
    const line = node.position?.start.line ?? 0;
    return new ScriptError(`${this.file}:${line}: the site has no "${node.type}"`);
  }

  #inline(nodes: readonly PhrasingContent[]): string {
    return nodes.map((node) => this.#phrase(node)).join("");
  }

  #phrase(node: PhrasingContent): string {
    switch (node.type) {
      case "text":
        return escapeHtml(node.value);
      case "inlineCode":
        return `<code>${escapeHtml(node.value)}</code>`;
      case "strong":
        return `<strong>${this.#inline(node.children)}</strong>`;
      case "emphasis":
        return `<em>${this.#inline(node.children)}</em>`;
      case "delete":
        return `<del>${this.#inline(node.children)}</del>`;
      case "break":
        return "<br>";
      case "html":
        if (/^(<\/?(kbd|code)>|<!--[\s\S]*-->)$/.test(node.value)) {
          return node.value.startsWith("<!") ? "" : node.value;
        }
        throw this.#unknown(node);
      case "image":
        return this.options.image(node.url, node.alt ?? "");
      case "link": {
        const inner = this.#inline(node.children);
        const url = this.options.link(node.url);
        return url === null ? inner : `<a href="${escapeHtml(url)}">${inner}</a>`;
      }
      default:
        throw this.#unknown(node);
    }
  }
}

function alignment(align: AlignType | undefined): string {
  return align === null || align === undefined ? "" : ` class="${align}"`;
}

/** Code with its language; comments of shell lines are set apart. */
function codeBlock(language: string, text: string): string {
  const lines = language === "sh" ? text.split("\n").map(shellLine) : [escapeHtml(text)];
  const kind = language === "" ? "" : ` data-language="${escapeHtml(language)}"`;
  return `<pre${kind} tabindex="0"><code>${lines.join("\n")}</code></pre>`;
}

function shellLine(line: string): string {
  const at = /(^|\s)#\s/.exec(line);
  if (at === null) return escapeHtml(line);
  const from = at.index + (at[1] ?? "").length;
  return `${escapeHtml(line.slice(0, from))}<span class="comment">${
    escapeHtml(line.slice(from))
  }</span>`;
}
