/**
 * The CLI frame. How to add a command:
 *
 * 1. `commands/<noun>.ts` exports `default defineCommand({ description, args, examples, run })`, or
 *    `default defineGroup({ description, commands })` for a noun with verbs. A verb is a command
 *    in the same file, or `{ summary, load: () => import("./<noun>/<verb>.ts") }`.
 * 2. Add one line to `commands/mod.ts`: `noun: { summary, aliases, load: () => import("./noun.ts") }`.
 *
 * In `args`, `type: "positional"` is an argument, anything else an option; names are camelCase and
 * become `--kebab-case`. `run(ctx)` reads `ctx.values`, and prints once with `ctx.print(data, text)`,
 * so `--json` works by itself. It throws KasError for what it can explain and never exits.
 * Heavy modules are imported inside `run`. `commands/config.ts` is the pattern.
 *
 * Every command has --json, --help and --no-color. stdout gets data only; with --json an error is one
 * line of JSON on stderr.
 * @module
 */
export {
  type Args,
  type ArgSchema,
  type ArgValues,
  type Command,
  type CommandContext,
  type CommandOptions,
  defineCommand,
  defineGroup,
  type Entry,
  type Example,
  type Group,
  type GroupOptions,
  type LazyEntry,
} from "./define.ts";
export {
  note,
  print,
  printLine,
  type PrintOptions,
  StdoutClosed,
  terminalWidth,
  writeOut,
} from "./output.ts";
export { type Progress, type ProgressOptions, startProgress, warn } from "./progress.ts";
export { readStdin, type ReadStdinOptions } from "./stdin.ts";
export { createStyle, errStyle, outStyle, type Style, type StyleName } from "./style.ts";
export { type Column, table, type TableOptions } from "./table.ts";
export { displayWidth, pad, tame, truncate, wrap } from "./text.ts";
export { formatDuration, formatRelative } from "./time.ts";
