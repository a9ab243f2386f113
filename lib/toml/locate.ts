/**
 * Where keys stand in a TOML text, for messages about values a parser has already accepted.
 * It trusts the syntax (a parser has checked it) and only keeps track of positions.
 * @see https://toml.io/en/v1.0.0
 */

/** Line and column, both from 1; columns count UTF-16 units. */
export interface Position {
  line: number;
  column: number;
}

/** A key from the root: table names, keys, and indexes of arrays. */
export type KeyPath = readonly (string | number)[];

/**
 * Finds every key and array element of a TOML text.
 * @returns a function from a path to the position of its key or element; a path that is not there
 * gives that of its nearest parent, at last the beginning of the file
 */
export function locate(source: string): (path: KeyPath) => Position {
  const scanner = new Scanner(source);
  scanner.document();
  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const offset = scanner.found.get(JSON.stringify(path.slice(0, length)));
      if (offset !== undefined) return positionAt(source, offset);
    }
    return { line: 1, column: 1 };
  };
}

/** Offset of the first table header of a TOML text, or null when all keys stand at the root. */
export function firstHeader(source: string): number | null {
  const scanner = new Scanner(source);
  scanner.document();
  return scanner.header;
}

function positionAt(source: string, offset: number): Position {
  const before = source.slice(0, offset);
  return {
    line: before.split("\n").length,
    column: offset - before.lastIndexOf("\n"),
  };
}

class Scanner {
  readonly found = new Map<string, number>();
  header: number | null = null;
  private readonly counts = new Map<string, number>();
  private at = 0;

  constructor(private readonly text: string) {}

  /** Walks headers and key lines to the end of the text. */
  document(): void {
    let table: KeyPath = [];
    if (this.text.startsWith("\ufeff")) this.at = 1;
    for (this.blank(true); this.at < this.text.length; this.blank(true)) {
      const start = this.at;
      if (this.text.charAt(start) === "[") this.header ??= start;
      if (this.text.startsWith("[[", start)) {
        this.at += 2;
        table = this.element(this.key(), start);
        this.at += 2;
      } else if (this.text.startsWith("[", start)) {
        this.at += 1;
        table = this.resolve(this.key());
        this.note(table, start + 1);
        this.at += 1;
      } else {
        this.pair(table);
      }
      // A text the parser would refuse must still not stop the walk.
      if (this.at === start) this.at++;
    }
  }

  /** A header names elements of arrays of tables by their last one. */
  private resolve(keys: readonly string[]): KeyPath {
    return keys.reduce<KeyPath>((path, key) => {
      const next = [...path, key];
      const count = this.counts.get(JSON.stringify(next));
      return count === undefined ? next : [...next, count - 1];
    }, []);
  }

  private element(keys: readonly string[], start: number): KeyPath {
    const array = [...this.resolve(keys.slice(0, -1)), ...keys.slice(-1)];
    const name = JSON.stringify(array);
    const index = this.counts.get(name) ?? 0;
    this.counts.set(name, index + 1);
    this.note(array, start + 2);
    this.note([...array, index], start + 2);
    return [...array, index];
  }

  private note(path: KeyPath, offset: number): void {
    const name = JSON.stringify(path);
    if (!this.found.has(name)) this.found.set(name, offset);
  }

  /** `a.b = value`: every part of a dotted key is noted at the start of the key. */
  private pair(table: KeyPath): void {
    const start = this.at;
    const keys = this.key();
    keys.forEach((_, i) => this.note([...table, ...keys.slice(0, i + 1)], start));
    if (this.text.charAt(this.at) === "=") this.at++;
    this.blank(false);
    this.value([...table, ...keys]);
  }

  private key(): string[] {
    const keys: string[] = [];
    while (this.at < this.text.length) {
      this.blank(false);
      const quote = this.text.charAt(this.at);
      if (quote === '"' || quote === "'") {
        const start = this.at;
        this.string();
        keys.push(unquote(this.text.slice(start, this.at)));
      } else {
        const bare = /[A-Za-z0-9_\-\u{80}-\u{10ffff}]*/uy;
        bare.lastIndex = this.at;
        const word = bare.exec(this.text)?.[0] ?? "";
        this.at += word.length;
        keys.push(word);
      }
      this.blank(false);
      if (this.text.charAt(this.at) !== ".") break;
      this.at++;
    }
    return keys;
  }

  private value(path: KeyPath): void {
    const first = this.text.charAt(this.at);
    if (first === '"' || first === "'") this.string();
    else if (first === "[") this.list("]", (index) => this.item([...path, index]));
    else if (first === "{") this.list("}", () => this.pair(path));
    else {while (this.at < this.text.length && !/[,\]}#\n]/.test(this.text.charAt(this.at))) {
        this.at++;
      }}
  }

  private item(path: KeyPath): void {
    this.note(path, this.at);
    this.value(path);
  }

  private list(close: string, member: (index: number) => void): void {
    this.at++;
    for (let index = 0; this.at < this.text.length; index++) {
      this.blank(true);
      if (this.text.charAt(this.at) === close) break;
      const start = this.at;
      member(index);
      this.blank(true);
      if (this.text.charAt(this.at) === ",") this.at++;
      else if (this.at === start) this.at++;
    }
    this.at++;
  }

  private string(): void {
    const quote = this.text.charAt(this.at);
    const long = this.text.startsWith(quote.repeat(3), this.at);
    const end = long ? quote.repeat(3) : quote;
    for (this.at += end.length; this.at < this.text.length; this.at++) {
      if (quote === '"' && this.text.charAt(this.at) === "\\") this.at++;
      else if (this.text.startsWith(end, this.at)) break;
    }
    this.at += end.length;
    // Up to two quotes may stand before the closing three.
    while (long && this.text.charAt(this.at) === quote) this.at++;
  }

  /** Skips spaces and, between members, newlines and comments. */
  private blank(lines: boolean): void {
    const gap = lines ? /(?:[ \t\r\n]|#[^\n]*)*/y : /[ \t]*/y;
    gap.lastIndex = this.at;
    this.at += gap.exec(this.text)?.[0].length ?? 0;
  }
}

/** The name inside a quoted key; one that JSON cannot read stays as it is written. */
function unquote(text: string): string {
  if (text.startsWith("'")) return text.slice(1, -1);
  try {
    const name: unknown = JSON.parse(text);
    return String(name);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return text.slice(1, -1);
  }
}
