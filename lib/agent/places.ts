import { now } from "../files/now.ts";
import { isAbsent, isThere } from "../files/there.ts";
import { KasError } from "../errors.ts";
import { type Keep, keepIn } from "../files/kept.ts";
import { parseName, quote } from "../names.ts";
import { nearest } from "../suggest.ts";
import { BUILTIN_NAMES, builtinRole } from "./builtin.ts";
import { settled, settleReplaced } from "./replaced.ts";
import type { AgentScope } from "./types.ts";

/** Where agents live, and the one way from a name to a folder. */

/** The folders that hold agents, one folder each. */
export interface AgentPlaces {
  /** The user's. Absolute. */
  readonly global: string;
  /** The project's; null outside a repository. Absolute. */
  readonly project: string | null;
  /** Main work tree of the project; null outside one. */
  readonly repoRoot: string | null;
  /** Where what agents' files say is kept between processes; null or absent nowhere. */
  readonly keep?: Keep | null;
}

/** The file that makes a folder an agent. */
export const PROFILE_FILE = "agent.toml";

/**
 * The places of agents: `<configDir>/agents` and `<repo>/.kasmos/agents`. Pure. With a state folder
 * what their files say is kept there.
 * @param repoRoot absolute path of the main work tree, or null outside a repository
 */
export function agentPlaces(
  paths: { readonly configDir: string; readonly stateDir?: string },
  repoRoot: string | null,
): AgentPlaces {
  return {
    global: `${paths.configDir}/agents`,
    project: repoRoot === null ? null : `${repoRoot === "/" ? "" : repoRoot}/.kasmos/agents`,
    repoRoot,
    keep: paths.stateDir === undefined ? null : keepIn(paths.stateDir),
  };
}

/** An agent that was found. */
export interface FoundAgent {
  readonly name: string;
  readonly scope: AgentScope;
  /** Absolute; null for a built-in agent. */
  readonly path: string | null;
}

/**
 * The agent of a name: the project's, else the user's, else the built-in one.
 * @throws KasError "invalid" for a name that cannot be one, "not_found" with the nearest name,
 * "guard" when its folder is a link
 */
export async function findAgent(places: AgentPlaces, name: string): Promise<FoundAgent> {
  const clean = parseName("agent", name);
  for (const scope of ["project", "global"] as const) {
    const path = await agentIn(places, scope, clean);
    if (path !== null) return { name: clean, scope, path };
  }
  if (builtinRole(clean) !== null) return { name: clean, scope: "builtin", path: null };
  const known = new Set<string>(BUILTIN_NAMES);
  for (const scope of ["project", "global"] as const) {
    for (const one of await namesIn(places, scope)) known.add(one);
  }
  const near = nearest(clean, known);
  throw new KasError("not_found", `Cannot find the agent ${quote(clean)}`, {
    hint: near === null
      ? `See all with "kas agent list", or make it: kas agent create ${clean}`
      : `Did you mean ${quote(near)}? All agents: kas agent list`,
    context: { agent: clean },
  });
}

/**
 * The folder of an agent, for those who change what is in it.
 * @throws KasError as {@link findAgent}, and "not_found" for a built-in agent, which has none
 */
export async function agentDirectory(
  places: AgentPlaces,
  name: string,
): Promise<{ path: string; scope: AgentScope }> {
  const { name: clean, path, scope } = await findAgent(places, name);
  if (path !== null) return { path, scope };
  throw new KasError(
    "not_found",
    `Cannot find a folder of the agent ${quote(clean)}: it is built in`,
    {
      hint: `Make one of your own that takes its place: kas agent create ${clean}`,
      context: { agent: clean },
    },
  );
}

/** The folder of agents of a scope. @throws KasError "not_a_repository" for the project's outside one */
export function rootOf(places: AgentPlaces, scope: "global" | "project"): string {
  const root = scope === "global" ? places.global : places.project;
  if (root !== null) return root;
  throw new KasError("not_a_repository", "Cannot use a project's agents outside a git repository", {
    hint: "Change into a repository, or leave --project away",
  });
}

