import { parse, TomlError } from "smol-toml";
import { KasError } from "../errors.ts";
import { lockFolder } from "../files/lock_folder.ts";
import { replaceFile } from "../files/replace.ts";
import { quote } from "../names.ts";
import type { TomlFinding } from "../toml/check.ts";
import { removeTomlValue, setTomlValue } from "../toml/edit.ts";
import { dotted, splitKey } from "../toml/keys.ts";
import { checkSoul } from "./create.ts";
import { ignore } from "./findings.ts";
import { parseHooks } from "./hooks_file.ts";
import { JsonFile } from "./json_file.ts";
import { parseMcpServers } from "./mcp_file.ts";
import { agentDirectory, type AgentPlaces, PROFILE_FILE } from "./places.ts";
import { checkProfile, profileError, type ProfilePlace } from "./profile_file.ts";
import { readRawText } from "./text_file.ts";
import { readTree } from "./tree.ts";

/** Changing the files of an agent. Nothing is written that could not be read again. */

/** The files of an agent that are edited as a whole. */
export const AGENT_FILES = {
  profile: PROFILE_FILE,
  soul: "soul.md",
  mcp: "mcp.json",
  hooks: "hooks/hooks.json",
} as const;
/** One of {@link AGENT_FILES}. */
export type AgentFile = keyof typeof AGENT_FILES;

/** A file of an agent as it is now. */
export interface OpenFile {
  readonly path: string;
  /** Null when it is not there yet. */
  readonly text: string | null;
}

/**
 * A file of an agent, to be edited.
 * @throws KasError as agentDirectory(), "guard" for links that leave the folder
 */
export async function openAgentFile(
  places: AgentPlaces,
  name: string,
  file: AgentFile,
): Promise<OpenFile> {
  const place = await placeOf(places, name);
  await readTree(place.directory, place.name);
  const path = await pathOf(place, file);
  return { path, text: await readRawText(path) };
}

/**
 * Replaces a file of an agent, if it still is what the editor began with.
 * @param before its text then; undefined does not look
 * @throws KasError "invalid" for a text that could not be used, "conflict" when somebody else
 * changed it, "guard"; then nothing was written
 */
export async function saveAgentFile(
  places: AgentPlaces,
  name: string,
  file: AgentFile,
  text: string,
  before?: string | null,
): Promise<{ path: string; changed: boolean }> {
  const place = await placeOf(places, name);
  await readTree(place.directory, place.name);
  const path = await pathOf(place, file);
  using _ = await lockFolder(place.directory);
  const now = await readRawText(path);
  if (before !== undefined && now !== before) {
    throw new KasError("conflict", `Cannot save ${quote(path, 200)}: it was changed meanwhile`, {
      hint: "Look at what is there now, and edit it again",
    });
  }
  const checked = await checkText(place, file, path, text);
  if (checked === now) return { path, changed: false };
  await replaceFile(path, checked, "project");
  return { path, changed: true };
}

/** Keys of `agent.toml` to set or take out, as they are typed. */
export interface ProfileEdit {
  readonly set?: readonly { readonly key: string; readonly value: string }[];
  readonly unset?: readonly string[];
}

/**
 * Changes keys of an `agent.toml`; comments, order and keys kas does not know stay. A text is taken as
 * what its key wants: `3`, `true`, `["a", "b"]`, text in quotes as TOML has it, or plain text. All are
 * changed or none.
 * @returns the file and what there is to warn of in it
 * @throws KasError "invalid" for an unknown key, a wrong value or a file that is not TOML
 */
export async function editProfile(
  places: AgentPlaces,
  name: string,
  edit: ProfileEdit,
): Promise<{ path: string; changed: boolean; findings: readonly TomlFinding[] }> {
  const place = await placeOf(places, name);
  await readTree(place.directory, place.name);
  using _ = await lockFolder(place.directory);
  const path = `${place.directory}/${PROFILE_FILE}`;
  const source = await readRawText(path) ?? "";
  let text = source;
  const broken = checkProfile(text, place).findings.filter((one) =>
    one.level === "error" && one.key === ""
  );
  if (broken.length > 0) throw profileError(place.name, broken);
  for (const key of edit.unset ?? []) text = await withoutKey(text, key, path);
  for (const { key, value } of edit.set ?? []) text = await withKey(text, key, value, place);
  const { profile, findings } = checkProfile(text, place);
  if (profile === null) throw profileError(place.name, findings);
  if (text !== source) await replaceFile(path, text, "project");
  return { path, changed: text !== source, findings };
}

