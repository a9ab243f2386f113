import { parse, stringify, TomlError } from "smol-toml";
import { assign, isTable, lookUp } from "./keys.ts";
import { firstHeader, locate } from "./locate.ts";

/**
 * A TOML text with one value set; comments, order and quotes stay.
 * @param parts the path of the key
 * @returns the new text, or null when it cannot be done without touching other keys
 */
export async function setTomlValue(
  source: string,
  parts: readonly string[],
  value: unknown,
): Promise<string | null> {
  const wanted = parse(source);
  assign(wanted, parts, value);
  if (same(parse(source), wanted)) return source;
  const inserted = insertion(source, parts, value);
  if (inserted !== null && parsesTo(inserted, wanted)) return inserted;
  const toml = await import("toml-patch");
  const table = toml.parse(source);
  assign(table, parts, value);
  const patched = toml.patch(source, table, { trailingComma: false, inlineTableStart: 3 });
  return parsesTo(patched, wanted) ? patched : null;
}

/**
 * A new root key goes above the first table and its comment, a new table to the end of the file:
 * there they read well. Null when the key or its table exists, which is the patcher's work.
 */
function insertion(source: string, parts: readonly string[], value: unknown): string | null {
  const table = parts.slice(0, -1);
  const leaf = parts[parts.length - 1];
  if (leaf === undefined || isTable(value)) return null;
  const newline = source.includes("\r\n") ? "\r\n" : "\n";
  const line = `${stringify({ [leaf]: value }).trimEnd()}${newline}`;
  if (table.length > 0) {
    if (lookUp(parse(source), table) !== undefined) return null;
    const header = `[${table.map(bareOrQuoted).join(".")}]${newline}`;
    const body = source === "" ? "" : `${source.trimEnd()}${newline}${newline}`;
    return `${body}${header}${line}`;
  }
  if (lookUp(parse(source), parts) !== undefined) return null;
  const header = firstHeader(source);
  if (header === null) return `${source === "" ? "" : source.trimEnd() + newline}${line}`;
  let at = source.lastIndexOf("\n", header) + 1;
  while (at > 0) {
    const above = source.lastIndexOf("\n", at - 2) + 1;
    if (!source.slice(above, at).trimStart().startsWith("#")) break;
    at = above;
  }
  return `${source.slice(0, at).trimEnd()}${at === 0 ? "" : newline}${line}${newline}${
    source.slice(at)
  }`;
}

function bareOrQuoted(part: string): string {
  return /^[A-Za-z0-9_-]+$/.test(part) ? part : JSON.stringify(part);
}

function parsesTo(text: string, wanted: unknown): boolean {
  try {
    return same(parse(text), wanted);
  } catch (error) {
    if (error instanceof TomlError) return false;
    throw error;
  }
}

/** Deep equality of parsed TOML; the order of keys does not count. */
function same(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => same(item, b[i]));
  }
  if (isTable(a) && isTable(b)) {
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
  }
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  return Object.is(a, b);
}

/**
 * A TOML text without one key; comments, order and quotes of the rest stay.
 * @returns the new text, or null when it cannot be done without touching other keys
 */
export async function removeTomlValue(
  source: string,
  parts: readonly string[],
): Promise<string | null> {
  const wanted = parse(source);
  if (!drop(wanted, parts)) return source;
  const cut = withoutLine(source, parts);
  if (parsesTo(cut, wanted)) return cut;
  const toml = await import("toml-patch");
  const table = toml.parse(source);
  drop(table, parts);
  const patched = toml.patch(source, table, { trailingComma: false, inlineTableStart: 3 })
    .replace(/^(\r?\n)+/, "");
  return parsesTo(patched, wanted) ? patched : null;
}

/** Without the line of a key: the patcher would take comments above it along. */
function withoutLine(source: string, parts: readonly string[]): string {
  const { line } = locate(source)(parts);
  const lines = source.split("\n");
  return lines.toSpliced(line - 1, 1).join("\n").replace(/^(\r?\n)+/, "");
}

function drop(table: unknown, parts: readonly string[]): boolean {
  const leaf = parts[parts.length - 1];
  const parent = lookUp(table, parts.slice(0, -1));
  if (leaf === undefined || !isTable(parent) || !Object.hasOwn(parent, leaf)) return false;
  return delete parent[leaf];
}
