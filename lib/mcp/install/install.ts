import { lookUpOn, realOrNull } from "../../files/there.ts";
import { parse, stringify, TomlError } from "smol-toml";
import { ensurePrivateDir } from "../../files/private_dir.ts";
import { replaceFile } from "../../files/replace.ts";
import { KasError } from "../../errors.ts";
import { applyAnswers } from "../../launch/answers.ts";
import { quote } from "../../names.ts";
import { isTable, lookUp } from "../../toml/keys.ts";
import { selfArgv } from "../../self.ts";
import {
  type Client,
  CLIENT_TABLE,
  type ClientName,
  type ClientPlace,
  type InstallScope,
} from "./clients.ts";
import { type JsonNode, JsonProblem, parseJsonc, removeJson, setJson } from "./jsonc.ts";
import { addTable, removeTable } from "./toml_entry.ts";

/** Registers kas with agent programs, in their own files. */

/** Where something is installed. */
export interface InstallOptions {
  readonly client: ClientName;
  readonly scope: InstallScope;
  readonly place: ClientPlace;
  /** Held while the user's files are changed. */
  readonly lockFile: string;
}

/** What an installation is, or would be. */
export interface Registration {
  readonly runtime: ClientName;
  readonly scope: InstallScope;
  readonly path: string;
  /** `absent`; `current`: as kas writes it, with leave or without; `other`: not by kas. */
  readonly state: "absent" | "current" | "other";
  /** The entry in the file's own format. */
  readonly snippet: string;
  readonly note: string | null;
}

/** What was done. */
export interface InstallResult extends Registration {
  /** False when there was nothing to do. */
  readonly changed: boolean;
}

/**
 * What is there, and what an installation would add. Changes nothing.
 * @throws KasError "invalid" with line and column for a file that cannot be read as what it should
 * be, "not_a_repository" for a project's file outside one
 */
export async function inspect(options: InstallOptions): Promise<Registration> {
  const found = await look(options);
  return registration(options, found);
}

/**
 * Adds kas to a program's servers; what is there already stays. Doing it again changes nothing.
 * @param force replaces another entry under kas's name
 * @throws KasError "exists" for another entry, and as {@link inspect}
 */
export async function install(options: InstallOptions, force: boolean): Promise<InstallResult> {
  const found = await look(options);
  const before = registration(options, found);
  if (before.state === "current") return { ...before, changed: false };
  if (before.state === "other" && !force) {
    throw new KasError("exists", `Cannot add kas to ${quote(before.path, 200)}: it is there`, {
      hint: "It has other words than kas would write; replace it with --force",
      context: { path: before.path },
    });
  }
  const text = await added(found);
  if (text === null) throw byHand(before);
  await write(options, found, text, before);
  return { ...before, state: "current", changed: true };
}

/**
 * Takes kas's entry out of a program's file, and nothing else.
 * @throws KasError as {@link inspect}
 */
export async function uninstall(options: InstallOptions): Promise<InstallResult> {
  const found = await look(options, "remove");
  const before = registration(options, found);
  if (before.state === "absent") return { ...before, changed: false };
  const text = await removed(found);
  if (text === null) throw byHand(before);
  await write(options, found, text, before);
  return { ...before, state: "absent", changed: true };
}

interface Found {
  readonly client: Client;
  readonly path: string;
  /** Null = no file. */
  readonly text: string | null;
  readonly wanted: Readonly<Record<string, unknown>>;
  /** The entry that is there; undefined = none. */
  readonly entry: unknown;
}

/** @param way what a file that cannot be read keeps from being done; an addition is shown */
async function look(options: InstallOptions, way: "add" | "remove" = "add"): Promise<Found> {
  const { scope, place } = options;
  const client = CLIENT_TABLE[options.client];
  if (scope === "project" && place.repoRoot === null) {
    throw new KasError("not_a_repository", "Cannot install for a project outside a repository", {
      hint: "Change into a repository, or use --scope user",
    });
  }
  const { path, text } = await firstFile(client.files(scope, place));
  const wanted = client.entry([...await selfCommand(scope, place), "mcp"]);
  const found = { client, path, text, wanted, entry: undefined };
  try {
    return { ...found, entry: entryIn(client, text ?? "") };
  } catch (error) {
    if (!(error instanceof JsonProblem || error instanceof TomlError)) throw error;
    const why = error.message.split("\n", 1)[0] ?? "";
    throw new KasError(
      "invalid",
      `${path}:${error.line}:${error.column}: Cannot read it: ${why}`,
      {
        hint: "It was left as it is. Mend it, then try again" +
          (way === "add" ? `; this would be added:\n${snippet(client, wanted)}` : ""),
        context: { path, line: error.line, column: error.column },
      },
    );
  }
}

