import { isRequired, kebab, placeholder } from "./args.ts";
import type { Args, ArgSchema, Command, Example, Group } from "./define.ts";
import { displayWidth, pad, wrap } from "./text.ts";
import { createStyle, type Style } from "./style.ts";

/** How a help text is laid out. */
export interface HelpOptions {
  /** Columns to stay within; default 80. */
  width?: number;
  /** Colours of the headings; default none. */
  style?: Style;
}

interface Layout {
  width: number;
  style: Style;
}

const GLOBALS: readonly Row[] = [
  ["    --json", "Print the result as JSON"],
  ["    --no-color", "Print without colours"],
  ["-h, --help", "Show this help"],
];

type Row = readonly [left: string, right: string];

/** The help of a group: its commands with their aliases, and examples. */
export function groupHelp(path: string, group: Group, options: HelpOptions = {}): string {
  const layout = settle(options);
  const rows: Row[] = [];
  for (const [name, entry] of group.commands) {
    if (entry.hidden === true) continue;
    const aliases = "aliases" in entry ? entry.aliases ?? [] : [];
    const summary = "summary" in entry ? entry.summary : entry.description;
    rows.push([[name, ...aliases].join(", "), summary]);
  }
  const optional = group.fallback === undefined ? "<command>" : "[<command>]";
  return join([
    about(group.description, group.details, layout),
    section("Usage", [`  ${path} ${optional} [options]`], layout),
    section("Commands", columns(rows, layout.width), layout),
    section("Options", columns(GLOBALS, layout.width), layout),
    examples(group.examples, layout),
    `Run ${path} <command> --help for more about a command.`,
  ]);
}

/** The help of one command: usage line, arguments, options and examples. */
export function commandHelp(path: string, command: Command, options: HelpOptions = {}): string {
  const layout = settle(options);
  const shown = Object.entries(command.args).filter(([, schema]) => schema.hidden !== true);
  const positional = shown.filter(([, schema]) => schema.type === "positional");
  const flags = shown.filter(([, schema]) => schema.type !== "positional");
  const words = positional.map(([name, schema]) => usageWord(name, schema));
  return join([
    about(command.description, command.details, layout),
    section("Usage", [`  ${[path, ...words, "[options]"].join(" ")}`], layout),
    section(
      "Arguments",
      columns(
        positional.map(([name, schema]) => [placeholder(name, schema), describe(schema)]),
        layout.width,
      ),
      layout,
    ),
    section("Options", columns([...optionRows(flags), ...GLOBALS], layout.width), layout),
    examples(command.examples, layout),
  ]);
}

function settle(options: HelpOptions): Layout {
  return {
    width: Math.max(40, Math.min(options.width ?? 80, 80)),
    style: options.style ?? createStyle(false),
  };
}

function join(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("\n\n");
}

function about(description: string, details: string | undefined, layout: Layout): string {
  const paragraphs = [description, ...(details === undefined ? [] : details.split(/\n\s*\n/))];
  return paragraphs.map((text) => wrap(text, layout.width).join("\n")).join("\n\n");
}

function section(title: string, lines: readonly string[], layout: Layout): string {
  return lines.length === 0 ? "" : [layout.style.bold(`${title}:`), ...lines].join("\n");
}

function examples(list: readonly Example[], layout: Layout): string {
  return section(
    "Examples",
    list.flatMap(([command, meaning]) => [
      `  ${command}`,
      ...wrap(meaning, layout.width - 6).map((line) => layout.style.dim(`      ${line}`)),
    ]),
    layout,
  );
}

/** Two columns; the right one wraps. A left word that is too long gets a line of its own. */
function columns(rows: readonly Row[], width: number): string[] {
  const most = Math.min(28, Math.max(0, ...rows.map(([left]) => displayWidth(left))));
  const indent = " ".repeat(most + 4);
  return rows.flatMap(([left, right]) => {
    const lines = wrap(right, width - most - 4);
    if (displayWidth(left) > most) return [`  ${left}`, ...lines.map((line) => indent + line)];
    const [first = "", ...rest] = lines;
    return [`  ${pad(left, most)}  ${first}`.trimEnd(), ...rest.map((line) => indent + line)];
  });
}

function usageWord(name: string, schema: ArgSchema): string {
  const many = schema.multiple === true ? "..." : "";
  return isRequired(schema)
    ? `${placeholder(name, schema)}${many}`
    : `[${placeholder(name, schema)}${many}]`;
}

function optionRows(flags: readonly (readonly [string, Args[string]])[]): Row[] {
  return flags.map(([name, schema]) => {
    const long = schema.negatable === true ? `--[no-]${kebab(name)}` : `--${kebab(name)}`;
    const value = schema.type === "boolean" ? "" : ` ${placeholder(name, schema)}`;
    const short = schema.short === undefined ? "    " : `-${schema.short}, `;
    return [`${short}${long}${value}`, describe(schema)];
  });
}

function describe(schema: ArgSchema): string {
  const parts = [schema.description ?? ""];
  if (schema.choices !== undefined) parts.push(`(one of: ${schema.choices.join(", ")})`);
  if (schema.required === true && schema.type !== "positional") parts.push("(required)");
  if (schema.multiple === true && schema.type !== "positional") parts.push("(repeatable)");
  if (schema.default !== undefined && schema.default !== false && schema.default !== "") {
    parts.push(`(default: ${schema.default})`);
  }
  return parts.filter((part) => part !== "").join(" ");
}
