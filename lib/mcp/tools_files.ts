import * as v from "valibot";
import { runGit } from "../git/run.ts";
import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { count, flag, output, project, text, textOutput, tool } from "./define.ts";
import { resolveInside, type Sandbox, sandboxOf, shown } from "./sandbox.ts";
import { symbolsOf } from "./symbols.ts";
import type { Tool, ToolOutput } from "./types.ts";

/** Bounds of one answer: an agent's context is small, and a repository is not. */
const MAX_LINES = 2000;
const MAX_FILE_BYTES = 4 * 1024 * 1024;
const MAX_TEXT = 256 * 1024;
const MAX_ENTRIES = 1000;
const MAX_GIT_BYTES = 16 * 1024 * 1024;
const LINE_CHARACTERS = 1000;
/** How long one search may take, in ms: a pattern can be made to run for ever. */
const SEARCH_MS = 20_000;

const path = text("Path of a file or folder, relative to where you work");

const readFile = tool({
  name: "read_file",
  description: "Read a text file of the project, or some lines of it",
  scope: "read",
  schema: v.strictObject({
    path,
    first_line: v.optional(count("Line to begin with; default 1", 1, 10_000_000)),
    lines: v.optional(count(`Lines to read; default and at most ${MAX_LINES}`, 1, MAX_LINES)),
    project,
  }),
  async run(desk, args) {
    const sandbox = await sandboxOf(desk, args.project);
    const { path: file } = await resolveInside(sandbox, args.path);
    const all = (await readText(file, args.path)).split("\n");
    if (all.at(-1) === "") all.pop();
    const first = args.first_line ?? 1;
    const wanted = all.slice(first - 1, first - 1 + (args.lines ?? MAX_LINES));
    const body = wanted.join("\n");
    const cut = body.length > MAX_TEXT;
    return textOutput(body.slice(0, MAX_TEXT), {
      path: shown(sandbox, file),
      content: body.slice(0, MAX_TEXT),
      first_line: first,
      lines: wanted.length,
      total_lines: all.length,
      truncated: cut || first - 1 + wanted.length < all.length,
    });
  },
});

async function readText(file: string, asked: string): Promise<string> {
  const refuse = (why: string, hint: string) =>
    new KasError("invalid", `Cannot read ${quote(asked, 200)}: ${why}`, { hint });
  const info = await Deno.stat(file);
  if (info.isDirectory) throw refuse("it is a folder", "Call list_dir");
  if (!info.isFile) throw refuse("it is no ordinary file", "Only files can be read");
  if (info.size > MAX_FILE_BYTES) {
    throw refuse(`it has ${info.size} bytes`, `At most ${MAX_FILE_BYTES} are read; use grep`);
  }
  const bytes = await Deno.readFile(file);
  if (bytes.subarray(0, 8192).includes(0)) throw refuse("it is binary", "Only text can be read");
  return new TextDecoder().decode(bytes);
}

const symbols = tool({
  name: "symbols",
  description:
    "List what a source file declares, with lines: functions, classes, types, headings. " +
    "By the usual form of declarations, so unusual ones are missing",
  scope: "read",
  schema: v.strictObject({ path, project }),
  async run(desk, args) {
    const sandbox = await sandboxOf(desk, args.project);
    const { path: file } = await resolveInside(sandbox, args.path);
    const found = symbolsOf(file, await readText(file, args.path));
    if (found === null) {
      throw new KasError("invalid", `Cannot list symbols of ${quote(args.path, 200)}`, {
        hint: "Its language is not known; call grep or read_file",
      });
    }
    return output({
      path: shown(sandbox, file),
      symbols: found.slice(0, MAX_ENTRIES),
      more: Math.max(0, found.length - MAX_ENTRIES),
    });
  },
});

const listDir = tool({
  name: "list_dir",
  description: "List a folder of the project",
  scope: "read",
  schema: v.strictObject({ path: v.optional(path), project }),
  async run(desk, args) {
    const sandbox = await sandboxOf(desk, args.project);
    const { path: folder } = await resolveInside(sandbox, args.path ?? ".");
    if (!(await Deno.stat(folder)).isDirectory) {
      throw new KasError("invalid", `Cannot list ${quote(args.path ?? ".", 200)}: no folder`, {
        hint: "Call read_file",
      });
    }
    const entries: { name: string; type: string; size?: number }[] = [];
    let more = 0;
    for await (const entry of Deno.readDir(folder)) {
      if (entry.name === ".git") continue;
      if (entries.length >= MAX_ENTRIES) more++;
      else entries.push(await described(folder, entry));
    }
    entries.sort((a, b) => a.name < b.name ? -1 : 1);
    return output({ path: shown(sandbox, folder), entries, more });
  },
});

async function described(
  folder: string,
  entry: Deno.DirEntry,
): Promise<{ name: string; type: string; size?: number }> {
  const { name } = entry;
  if (entry.isDirectory) return { name, type: "folder" };
  if (entry.isSymlink) return { name, type: "link" };
  if (!entry.isFile) return { name, type: "other" };
  return { name, type: "file", size: (await Deno.lstat(`${folder}/${name}`)).size };
}

