import { resolveConfig } from "../../lib/config/resolve.ts";
import { UI_KEYS } from "../../lib/config/resolve.ts";
import { agentSchema, configSchema, daemonSchema, linearSchema } from "../../lib/config/schema.ts";
import { ScriptError } from "../run.ts";
import { code, plain, table } from "./markdown.ts";
import { MEANINGS, NO_DEFAULT } from "./settings.ts";

/** The settings as tables, from the schemas that check them and the defaults in force without files. */

type Entries = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** The entries of an object schema, through `optional`. @throws ScriptError for anything else */
function entriesOf(schema: unknown): Entries {
  if (isRecord(schema)) {
    if (isRecord(schema["entries"])) return schema["entries"];
    if (isRecord(schema["wrapped"])) return entriesOf(schema["wrapped"]);
  }
  throw new ScriptError("A table of settings is no object schema");
}

/** What a value may be, in the words of its schema's message. */
export function allowed(schema: unknown): string {
  if (!isRecord(schema)) return "";
  const { pipe, message, wrapped, type } = schema;
  // The last check of a pipe is the narrowest, and says all of it.
  const last = Array.isArray(pipe) ? allowed(pipe.at(-1)) : "";
  if (last !== "") return last;
  if (type === "optional") return allowed(wrapped);
  return typeof message === "string" ? message : "";
}

const DEFAULTS: ReadonlyMap<string, unknown> = new Map(
  resolveConfig([]).sources.map(({ key, value }) => [key, value]),
);

function defaultOf(key: string): string {
  const special = NO_DEFAULT[key];
  if (special !== undefined) return special;
  const value = DEFAULTS.get(key);
  return value === undefined || value === null ? "none" : code(JSON.stringify(value));
}

/** Rows of a table: its keys, what they may be, what they are, what they mean. */
function rows(prefix: string, entries: Entries, keyOf = (key: string) => `${prefix}${key}`) {
  return Object.entries(entries).map(([name, schema]) => {
    const key = keyOf(name);
    const meaning = MEANINGS[key];
    if (meaning === undefined) throw new ScriptError(`scripts/docs/settings.ts lacks "${key}"`);
    const values = allowed(schema);
    if (values === "") throw new ScriptError(`The schema of "${key}" does not say what is allowed`);
    return [code(key), plain(values), defaultOf(key), meaning];
  });
}

const HEAD = ["key", "value", "default", "meaning"];
const TABLES = ["phases", "agents", "defaults", "linear", "ui", "orchestration", "resources"];

/** Each table of the reference by the name of its part in the page. */
export function configReference(): Readonly<Record<string, string>> {
  const config = entriesOf(configSchema);
  const top = Object.fromEntries(Object.entries(config).filter(([key]) => !TABLES.includes(key)));
  const policy = entriesOf(config["ui"]);
  const daemon = Object.fromEntries(
    Object.entries(entriesOf(daemonSchema)).filter(([key]) => !(key in policy)),
  );
  const home = (key: string): string => `${UI_KEYS.includes(key) ? "ui" : "orchestration"}.${key}`;
  return {
    "config-top": table(HEAD, rows("", top)),
    "config-phases": table(HEAD, rows("phases.", entriesOf(config["phases"]))),
    "config-agents": table(HEAD, rows("agents.<name>.", agentSchema.entries)),
    "config-defaults": table(HEAD, rows("defaults.", entriesOf(config["defaults"]))),
    "config-linear": table(HEAD, rows("linear.<project>.", linearSchema.entries)),
    "config-policy": table(HEAD, rows("", policy, home)),
    "config-daemon": table(HEAD, rows("", daemon)),
  };
}

/** Keys that are explained here and that no schema has. */
export function staleMeanings(): string[] {
  const text = Object.values(configReference()).join("\n");
  return [...Object.keys(MEANINGS), ...Object.keys(NO_DEFAULT)]
    .filter((key) => !text.includes(`| \`${key}\` |`));
}
