import { type Args, type ArgSchema, type ArgValues, cli } from "gunshi/bone";
import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { nearest } from "../suggest.ts";
import { GLOBAL_OPTIONS, isRequired, joinTexts, kebab, placeholder, spellings } from "./args.ts";

/** The words after a command, understood. */
export interface ParsedWords<A extends Args> {
  values: ArgValues<A>;
  explicit: ReadonlySet<keyof A & string>;
  /** The words behind `--`, which are among the arguments too. */
  behind: readonly string[];
}

interface Token {
  kind: "option" | "option-terminator" | "positional";
  name?: string;
  rawName?: string;
  inlineValue?: boolean;
}

interface Raw {
  values: Record<string, unknown>;
  explicit: Record<string, boolean>;
  operands: readonly string[];
  behind: readonly string[];
  tokens: readonly Token[];
  error: AggregateError | undefined;
}

/**
 * Parses the words after a command. Everything after `--` is an argument, whatever it looks like.
 * @throws KasError "usage" naming the word that is wrong, with the nearest right one in the hint
 */
export async function parseWords<A extends Args>(
  schema: A | undefined,
  argv: readonly string[],
  path: string,
): Promise<ParsedWords<A>> {
  const args: Args = schema ?? {};
  const entries = Object.entries(args);
  const options = Object.fromEntries(entries.filter(([, arg]) => arg.type !== "positional"));
  const positionals = entries.filter(([, arg]) => arg.type === "positional");
  const raw = await readOptions(options, joinTexts(options, argv), path);
  checkValues(options, raw.tokens, path);
  if (raw.error !== undefined) throw optionError(raw.error, options, path);
  const operands = readOperands(positionals, raw.operands, path);
  const given = Object.keys(raw.explicit).filter((name) => raw.explicit[name] === true);
  return {
    // The two halves together have exactly the shape ArgValues derives from the schema.
    values: { ...raw.values, ...operands.values } as ArgValues<A>,
    explicit: new Set([...given, ...operands.given]) as ReadonlySet<keyof A & string>,
    behind: raw.behind,
  };
}

/** Lets gunshi read the options. It is given no positionals and nothing behind `--`. */
async function readOptions(options: Args, argv: readonly string[], path: string): Promise<Raw> {
  const cut = argv.indexOf("--");
  const head = cut < 0 ? argv : argv.slice(0, cut);
  const tail = cut < 0 ? [] : argv.slice(cut + 1);
  const none = { values: {}, explicit: {}, operands: [], tokens: [], error: undefined };
  const result: { raw: Raw } = { raw: { ...none, behind: tail } };
  try {
    await cli([...head], {
      name: path,
      args: Object.fromEntries(
        Object.entries(options).map(([name, option]) => [name, lenient(option)]),
      ),
      toKebab: true,
      run(ctx) {
        result.raw = {
          values: { ...ctx.values },
          explicit: { ...ctx.explicit },
          operands: [...ctx.positionals, ...tail],
          behind: tail,
          tokens: ctx.tokens,
          error: ctx.validationError,
        };
      },
    }, { strict: true, renderHeader: null, renderUsage: null, renderValidationErrors: null });
  } catch (error) {
    if (!(error instanceof AggregateError)) throw error;
    throw optionError(error, options, path);
  }
  return result.raw;
}

/**
 * gunshi drops an empty string and crashes on a number without a value; a parse function of our
 * own gets both. A missing value itself is found by {@link checkValues}.
 */
function lenient(option: ArgSchema): ArgSchema {
  if (option.parse !== undefined) return option;
  if (option.type === "string") return { ...option, parse: (value) => value };
  if (option.type !== "number") return option;
  return {
    ...option,
    parse: (value) => {
      const number = value.trim() === "" ? Number.NaN : Number(value);
      if (!Number.isFinite(number)) throw new Error(`${quote(value)} is not a number`);
      return number;
    },
  };
}

/** Refuses `--limit` at the end of the line and `--force=no`: gunshi lets both pass. */
function checkValues(options: Args, tokens: readonly Token[], path: string): void {
  tokens.forEach((token, index) => {
    if (token.kind !== "option" || token.rawName === undefined) return;
    const option = findOption(options, token);
    if (option === undefined) return;
    const [name, schema] = option;
    if (schema.type === "boolean") {
      if (token.inlineValue !== true) return;
      throw usage(`Cannot give a value to ${token.rawName}: it is a switch`, path);
    }
    const next = tokens[index + 1];
    const has = token.inlineValue === true || next?.kind === "positional" ||
      (next?.kind === "option" && next.rawName === undefined);
    if (!has) {
      throw usage(`Missing value for ${token.rawName}`, path, {
        hint: `Write --${kebab(name)}=VALUE, also when the value begins with a dash`,
      });
    }
  });
}

