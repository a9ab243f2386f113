import { now } from "../files/now.ts";
import { KasError } from "../errors.ts";
import { BUILTIN_NAMES, builtinAgent, builtinProfile, builtinRole } from "./builtin.ts";
import { ownChoice } from "./context.ts";
import { type AgentFinding, findingOf, ignore, type Note } from "./findings.ts";
import { readHooks } from "./hooks_file.ts";
import { readMcpServers } from "./mcp_file.ts";
import { readBin, readCommands, readScripts, readSkills, readSoul } from "./parts.ts";
import {
  type AgentPlaces,
  findAgent,
  type FoundAgent,
  namesIn,
  PROFILE_FILE,
  readable,
} from "./places.ts";
import { profileIn } from "./profile_kept.ts";
import { readRawText } from "./text_file.ts";
import { readTree } from "./tree.ts";
import type { Agent, AgentParts, AgentProfile, AgentScope, Runtime } from "./types.ts";

export { type AgentFinding } from "./findings.ts";
export { agentDirectory, type AgentPlaces, agentPlaces, findAgent } from "./places.ts";

/** Finding and reading agents. Nothing here changes anything. */

/** One line of a list of agents. */
export interface AgentSummary {
  readonly name: string;
  readonly scope: AgentScope;
  /** Absolute; null for a built-in agent. */
  readonly directory: string | null;
  readonly description: string | null;
  readonly runtime: Runtime | null;
  /** On its own runtime. */
  readonly model: string | null;
  /** True when an agent of the same name wins over this one. */
  readonly shadowed: boolean;
  /** Why its settings cannot be read; null when they can. */
  readonly error: string | null;
}

/**
 * All agents, sorted by name; of one name the project's comes first, then the user's, then the
 * built-in one. An agent that cannot be read is in the list with its error.
 * @throws KasError "guard" when the project's folder of agents is a link
 */