async function firstFile(
  paths: readonly string[],
): Promise<{ path: string; text: string | null }> {
  for (const path of paths) {
    try {
      return { path, text: await Deno.readTextFile(path) };
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
        continue;
      }
      throw new KasError("invalid", `Cannot read ${quote(path, 200)}`, {
        hint: "Check what it is, and its permissions",
        cause: error,
      });
    }
  }
  return { path: paths[0] ?? "", text: null };
}

/**
 * How a program starts kas. In a project everybody's own `kas` is meant; a user's is called by name
 * where that is this very program, else by its path.
 */
async function selfCommand(scope: InstallScope, place: ClientPlace): Promise<readonly string[]> {
  const own = selfArgv();
  if (scope === "project") return ["kas"];
  if (own.length > 1) return own;
  for (const folder of (place.env["PATH"] ?? "").split(":")) {
    if (await lookUpOn(folder, "kas") === null) continue;
    const file = await realOrNull(`${folder}/kas`);
    return file === await realOrNull(own[0] ?? "") ? ["kas"] : own;
  }
  return own;
}

/** @throws JsonProblem, TomlError */
function entryIn(client: Client, text: string): unknown {
  if (client.format === "toml") return lookUp(parse(text), client.key);
  if (text.trim() === "") return undefined;
  const node = jsonRoot(client, text);
  return lookUp(isTable(node.value) ? node.value : {}, client.key);
}

/** @throws JsonProblem when the text is no JSON object, or something on the way to the entry is none */
function jsonRoot(client: Client, text: string): JsonNode {
  const root = parseJsonc(text, client.format === "jsonc");
  let node = root;
  for (const [i, key] of client.key.entries()) {
    if (node.members === null) {
      const before = text.slice(0, node.start);
      const what = i === 0 ? "the file" : `"${client.key[i - 1]}"`;
      throw new JsonProblem(
        `${what} is no JSON object`,
        before.split("\n").length,
        node.start - before.lastIndexOf("\n"),
      );
    }
    const next = node.members.findLast((member) => member.key === key);
    if (next === undefined) break;
    node = next.node;
  }
  return root;
}

async function added({ client, text, wanted, entry }: Found): Promise<string | null> {
  if (client.format === "toml") {
    const clean = entry === undefined ? text ?? "" : await removeTable(text ?? "", client.key);
    return clean === null ? null : await addTable(clean, client.key, wanted);
  }
  const source = text === null || text.trim() === "" ? "{}\n" : text;
  return setJson(source, jsonRoot(client, source), client.key, wanted);
}

async function removed({ client, text }: Found): Promise<string | null> {
  if (text === null) return null;
  if (client.format === "toml") return await removeTable(text, client.key);
  return removeJson(text, jsonRoot(client, text), client.key);
}

/** Another process may have changed the file meanwhile: then nothing is written. */
async function write(
  { scope, lockFile }: InstallOptions,
  { path, text: seen }: Found,
  text: string,
  { runtime }: Registration,
): Promise<void> {
  if (scope === "project") {
    await replaceFile(path, text, "project");
    return;
  }
  const edit = (now: string | null): string => {
    if (now === seen) return text;
    throw new KasError("conflict", `Cannot write ${quote(path, 200)}: it has just changed`, {
      hint: `${runtime} may be running; try again`,
    });
  };
  await ensurePrivateDir(lockFile.slice(0, lockFile.lastIndexOf("/")));
  await applyAnswers([{ path, purpose: "MCP server of kas", edit }], lockFile);
}

function registration({ client: runtime, scope }: InstallOptions, found: Found): Registration {
  const { client, path, entry, wanted } = found;
  const is = (value: unknown): boolean =>
    JSON.stringify(sorted(entry)) === JSON.stringify(sorted(value));
  const isOwn = is(wanted) || is({ ...wanted, ...client.leave });
  const state = entry === undefined ? "absent" : isOwn ? "current" : "other";
  return {
    runtime,
    scope,
    path,
    state,
    snippet: snippet(client, wanted),
    note: client.note(scope),
  };
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isTable(value)) return value;
  const entries = Object.entries(value).map(([key, part]) => [key, sorted(part)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => a < b ? -1 : 1));
}

function snippet(client: Client, wanted: Readonly<Record<string, unknown>>): string {
  const nested = client.key.reduceRight<unknown>((inner, key) => ({ [key]: inner }), wanted);
  return client.format === "toml"
    ? stringify(isTable(nested) ? nested : {}).trim()
    : JSON.stringify(nested, null, 2);
}

function byHand({ path, snippet }: Registration): KasError {
  return new KasError("invalid", `Cannot change ${quote(path, 200)} without touching the rest`, {
    hint: `Edit it by hand; kas's entry is:\n${snippet}`,
    context: { path },
  });
}