const findFiles = tool({
  name: "find_files",
  description: "Find files by a glob pattern: those git tracks or would add, ignored ones not",
  scope: "read",
  schema: v.strictObject({
    glob: text('Pattern over paths below the folder, such as "**/*_test.ts" or "src/**"'),
    path: v.optional(path),
    limit: v.optional(count("Most files; default 200", 1, MAX_ENTRIES)),
    project,
  }),
  async run(desk, args, call) {
    const sandbox = await sandboxOf(desk, args.project);
    const { path: folder } = await resolveInside(sandbox, args.path ?? ".");
    const { stdout } = await search(call.signal, folder, [
      "ls-files",
      "-z",
      "--cached",
      "--others",
      "--exclude-standard",
      "--deduplicate",
      "--",
      globSpec(args.glob),
    ]);
    const files = stdout.split("\0").filter((name) => name !== "").sort();
    const most = args.limit ?? 200;
    return output({
      path: shown(sandbox, folder),
      files: files.slice(0, most),
      more: Math.max(0, files.length - most),
    });
  },
});

/** A pattern as git's path magic; every other magic in it is plain text. */
function globSpec(glob: string): string {
  if (
    glob !== "" && !glob.includes("\0") && !glob.startsWith("/") && !/(^|\/)\.\.(\/|$)/.test(glob)
  ) {
    return `:(glob)${glob}`;
  }
  throw new KasError("invalid", `Cannot search for ${quote(glob, 200)}`, {
    hint: 'Give a pattern over relative paths, such as "**/*.ts"',
  });
}

const grep = tool({
  name: "grep",
  description: "Search the text of files by a POSIX extended regular expression, or plain text: " +
    "files git tracks or would add, ignored and binary ones not",
  scope: "read",
  schema: v.strictObject({
    pattern: text("What to search for"),
    path: v.optional(path),
    glob: v.optional(text('Only files whose path below the folder fits, such as "**/*.ts"')),
    ignore_case: v.optional(flag("Take capitals and small letters as the same")),
    plain: v.optional(flag("Take the pattern as plain text")),
    context: v.optional(count("Lines to show around each match", 0, 10)),
    limit: v.optional(count("Most lines to answer with; default 200", 1, MAX_LINES)),
    project,
  }),
  async run(desk, args, call) {
    const sandbox = await sandboxOf(desk, args.project);
    const { path: place } = await resolveInside(sandbox, args.path ?? ".");
    const isFolder = (await Deno.stat(place)).isDirectory;
    const folder = isFolder ? place : place.slice(0, place.lastIndexOf("/")) || "/";
    const spec = args.glob !== undefined
      ? [globSpec(args.glob)]
      : isFolder
      ? []
      : [`:(literal)${place.slice(place.lastIndexOf("/") + 1)}`];
    const { stdout } = await search(call.signal, folder, [
      "grep",
      "-n",
      "-I",
      "--no-color",
      "--no-textconv",
      "--untracked",
      "--exclude-standard",
      args.plain === true ? "-F" : "-E",
      ...args.ignore_case === true ? ["-i"] : [],
      ...args.context === undefined ? [] : [`-C${args.context}`],
      "-e",
      args.pattern,
      "--",
      ...spec,
    ]);
    return matches(sandbox, folder, stdout, args.limit ?? 200);
  },
});

function matches(sandbox: Sandbox, folder: string, stdout: string, most: number): ToolOutput {
  const lines = stdout.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const kept = lines.slice(0, most).map((line) =>
    line.length > LINE_CHARACTERS ? `${line.slice(0, LINE_CHARACTERS)}…` : line
  );
  const more = Math.max(0, lines.length - most);
  const place = shown(sandbox, folder);
  const tail = more > 0 ? `\n… and ${more} more lines: narrow the search` : "";
  const body = kept.length === 0 ? "no matches" : `${kept.join("\n")}${tail}`;
  return textOutput(body, { path: place, lines: kept, more });
}

/** Runs a search of git's. Nothing found is an answer, not an error. */
async function search(
  signal: AbortSignal,
  cwd: string,
  args: readonly string[],
): Promise<{ stdout: string }> {
  const late = AbortSignal.timeout(SEARCH_MS);
  try {
    return await runGit(args, {
      cwd,
      ok: [0, 1],
      maxBytes: MAX_GIT_BYTES,
      signal: AbortSignal.any([signal, late]),
    });
  } catch (error) {
    if (late.aborted && !signal.aborted) {
      throw new KasError("invalid", `Cannot search: it took longer than ${SEARCH_MS / 1000} s`, {
        hint: "Use a simpler pattern or a smaller folder",
      });
    }
    throw error;
  }
}

/** Files of the project, to read and to search. */
export const FILE_TOOLS: readonly Tool[] = [readFile, symbols, listDir, findFiles, grep];
