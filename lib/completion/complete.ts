import { GLOBAL_OPTIONS, kebab, spellings } from "../cli/args.ts";
import type { Args, ArgSchema, Command, Entry, Group } from "../cli/define.ts";
import { kindOf } from "./kinds.ts";
import type { Candidate, Completion, LookUp, ValueKind } from "./types.ts";

const NOTHING: Completion = { candidates: [], fallback: "none" };

const GLOBALS: readonly Candidate[] = [
  { value: "--json", about: "Print the result as JSON" },
  { value: "--no-color", about: "Print without colours" },
  { value: "--help", about: "Show this help" },
];

/**
 * Completes a command line from the tree of commands. Loads only the modules its words name.
 * @param words all words after `kas`; the last one is being typed and may be empty
 * @param topics pages of `kas help`
 */
export async function complete(
  root: Group,
  words: readonly string[],
  lookUp: LookUp,
  topics: readonly Candidate[] = [],
): Promise<Completion> {
  const typed = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const helping = before[0] === "help";
  const found = await descend(root, helping ? before.slice(1) : before);
  if (found === null) return NOTHING;
  const { node, path, rest } = found;
  if (node.kind === "command") {
    return helping ? NOTHING : await ofCommand(node, path, { rest, typed }, lookUp);
  }
  if (rest.some((word) => !isGlobal(word))) return NOTHING;
  const listed = typed.startsWith("-") ? (helping ? [] : GLOBALS) : commandsOf(node);
  const pages = helping && node === root ? topics : [];
  return { candidates: starting(typed, [...listed, ...pages]), fallback: "none" };
}

interface Found {
  readonly node: Command | Group;
  readonly path: string;
  /** Words behind the name of the command, or options before it. */
  readonly rest: readonly string[];
}

/** Follows the words down; null when one names nothing. */
async function descend(root: Group, words: readonly string[]): Promise<Found | null> {
  let node: Command | Group = root;
  let path = "kas";
  const early: string[] = [];
  for (const [index, word] of words.entries()) {
    if (node.kind === "command") {
      return { node, path, rest: [...early, ...words.slice(index)] };
    }
    if (isGlobal(word)) {
      early.push(word);
      continue;
    }
    const entry = entryOf(node, word);
    if (entry === null) return null;
    const opened: Command | Group = "load" in entry[1] ? (await entry[1].load()).default : entry[1];
    node = opened;
    path = `${path} ${entry[0]}`;
  }
  return { node, path, rest: early };
}

function isGlobal(word: string): boolean {
  return word === "-h" || GLOBAL_OPTIONS.some((option) => option === word);
}

function entryOf(group: Group, word: string): [string, Entry] | null {
  const direct = group.commands.get(word);
  if (direct !== undefined) return [word, direct];
  for (const [name, entry] of group.commands) {
    if ("load" in entry && entry.aliases?.includes(word) === true) return [name, entry];
  }
  return null;
}

function commandsOf(group: Group): Candidate[] {
  return [...group.commands].filter(([, entry]) => entry.hidden !== true).map(([value, entry]) => ({
    value,
    about: "summary" in entry ? entry.summary : entry.description,
  }));
}

interface Line {
  readonly rest: readonly string[];
  readonly typed: string;
}

async function ofCommand(
  command: Command,
  path: string,
  { rest, typed }: Line,
  lookUp: LookUp,
): Promise<Completion> {
  const seen = read(command.args, rest);
  const value = (name: string, schema: ArgSchema, text: string, lead: string) =>
    valuesOf(kindOf(path, name, schema), schema, { text, lead, seen }, lookUp);
  if (seen.open !== null) return await value(...seen.open, typed, "");
  const inline = /^(--[^=]+)=(.*)$/s.exec(typed);
  if (inline !== null && !seen.ended) {
    const [, spelling = "", text = ""] = inline;
    const option = optionOf(command.args, spelling);
    return option === null ? NOTHING : await value(...option, text, `${spelling}=`);
  }
  if (typed.startsWith("-") && !seen.ended) {
    return { candidates: starting(typed, optionsOf(command.args, seen.used)), fallback: "none" };
  }
  const positionals = Object.entries(command.args).filter(([, arg]) => arg.type === "positional");
  const last = positionals.at(-1);
  const next = positionals[seen.operands.length] ??
    (last?.[1].multiple === true ? last : undefined);
  return next === undefined ? NOTHING : await value(...next, typed, "");
}

