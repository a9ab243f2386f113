import { parse, stringify, TomlError } from "smol-toml";
import { setTomlValue } from "../../toml/edit.ts";
import { isTable } from "../../toml/keys.ts";

/** One table of a TOML text, added and removed with everything else left as it is. */

/**
 * The text with a table at its end, or where the tables beside it are written in one line, there.
 * @param path of a table that is not there
 * @returns null when that would change something else
 */
export async function addTable(
  source: string,
  path: readonly string[],
  value: Readonly<Record<string, unknown>>,
): Promise<string | null> {
  const newline = source.includes("\r\n") ? "\r\n" : "\n";
  const body = `${header(path)}\n${stringify(value).trimEnd()}`.replaceAll("\n", newline);
  const head = source.trimEnd();
  const text = head === "" ? `${body}${newline}` : `${head}${newline}${newline}${body}${newline}`;
  if (changesOnly(source, text, path, value)) return text;
  const patched = await setTomlValue(source, path, value);
  return patched !== null && changesOnly(source, patched, path, value) ? patched : null;
}

/**
 * The text without a table and what is below it.
 * @returns null when it is written in a way that cannot be taken out alone
 */
export async function removeTable(source: string, path: readonly string[]): Promise<string | null> {
  const lines = withoutTables(source, path);
  if (changesOnly(source, lines, path, undefined)) return lines;
  const toml = await import("toml-patch");
  const table = toml.parse(source);
  const parent = path.slice(0, -1).reduce<unknown>(
    (at, key) => isTable(at) ? at[key] : undefined,
    table,
  );
  if (!isTable(parent)) return null;
  delete parent[path.at(-1) ?? ""];
  const patched = toml.patch(source, table, { trailingComma: false, inlineTableStart: 3 });
  return changesOnly(source, patched, path, undefined) ? patched : null;
}

function header(path: readonly string[]): string {
  return `[${path.map((key) => /^[\w-]+$/.test(key) ? key : JSON.stringify(key)).join(".")}]`;
}

/** Takes out the lines from a table's header to its last key; comments after it stay. */
function withoutTables(source: string, path: readonly string[]): string {
  const kept: string[] = [];
  let held: string[] = [];
  let inside = false;
  for (const line of source.split("\n")) {
    const name = /^\s*\[([^[\]]+)\]\s*(?:#.*)?\r?$/.exec(line)?.[1];
    if (name !== undefined) inside = isBelow(name, path);
    else if (/^\s*\[\[/.test(line)) inside = false;
    const isKey = name !== undefined || !/^\s*(#.*)?\r?$/.test(line);
    if (inside && isKey) {
      held = [];
    } else if (inside) {
      held.push(line);
    } else {
      kept.push(...held, line);
      held = [];
    }
  }
  const joined = [...kept, ...held].join("\n");
  const text = /^\s*\n/.test(source) ? joined : joined.replace(/^(\s*\n)+/, "");
  const end = source.endsWith("\r\n") ? "\r\n" : "\n";
  return text.trim() === "" ? "" : `${text.trimEnd()}${end}`;
}

function isBelow(name: string, path: readonly string[]): boolean {
  const keys = name.split(".").map((key) => key.trim().replace(/^(["'])(.*)\1$/, "$2"));
  return path.every((key, i) => keys[i] === key);
}

/** Whether a change of the text is a change of one value alone. */
function changesOnly(
  before: string,
  after: string,
  path: readonly string[],
  value: unknown,
): boolean {
  const wanted: unknown = withValue(parse(before), path, value);
  try {
    return stable(pruned(wanted, path)) === stable(pruned(parse(after), path));
  } catch (error) {
    if (error instanceof TomlError) return false;
    throw error;
  }
}

function withValue(table: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const inner = isTable(table) ? table[key] : undefined;
  const next = withValue(inner, rest, value);
  return { ...isTable(table) ? table : {}, [key]: next };
}

/** Without empty tables on the way: whether their header stands or not is no matter. */
function pruned(table: unknown, path: readonly string[]): unknown {
  const [key, ...rest] = path;
  if (key === undefined || !isTable(table)) return table;
  const inner = pruned(table[key], rest);
  const isEmpty = inner === undefined || (isTable(inner) && Object.keys(inner).length === 0);
  const { [key]: _old, ...others } = table;
  return isEmpty ? others : { ...others, [key]: inner };
}

/** JSON with sorted keys, which equal values share. */
function stable(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, part: unknown) =>
      isTable(part)
        ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => a < b ? -1 : 1))
        : typeof part === "bigint"
        ? `${part}n`
        : part,
  );
}
