/**
 * Changing one place of a JSON text and leaving every other character as it is. Comments and trailing
 * commas are understood, as the settings of some programs have them.
 * @see https://www.rfc-editor.org/rfc/rfc8259
 */

/** Deepest nesting that is read. */
const MAX_DEPTH = 64;

/** A value with its place in the text. */
export interface JsonNode {
  readonly start: number;
  readonly end: number;
  readonly value: unknown;
  /** Of an object: its members in order. Null for anything else. */
  readonly members: readonly JsonMember[] | null;
}

/** A key and its value. */
export interface JsonMember {
  readonly key: string;
  /** Where the key begins. */
  readonly start: number;
  readonly node: JsonNode;
}

/** A text that is no JSON, and where. */
export class JsonProblem extends Error {
  constructor(message: string, readonly line: number, readonly column: number) {
    super(message);
  }
}

/**
 * Parses a text.
 * @param comments whether comments and trailing commas are legal
 * @throws JsonProblem
 */
export function parseJsonc(text: string, comments: boolean): JsonNode {
  const scanner = new Scanner(text, comments);
  const node = scanner.document();
  return node;
}

class Scanner {
  #at = 0;

  constructor(readonly text: string, readonly comments: boolean) {
    if (text.startsWith("\ufeff")) this.#at = 1;
  }