type Option = [name: string, schema: ArgSchema];

/** The words before the one that is typed. */
interface Seen {
  readonly operands: readonly string[];
  readonly used: ReadonlySet<string>;
  readonly repo: string | undefined;
  /** The option whose value is being typed. */
  readonly open: Option | null;
  /** Whether `--` came by. */
  readonly ended: boolean;
}

function read(args: Args, rest: readonly string[]): Seen {
  const operands: string[] = [];
  const used = new Set<string>();
  let repo: string | undefined;
  let open: Option | null = null;
  for (const [index, word] of rest.entries()) {
    if (word === "--" && open === null) {
      operands.push(...rest.slice(index + 1));
      return { operands, used, repo, open, ended: true };
    }
    if (open !== null) {
      if (open[0] === "repo") repo = word;
      open = null;
      continue;
    }
    if (!word.startsWith("-") || word === "-") {
      operands.push(word);
      continue;
    }
    const cut = word.indexOf("=");
    const option = optionOf(args, cut < 0 ? word : word.slice(0, cut));
    if (option === null) continue;
    if (option[1].multiple !== true) used.add(option[0]);
    if (option[0] === "repo" && cut >= 0) repo = word.slice(cut + 1);
    if (cut < 0 && option[1].type !== "boolean") open = option;
  }
  return { operands, used, repo, open, ended: false };
}

function optionOf(args: Args, spelling: string): Option | null {
  for (const [name, schema] of Object.entries(args)) {
    if (schema.type === "positional") continue;
    if (spellings(name, schema).includes(spelling)) return [name, schema];
    if (schema.short !== undefined && spelling === `-${schema.short}`) return [name, schema];
  }
  return null;
}

function optionsOf(args: Args, used: ReadonlySet<string>): Candidate[] {
  const own = Object.entries(args)
    .filter(([name, arg]) => arg.type !== "positional" && arg.hidden !== true && !used.has(name))
    .map(([name, arg]) => ({ value: `--${kebab(name)}`, about: arg.description ?? "" }));
  return [...own, ...GLOBALS];
}

interface Typed {
  readonly text: string;
  /** What stands before the value in the same word: `--status=`. */
  readonly lead: string;
  readonly seen: Seen;
}

async function valuesOf(
  kind: ValueKind,
  schema: ArgSchema,
  { text, lead, seen }: Typed,
  lookUp: LookUp,
): Promise<Completion> {
  switch (kind.kind) {
    case "none":
      return NOTHING;
    case "files":
    case "folders":
      return { candidates: [], fallback: lead === "" ? kind.kind : "none" };
    case "words": {
      // A list is typed with commas: its last part is what is completed.
      const cut = schema.multiple === true ? text.lastIndexOf(",") + 1 : 0;
      const taken = text.slice(0, cut).split(",");
      const left = kind.words.filter((word) => !taken.includes(word));
      return offer(text.slice(cut), lead + text.slice(0, cut), left.map(bare));
    }
    default: {
      const asked = { kind: kind.kind, operands: seen.operands, repo: seen.repo, typed: text };
      const given = schema.multiple === true ? seen.operands : [];
      const all = (await lookUp(asked)).filter(({ value }) => !given.includes(value));
      return offer(text, lead, all);
    }
  }
}

function bare(value: string): Candidate {
  return { value, about: "" };
}

function offer(text: string, lead: string, all: readonly Candidate[]): Completion {
  const candidates = starting(text, all).map(({ value, about }) => ({
    value: lead + value,
    about,
  }));
  return { candidates, fallback: "none" };
}

/** Letters, digits and marks that mean nothing to any shell. */
const SAFE = /^[\p{L}\p{N}._\/@:+,=-]+$/u;

/** What begins as typed. A value that a shell would read otherwise is left out: it goes into the line as it is. */
function starting(typed: string, all: readonly Candidate[]): Candidate[] {
  return all.filter(({ value }) => value.startsWith(typed) && SAFE.test(value));
}
