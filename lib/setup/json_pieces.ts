import {
  type JsonNode,
  JsonProblem,
  parseJsonc,
  removeJson,
  setJson,
} from "../mcp/install/jsonc.ts";
import { isTable, lookUp } from "../toml/keys.ts";
import { BrokenFile, type Piece, type Written } from "./types.ts";

/** Values and list items in JSON files that are somebody else's. Comments stay. Pure. */

/** Where a piece is. */
export interface JsonPlace {
  readonly path: string;
  readonly what: string;
  /** Keys from the top of the file. */
  readonly key: readonly string[];
}

/** A canonical text of a value: the order of keys does not count. */
export function canonical(value: unknown): string {
  return JSON.stringify(sorted(value));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isTable(value)) return value;
  const entries = Object.entries(value).map(([key, part]) => [key, sorted(part)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => a < b ? -1 : 1));
}

/**
 * A value at a key. `extra` is the number of objects on the way that were there already, so that the
 * others go with it.
 * @param former as in {@link Piece}
 */
export function jsonValue(
  place: JsonPlace,
  value: unknown,
  former: readonly unknown[] = [],
): Piece {
  const { key } = place;
  return {
    ...common(place, key.join("."), nested(key, value)),
    wanted: canonical(value),
    former: former.map(canonical),
    read(text) {
      const found = lookUp(objectOf(rootOf(text)), key);
      return found === undefined ? null : canonical(found);
    },
    write(text) {
      return Promise.resolve(set(text, key, value));
    },
    erase(text, extra) {
      return Promise.resolve(pruned(removeJson(text, rootOf(text), key), key.slice(0, -1), extra));
    },
  };
}

/** An item of the list at a key. */
export function jsonItem(place: JsonPlace, item: unknown): Piece {
  const { key } = place;
  const wanted = canonical(item);
  return {
    ...common(place, `${key.join(".")}[]`, nested(key, [item])),
    wanted,
    read(text) {
      const found = lookUp(objectOf(rootOf(text)), key);
      return Array.isArray(found) && found.some((one) => canonical(one) === wanted) ? wanted : null;
    },
    write(text) {
      return Promise.resolve(withItem(text, key, item));
    },
    erase(text, extra) {
      const found = lookUp(objectOf(rootOf(text)), key);
      const rest = Array.isArray(found) ? found.filter((one) => canonical(one) !== wanted) : [];
      if (rest.length === 0) {
        return Promise.resolve(
          pruned(removeJson(text, rootOf(text), key), key.slice(0, -1), extra),
        );
      }
      const cut = withoutItem(text, key, item);
      return Promise.resolve(cut ?? setJson(text, rootOf(text), key, rest));
    },
  };
}

function common({ path, what }: JsonPlace, id: string, added: unknown) {
  const snippet = JSON.stringify(added, null, 2);
  return { path, what, id, snippet, whole: false, isLink: false };
}

function nested(key: readonly string[], value: unknown): unknown {
  return key.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
}

/** @throws BrokenFile */
function rootOf(text: string): JsonNode {
  try {
    return parseJsonc(text.trim() === "" ? "{}" : text, true);
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    throw new BrokenFile(error.message, error.line, error.column);
  }
}

function objectOf({ value }: JsonNode): Record<string, unknown> {
  if (isTable(value)) return value;
  throw new BrokenFile("the file is no JSON object", 1, 1);
}

function set(text: string | null, key: readonly string[], value: unknown): Written | null {
  const source = text === null || text.trim() === "" ? "{}\n" : text;
  const root = rootOf(source);
  const next = setJson(source, root, key, value);
  return next === null ? null : { text: next, extra: depth(root, key) };
}

/** How many objects on the way to a key are there. */
function depth(root: JsonNode, key: readonly string[]): number {
  const table = objectOf(root);
  const missing = key.findIndex((_, i) => lookUp(table, key.slice(0, i + 1)) === undefined);
  return missing < 0 ? key.length : missing;
}

/** Removes objects that are empty now and were not there before. */
function pruned(text: string, key: readonly string[], kept: number): string {
  let next = text;
  for (let length = key.length; length > kept; length--) {
    const at = key.slice(0, length);
    const value = lookUp(objectOf(rootOf(next)), at);
    if (!isTable(value) || Object.keys(value).length > 0) break;
    next = removeJson(next, rootOf(next), at);
  }
  return next;
}

function withItem(text: string | null, key: readonly string[], item: unknown): Written | null {
  const source = text === null || text.trim() === "" ? "{}\n" : text;
  const root = rootOf(source);
  const found = lookUp(objectOf(root), key);
  if (found === undefined) return set(source, key, [item]);
  if (!Array.isArray(found)) return null;
  if (found.length === 0) return set(source, key, [item]);
  const node = nodeAt(root, key);
  const list = node === null ? null : source.slice(node.start, node.end);
  // Comments in the list would be hard to tell from it: then it is written anew.
  if (node === null || list === null || typeof item !== "string" || /\/[/*]/.test(list)) {
    return set(source, key, [...found, item]);
  }
  const inner = list.slice(0, -1).trimEnd();
  const comma = inner.endsWith(",") ? "" : ",";
  const gap = /^\[(\s*)/.exec(list)?.[1] ?? "";
  const next = `${inner}${comma}${gap === "" ? " " : gap}${JSON.stringify(item)}`;
  const closing = list.slice(inner.length);
  return {
    text: source.slice(0, node.start) + next + closing + source.slice(node.end),
    extra: key.length,
  };
}

/** The text without an item and its comma; null when it is not written as kas writes it. */
function withoutItem(text: string, key: readonly string[], item: unknown): string | null {
  const node = nodeAt(rootOf(text), key);
  if (node === null || typeof item !== "string") return null;
  const list = text.slice(node.start, node.end);
  const at = list.lastIndexOf(JSON.stringify(item));
  if (at < 0 || /\/[/*]/.test(list)) return null;
  const before = list.slice(0, at).replace(/,\s*$/, "");
  const next = before === list.slice(0, at)
    ? before + list.slice(at + JSON.stringify(item).length).replace(/^\s*,\s*/, "")
    : before + list.slice(at + JSON.stringify(item).length);
  const result = text.slice(0, node.start) + next + text.slice(node.end);
  try {
    const left = lookUp(objectOf(rootOf(result)), key);
    const had = lookUp(objectOf(rootOf(text)), key);
    const rest = Array.isArray(had) ? had.filter((one) => one !== item) : [];
    return canonical(left) === canonical(rest) ? result : null;
  } catch (error) {
    if (error instanceof BrokenFile) return null;
    throw error;
  }
}

function nodeAt(root: JsonNode, key: readonly string[]): JsonNode | null {
  let node = root;
  for (const name of key) {
    const member = node.members?.findLast((one) => one.key === name);
    if (member === undefined) return null;
    node = member.node;
  }
  return node;
}