async function placeOf(places: AgentPlaces, name: string): Promise<ProfilePlace> {
  const { path, scope } = await agentDirectory(places, name);
  if (scope === "builtin") throw new KasError("internal", "A built-in agent has no folder");
  return { name: path.slice(path.lastIndexOf("/") + 1), scope, directory: path };
}

async function pathOf(place: ProfilePlace, file: AgentFile): Promise<string> {
  const usual = `${place.directory}/${AGENT_FILES[file]}`;
  if (file !== "soul") return usual;
  const source = await readRawText(`${place.directory}/${PROFILE_FILE}`) ?? "";
  const { profile, findings } = checkProfile(source, place);
  if (profile === null) throw profileError(place.name, findings);
  const soul = profile.soulFile ?? usual;
  if (soul.startsWith(`${place.directory}/`)) return soul;
  throw new KasError("guard", `Cannot edit ${quote(soul, 200)}: it is not in the agent's folder`, {
    hint: "Edit it where it is",
  });
}

/** The text as it is to be written. @throws KasError "invalid", "guard" */
async function checkText(
  place: ProfilePlace,
  file: AgentFile,
  path: string,
  text: string,
): Promise<string> {
  const plain = () => text.replace(/^\ufeff/, "").replaceAll("\r\n", "\n");
  switch (file) {
    case "profile": {
      const { profile, findings } = checkProfile(text, place);
      if (profile === null) throw profileError(place.name, findings);
      return text;
    }
    case "soul":
      return checkSoul(text);
    case "mcp":
      parseMcpServers(JsonFile.parse(plain(), path, ignore), ignore);
      return text;
    case "hooks":
      await parseHooks(JsonFile.parse(plain(), path, ignore), place.directory, ignore);
      return text;
  }
}

async function withoutKey(source: string, key: string, path: string): Promise<string> {
  const next = await removeTomlValue(source, splitKey(key));
  if (next === null) throw unpatchable(key, path);
  return next;
}

async function withKey(
  source: string,
  key: string,
  value: string,
  place: ProfilePlace,
): Promise<string> {
  const parts = splitKey(key);
  const name = dotted(parts);
  if (name === "name") {
    throw new KasError("invalid", "Cannot set the name of an agent: it is that of its folder", {
      hint: `Run: kas agent rename ${place.name} <new name>`,
    });
  }
  let refused: TomlFinding[] | null = null;
  for (const reading of readings(value)) {
    const next = await setTomlValue(source, parts, reading);
    if (next === null) continue;
    const wrong = checkProfile(next, place).findings.filter((one) => isAbout(one, name));
    if (wrong.length === 0) return next;
    refused ??= wrong;
  }
  if (refused === null) throw unpatchable(key, `${place.directory}/${PROFILE_FILE}`);
  throw new KasError("invalid", refused.map(({ message }) => message).join("\n"), {
    hint: "Nothing was changed",
    context: { agent: place.name, key: name },
  });
}

/** The ways a word of the command line can be meant, likeliest first: text in quotes is without them. */
function readings(text: string): unknown[] {
  try {
    const { value, ...rest } = parse(`value = ${text}`);
    if (Object.keys(rest).length > 0) return [text, [text]];
    const isQuoted = typeof value === "string" && /^\s*(["'])[^]*\1\s*$/.test(text);
    return isQuoted ? [value, [value]] : [text, value, [text]];
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    return [text, [text]];
  }
}

/** Whether a finding is about a key, what is below it, or a table it stands in; an unknown key counts. */
function isAbout({ key }: TomlFinding, name: string): boolean {
  return key !== "" &&
    (key === name || key.startsWith(`${name}.`) || key.startsWith(`${name}[`) ||
      name.startsWith(`${key}.`));
}

function unpatchable(key: string, path: string): KasError {
  return new KasError("invalid", `Cannot change ${quote(key)} without touching other keys`, {
    hint: `Edit ${path} by hand`,
  });
}
