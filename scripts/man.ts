/**
 * Writes build/man/kas.1, the man page of all commands, from the tree that runs them.
 * @see man(7), mdoc(7)
 * @module
 */
import { root } from "../commands/mod.ts";
import { KasError } from "../lib/errors.ts";
import { quote } from "../lib/names.ts";
import { TOPICS } from "../lib/topic/list.ts";
import { VERSION } from "../lib/version.ts";
import { argumentRows, type CommandNode, commandTree, usageOf } from "./docs/commands.ts";
import { ROOT, script } from "./run.ts";

/** The page as man(7) source. @param date shown at the foot, as 2026-01-31 */
export async function manPage(version: string, date: string): Promise<string> {
  const tree = (await commandTree(root)).filter(({ hidden }) => !hidden);
  return [
    `.TH KAS 1 "${date}" ${quoted(`kas ${version}`)} ${quoted("kas manual")}`,
    ".SH NAME",
    `kas \\- ${plain(root.description.replace(/^kas /, ""))}`,
    ".SH SYNOPSIS",
    ".B kas",
    ".I command",
    ".RI [ arguments ]",
    ".RI [ options ]",
    ".SH DESCRIPTION",
    ...paragraph(`${root.description}. ${root.details ?? ""}`.trim()),
    ".SH OPTIONS",
    "Every command has these:",
    ...tagged("--json", "Print the result as JSON; errors are one line of JSON on stderr."),
    ...tagged("--no-color", "Print without colours."),
    ...tagged("-h, --help", "Show the help."),
    ".SH COMMANDS",
    ...tree.flatMap((node) => command(node)),
    ".SH EXIT STATUS",
    ...EXIT.flatMap(([code, meaning]) => tagged(code, meaning)),
    ".SH ENVIRONMENT",
    ...ENVIRONMENT.flatMap(([name, meaning]) => tagged(name, meaning)),
    ".SH FILES",
    ...FILES.flatMap(([name, meaning]) => tagged(name, meaning)),
    ".SH SEE ALSO",
    ...paragraph(
      `kas help <topic> prints a page on: ${TOPICS.map(({ name }) => name).join(", ")}.`,
    ),
    ".PP",
    ".BR git (1),",
    ".BR tmux (1)",
    "",
  ].join("\n");
}

/**
 * The date of the page, so that the same sources give the same page: that of the sources where it is
 * given, else the day the version was released, else today.
 * @param epoch SOURCE_DATE_EPOCH, in seconds
 * @throws KasError "invalid" for one that is no number
 * @see https://reproducible-builds.org/specs/source-date-epoch/
 */
export function pageDate(version: string, changelog: string, epoch: string | undefined): string {
  if (epoch !== undefined && epoch !== "") {
    const isTime = /^\d{1,12}$/.test(epoch);
    if (isTime) return new Date(Number(epoch) * 1000).toISOString().slice(0, 10);
    throw new KasError("invalid", `Cannot read SOURCE_DATE_EPOCH: ${quote(epoch)}`, {
      hint: "It is a number of seconds since 1970",
    });
  }
  const heading = changelog.split("\n").find((line) => line.startsWith(`## ${version} - `)) ?? "";
  return /\d{4}-\d{2}-\d{2}$/.exec(heading.trim())?.[0] ?? new Date().toISOString().slice(0, 10);
}

const EXIT: readonly (readonly [string, string])[] = [
  ["0", "Done."],
  ["1", "Failed."],
  ["2", "Wrong usage: a word, a value or a settings file."],
  ["3", "Refused: not legal now, or not safe."],
  ["4", "A program that is needed is missing or too old."],
  ["130, 143", "Interrupted by SIGINT or SIGTERM."],
  ["141", "Nobody reads the output any more."],
];

const ENVIRONMENT: readonly (readonly [string, string])[] = [
  ["KASMOS_HOME", "Folder of settings, agents and the database."],
  ["KASMOS_DB", "The database."],
  ["KASMOS_STATE_DIR", "Folder of logs and of what agents were given."],
  ["KASMOS_RUNTIME_DIR", "Folder of sockets."],
  ["KASMOS_RELEASES_URL", "Where kas upgrade finds releases."],
  ["NO_COLOR", "When set, nothing is printed in colours."],
  ["KAS_DEBUG", "When set, errors show their stack."],
];

const FILES: readonly (readonly [string, string])[] = [
  ["~/.config/kasmos/config.toml", "Your settings."],
  [".kasmos/config.toml", "Settings of a repository."],
  ["~/.config/kasmos/taskstore.db", "Tasks, decisions and the log, of all projects."],
  ["~/.local/state/kasmos/daemon.log", "The log of the daemon."],
];

function command(node: CommandNode): string[] {
  const children = node.children.filter(({ hidden }) => !hidden);
  const short = node.aliases.length === 0 ? "" : ` Short: ${node.aliases.join(", ")}.`;
  return [
    `.SS ${quoted(usageOf(node).replace(/ \[options\]$/, ""))}`,
    ...paragraph(`${node.node.description}.${short}`),
    ...(node.node.details ?? "").split(/\n\s*\n/).filter((text) => text !== "")
      .flatMap((text) => [".PP", ...paragraph(text)]),
    ...node.node.kind === "command"
      ? argumentRows(node.node).flatMap(({ name, meaning, fallback }) =>
        tagged(name, fallback === "" ? meaning : `${meaning} (default: ${fallback})`)
      )
      : [],
    ...node.node.examples.flatMap(([line, meaning]) => [
      ".PP",
      ...paragraph(`${meaning}:`),
      ".PP",
      ".RS 4",
      ".nf",
      plain(line),
      ".fi",
      ".RE",
    ]),
    ...children.flatMap((child) => command(child)),
  ];
}

function tagged(tag: string, text: string): string[] {
  return [".TP", `.B ${quoted(tag)}`, ...paragraph(text)];
}

function paragraph(text: string): string[] {
  return text === ""
    ? []
    : text.replaceAll(/\s+/g, " ").trim().split(/(?<=[.:]) (?=[A-Z])/).map(plain);
}

/** A word of a macro line. */
function quoted(text: string): string {
  return `"${plain(text).replaceAll('"', "\\(dq")}"`;
}

/** Text in which roff finds nothing of its own. @see groff_char(7) */
function plain(text: string): string {
  const escaped = text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll("'", "\\(aq")
    .replaceAll("`", "\\(ga").replaceAll("^", "\\(ha").replaceAll("~", "\\(ti");
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}

if (import.meta.main) {
  await script(async () => {
    const changelog = await Deno.readTextFile(`${ROOT}/CHANGELOG.md`);
    const date = pageDate(VERSION, changelog, Deno.env.get("SOURCE_DATE_EPOCH"));
    await Deno.mkdir(`${ROOT}/build/man`, { recursive: true });
    await Deno.writeTextFile(`${ROOT}/build/man/kas.1`, await manPage(VERSION, date));
    console.log(`${ROOT}/build/man/kas.1`);
  });
}
