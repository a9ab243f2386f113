import type { Inline } from "./markdown.ts";

/** Running text of Markdown: emphasis, code, links. Pure. */

/** Nested emphasis and links beyond this are text. */
const DEPTH = 8;
/** Longer text is not searched for marks: a hostile line must not take quadratic time. */
const LONGEST = 20_000;
const PLAIN = /[^\\`*_~[\]!<h\n]+|h(?!ttps?:\/\/)/y;
const AUTOLINK = /<((?:https?:\/\/|mailto:)[^\s<>]{1,2000})>/y;
const BARE = /https?:\/\/[^\s<>"'`]{1,2000}/y;
const LINK =
  /!?\[((?:[^[\]\\]|\\.|\[[^[\]]{0,200}\]){0,1000})\]\(\s{0,5}<?([^\s<>()]*(?:\([^\s()]*\)[^\s<>()]*)*)>?(?:\s+"[^"]{0,500}")?\s{0,5}\)/y;

/** An address a person may be sent to; null for every other one, such as javascript: or data:. */
export function safeHref(address: string): string | null {
  return /^(https?:\/\/[^\s]+|mailto:[^\s]+@[^\s]+)$/i.test(address) ? address : null;
}

/** Reads running text. */
export function parseInline(text: string, depth = 0): readonly Inline[] {
  if (text.length > LONGEST || depth > DEPTH) {
    return text === "" ? [] : [{ kind: "text", text }];
  }
  const out: Inline[] = [];
  let at = 0;
  while (at < text.length) {
    const found = readAt(text, at, depth);
    const last = out.at(-1);
    if (found.node.kind === "text" && last?.kind === "text") {
      out[out.length - 1] = { kind: "text", text: last.text + found.node.text };
    } else if (found.node.kind !== "text" || found.node.text !== "") {
      out.push(found.node);
    }
    at = found.end;
  }
  return out;
}

interface Found {
  readonly node: Inline;
  readonly end: number;
}

function stick(
  pattern: RegExp,
  text: string,
  at: number,
): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function literal(text: string, end: number): Found {
  return { node: { kind: "text", text }, end };
}

function readAt(text: string, at: number, depth: number): Found {
  const plain = stick(PLAIN, text, at);
  if (plain !== null) return literal(plain[0], at + plain[0].length);
  const mark = text[at] ?? "";
  switch (mark) {
    case "\\": {
      const next = text[at + 1] ?? "";
      if (next === "\n") return { node: { kind: "break" }, end: at + 2 };
      return /[!-/:-@[-`{-~]/.test(next) ? literal(next, at + 2) : literal("\\", at + 1);
    }
    case "\n":
      // Fields such as "**Goal:** …" are written one a line, and are meant so.
      return text.slice(0, at).endsWith("  ") || text.startsWith("**", at + 1)
        ? { node: { kind: "break" }, end: at + 1 }
        : literal(" ", at + 1);
    case "`":
      return readCode(text, at);
    case "*":
    case "_":
    case "~":
      return readEmphasis(text, at, mark, depth);
    case "[":
    case "!":
      return readLink(text, at, depth);
    case "<":
    case "h":
      return readAddress(text, at);
  }
  return literal(mark, at + 1);
}

function readCode(text: string, at: number): Found {
  const fence = /`+/y;
  const marks = stick(fence, text, at)?.[0] ?? "`";
  let end = text.indexOf(marks, at + marks.length);
  while (end >= 0 && text[end + marks.length] === "`") {
    const run = stick(fence, text, end)?.[0] ?? "`";
    end = text.indexOf(marks, end + run.length);
  }
  if (end < 0) return literal(marks, at + marks.length);
  const body = text.slice(at + marks.length, end).replaceAll("\n", " ");
  const trimmed = /^ .*[^ ].* $/.test(body) ? body.slice(1, -1) : body;
  return { node: { kind: "code", text: trimmed }, end: end + marks.length };
}

function readEmphasis(
  text: string,
  at: number,
  mark: string,
  depth: number,
): Found {
  const double = text[at + 1] === mark;
  const marks = double ? mark + mark : mark;
  const refuse = literal(marks, at + marks.length);
  const start = at + marks.length;
  if (mark === "~" && !double) return refuse;
  if (/^\s?$/.test(text[start] ?? "")) return refuse;
  if (mark === "_" && /\w/.test(text[at - 1] ?? "")) return refuse;
  let end = text.indexOf(marks, start + 1);
  while (end >= 0) {
    const closes = !/\s/.test(text[end - 1] ?? " ") && text[end - 1] !== "\\" &&
      (mark !== "_" || !/\w/.test(text[end + marks.length] ?? "")) &&
      (double || (text[end + 1] !== mark && text[end - 1] !== mark));
    if (closes) break;
    end = text.indexOf(
      marks,
      end + (text[end + 1] === mark && !double ? 2 : 1),
    );
  }
  if (end < 0) return refuse;
  const children = parseInline(text.slice(start, end), depth + 1);
  const kind = mark === "~" ? "del" : double ? "strong" : "em";
  return { node: { kind, children }, end: end + marks.length };
}

function readLink(text: string, at: number, depth: number): Found {
  const found = stick(LINK, text, at);
  if (found === null) return literal(text[at] ?? "", at + 1);
  const [whole, label = "", address = ""] = found;
  const href = safeHref(address);
  const end = at + whole.length;
  // An address that is not followed is shown, so that nobody is misled by the label.
  if (href === null) {
    return literal(address === "" ? label : `${label} (${address})`, end);
  }
  return {
    node: { kind: "link", href, children: parseInline(label, depth + 1) },
    end,
  };
}

function readAddress(text: string, at: number): Found {
  const angle = stick(AUTOLINK, text, at);
  if (angle !== null) {
    const href = angle[1] ?? "";
    const children: readonly Inline[] = [{ kind: "text", text: href }];
    return {
      node: { kind: "link", href, children },
      end: at + angle[0].length,
    };
  }
  const bare = stick(BARE, text, at);
  if (bare === null) return literal(text[at] ?? "", at + 1);
  const href = bare[0].replace(/[.,;:!?)\]]+$/, "");
  const children: readonly Inline[] = [{ kind: "text", text: href }];
  return { node: { kind: "link", href, children }, end: at + href.length };
}
