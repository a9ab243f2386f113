import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import type { KeyPath } from "./locate.ts";

/** Dotted keys as people type them. Pure. */

/** Whether a parsed value is a TOML table. */
export function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !(value instanceof Date);
}

/** A path as it is typed: `agents.coder.flags[1]`; odd parts are quoted. */
export function dotted(path: KeyPath): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    const part = /^[\p{L}\p{N}_-]+$/u.test(key) ? key : quote(key, 200);
    return text === "" ? part : `${text}.${part}`;
  }, "");
}

/**
 * Splits `agents."my.agent".model` into its parts.
 * @throws KasError "invalid"
 */
export function splitKey(key: string): string[] {
  const parts: string[] = [];
  let rest = key;
  while (true) {
    const part = /^(?:"([^"\\]+)"|([\p{L}\p{N}_-]+))/u.exec(rest);
    const name = part?.[1] ?? part?.[2];
    if (part === null || name === undefined || name === "__proto__") break;
    parts.push(name);
    rest = rest.slice(part[0].length);
    if (rest === "") return parts;
    if (!rest.startsWith(".")) break;
    rest = rest.slice(1);
  }
  throw new KasError("invalid", `Cannot read ${quote(key)} as a key`, {
    hint: `Write it with dots, for example ui.auto_advance or agents."my.agent".model`,
  });
}

/** The value at a path of tables, or undefined. */
export function lookUp(table: unknown, parts: readonly string[]): unknown {
  return parts.reduce<unknown>(
    (at, part) => isTable(at) && Object.hasOwn(at, part) ? at[part] : undefined,
    table,
  );
}

/** Sets the value at a path, making the tables on the way. Parts come from {@link splitKey}. */
export function assign(
  table: Record<string, unknown>,
  parts: readonly string[],
  value: unknown,
): void {
  const [head, ...rest] = parts;
  if (head === undefined) return;
  if (rest.length === 0) {
    table[head] = value;
    return;
  }
  const below = Object.hasOwn(table, head) ? table[head] : undefined;
  const next: Record<string, unknown> = isTable(below) ? below : {};
  table[head] = next;
  assign(next, rest, value);
}
