import type { ArgSchema } from "gunshi/bone";

/** How arguments are named in help and messages. Pure, and free of the parser's start-up cost. */

/** Options every command has; the router takes them out before parsing. */
export const GLOBAL_OPTIONS = ["--json", "--help", "--no-color"] as const;

/** `maxAge` -> `max-age`. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The placeholder of an argument or of an option's value: `<task>`. */
export function placeholder(name: string, schema: ArgSchema): string {
  return `<${schema.metavar ?? kebab(name)}>`;
}

/** Whether a positional argument has to be given: yes, unless it repeats or has a default. */
export function isRequired(schema: ArgSchema): boolean {
  return schema.required ?? (schema.multiple !== true && schema.default === undefined);
}

/**
 * Joins options that take a text with the word behind them (`--task "- x"` becomes `--task=- x`), so
 * that the text may look like an option; one that is an option of the command is not taken for a
 * text. What stands behind `--` is left alone.
 */
export function joinTexts(
  options: Readonly<Record<string, ArgSchema>>,
  argv: readonly string[],
): string[] {
  const texts = new Map<string, string>();
  const known = new Set<string>();
  for (const [name, schema] of Object.entries(options)) {
    if (schema.type === "positional") continue;
    const short = schema.short === undefined ? [] : [`-${schema.short}`];
    for (const spelling of [...spellings(name, schema), ...short]) {
      known.add(spelling);
      if (schema.type === "string") texts.set(spelling, `--${kebab(name)}`);
    }
  }
  const joined: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? "";
    if (word === "--") return [...joined, ...argv.slice(index)];
    const long = texts.get(word);
    const next = argv[index + 1];
    const isText = next !== undefined && next.startsWith("-") && next !== "-" && next !== "--" &&
      !known.has(next.split("=", 1)[0] ?? "");
    if (long !== undefined && isText) {
      joined.push(`${long}=${next}`);
      index++;
    } else joined.push(word);
  }
  return joined;
}

/** The spellings of an option: `--force`, and `--no-force` when it can be negated. */
export function spellings(name: string, schema: ArgSchema): string[] {
  const long = kebab(name);
  return schema.negatable === true ? [`--${long}`, `--no-${long}`] : [`--${long}`];
}
