import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { commandWords } from "../toml/words.ts";
import type { Note } from "./findings.ts";
import { JsonFile } from "./json_file.ts";
import type { HookMatcher, HookTable } from "./types.ts";

/** An agent's `hooks/hooks.json`. */

/** How a command names the folder of the agent. */
const AGENT_FOLDER =
  /^\$(?:\{(?:CLAUDE_PLUGIN_ROOT|KAS_AGENT_DIR)\}|CLAUDE_PLUGIN_ROOT|KAS_AGENT_DIR)\//;

const MAX_SECONDS = 24 * 60 * 60;

/**
 * Reads the hooks of an agent and looks whether the scripts they start are there.
 * @throws KasError "invalid" with file, line and column, or for a script that cannot be started
 */
export async function readHooks(directory: string, note: Note): Promise<HookTable> {
  const file = await JsonFile.read(`${directory}/hooks/hooks.json`, note);
  return file === null ? {} : await parseHooks(file, directory, note);
}

/** The hooks a file names. @throws KasError as {@link readHooks} */
export async function parseHooks(
  file: JsonFile,
  directory: string,
  note: Note,
): Promise<HookTable> {
  const { hooks, description: _, ...rest } = file.object(file.value, []);
  unused(file, [], rest, note);
  const table: Record<string, HookMatcher[]> = {};
  for (const [event, matchers] of Object.entries(file.object(hooks ?? {}, ["hooks"]))) {
    const path = ["hooks", event];
    if (!/^[A-Za-z]{1,64}$/.test(event)) throw file.wrong(path, "an event such as PreToolUse");
    table[event] = [];
    for (const [i, matcher] of file.list(matchers, path).entries()) {
      table[event].push(await readMatcher(file, [...path, i], matcher, { directory, note }));
    }
  }
  return table;
}

type Path = readonly (string | number)[];

interface Around {
  readonly directory: string;
  readonly note: Note;
}

async function readMatcher(
  file: JsonFile,
  path: Path,
  value: unknown,
  around: Around,
): Promise<HookMatcher> {
  const { matcher, hooks, ...rest } = file.object(value, path);
  unused(file, path, rest, around.note);
  if (matcher !== undefined && typeof matcher !== "string") {
    throw file.wrong([...path, "matcher"], "a text");
  }
  const commands: HookMatcher["hooks"][number][] = [];
  for (const [i, hook] of file.list(hooks, [...path, "hooks"]).entries()) {
    commands.push(await readHook(file, [...path, "hooks", i], hook, around));
  }
  return { ...matcher === undefined ? {} : { matcher }, hooks: commands };
}

async function readHook(file: JsonFile, path: Path, value: unknown, around: Around) {
  const { type, command, timeout, ...rest } = file.object(value, path);
  if (type !== "command") {
    throw file.wrong([...path, "type"], `"command", the one kind kas can hand over`);
  }
  unused(file, path, rest, around.note);
  const line = file.text(command, [...path, "command"]);
  if (
    timeout !== undefined &&
    !(typeof timeout === "number" && timeout > 0 && timeout <= MAX_SECONDS)
  ) {
    throw file.wrong([...path, "timeout"], `seconds, from 1 to ${MAX_SECONDS}`);
  }
  await checkScripts(file, [...path, "command"], line, around);
  return { type, command: line, ...timeout === undefined ? {} : { timeout } } as const;
}

/** What a command starts out of the agent's folder has to be there, and executable when it comes first. */
async function checkScripts(file: JsonFile, path: Path, line: string, around: Around) {
  const words = wordsOf(line);
  for (const [i, word] of words.entries()) {
    if (!AGENT_FOLDER.test(word)) continue;
    const script = word.replace(AGENT_FOLDER, "");
    if (script.split("/").includes("..")) {
      throw scriptError(
        "guard",
        file,
        path,
        script,
        "lies outside of the agent's folder",
        "Move it",
      );
    }
    const info = await statOf(`${around.directory}/${script}`);
    if (i > 0) {
      if (info === null) missingArgument(file, path, script, around.note);
    } else if (info?.isFile !== true) {
      const hint = `Make it, or correct the command in ${file.path}`;
      throw scriptError("invalid", file, path, script, "is not there", hint);
    } else if (((info.mode ?? 0o111) & 0o111) === 0) {
      const hint = `Run: chmod +x ${quote(`${around.directory}/${script}`, 300)}`;
      throw scriptError("invalid", file, path, script, "is not executable", hint);
    }
  }
}

/** Words as a shell would split them; what needs more of a shell than that is split at blanks. */
function wordsOf(line: string): string[] {
  try {
    return commandWords(line);
  } catch (error) {
    if (error instanceof KasError && error.code === "invalid") return line.trim().split(/\s+/);
    throw error;
  }
}

async function statOf(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return null;
    }
    throw error;
  }
}

function missingArgument(file: JsonFile, path: Path, script: string, note: Note): void {
  note({
    id: "hooks.missing_file",
    severity: "warning",
    message: `${file.at(path)}: a hook names ${quote(script, 200)}, which is not there`,
  });
}

function scriptError(
  code: "guard" | "invalid",
  file: JsonFile,
  path: Path,
  script: string,
  what: string,
  hint: string,
): KasError {
  const message = `${file.at(path)}: Cannot use this hook: ${quote(script, 200)} ${what}`;
  return new KasError(code, message, { hint, context: { file: file.path, script } });
}

function unused(file: JsonFile, path: Path, rest: object, note: Note): void {
  for (const key of Object.keys(rest)) {
    const name = quote([...path, key].join("."), 200);
    const message = `${file.at([...path, key])}: ${name} is not used`;
    note({ id: "hooks.unused_key", severity: "warning", message });
  }
}
