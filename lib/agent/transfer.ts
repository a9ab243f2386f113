import { isAbsent, removeIfThere } from "../files/there.ts";
import { KasError } from "../errors.ts";
import { parseName, quote } from "../names.ts";
import { BUILTIN_NAMES, builtinProfile, builtinRole } from "./builtin.ts";
import { profileText } from "./create.ts";
import type { AgentFinding } from "./findings.ts";
import { inspectFound } from "./library.ts";
import { type AgentPlaces, findAgent, type FoundAgent, PROFILE_FILE } from "./places.ts";
import { checkProfile, parseProfile, profileError, type ProfilePlace } from "./profile_file.ts";
import { SOULS } from "./souls.ts";
import { attempt, copyTree, isEmpty, type OwnScope, placeAgent, writeNew } from "./staging.ts";
import { readRawText } from "./text_file.ts";
import { readTree, type TreeEntry } from "./tree.ts";
import type { Runtime } from "./types.ts";

/** Agents as folders that go from one place to another. */

/** Folders at the top of an agent that are records of its past, not part of it. */
const LEFT_BEHIND: readonly string[] = ["logs"];

/** How {@link importAgent} imports. */
export interface ImportOptions {
  readonly scope: OwnScope;
  /** Default: the name of the folder. */
  readonly name?: string;
  /** Takes the place of an agent of this name. @default false */
  readonly force?: boolean;
  /** Runtime it shall have, for agents made for one that kas does not know. */
  readonly runtime?: Runtime;
}

/** What was imported. */
export interface ImportedAgent {
  readonly name: string;
  readonly scope: OwnScope;
  readonly path: string;
  readonly files: number;
  /** What has to be mended before it can be launched, and what is probably not meant. */
  readonly findings: readonly AgentFinding[];
}

/**
 * Copies a folder with an `agent.toml` into the library, file by file as it is; links that stay inside
 * become files, `logs` and `.git` stay behind.
 * @throws KasError "not_found" without an `agent.toml`, "invalid" for one that cannot be read,
 * "guard" for links that leave the folder, "exists"; then nothing was made
 */
export async function importAgent(
  places: AgentPlaces,
  folder: string,
  options: ImportOptions,
): Promise<ImportedAgent> {
  const { scope, force = false } = options;
  const from = await folderOf(folder);
  const name = parseName("agent", options.name ?? from.slice(from.lastIndexOf("/") + 1));
  const source = await readRawText(`${from}/${PROFILE_FILE}`);
  if (source === null) {
    throw new KasError(
      "not_found",
      `Cannot import ${quote(from, 200)}: it has no ${PROFILE_FILE}`,
      {
        hint: "Name the folder of one agent",
      },
    );
  }
  const entries = withoutPast(await readTree(from, name));
  const place: ProfilePlace = { name, scope, directory: from };
  const profile = await withRuntime(source, options.runtime, place);
  checkImported(profile, place);
  const fill = async (stage: string) => {
    await copyTree(entries, from, stage, scope);
    if (profile !== source) await Deno.writeTextFile(`${stage}/${PROFILE_FILE}`, profile);
  };
  const path = await placeAgent(places, scope, name, fill, force);
  const findings = await inspectFound({ name, scope, path });
  return { name, scope, path, files: filesOf(entries).length, findings };
}

/** The settings with another runtime; those that are no TOML stay, to be refused. */
async function withRuntime(source: string, runtime: Runtime | undefined, place: ProfilePlace) {
  const isBroken = checkProfile(source, place).findings
    .some(({ key, level }) => key === "" && level === "error");
  if (runtime === undefined || isBroken) return source;
  const { setTomlValue } = await import("../toml/edit.ts");
  const next = await setTomlValue(source, ["runtime", "default"], runtime);
  if (next !== null) return next;
  throw new KasError("invalid", `Cannot set the runtime of ${quote(place.directory, 200)}`, {
    hint: `Set runtime.default in its ${PROFILE_FILE} by hand`,
  });
}

