import { warn } from "../../lib/cli/mod.ts";
import { type AgentFinding, type AgentPlaces, agentPlaces } from "../../lib/agent/library.ts";
import { type Paths, resolvePaths } from "../../lib/config/paths.ts";
import { KasError } from "../../lib/errors.ts";
import { quote } from "../../lib/names.ts";
import { nearest } from "../../lib/suggest.ts";
import { likelyRoot } from "../_place.ts";

/** What the commands on agents share. */

/** Where agents are, seen from a folder. */
export interface Library {
  readonly paths: Paths;
  /** Null outside a repository. */
  readonly repoRoot: string | null;
  readonly places: AgentPlaces;
}

/** The argument that names an agent. */
export const agentArgument = {
  agent: { type: "positional", description: "Name of the agent" },
} as const;

/** The option that chooses the project's agents. */
export const projectOption = {
  project: { type: "boolean", description: "Keep it in the repository, for all who work on it" },
} as const;

/**
 * The places of agents around a folder, by default the current one.
 * @throws KasError "not_a_repository" for a folder that was named and is in none
 */
export async function openLibrary(repo?: string): Promise<Library> {
  const paths = resolvePaths();
  const repoRoot = await likelyRoot(repo ?? Deno.cwd()) ?? await askGit(repo);
  return { paths, repoRoot, places: agentPlaces(paths, repoRoot) };
}

async function askGit(repo: string | undefined): Promise<string | null> {
  const { discoverRepo } = await import("../../lib/git/discover.ts");
  try {
    return (await discoverRepo(repo ?? Deno.cwd())).root;
  } catch (error) {
    if (repo === undefined && error instanceof KasError && error.code === "not_a_repository") {
      return null;
    }
    throw error;
  }
}

/** A word of a fixed list, or null when none was given. @throws KasError "invalid" naming the list */
export function oneOf<T extends string>(
  what: string,
  word: string | undefined,
  known: readonly T[],
): T | null {
  if (word === undefined) return null;
  const found = known.find((one) => one === word);
  if (found !== undefined) return found;
  const near = nearest(word, known);
  const all = `Choose from: ${known.join(", ")}`;
  throw new KasError("invalid", `Cannot use the ${what} ${quote(word)}: there is none`, {
    hint: near === null ? all : `Did you mean ${quote(near)}? ${all}`,
  });
}

/** Says findings on stderr, those that stop a launch first. */
export function warnFindings(findings: readonly AgentFinding[]): void {
  for (const level of ["error", "warning"] as const) {
    for (const { severity, message, detail } of findings) {
      if (severity !== level) continue;
      const where = detail === undefined || message.includes(detail) ? "" : ` (${detail})`;
      warn(`${level === "error" ? "cannot be launched so: " : ""}${message}${where}`);
    }
  }
}
