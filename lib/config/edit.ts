import { parse, TomlError } from "smol-toml";
import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { nearest } from "../suggest.ts";
import { type LoadedConfig, readConfigText } from "./config.ts";
import { assign, dotted, lookUp, splitKey } from "../toml/keys.ts";
import type { Shape } from "../toml/check.ts";
import { checkConfig, type Checked, configError } from "./read.ts";
import { UI_KEYS } from "./resolve.ts";
import { CONFIG_SHAPE, type ConfigFile, policySchema } from "./schema.ts";
import type { ConfigFinding } from "./types.ts";
import { setTomlValue } from "../toml/edit.ts";
import { replaceFile } from "../files/replace.ts";

/** Reading and changing one setting by its dotted key. */

/**
 * The value in force of a key, or a nested object of all keys below it.
 * @throws KasError "not_found" with the nearest known key
 */
export function configGet(loaded: LoadedConfig, key: string): unknown {
  const parts = splitKey(key);
  const wanted = placesOf(parts)[0] ?? parts;
  const exact = loaded.sources.find((entry) => entry.key === dotted(wanted));
  if (exact !== undefined) return exact.value;
  const below = loaded.sources.map((entry) => ({ entry, path: splitKey(entry.key) }))
    .filter(({ path }) => wanted.every((part, i) => path[i] === part));
  if (below.length > 0) {
    const table = {};
    for (const { entry, path } of below) assign(table, path.slice(wanted.length), entry.value);
    return table;
  }
  const known = loaded.sources.flatMap((
    entry,
  ) => [entry.key, dotted(splitKey(entry.key).slice(0, -1))]);
  const near = nearest(key, new Set(known));
  throw new KasError("not_found", `Cannot find the setting ${quote(key)}`, {
    hint: near === null ? "List all with: kas config show" : `Did you mean ${near}?`,
  });
}

/** All places a key may stand in one file, the one that wins first. */
function placesOf(parts: readonly string[]): string[][] {
  const [table, key] = parts;
  const alone = [[...parts]];
  if (parts.length !== 2 || table === undefined || key === undefined) return alone;
  if (table === "phases" && ["readiness_review", "master_review"].includes(key)) {
    return [["phases", "readiness_review"], ["phases", "master_review"]];
  }
  if (!["ui", "orchestration", "resources"].includes(table) || !POLICY_KEYS.has(key)) return alone;
  const homes = UI_KEYS.includes(key) ? ["ui", "orchestration"] : ["orchestration", "ui"];
  return [...homes, ...key === "max_parallel_wave_tasks" ? ["resources"] : []]
    .map((home) => [home, key]);
}

const POLICY_KEYS: ReadonlySet<string> = new Set(Object.keys(policySchema.wrapped.entries));

/** What {@link configSet} did. */
export interface ConfigSetResult {
  readonly path: string;
  readonly key: string;
  /** The value as it stands in the file now. */
  readonly value: unknown;
  /** False when it stood there already; then nothing was written. */
  readonly changed: boolean;
  /** Warnings about the file as a whole. */
  readonly warnings: readonly ConfigFinding[];
}

/**
 * Sets one key of a config.toml and keeps comments, order and quotes. The text is taken as what the
 * key wants: `3`, `true`, `["a", "b"]`, or plain text. Nothing is written unless the result is valid.
 * @param path the config.toml; made when missing
 * @param scope a project's file may not be a symlink, the user's may
 * @throws KasError "invalid" for an unknown key, a wrong value or a file that is not TOML
 */
