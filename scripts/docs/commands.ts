import { isRequired, kebab, placeholder } from "../../lib/cli/args.ts";
import type { ArgSchema, Command, Entry, Group } from "../../lib/cli/define.ts";

/** A word of the command line with all that stands below it, loaded. */
export interface CommandNode {
  /** In full names: "kas task list". */
  readonly path: string;
  readonly aliases: readonly string[];
  /** One line, as the help of the group above shows it. */
  readonly summary: string;
  readonly hidden: boolean;
  readonly node: Command | Group;
  /** Words that may follow; empty for a command. */
  readonly children: readonly CommandNode[];
}

/** Loads the whole tree of commands. */
export async function commandTree(root: Group, path = "kas"): Promise<readonly CommandNode[]> {
  const words = [...root.commands];
  return await Promise.all(words.map(([word, entry]) => nodeOf(`${path} ${word}`, entry)));
}

async function nodeOf(path: string, entry: Entry): Promise<CommandNode> {
  const lazy = "load" in entry;
  const node = lazy ? (await entry.load()).default : entry;
  return {
    path,
    aliases: lazy ? entry.aliases ?? [] : [],
    summary: lazy ? entry.summary : entry.description,
    hidden: entry.hidden === true,
    node,
    children: node.kind === "group" ? await commandTree(node, path) : [],
  };
}

/** Every command of a tree, groups left out, in the order of the help. */
export function leaves(tree: readonly CommandNode[]): CommandNode[] {
  return tree.flatMap((one) => one.node.kind === "group" ? leaves(one.children) : [one]);
}

/** An argument or option as the reference shows it. */
export interface ArgumentRow {
  readonly name: string;
  readonly meaning: string;
  /** Empty where there is none. */
  readonly fallback: string;
}

/** Arguments first, then options, without hidden ones. */
export function argumentRows(command: Command): ArgumentRow[] {
  const shown = Object.entries(command.args).filter(([, schema]) => schema.hidden !== true);
  const isWord = ([, schema]: [string, ArgSchema]): boolean => schema.type === "positional";
  return [...shown.filter(isWord), ...shown.filter((one) => !isWord(one))].map((
    [name, schema],
  ) => ({
    name: nameOf(name, schema),
    meaning: meaningOf(schema),
    fallback: schema.default === undefined || schema.default === false || schema.default === ""
      ? ""
      : String(schema.default),
  }));
}

function nameOf(name: string, schema: ArgSchema): string {
  if (schema.type === "positional") return placeholder(name, schema);
  const long = schema.negatable === true ? `--[no-]${kebab(name)}` : `--${kebab(name)}`;
  const short = schema.short === undefined ? "" : `-${schema.short}, `;
  return `${short}${long}${schema.type === "boolean" ? "" : ` ${placeholder(name, schema)}`}`;
}

function meaningOf(schema: ArgSchema): string {
  const notes = [
    ...(schema.choices === undefined ? [] : [`one of ${schema.choices.join(", ")}`]),
    ...(schema.required === true && schema.type !== "positional" ? ["required"] : []),
    ...(schema.multiple === true ? ["may be given several times"] : []),
  ];
  const text = schema.description ?? "";
  const says = (note: string): boolean =>
    text.includes(note) || (note.endsWith("times") && /repeat|several times/.test(text));
  const fresh = notes.filter((note) => !says(note));
  return fresh.length === 0 ? text : `${text} (${fresh.join("; ")})`;
}

/** `kas task create <name> [options]` */
export function usageOf({ path, node }: CommandNode): string {
  if (node.kind === "group") {
    return `${path} ${node.fallback === undefined ? "<command>" : "[<command>]"} [options]`;
  }
  const words = Object.entries(node.args)
    .filter(([, schema]) => schema.type === "positional" && schema.hidden !== true)
    .map(([name, schema]) => {
      const word = `${placeholder(name, schema)}${schema.multiple === true ? "..." : ""}`;
      return isRequired(schema) ? word : `[${word}]`;
    });
  return [path, ...words, "[options]"].join(" ");
}
