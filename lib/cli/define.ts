import type { Args, ArgSchema, ArgValues } from "gunshi/bone";
import { print } from "./output.ts";
import { outStyle, type Style } from "./style.ts";

export type { Args, ArgSchema, ArgValues };

/** A command line worth showing in the help, and what it is for. */
export type Example = readonly [command: string, meaning: string];

/** What a command's `run` is given. */
export interface CommandContext<A extends Args> {
  /** The parsed options and arguments, typed after `args`. */
  readonly values: ArgValues<A>;
  /** Options and arguments the user really wrote (not defaults). */
  readonly explicit: ReadonlySet<keyof A & string>;
  /** The words behind `--`, which are among the arguments too. */
  readonly behind: readonly string[];
  /** True with `--json`. */
  readonly json: boolean;
  /** How the command was called, in full names: "kas task list". */
  readonly path: string;
  /** Colours for stdout. */
  readonly style: Style;
  /** Aborted by the first SIGINT or SIGTERM; a second one ends the process. Reading it installs the handlers. */
  readonly signal: AbortSignal;
  /** Prints the result: JSON with `--json`, else the text. */
  print<T>(data: T, text: (data: T) => string): void;
}

/** What a command file declares. Names in `args` are camelCase and become `--kebab-case`. */
export interface CommandOptions<A extends Args> {
  /** One imperative sentence without a full stop; the first line of the help. */
  description: string;
  /** More help, shown below the description. */
  details?: string;
  args?: A;
  examples?: readonly Example[];
  /** Works on a group's behalf but is not listed in the help. */
  hidden?: boolean;
  /** Does the work. A number it returns is the exit status; without one it is 0. */
  run(ctx: CommandContext<A>): void | number | Promise<void | number>;
}

/** What the router hands to a command. */
export interface Invocation {
  path: string;
  argv: readonly string[];
  json: boolean;
  signal(): AbortSignal;
}

/** A command that can be run: made by {@link defineCommand}. */
export interface Command {
  readonly kind: "command";
  readonly description: string;
  readonly details: string | undefined;
  readonly args: Args;
  readonly examples: readonly Example[];
  readonly hidden: boolean;
  /** Parses the words after the command and runs it. @returns its exit status @throws KasError "usage" on wrong words */
  invoke(call: Invocation): Promise<number>;
}

/** A command or group whose module is loaded only when it is chosen. */
export interface LazyEntry {
  readonly summary: string;
  readonly aliases?: readonly string[];
  readonly hidden?: boolean;
  load(): Promise<{ readonly default: Command | Group }>;
}

/** What stands behind a word in a {@link Group}. */
export type Entry = LazyEntry | Command;

/** What a group file declares. */
export interface GroupOptions {
  description: string;
  details?: string;
  examples?: readonly Example[];
  /** The words that may follow, in the order of the help. */
  commands: Readonly<Record<string, Entry>>;
  /** The command meant when no word follows, as in `kas monitor`. Without it the help is shown. */
  fallback?: string;
}

/** A noun with verbs: made by {@link defineGroup}. */
export interface Group {
  readonly kind: "group";
  readonly description: string;
  readonly details: string | undefined;
  readonly examples: readonly Example[];
  readonly commands: ReadonlyMap<string, Entry>;
  readonly fallback: string | undefined;
}

/** Declares a command; the types of `ctx.values` follow from `args`. */
export function defineCommand<const A extends Args = Record<never, never>>(
  options: CommandOptions<A>,
): Command {
  const args: Args = options.args ?? {};
  return {
    kind: "command",
    description: options.description,
    details: options.details,
    args,
    examples: options.examples ?? [],
    hidden: options.hidden ?? false,
    async invoke(call) {
      const { parseWords } = await import("./parse.ts");
      const parsed = await parseWords<A>(options.args, call.argv, call.path);
      const status = await options.run({
        ...parsed,
        json: call.json,
        path: call.path,
        get style() {
          return outStyle();
        },
        get signal() {
          return call.signal();
        },
        print: (data, text) => print(data, { json: call.json, text }),
      });
      return status ?? 0;
    },
  };
}

/** Declares a group of commands. */
export function defineGroup(options: GroupOptions): Group {
  return {
    kind: "group",
    description: options.description,
    details: options.details,
    examples: options.examples ?? [],
    commands: new Map(Object.entries(options.commands)),
    fallback: options.fallback,
  };
}
