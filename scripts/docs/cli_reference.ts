import { argumentRows, type CommandNode, usageOf } from "./commands.ts";
import { code, fenced, paragraphs, plain, table } from "./markdown.ts";

/** The commands of kas as markdown, from the tree that runs them. */
export function cliReference(tree: readonly CommandNode[]): string {
  const shown = tree.filter(({ hidden }) => !hidden);
  return paragraphs(
    table(["command", "does"], shown.map((one) => [linkTo(one), plain(one.summary)])),
    ...shown.flatMap((one) => section(one, 2)),
    hiddenCommands(tree.filter(({ hidden }) => hidden)),
  );
}

function linkTo({ path, aliases }: CommandNode): string {
  const short = aliases.length === 0 ? "" : ` (${aliases.map(code).join(", ")})`;
  return `[${code(path)}](#${slug(path)})${short}`;
}

/** How the word may be written, too. */
function aliasNote({ aliases }: CommandNode): string {
  return aliases.length === 0 ? "" : `Short: ${aliases.map(code).join(", ")}.`;
}

/** The anchor of a heading, as sites that show markdown make it. */
export function slug(heading: string): string {
  return heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\p{M}\s_-]/gu, "").trim()
    .replaceAll(/\s/g, "-");
}

function section(one: CommandNode, level: number): string[] {
  const { node } = one;
  const heading = `${"#".repeat(Math.min(level, 4))} ${one.path}`;
  const about = [
    `${plain(node.description)}.`,
    ...(node.details ?? "").split(/\n\s*\n/).map(plain),
  ];
  const children = one.children.filter(({ hidden }) => !hidden);
  return [
    heading,
    ...about,
    fenced("text", [usageOf(one)]),
    paragraphs(aliasNote(one), fallbackNote(one)),
    node.kind === "command" ? argumentTable(one) : "",
    examples(one),
    ...children.flatMap((child) => section(child, level + 1)),
  ];
}

function fallbackNote({ path, node }: CommandNode): string {
  if (node.kind !== "group" || node.fallback === undefined) return "";
  return `${code(path)} alone is ${code(`${path} ${node.fallback}`)}.`;
}

function argumentTable({ node }: CommandNode): string {
  if (node.kind !== "command") return "";
  const rows = argumentRows(node);
  const defaults = rows.some(({ fallback }) => fallback !== "");
  return table(
    ["argument or option", "meaning", ...(defaults ? ["default"] : [])],
    rows.map(({ name, meaning, fallback }) => [
      code(name),
      plain(meaning),
      ...(defaults ? [code(fallback)] : []),
    ]),
  );
}

function examples({ node }: CommandNode): string {
  if (node.examples.length === 0) return "";
  return fenced("sh", node.examples.flatMap(([line, meaning]) => [`# ${meaning}`, line]));
}

/** Those that other programs call. */
function hiddenCommands(tree: readonly CommandNode[]): string {
  if (tree.length === 0) return "";
  return paragraphs(
    "## Called by other programs",
    "The help does not list these.",
    table(
      ["command", "does"],
      tree.map((one) => [code(usageOf(one)), plain(one.node.description)]),
    ),
  );
}