export async function configSet(
  path: string,
  key: string,
  text: string,
  scope: "user" | "project",
): Promise<ConfigSetResult> {
  const typed = splitKey(key);
  requireKnown(typed, CONFIG_SHAPE);
  if (scope === "project" && typed[0] === "linear") {
    throw new KasError("invalid", `Cannot set ${quote(dotted(typed))} for a project`, {
      hint: "Who may command kas from Linear stands in your own settings: set it for the user",
    });
  }
  const source = await readConfigText(path) ?? "";
  const before = checkConfig(source, path);
  const broken = before.findings.filter(({ level, key }) => level === "error" && key === "");
  if (broken.length > 0) throw configError(broken);
  // A key that already stands in another table it may stand in is changed there.
  const table = parse(source);
  const places = placesOf(typed);
  const parts = places.find((place) => lookUp(table, place) !== undefined) ?? places[0] ?? typed;
  let refused: KasError | null = null;
  for (const value of readings(text, isUnused(parts))) {
    const next = await setTomlValue(source, parts, value);
    if (next === null) continue;
    const after = checkConfig(next, path);
    const wrong = newErrors(before, after, dotted(parts));
    if (wrong.length === 0) {
      const changed = next !== source;
      if (changed) await replaceFile(path, next, scope);
      return { path, key: dotted(parts), value, changed, warnings: after.findings };
    }
    refused ??= valueError(wrong);
  }
  throw refused ?? unpatchable(parts, path);
}

/** The ways a word of the command line can be meant, likeliest first: text in quotes is without them. */
function readings(text: string, preferToml: boolean): unknown[] {
  const toml: unknown[] = [];
  try {
    const { value, ...rest } = parse(`value = ${text}`);
    const isAlone = Object.keys(rest).length === 0;
    if (isAlone && typeof value === "string" && /^\s*(["'])[^]*\1\s*$/.test(text)) {
      return [value, [value]];
    }
    if (isAlone) toml.push(value);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
  }
  return preferToml ? [...toml, text] : [text, ...toml, [text]];
}

/** Errors at the key or below, or any that were not there before the edit. */
function newErrors(
  before: Checked<ConfigFile>,
  after: Checked<ConfigFile>,
  key: string,
): ConfigFinding[] {
  const old = new Set(before.findings.map((finding) => finding.key));
  return after.findings.filter((finding) =>
    finding.level === "error" &&
    (!old.has(finding.key) || finding.key === key || finding.key.startsWith(`${key}[`) ||
      finding.key.startsWith(`${key}.`))
  );
}

function unpatchable(parts: readonly string[], path: string): KasError {
  return new KasError("invalid", `Cannot set ${quote(dotted(parts))} without touching other keys`, {
    hint: `Edit ${path} by hand`,
  });
}

function valueError(findings: readonly ConfigFinding[]): KasError {
  return new KasError("invalid", findings.map((finding) => finding.message).join("\n"), {
    hint: "Nothing was changed",
    context: { findings },
  });
}

function isUnused(parts: readonly string[]): boolean {
  return resolveShape(parts, CONFIG_SHAPE) === "unused";
}

/** What the shape says of a key: a value, a table, or right elsewhere but unused here. */
function resolveShape(
  parts: readonly string[],
  shape: Shape,
): "value" | "table" | "unused" | { unknown: string; keys: string[] } {
  const [head, ...rest] = parts;
  if (head === undefined) return "table";
  const known = Object.hasOwn(shape.keys, head) ? shape.keys[head] : shape.any;
  if (known === undefined) {
    return shape.unused?.includes(head) === true
      ? "unused"
      : { unknown: head, keys: [...Object.keys(shape.keys), ...shape.unused ?? []] };
  }
  if (known !== true) return resolveShape(rest, known);
  return rest.length === 0 ? "value" : { unknown: rest[0] ?? "", keys: [] };
}

function requireKnown(parts: readonly string[], shape: Shape): void {
  const found = resolveShape(parts, shape);
  if (typeof found === "string") return;
  const near = nearest(found.unknown, found.keys);
  const index = parts.indexOf(found.unknown);
  throw new KasError("invalid", `Cannot set ${quote(dotted(parts))}: there is no such key`, {
    hint: near === null
      ? "List all with: kas config show"
      : `Did you mean ${dotted([...parts.slice(0, index), near, ...parts.slice(index + 1)])}?`,
  });
}