export async function listAgents(places: AgentPlaces): Promise<AgentSummary[]> {
  const found: FoundAgent[] = [];
  for (const scope of ["project", "global"] as const) {
    const root = scope === "project" ? places.project : places.global;
    for (const name of await namesIn(places, scope)) {
      found.push({ name, scope, path: `${root}/${name}` });
    }
  }
  for (const name of BUILTIN_NAMES) found.push({ name, scope: "builtin", path: null });
  const seen = new Set<string>();
  const agents: AgentSummary[] = [];
  for (const agent of found) {
    agents.push(await summary(agent, seen.has(agent.name), places.keep));
    seen.add(agent.name);
  }
  return agents.sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

async function summary(
  agent: FoundAgent,
  shadowed: boolean,
  keep: AgentPlaces["keep"],
): Promise<AgentSummary> {
  const { name, scope, path: directory } = agent;
  const nothing = { description: null, runtime: null, model: null };
  try {
    // A link is refused here too, so that it shows in the list.
    if (scope !== "builtin") await refuseLink(agent);
    const profile = await profileOf(agent, ignore, keep);
    const { description, runtime } = profile;
    const model = ownChoice(profile, "model");
    return { name, scope, directory, description, runtime, model, shadowed, error: null };
  } catch (error) {
    if (!(error instanceof KasError)) throw error;
    return { name, scope, directory, ...nothing, shadowed, error: error.message };
  }
}

async function refuseLink({ path }: FoundAgent): Promise<void> {
  if (path === null || !(await now.lstat(path)).isSymlink) return;
  throw new KasError("guard", "its folder is a symbolic link");
}

/**
 * What the `agent.toml` of an agent says.
 * @throws KasError as {@link findAgent}; "invalid" with file, line and column of what is wrong
 */
export async function loadProfile(places: AgentPlaces, name: string): Promise<AgentProfile> {
  return await profileOf(await findAgent(places, name), ignore, places.keep);
}

/**
 * An agent with everything it brings, ready to be launched.
 * @throws KasError as {@link loadProfile}; "guard" for links that leave its folder; "invalid" for a
 * soul that is missing or too large, a wrong `mcp.json` or `hooks.json`, a script that is not there
 */
export async function loadAgent(places: AgentPlaces, name: string): Promise<Agent> {
  return await readAgent(await findAgent(places, name), places.keep);
}

/** The same for an agent that was found already. @throws KasError as {@link loadAgent} */
export async function readAgent(agent: FoundAgent, keep?: AgentPlaces["keep"]): Promise<Agent> {
  const { name, path } = agent;
  const role = builtinRole(name);
  if (path === null) {
    if (role === null) throw new KasError("internal", `Cannot load ${name}: it has no folder`);
    return builtinAgent(role);
  }
  await readTree(path, name);
  const profile = await profileOf(agent, ignore, keep);
  return { profile, parts: await partsOf(profile, path) };
}

async function partsOf(profile: AgentProfile, path: string): Promise<AgentParts> {
  const [soul, skills, commands, hooks, mcpServers, scriptsDir, binDir] = await Promise.all([
    readSoul(profile, ignore),
    readSkills(path, ignore),
    readCommands(path, ignore),
    readHooks(path, ignore),
    readMcpServers(path, ignore),
    readScripts(path),
    readBin(path, ignore),
  ]);
  return { soul, skills, commands, hooks, mcpServers, scriptsDir, binDir };
}

/**
 * All there is to say about an agent: what stops it from being launched (errors), and what is
 * probably not meant. Empty for an agent in order.
 * @throws KasError as {@link findAgent}
 */
export async function inspectAgent(places: AgentPlaces, name: string): Promise<AgentFinding[]> {
  return await inspectFound(await findAgent(places, name));
}

/** The same for an agent that was found already, or is not yet in its place. */
export async function inspectFound(agent: FoundAgent): Promise<AgentFinding[]> {
  const { name, path } = agent;
  if (path === null) return [];
  const findings: AgentFinding[] = [];
  const note: Note = (finding) => void findings.push(finding);
  const attempt = async <T>(id: string, work: Promise<T>): Promise<T | null> => {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof KasError)) throw error;
      note(findingOf(id, error));
      return null;
    }
  };
  const profile = await attempt("profile.invalid", profileOf(agent, note, null));
  const tree = await attempt("tree.refused", readTree(path, name));
  // What links out of the folder is not read.
  if (tree === null) return findings;
  if (profile !== null) await attempt("soul.unusable", readSoul(profile, note));
  await attempt("skills.invalid", readSkills(path, note));
  await attempt("commands.invalid", readCommands(path, note));
  await attempt("hooks.invalid", readHooks(path, note));
  await attempt("mcp.invalid", readMcpServers(path, note));
  await attempt("scripts.invalid", readScripts(path));
  await attempt("bin.invalid", readBin(path, note));
  return findings;
}

async function profileOf(
  agent: FoundAgent,
  note: Note,
  keep: AgentPlaces["keep"],
): Promise<AgentProfile> {
  const { name, scope, path } = agent;
  const role = builtinRole(name);
  if (path === null || scope === "builtin") {
    if (role === null) throw new KasError("internal", `Cannot load ${name}: it has no folder`);
    return builtinProfile(role);
  }
  const file = `${path}/${PROFILE_FILE}`;
  const source = await readOwn(file);
  const place = { name, scope, directory: path };
  const { profile, findings } = await profileIn(source, place, keep ?? null);
  if (profile === null) {
    const { profileError } = await import("./profile_file.ts");
    throw profileError(name, findings);
  }
  for (const { key, message, line, column } of findings) {
    const id = key === "name" ? "profile.other_name" : "profile.unknown_key";
    note({ id, severity: "warning", message, detail: `${file}:${line}:${column}` });
  }
  return profile;
}

/** The profile decides what runs, so it is never read through a link. */
async function readOwn(file: string): Promise<string> {
  if ((await readable(file, () => now.lstat(file))).isSymlink) {
    throw new KasError("guard", `Cannot read ${file}: it is a symbolic link`, {
      hint: "Replace the link by the file it points to",
    });
  }
  const text = await readRawText(file);
  if (text !== null) return text;
  throw new KasError("not_found", `Cannot find ${file}`, { hint: "kas agent list" });
}
