import { parse, TomlError } from "smol-toml";
import * as v from "valibot";
import { quote } from "../names.ts";
import { nearest } from "../suggest.ts";
import { dotted, isTable } from "./keys.ts";
import { type KeyPath, locate, type Position } from "./locate.ts";

/** Checking a TOML text against a schema, with the place of everything that is wrong. */

/** Something to say about a settings file. */
export interface TomlFinding {
  readonly level: "error" | "warning";
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** Dotted key; empty when the whole file is meant. */
  readonly key: string;
  readonly message: string;
}

/** One file, checked. `data` is null exactly when a finding is an error. */
export interface Checked<T> {
  data: T | null;
  findings: TomlFinding[];
}

/** The keys a table may have: `true` is a value, another shape a table, `any` every other name. */
export interface Shape {
  readonly keys: Readonly<Record<string, true | Shape>>;
  /** Shape of every key not named in `keys`. */
  readonly any?: true | Shape;
  /** Keys that are right elsewhere but mean nothing to this version. */
  readonly unused?: readonly string[];
}

/** `file:line:column: message`. */
export function describeFinding(finding: TomlFinding): string {
  return `${finding.file}:${finding.line}:${finding.column}: ${finding.message}`;
}

/**
 * Checks a TOML text: syntax, unknown keys (warnings with the nearest known one), values.
 * @param file its name, for findings
 * @param schema what the values may be; the message of each part follows the word "expected"
 * @param shape which keys there are
 */
export function checkToml<T>(
  source: string,
  file: string,
  schema: v.GenericSchema<unknown, T>,
  shape: Shape,
): Checked<T> {
  let table: unknown;
  try {
    table = parse(source);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    return { data: null, findings: [syntaxFinding(error, file)] };
  }
  const find = lazily(() => locate(source));
  const findings: TomlFinding[] = [];
  const add = (level: TomlFinding["level"], path: KeyPath, message: string) => {
    findings.push({ level, file, ...find()(path), key: dotted(path), message });
  };
  strangers(table, shape, [], add);
  const result = v.safeParse(schema, table, { abortPipeEarly: true });
  for (const issue of result.issues ?? []) {
    const path = (issue.path ?? []).map((item) => item.key).filter(isKey);
    add("error", path, expected(path, issue.input, issue.message));
  }
  findings.sort((a, b) => a.line - b.line || a.column - b.column);
  const failed = findings.some((finding) => finding.level === "error");
  return { data: result.success && !failed ? result.output : null, findings };
}

function expected(path: KeyPath, value: unknown, allowed: string): string {
  return `Cannot use ${shown(path, value)} for ${dotted(path)}: expected ${allowed}`;
}

function lazily<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function isKey(key: unknown): key is string | number {
  return typeof key === "string" || typeof key === "number";
}

function syntaxFinding(error: TomlError, file: string): TomlFinding {
  const reason = error.message.split("\n", 1)[0] ?? "";
  const position: Position = { line: error.line, column: error.column };
  const message = `Cannot read it as TOML: ${reason.replace(/^Invalid TOML document: /, "")}`;
  return { level: "error", file, ...position, key: "", message };
}

type Add = (level: TomlFinding["level"], path: KeyPath, message: string) => void;

/** Finds keys that mean nothing, with the nearest one that does, and lists in place of tables. */
function strangers(table: unknown, shape: Shape, path: KeyPath, add: Add): void {
  if (!isTable(table)) {
    // valibot takes a list for an object; it does report any other value.
    if (typeof table === "object") add("error", path, expected(path, table, "a table"));
    return;
  }
  for (const key of Object.keys(table)) {
    const here = [...path, key];
    const known = Object.hasOwn(shape.keys, key) ? shape.keys[key] : shape.any;
    if (known !== undefined) {
      if (known !== true) strangers(table[key], known, here, add);
    } else if (shape.unused?.includes(key) === true) {
      add("warning", here, `${dotted(here)} is not used by this version`);
    } else {
      const near = nearest(key, Object.keys(shape.keys));
      const hint = near === null ? "" : `; did you mean ${dotted([...path, near])}?`;
      add("warning", here, `Unknown key ${quote(dotted(here))}${hint}`);
    }
  }
}

/** A value for a message; what may hold a password is not shown. */
function shown(path: KeyPath, value: unknown): string {
  const secret = path[0] === "database_url" || path.includes("env");
  if (secret && typeof value === "string") return "this value";
  if (typeof value === "string") return quote(value);
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") {
    return quote(String(value));
  }
  return Array.isArray(value) ? "a list" : isTable(value) ? "a table" : "this value";
}
