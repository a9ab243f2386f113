import { parse, stringify, TomlError } from "smol-toml";
import { addTable, removeTable } from "../mcp/install/toml_entry.ts";
import { removeTomlValue, setTomlValue } from "../toml/edit.ts";
import { isTable, lookUp } from "../toml/keys.ts";
import { canonical } from "./json_pieces.ts";
import { BrokenFile, type Piece } from "./types.ts";

/** Whole files, links, and tables and keys of TOML files. Pure. */

/** A file that is kas's alone. */
export function filePiece(path: string, what: string, text: string): Piece {
  return {
    path,
    id: "file",
    what,
    wanted: text,
    snippet: text,
    whole: true,
    isLink: false,
    // A checkout with CRLF is no edit.
    read: (found) => found.replaceAll("\r\n", "\n") === text ? text : found,
    write: () => Promise.resolve({ text, extra: 0 }),
    erase: () => Promise.resolve(""),
  };
}

/** A symbolic link. */
export function linkPiece(path: string, what: string, target: string): Piece {
  return { ...filePiece(path, what, target), id: "link", isLink: true, read: (found) => found };
}

/** A table of a TOML file, with all that is below it. @param former as in {@link Piece} */
export function tomlTable(
  path: string,
  what: string,
  key: readonly string[],
  value: Readonly<Record<string, unknown>>,
  former: readonly unknown[] = [],
): Piece {
  const nested = key.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
  return {
    ...tomlBase(path, what, key, value),
    former: former.map(canonical),
    snippet: stringify(isTable(nested) ? nested : {}).trim(),
    async write(text) {
      const source = text ?? "";
      const there = lookUp(parsed(source), key) !== undefined;
      const clean = there ? await removeTable(source, key) : source;
      const next = clean === null ? null : await addTable(clean, key, value);
      return next === null ? null : { text: next, extra: 0 };
    },
    erase: (text) => removeTable(text, key),
  };
}

/** One key of a TOML file. */
export function tomlKey(path: string, key: readonly string[], value: unknown): Piece {
  const name = key.join(".");
  return {
    ...tomlBase(path, name, key, value),
    snippet: `${name} = ${JSON.stringify(value)}`,
    async write(text) {
      const source = text ?? "";
      parsed(source);
      const next = await setTomlValue(source, key, value);
      return next === null ? null : { text: next, extra: 0 };
    },
    async erase(text) {
      const without = await removeTomlValue(text, key);
      const table = key.slice(0, -1);
      const left = without === null ? undefined : lookUp(parsed(without), table);
      const isEmpty = table.length > 0 && isTable(left) && Object.keys(left).length === 0;
      return without !== null && isEmpty ? await removeTable(without, table) ?? without : without;
    },
  };
}

function tomlBase(path: string, what: string, key: readonly string[], value: unknown) {
  return {
    path,
    what,
    id: key.join("."),
    wanted: canonical(value),
    whole: false,
    isLink: false,
    read(text: string): string | null {
      const found = lookUp(parsed(text), key);
      return found === undefined ? null : canonical(found);
    },
  };
}

/** @throws BrokenFile */
export function parsed(text: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const why = (error.message.split("\n", 1)[0] ?? "").replace(/^Invalid TOML document: /, "");
    throw new BrokenFile(why, error.line, error.column);
  }
}

/** Whether a text is no TOML at all. */
export function isBrokenToml(text: string): boolean {
  try {
    parsed(text);
    return false;
  } catch (error) {
    if (error instanceof BrokenFile) return true;
    throw error;
  }
}