function checkImported(source: string, place: ProfilePlace): void {
  const { profile, findings } = checkProfile(source, place);
  if (profile !== null) return;
  const { message, context } = profileError(place.name, findings);
  const isRuntime = findings.some(({ key, level }) =>
    key === "runtime.default" && level === "error"
  );
  throw new KasError("invalid", message, {
    hint: isRuntime
      ? "Choose another runtime for it: --runtime claude"
      : "Correct the file, then import it",
    context,
  });
}

/** What was exported. */
export interface ExportedAgent {
  readonly name: string;
  readonly path: string;
  /** Relative, sorted. */
  readonly files: readonly string[];
  /** Variables whose values are secrets of this machine: named in `agent.toml`, not exported. */
  readonly secrets: readonly string[];
  /** Variables whose values stand in `agent.toml` and so go along. */
  readonly values: readonly string[];
}

/**
 * Copies an agent into a new folder, to be given away. Secrets are never in an agent's folder and so
 * never go along.
 * @param target absolute; must not exist or be empty
 * @throws KasError as findAgent(); "exists"; "not_found" when the folder above is missing; "guard"
 */
export async function exportAgent(
  places: AgentPlaces,
  name: string,
  target: string,
): Promise<ExportedAgent> {
  const agent = await findAgent(places, name);
  if (!await isEmpty(target)) {
    throw new KasError("exists", `Cannot export to ${quote(target, 200)}: it is not empty`, {
      hint: "Name a folder that does not exist",
    });
  }
  const cut = target.lastIndexOf("/");
  const above = await folderOf(target.slice(0, cut) || "/");
  if (agent.path !== null && `${above}/`.startsWith(`${await Deno.realPath(agent.path)}/`)) {
    throw new KasError(
      "invalid",
      `Cannot export to ${quote(target, 200)}: it is in the agent itself`,
      {
        hint: "Name a folder elsewhere",
      },
    );
  }
  const stage = `${above}/.kas-export-${crypto.randomUUID()}`;
  try {
    await attempt(
      `make a folder in ${quote(above, 200)}`,
      () => Deno.mkdir(stage, { mode: 0o755 }),
    );
    const files = await fillExport(agent, stage);
    await attempt(`make ${quote(target, 200)}`, () => Deno.rename(stage, target));
    return { name: agent.name, path: target, files, ...await variablesOf(agent, target) };
  } finally {
    await removeIfThere(stage);
  }
}

async function fillExport({ name, path }: FoundAgent, stage: string): Promise<string[]> {
  const role = builtinRole(name);
  if (path === null && role !== null) {
    await writeNew(`${stage}/${PROFILE_FILE}`, profileText(builtinProfile(role)), 0o644);
    await writeNew(`${stage}/soul.md`, SOULS[role], 0o644);
    return [PROFILE_FILE, "soul.md"];
  }
  if (path === null) throw new KasError("internal", `${name} is none of ${BUILTIN_NAMES.join()}`);
  const entries = withoutPast(await readTree(path, name));
  await copyTree(entries, path, stage, "project");
  return filesOf(entries);
}

async function variablesOf({ name }: FoundAgent, path: string) {
  const source = await readRawText(`${path}/${PROFILE_FILE}`) ?? "";
  const { secrets, setEnv } = parseProfile(source, { name, scope: "global", directory: path });
  return { secrets: Object.keys(secrets), values: Object.keys(setEnv) };
}

function withoutPast(entries: readonly TreeEntry[]): TreeEntry[] {
  return entries.filter(({ path }) => !LEFT_BEHIND.includes(path.split("/", 1)[0] ?? ""));
}

function filesOf(entries: readonly TreeEntry[]): string[] {
  return entries.filter(({ kind }) => kind === "file").map(({ path }) => path);
}

/** The real path of a folder a person named. @throws KasError "not_found", "invalid" */
async function folderOf(folder: string): Promise<string> {
  try {
    const real = await Deno.realPath(folder);
    if ((await Deno.stat(real)).isDirectory) return real;
  } catch (error) {
    if (!isAbsent(error)) throw error;
    throw new KasError("not_found", `Cannot find the folder ${quote(folder, 200)}`, {
      cause: error,
    });
  }
  throw new KasError("invalid", `Cannot use ${quote(folder, 200)}: it is not a folder`);
}
