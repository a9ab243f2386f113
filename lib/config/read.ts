import { parse, TomlError } from "smol-toml";
import * as v from "valibot";
import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { nearest } from "../suggest.ts";
import { dotted, isTable } from "./keys.ts";
import type { ConfigFinding } from "./types.ts";
import { type KeyPath, locate, type Position } from "./locate.ts";
import { CONFIG_SHAPE, configSchema, DAEMON_SHAPE, daemonSchema, type Shape } from "./schema.ts";
import type { ConfigFile, DaemonFile } from "./schema.ts";

/** One file, checked. `data` is null exactly when a finding is an error. */
export interface Checked<T> {
  data: T | null;
  findings: ConfigFinding[];
}

/** Checks the text of a config.toml. @param file its name, for findings */
export function checkConfig(source: string, file: string): Checked<ConfigFile> {
  return check(source, file, configSchema, CONFIG_SHAPE);
}

/** Checks the text of a daemon.toml. @param file its name, for findings */
export function checkDaemon(source: string, file: string): Checked<DaemonFile> {
  return check(source, file, daemonSchema, DAEMON_SHAPE);
}

/**
 * Makes one error of all that is wrong.
 * @returns KasError "invalid": a line for each error, all findings in the context
 */
export function configError(findings: readonly ConfigFinding[]): KasError {
  const errors = findings.filter((finding) => finding.level === "error");
  return new KasError("invalid", errors.map(describeFinding).join("\n"), {
    hint: `Correct the file, or set a key with: kas config set <key> <value>`,
    context: { findings },
  });
}

/** `file:line:column: message`. */
export function describeFinding(finding: ConfigFinding): string {
  return `${finding.file}:${finding.line}:${finding.column}: ${finding.message}`;
}

type AnySchema<T> = v.GenericSchema<unknown, T>;

function check<T>(source: string, file: string, schema: AnySchema<T>, shape: Shape): Checked<T> {
  let table: unknown;
  try {
    table = parse(source);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    return { data: null, findings: [syntaxFinding(error, file)] };
  }
  const find = lazily(() => locate(source));
  const findings: ConfigFinding[] = [];
  const add = (level: ConfigFinding["level"], path: KeyPath, message: string) => {
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

function syntaxFinding(error: TomlError, file: string): ConfigFinding {
  const reason = error.message.split("\n", 1)[0] ?? "";
  const position: Position = { line: error.line, column: error.column };
  const message = `Cannot read it as TOML: ${reason.replace(/^Invalid TOML document: /, "")}`;
  return { level: "error", file, ...position, key: "", message };
}

type Add = (level: ConfigFinding["level"], path: KeyPath, message: string) => void;

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