function findOption(options: Args, token: Token): [string, ArgSchema] | undefined {
  const long = token.rawName?.startsWith("--") === true;
  return Object.entries(options).find(([name, schema]) =>
    long
      ? spellings(name, schema).includes(`--${token.name}`)
      : schema.short !== undefined && token.name === schema.short
  );
}

interface OptionProblem {
  code?: string;
  message: string;
  values?: Record<string, unknown>;
}

/** Says gunshi's first complaint in the words of kas. */
function optionError(error: AggregateError, options: Args, path: string): KasError {
  const problems: OptionProblem[] = error.errors;
  const problem = problems.find((one) => one.code === "err:arg:unknown-option") ?? problems[0];
  const values = problem?.values ?? {};
  const name = typeof values.name === "string" ? values.name : "";
  const flag = `--${kebab(name)}`;
  switch (problem?.code) {
    case "err:arg:unknown-option":
      return unknownOption(String(values.rawName ?? ""), options, path);
    case "err:arg:required-option":
      return usage(`Missing option ${flag}`, path);
    case "err:arg:invalid-choice": {
      const choices = (options[name]?.choices ?? []).join(", ");
      return usage(`Cannot use ${quote(String(values.actual))} for ${flag}`, path, {
        hint: `Choose one of: ${choices}`,
      });
    }
    case "err:arg:custom-parse":
      return usage(`Cannot use the value of ${flag}: ${problem.message}`, path);
    default:
      return usage(problem?.message ?? error.message, path);
  }
}

function unknownOption(word: string, options: Args, path: string): KasError {
  const known = Object.entries(options).filter(([, schema]) => schema.hidden !== true)
    .flatMap(([name, schema]) => spellings(name, schema));
  const near = nearest(word, [...known, ...GLOBAL_OPTIONS]);
  return usage(
    `Unknown option ${quote(word)} for ${path}`,
    path,
    near === null ? {} : { hint: `Did you mean ${near}?` },
  );
}

/** Gives the free words to the positional arguments in the order they were declared. */
function readOperands(
  positionals: readonly (readonly [string, ArgSchema])[],
  words: readonly string[],
  path: string,
): { values: Record<string, unknown>; given: string[] } {
  const values: Record<string, unknown> = {};
  const given: string[] = [];
  let next = 0;
  positionals.forEach(([name, schema], index) => {
    const reserved = positionals.slice(index + 1).filter(([, other]) => isRequired(other)).length;
    const free = Math.max(0, words.length - next - (isRequired(schema) ? 0 : reserved));
    const take = words.slice(next, next + Math.min(free, schema.multiple === true ? free : 1));
    next += take.length;
    if (take.length === 0) {
      if (isRequired(schema)) throw usage(`Missing argument ${placeholder(name, schema)}`, path);
      if (schema.multiple === true) values[name] = [];
      else if (schema.default !== undefined) values[name] = schema.default;
      return;
    }
    given.push(name);
    const parsed = take.map((word) => operand(name, schema, word, path));
    values[name] = schema.multiple === true ? parsed : parsed[0];
  });
  const extra = words[next];
  if (extra !== undefined) throw usage(`Unexpected argument ${quote(extra)} for ${path}`, path);
  return { values, given };
}

function operand(name: string, schema: ArgSchema, word: string, path: string): unknown {
  if (schema.choices !== undefined && !schema.choices.includes(word)) {
    const near = nearest(word, schema.choices);
    const all = `Choose one of: ${schema.choices.join(", ")}`;
    throw usage(`Cannot use ${quote(word)} as ${placeholder(name, schema)}`, path, {
      hint: near === null ? all : `Did you mean "${near}"? ${all}`,
    });
  }
  return schema.parse === undefined ? word : schema.parse(word);
}

function usage(message: string, path: string, options: { hint?: string } = {}): KasError {
  return new KasError("usage", message, {
    hint: options.hint ?? `See ${path} --help`,
    context: { command: path },
  });
}
