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

/** The spellings of an option: `--force`, and `--no-force` when it can be negated. */
export function spellings(name: string, schema: ArgSchema): string[] {
  const long = kebab(name);
  return schema.negatable === true ? [`--${long}`, `--no-${long}`] : [`--${long}`];
}
