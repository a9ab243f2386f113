import { removeIfThere } from "../files/there.ts";
import { parse } from "smol-toml";
import { KasError } from "../errors.ts";
import { parseName, quote } from "../names.ts";
import { setTomlValue } from "../toml/edit.ts";
import {
  agentDirectory,
  agentIn,
  type AgentPlaces,
  containedPath,
  findAgent,
  PROFILE_FILE,
  rootOf,
} from "./places.ts";
import { parseProfile } from "./profile_file.ts";
import { gonePath, settleReplaced } from "./replaced.ts";
import { attempt, isEmpty, modesOf, sweepStages, taken, writeNew } from "./staging.ts";
import { readRawText } from "./text_file.ts";
import type { AgentScope } from "./types.ts";

/** Renaming and deleting agents: the two places where folders of people move or go. */

/**
 * Gives an agent another name. Everything is read and checked first; the move itself is one step. The
 * `name` in `agent.toml` follows, comments and unknown keys stay.
 * @throws KasError as agentDirectory(); "exists"; "invalid" for settings that cannot be read; then
 * nothing has changed
 */
export async function renameAgent(
  places: AgentPlaces,
  from: string,
  to: string,
): Promise<{ name: string; path: string; scope: AgentScope }> {
  const name = parseName("agent", to);
  const { path, scope } = await agentDirectory(places, from);
  if (scope === "builtin") throw new KasError("internal", "A built-in agent has no folder");
  const root = rootOf(places, scope);
  await settleReplaced(root);
  const target = `${root}/${name}`;
  const there = await containedPath(root, name);
  if (there === path || (there !== null && !await isEmpty(there))) throw taken(name, target);
  const source = await readRawText(`${path}/${PROFILE_FILE}`) ?? "";
  const old = path.slice(path.lastIndexOf("/") + 1);
  parseProfile(source, { name: old, scope, directory: path });
  const next = await renamedText(source, name);
  const draft = `.agent.toml.${crypto.randomUUID()}`;
  try {
    // What can fail for want of space or rights is done before the move.
    if (next !== null) await writeNew(`${path}/${draft}`, next, modesOf(scope).file);
    await attempt(`rename ${quote(path, 200)}`, () => moveFolder(path, target, name));
  } catch (error) {
    await removeIfThere(`${path}/${draft}`);
    throw error;
  }
  if (next !== null) await Deno.rename(`${target}/${draft}`, `${target}/${PROFILE_FILE}`);
  return { name, path: target, scope };
}

async function moveFolder(path: string, target: string, name: string): Promise<void> {
  try {
    await Deno.rename(path, target);
  } catch (error) {
    if (!await isEmpty(target)) throw taken(name, target);
    throw error;
  }
}

/** The text with the new name; null when it names none or cannot be changed: the folder's name wins. */
async function renamedText(source: string, name: string): Promise<string | null> {
  const plain = source.replace(/^\ufeff/, "");
  if (!Object.hasOwn(parse(plain), "name")) return null;
  return await setTomlValue(plain, ["name"], name);
}

/** What {@link deleteAgent} removed. */
export interface DeletedAgent {
  readonly name: string;
  readonly scope: AgentScope;
  readonly path: string;
  /** Where an agent of this name comes from now; null when there is none left. */
  readonly uncovers: AgentScope | null;
}

/**
 * Removes the folder of an agent with all that is in it. The folder has gone through
 * {@link containedPath}: a legal name, no link, really inside the folder of agents.
 * @throws KasError as agentDirectory(); "invalid" when it cannot be removed
 */
export async function deleteAgent(places: AgentPlaces, name: string): Promise<DeletedAgent> {
  const { path, scope } = await agentDirectory(places, name);
  if (scope === "builtin") throw new KasError("internal", "A built-in agent has no folder");
  const clean = parseName("agent", name);
  if (await agentIn(places, scope, clean) !== path) {
    throw new KasError("conflict", `Cannot delete the agent ${quote(clean)}: it has moved`);
  }
  const root = rootOf(places, scope);
  await settleReplaced(root);
  await sweepStages(root);
  const gone = gonePath(root);
  await attempt(`delete ${quote(path, 200)}`, async () => {
    await Deno.rename(path, gone);
    await Deno.remove(gone, { recursive: true });
  });
  return { name: clean, scope, path, uncovers: await scopeOf(places, clean) };
}

async function scopeOf(places: AgentPlaces, name: string): Promise<AgentScope | null> {
  try {
    return (await findAgent(places, name)).scope;
  } catch (error) {
    if (error instanceof KasError && error.code === "not_found") return null;
    throw error;
  }
}
