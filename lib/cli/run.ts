import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { requireUnix } from "../platform.ts";
import { nearest } from "../suggest.ts";
import { GLOBAL_OPTIONS } from "./args.ts";
import type { Command, Entry, Group, LazyEntry } from "./define.ts";
import { reportError } from "./fail.ts";
import { commandHelp, groupHelp } from "./help.ts";
import { type Interruption, interruption } from "./interrupt.ts";
import { note, printLine, StdoutClosed, terminalWidth } from "./output.ts";
import { outStyle } from "./style.ts";

/** Commands that work on systems kas itself does not run on. */
const ANYWHERE: readonly string[] = ["version", "completions", "help"];

/** Exit status of a program whose reader closed the pipe: 128 + SIGPIPE, as a shell reports it. */
const EXIT_PIPE = 141;

interface Globals {
  argv: string[];
  json: boolean;
  help: boolean;
}

/**
 * Runs one command line from the root group down and reports what went wrong.
 * @returns the exit status: 0 done, 1 failed, 2 wrong usage, 3 refused, 4 missing program,
 * 130 or 143 interrupted, 141 stdout closed
 */
export async function runCli(
  root: Group,
  argv: readonly string[],
  name = "kas",
): Promise<number> {
  const globals = takeGlobals(argv);
  const interrupt = interruption();
  try {
    const code = await dispatch(root, globals, name, interrupt);
    return interrupt.exitCode() ?? code;
  } catch (error) {
    if (error instanceof StdoutClosed) return EXIT_PIPE;
    const interrupted = interrupt.exitCode();
    if (interrupted !== null && interrupt.caused(error)) return interrupted;
    return reportError(error, { json: globals.json });
  } finally {
    interrupt[Symbol.dispose]();
  }
}

/** Takes out the options every command has, wherever they stand before `--`. */
function takeGlobals(argv: readonly string[]): Globals {
  const cut = argv.indexOf("--");
  const head = cut < 0 ? argv : argv.slice(0, cut);
  const kept = head.filter((word) => !["--json", "--help", "-h", "--no-color"].includes(word));
  if (head.includes("--no-color")) Deno.env.set("NO_COLOR", "1");
  return {
    argv: [...kept, ...(cut < 0 ? [] : argv.slice(cut))],
    json: head.includes("--json"),
    help: head.includes("--help") || head.includes("-h"),
  };
}

async function dispatch(
  root: Group,
  globals: Globals,
  name: string,
  interrupt: Interruption,
): Promise<number> {
  const asked = globals.argv[0] === "help" && !root.commands.has("help");
  const words = asked ? globals.argv.slice(1) : globals.argv;
  const found = await find(root, words, name, globals.help || asked);
  if (globals.help || asked || (found.node === root && words.length === 0)) {
    printLine(helpOf(found.path, found.node));
    return 0;
  }
  if (found.node.kind === "group") {
    note(helpOf(found.path, found.node));
    return 2;
  }
  if (!ANYWHERE.includes(words[0] ?? "")) requireUnix();
  return await found.node.invoke({
    path: found.path,
    argv: found.rest,
    json: globals.json,
    signal: () => interrupt.signal,
  });
}

function helpOf(path: string, node: Command | Group): string {
  const options = { width: terminalWidth() ?? 80, style: outStyle() };
  return node.kind === "group" ? groupHelp(path, node, options) : commandHelp(path, node, options);
}

interface Found {
  node: Command | Group;
  path: string;
  rest: readonly string[];
}

/** Walks down the tree, loading only what the words name. */
async function find(
  root: Group,
  words: readonly string[],
  name: string,
  forHelp: boolean,
): Promise<Found> {
  let node: Command | Group = root;
  let path = name;
  let index = 0;
  while (node.kind === "group") {
    const word = words[index];
    if (word === undefined || word.startsWith("-")) {
      const standIn: string | undefined = forHelp ? undefined : node.fallback;
      if (standIn === undefined) {
        if (word === undefined) break;
        throw unknownOption(word, path);
      }
      node = await open(entryOf(node, standIn, path)[1]);
      break;
    }
    const [full, entry]: [string, Entry] = entryOf(node, word, path);
    node = await open(entry);
    path = `${path} ${full}`;
    index++;
  }
  return { node, path, rest: words.slice(index) };
}

async function open(entry: Entry): Promise<Command | Group> {
  return isLazy(entry) ? (await entry.load()).default : entry;
}

function isLazy(entry: Entry): entry is LazyEntry {
  return "load" in entry;
}

function entryOf(group: Group, word: string, path: string): [string, Entry] {
  const direct = group.commands.get(word);
  if (direct !== undefined) return [word, direct];
  for (const [name, entry] of group.commands) {
    if (isLazy(entry) && entry.aliases?.includes(word) === true) return [name, entry];
  }
  const visible = [...group.commands].filter(([, entry]) => entry.hidden !== true);
  const near = nearest(word, visible.map(([name]) => name));
  throw new KasError("usage", `Unknown command ${quote(word)} for ${path}`, {
    hint: near === null ? `See ${path} --help` : `Did you mean ${path} ${near}?`,
    context: { command: path },
  });
}

function unknownOption(word: string, path: string): KasError {
  const near = nearest(word, GLOBAL_OPTIONS);
  return new KasError("usage", `Unknown option ${quote(word)} for ${path}`, {
    hint: near === null
      ? `Options of a command come after it: ${path} <command> …; see ${path} --help`
      : `Did you mean ${near}?`,
    context: { command: path },
  });
}