  document(): JsonNode {
    this.#blank();
    const node = this.#value(0);
    this.#blank();
    if (this.#at < this.text.length) this.#fail("more text follows the value");
    return node;
  }

  #fail(message: string): never {
    const before = this.text.slice(0, this.#at);
    const line = before.split("\n").length;
    throw new JsonProblem(message, line, this.#at - before.lastIndexOf("\n"));
  }

  #blank(): void {
    for (;;) {
      const char = this.text[this.#at];
      if (char !== undefined && " \t\r\n".includes(char)) this.#at++;
      else if (this.comments && char === "/") this.#comment();
      else return;
    }
  }

  #comment(): void {
    const kind = this.text.slice(this.#at, this.#at + 2);
    const end = kind === "//"
      ? this.text.indexOf("\n", this.#at)
      : kind === "/*"
      ? this.text.indexOf("*/", this.#at + 2) + 2
      : this.#fail("a value is missing here");
    if (kind === "/*" && end === 1) this.#fail("the comment has no end");
    this.#at = end < 0 ? this.text.length : end;
  }

  #value(depth: number): JsonNode {
    if (depth > MAX_DEPTH) this.#fail(`values nest deeper than ${MAX_DEPTH}`);
    const start = this.#at;
    const char = this.text[start];
    if (char === "{") return this.#object(depth);
    const value = char === "["
      ? this.#array(depth)
      : char === '"'
      ? this.#string()
      : this.#literal();
    return { start, end: this.#at, value, members: null };
  }

  #object(depth: number): JsonNode {
    const start = this.#at++;
    const members: JsonMember[] = [];
    this.#items("}", () => {
      const at = this.#at;
      if (this.text[at] !== '"') this.#fail("a key in double quotes is missing here");
      const key = this.#string();
      this.#blank();
      if (this.text[this.#at] !== ":") this.#fail('a ":" is missing here');
      this.#at++;
      this.#blank();
      members.push({ key, start: at, node: this.#value(depth + 1) });
    });
    const value = Object.fromEntries(members.map(({ key, node }) => [key, node.value]));
    return { start, end: this.#at, value, members };
  }

  #array(depth: number): unknown[] {
    const values: unknown[] = [];
    this.#at++;
    this.#items("]", () => void values.push(this.#value(depth + 1).value));
    return values;
  }

  #items(close: string, item: () => void): void {
    this.#blank();
    for (let isFirst = true;; isFirst = false) {
      if (this.text[this.#at] === close && (isFirst || this.comments)) break;
      item();
      this.#blank();
      if (this.text[this.#at] === close) break;
      if (this.text[this.#at] !== ",") this.#fail(`a "," or "${close}" is missing here`);
      this.#at++;
      this.#blank();
    }
    this.#at++;
  }

  #string(): string {
    const start = this.#at++;
    for (;;) {
      const char = this.text[this.#at];
      if (char === undefined || char === "\n") this.#fail("the string has no end");
      this.#at++;
      if (char === "\\") this.#at++;
      else if (char === '"') break;
    }
    return this.#parsed(start, "this is no JSON string");
  }

  #literal(): unknown {
    const start = this.#at;
    const match = /^(?:true|false|null|-?\d[\d.eE+-]*)/.exec(this.text.slice(start, start + 64));
    if (match === null) {
      this.#fail(start < this.text.length ? "a value is missing here" : "the text ends here");
    }
    this.#at += match[0].length;
    return this.#parsed(start, "this is no JSON value");
  }

  #parsed<T>(start: number, problem: string): T {
    try {
      return JSON.parse(this.text.slice(start, this.#at));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.#at = start;
      return this.#fail(problem);
    }
  }
}

/**
 * The text with a value at a path; objects on the way are made.
 * @param root {@link parseJsonc} of the text; an object
 * @returns null when something on the way is no object
 */
export function setJson(
  text: string,
  root: JsonNode,
  path: readonly string[],
  value: unknown,
): string | null {
  let node = root;
  for (const [i, key] of path.entries()) {
    if (node.members === null) return null;
    const member = node.members.findLast((one) => one.key === key);
    if (member === undefined) {
      const rest = path.slice(i + 1).reduceRight(
        (inner: unknown, name) => ({ [name]: inner }),
        value,
      );
      return insert(text, node, key, rest, root);
    }
    node = member.node;
  }
  const written = JSON.stringify(value, null, unitOf(text, root));
  return text.slice(0, node.start) + placed(text, written, indentAt(text, node.start)) +
    text.slice(node.end);
}

/** Puts a new member at the end of an object. */
function insert(
  text: string,
  object: JsonNode,
  key: string,
  value: unknown,
  root: JsonNode,
): string {
  const unit = unitOf(text, root);
  const members = object.members ?? [];
  const last = members.at(-1);
  const isInline = last !== undefined && !text.slice(object.start, last.start).includes("\n");
  const written = `${JSON.stringify(key)}: ${JSON.stringify(value, null, isInline ? 0 : unit)}`;
  if (last === undefined) return fill(text, object, written, unit);
  if (isInline) return `${text.slice(0, last.node.end)}, ${written}${text.slice(last.node.end)}`;
  const indent = indentAt(text, last.start);
  const rest = text.slice(last.node.end);
  // a comma and a comment that follow the last value stay with it
  const tail = /^[ \t]*(,?)[ \t]*(?:\/\/[^\r\n]*|\/\*[^\r\n]*?\*\/[ \t]*)?(?=\r?\n)/.exec(rest);
  const kept = tail?.[0] ?? "";
  const comma = tail?.[1] === "," ? "" : ",";
  const trailing = tail?.[1] === "," ? "," : "";
  const line = `${newline(text)}${indent}${placed(text, written, indent)}${trailing}`;
  return text.slice(0, last.node.end) + comma + kept + line + rest.slice(kept.length);
}

/** The first member of an object; comments in it stay above. */
function fill(text: string, object: JsonNode, written: string, unit: string): string {
  const outer = indentAt(text, object.start);
  const inner = text.slice(object.start + 1, object.end - 1).trimEnd();
  const line = newline(text);
  return `${text.slice(0, object.start)}{${inner}${line}${outer}${unit}` +
    `${placed(text, written, outer + unit)}${line}${outer}}${text.slice(object.end)}`;
}

/**
 * The text without the member at a path.
 * @returns the same text when it is not there
 */
export function removeJson(text: string, root: JsonNode, path: readonly string[]): string {
  let node = root;
  for (const key of path.slice(0, -1)) {
    const member = node.members?.findLast((one) => one.key === key);
    if (member === undefined) return text;
    node = member.node;
  }
  const members = node.members ?? [];
  const at = members.findLastIndex((one) => one.key === path.at(-1));
  const member = members[at];
  if (member === undefined) return text;
  const before = members[at - 1];
  const after = members[at + 1];
  if (after !== undefined) return text.slice(0, member.start) + text.slice(after.start);
  const rest = text.slice(member.node.end, node.end);
  // what stands between the last value and the brace, without a trailing comma of the removed one
  const tail = rest.replace(/^\s*,/, "");
  const end = text.slice(node.end);
  if (before === undefined) {
    const inside = text.slice(node.start + 1, member.start).trimEnd();
    return text.slice(0, node.start + 1) + emptied(text, inside, tail) + end;
  }
  const comma = tail === rest ? "" : ",";
  return text.slice(0, before.node.end) + comma + trailing(text, before, member) + tail + end;
}

/** What stays in an object without members: its comments. */
function emptied(text: string, inside: string, tail: string): string {
  if (inside === "") return tail.trimStart();
  // the brace must not become a part of a comment
  const isOpen = /\/\/[^\n]*$/.test(inside) && !/^[ \t]*\r?\n/.test(tail);
  return inside + (isOpen ? newline(text) : "") + tail;
}

/** A comment behind the value before the removed one. */
function trailing(text: string, before: JsonMember, removed: JsonMember): string {
  const between = text.slice(before.node.end, removed.start);
  const comment = /^\s*,([ \t]*(?:\/\/[^\r\n]*|\/\*[\s\S]*?\*\/))/.exec(between);
  return comment?.[1] ?? "";
}

function newline(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}

/** White space at the beginning of the line a place is in. */
function indentAt(text: string, at: number): string {
  const from = text.lastIndexOf("\n", at - 1) + 1;
  return /^[ \t]*/.exec(text.slice(from, at))?.[0] ?? "";
}

/** One step of indentation, as the text has it. */
function unitOf(text: string, root: JsonNode): string {
  const first = root.members?.[0];
  if (first === undefined || !text.slice(root.start, first.start).includes("\n")) return "  ";
  return indentAt(text, first.start) || "  ";
}

/** Several lines, indented for where they go. */
function placed(text: string, written: string, indent: string): string {
  return written.split("\n").join(`${newline(text)}${indent}`);
}