/** The folder of an agent in one scope, or null when none is there. @throws KasError as {@link containedPath} */
export async function agentIn(
  places: AgentPlaces,
  scope: "global" | "project",
  name: string,
): Promise<string | null> {
  const root = scope === "global" ? places.global : places.project;
  if (root === null) return null;
  if (scope === "project") await refuseLinkedRoot(places);
  return await readable(`${root}/${name}`, async () => {
    const look = async (): Promise<string | null> => {
      const path = await containedPath(root, name);
      return path !== null && await isThere(`${path}/${PROFILE_FILE}`) ? path : null;
    };
    return await look() ?? await settled(root, look);
  });
}

/** Names of the agents of one scope, sorted. */
export async function namesIn(places: AgentPlaces, scope: "global" | "project"): Promise<string[]> {
  const root = scope === "global" ? places.global : places.project;
  if (root === null) return [];
  if (scope === "project") await refuseLinkedRoot(places);
  const names: string[] = [];
  try {
    await readable(root, async () => {
      await settleReplaced(root);
      for (const entry of await now.readDir(root)) {
        if (!entry.isDirectory && !entry.isSymlink) continue;
        if (isAgentName(entry.name) && await isAgent(`${root}/${entry.name}`)) {
          names.push(entry.name);
        }
      }
    });
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  return names.sort();
}

/** A folder that may not be looked into counts: what is wrong with it is said when it is read. */
async function isAgent(path: string): Promise<boolean> {
  try {
    return await isThere(`${path}/${PROFILE_FILE}`);
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) return true;
    throw error;
  }
}

function isAgentName(name: string): boolean {
  try {
    return parseName("agent", name) === name;
  } catch (error) {
    if (error instanceof KasError && error.code === "invalid") return false;
    throw error;
  }
}

/**
 * The folder of a name directly below a root, or null when nothing is there. Everything that changes
 * or removes a folder asks here: the name is legal, the folder is no link, and it really is inside.
 * @throws KasError "invalid" for a name that cannot be one or something that is no folder, "guard"
 * when it is a link or lies elsewhere
 */
export async function containedPath(root: string, name: string): Promise<string | null> {
  const clean = parseName("agent", name);
  const path = `${root}/${clean}`;
  try {
    const info = await now.lstat(path);
    if (info.isSymlink) throw linked(path);
    if (!info.isDirectory) {
      throw new KasError("invalid", `Cannot use ${quote(path, 200)} as an agent: it is no folder`, {
        hint: "Move the file away",
      });
    }
    const real = await now.realPath(path);
    if (real.slice(0, real.lastIndexOf("/")) !== await now.realPath(root)) throw linked(path);
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
  return path;
}

/**
 * What a repository holds is not to be trusted: its folder of agents must not lead out of it.
 * @throws KasError "guard"
 */
export async function refuseLinkedRoot({ project, repoRoot }: AgentPlaces): Promise<void> {
  if (project === null || repoRoot === null) return;
  for (const path of [project.slice(0, project.lastIndexOf("/")), project]) {
    try {
      if ((await now.lstat(path)).isSymlink) throw linked(path);
    } catch (error) {
      if (isAbsent(error)) return;
      throw error;
    }
  }
}

function linked(path: string): KasError {
  return new KasError("guard", `Cannot use ${quote(path, 200)}: it is a symbolic link`, {
    hint: "Replace the link by a real folder",
    context: { path },
  });
}

/** What may not be read is said so. @throws KasError "invalid", and what `work` throws */
export async function readable<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    throw new KasError("invalid", `Cannot read ${quote(path, 200)}: permission denied`, {
      hint: "Look at its owner and permissions",
      cause: error,
    });
  }
}
