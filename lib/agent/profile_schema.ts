import * as v from "valibot";
import { KasError } from "../errors.ts";
import { PERMISSIONS } from "../store/types.ts";
import type { Shape } from "../toml/check.ts";
import { commandWords } from "../toml/words.ts";
import { parseSecretRef, SECRET_FORMS } from "./secret_ref.ts";
import { OUTPUT_FORMATS, type Runtime, RUNTIMES } from "./types.ts";

/** What may stand in an `agent.toml`. The message of each schema follows the word "expected". */

/** Other names by which agents may know a runtime. */
export const RUNTIME_ALIASES = {
  "claude-code": "claude",
  "copilot-cli": "copilot",
} as const satisfies Readonly<Record<string, Runtime>>;

/** Every name a `[runtime.<name>]` table may have. */
export const RUNTIME_NAMES = [...RUNTIMES, "claude-code", "copilot-cli"] as const;

/** The runtime of a name or of one of its other names; null when there is none. */
export function runtimeOf(name: string): Runtime | null {
  if (name === "claude-code" || name === "copilot-cli") return RUNTIME_ALIASES[name];
  return RUNTIMES.find((runtime) => runtime === name) ?? null;
}

const TEXT = "text in quotes";
const text = v.optional(v.pipe(v.string(TEXT), v.check((value) => !value.includes("\0"), TEXT)));

function oneOf<const T extends readonly string[]>(values: T) {
  return v.optional(v.picklist(values, `one of ${values.map((one) => `"${one}"`).join(", ")}`));
}

function whole(least: number) {
  const allowed = `a whole number of at least ${least}`;
  return v.optional(v.pipe(v.number(allowed), v.safeInteger(allowed), v.minValue(least, allowed)));
}

const PROGRAM = `a command line with closed quotes, or a list of words`;
const program = v.optional(v.union([
  v.pipe(
    v.string(PROGRAM),
    v.check((line) => succeeds(() => commandWords(line)) && line.trim() !== "", PROGRAM),
  ),
  v.pipe(v.array(v.string(PROGRAM), PROGRAM), v.check((words) => isArgv(words), PROGRAM)),
], PROGRAM));

function isArgv(words: readonly string[]): boolean {
  return words.length > 0 && words[0] !== "" && !words.some((word) => word.includes("\0"));
}

function succeeds(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (error instanceof KasError) return false;
    throw error;
  }
}

const ARGS = "a list of texts";
const runtimeTable = v.optional(v.object({
  program,
  model: text,
  effort: text,
  permission_mode_raw: text,
  extra_args: v.optional(v.pipe(
    v.array(v.string(TEXT), ARGS),
    v.check((args) => !args.some((arg) => arg.includes("\0")), ARGS),
  )),
}, "a table"));

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const PATTERN = /^[A-Za-z_][A-Za-z0-9_]*\*?$/;
const PASS = `a list of names of variables, not of kas's own; "AWS_*" stands for all that begin so`;
const NAMES = "a table whose names are those of variables, not of kas's own (KASMOS_)";

const isOwn = (name: string): boolean => /^KASMOS_/i.test(name);
const isName = (name: string): boolean => NAME.test(name) && !isOwn(name);

function variables<T extends v.GenericSchema<unknown, string>>(value: T) {
  return v.optional(v.pipe(
    v.record(v.string(), value, "a table"),
    v.check((table) => Object.keys(table).every(isName), NAMES),
  ));
}

/** agent.toml, checked. */
export const profileSchema = v.object({
  name: text,
  description: text,
  strict: v.optional(v.boolean("true or false")),
  runtime: v.optional(v.object({
    default: oneOf(RUNTIME_NAMES),
    model: text,
    effort: text,
    claude: runtimeTable,
    "claude-code": runtimeTable,
    codex: runtimeTable,
    opencode: runtimeTable,
    copilot: runtimeTable,
    "copilot-cli": runtimeTable,
    gemini: runtimeTable,
    command: runtimeTable,
    demo: runtimeTable,
  }, "a table")),
  soul: v.optional(v.object({ prompt_file: text }, "a table")),
  defaults: v.optional(v.object({
    permission_mode: oneOf(PERMISSIONS),
    output_format: oneOf(OUTPUT_FORMATS),
    max_turns: whole(1),
    timeout_minutes: whole(0),
  }, "a table")),
  env: v.optional(v.object({
    pass: v.optional(v.pipe(
      v.array(v.string(PASS), PASS),
      v.check((names) => names.every((name) => PATTERN.test(name) && !isOwn(name)), PASS),
    )),
    set: variables(v.pipe(v.string(TEXT), v.check((value) => !value.includes("\0"), TEXT))),
    secret: variables(v.pipe(
      v.string(SECRET_FORMS),
      v.check((ref) => succeeds(() => parseSecretRef(ref)), SECRET_FORMS),
    )),
  }, "a table")),
});

/** One agent.toml, checked. */
export type ProfileFile = v.InferOutput<typeof profileSchema>;
/** One [runtime.<name>] table, checked. */
export type RuntimeTable = NonNullable<v.InferOutput<typeof runtimeTable>>;

const values = (entries: object): Record<string, true> =>
  Object.fromEntries(Object.keys(entries).map((key) => [key, true]));

const ENTRIES = profileSchema.entries;
const RUNTIME_SHAPE: Shape = { keys: values(runtimeTable.wrapped.entries) };
const FREE: Shape = { keys: {}, any: true };

/** The keys of agent.toml. */
export const PROFILE_SHAPE: Shape = {
  keys: {
    ...values(ENTRIES),
    runtime: {
      keys: {
        ...values(ENTRIES.runtime.wrapped.entries),
        ...Object.fromEntries(
          RUNTIME_NAMES.map((name) => [name, RUNTIME_SHAPE]),
        ),
      },
    },
    soul: { keys: values(ENTRIES.soul.wrapped.entries) },
    defaults: { keys: values(ENTRIES.defaults.wrapped.entries) },
    env: { keys: { pass: true, set: FREE, secret: FREE } },
  },
};
