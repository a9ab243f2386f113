import { note, warn } from "../../lib/cli/mod.ts";
import { KasError } from "../../lib/errors.ts";
import { quote } from "../../lib/names.ts";
import type { SkillFinding } from "../../lib/skill/frontmatter.ts";
import type { SkillHome } from "../../lib/skill/home.ts";
import type { SkillLayer } from "../../lib/skill/harnesses.ts";
import { isAgent, requirePerson } from "../_shared.ts";

/** Which skills a command is about: those of the project, of the user, or of one agent. */

/** Options that choose a home. */
export const homeOptions = {
  agent: {
    type: "string",
    short: "a",
    metavar: "name",
    description: "Skills of this agent",
  },
  project: {
    type: "boolean",
    description: "Skills of the repository; the default inside one",
  },
  user: { type: "boolean", description: "Your own skills, for all repositories" },
} as const;

/** Their values. */
export interface HomeValues {
  readonly agent?: string | undefined;
  readonly project?: boolean | undefined;
  readonly user?: boolean | undefined;
}

/**
 * The home that is meant.
 * @param change what is about to be done, when it changes something; an agent may do that in the
 * repository it works in, and nowhere else
 * @throws KasError "usage" for two at once or none, "not_a_repository", "not_found" for an unknown
 * agent, "guard" for an agent at a person's skills
 */
export async function resolveHome(values: HomeValues, change?: string): Promise<SkillHome> {
  const given = [
    ...(values.agent === undefined ? [] : ["--agent"]),
    ...(values.project === true ? ["--project"] : []),
    ...(values.user === true ? ["--user"] : []),
  ];
  if (given.length > 1) {
    throw new KasError("usage", `Cannot use ${given.join(" and ")} together`, {
      hint: "Skills belong to one place; name one",
    });
  }
  if (change !== undefined && (values.agent !== undefined || values.user === true)) {
    requirePerson(change);
  }
  if (values.agent !== undefined) return await agentHome(values.agent);
  const { projectHome, userHome } = await import("../../lib/skill/harnesses.ts");
  if (values.user === true) return userHome(requireUserFolder());
  const top = await workTree();
  if (top !== null) return projectHome(top);
  throw new KasError(
    values.project === true ? "not_a_repository" : "usage",
    "Cannot tell whose skills are meant: this is no repository",
    { hint: "Change to one, or name a place: --user, -a <agent>" },
  );
}

async function agentHome(name: string): Promise<SkillHome> {
  const { agentDirectory, agentPlaces } = await import("../../lib/agent/library.ts");
  const { resolvePaths } = await import("../../lib/config/paths.ts");
  const { discoverRepo } = await import("../../lib/git/discover.ts");
  const root = await workTree() === null ? null : (await discoverRepo(Deno.cwd())).root;
  const { path } = await agentDirectory(agentPlaces(resolvePaths(), root), name);
  return { path: `${path}/skills`, label: `agent ${name}`, within: path };
}

/** The work tree one stands in, which may be a linked one; null outside of a repository. */
export async function workTree(): Promise<string | null> {
  const { locateInRepository } = await import("../../lib/git/fetch_source.ts");
  const found = await locateInRepository(Deno.cwd());
  return found === null || found.bare ? null : found.top;
}

/** The user's home folder, absolute; null when HOME does not say. */
export function userFolder(): string | null {
  const home = Deno.env.get("HOME") ?? "";
  return home.startsWith("/") ? home.replace(/\/+$/, "") : null;
}

function requireUserFolder(): string {
  const home = userFolder();
  if (home !== null) return home;
  throw new KasError("invalid", "Cannot find your skills: HOME is not set", {
    hint: "Set HOME to an absolute path",
  });
}

/**
 * The layers that harnesses read: yours, the project's, or only the one that is asked for.
 * @param change what is about to be done, when it changes something; an agent may do that in the
 * repository it works in alone
 * @throws KasError "not_a_repository" without the project that is asked for, "guard" for an agent at
 * a person's skills
 */
export async function resolveLayers(
  values: Pick<HomeValues, "project" | "user">,
  change?: string,
): Promise<SkillLayer[]> {
  const { skillLayers } = await import("../../lib/skill/harnesses.ts");
  const ofAgent = change !== undefined && isAgent();
  if (change !== undefined && values.user === true) requirePerson(change);
  const { project = ofAgent, user = false } = values;
  const repoRoot = user && !project ? null : await workTree();
  if (project && repoRoot === null) {
    throw new KasError("not_a_repository", "Cannot find the project's skills: no repository here", {
      hint: "Change to a repository, or leave --project out",
    });
  }
  const claude = Deno.env.get("CLAUDE_CONFIG_DIR") ?? "";
  const installed = await installedHarnesses();
  return skillLayers({
    home: project && !user ? null : userFolder(),
    repoRoot,
    claudeDir: claude.startsWith("/") ? claude.replace(/\/+$/, "") : null,
    isInstalled: ({ name }) => installed.has(name),
  });
}

/** Those whose program a run would find: on the PATH, or where `KASMOS_<RUNTIME>_BIN` says. */
async function installedHarnesses(): Promise<ReadonlySet<string>> {
  const { SKILL_HARNESSES } = await import("../../lib/skill/harnesses.ts");
  const { programsOf } = await import("../../lib/launch/choose.ts");
  const { isProgram } = await import("../../lib/launch/preflight.ts");
  const path = Deno.env.get("PATH") ?? "";
  const named: Readonly<Record<string, readonly string[]>> = programsOf(Deno.env.toObject());
  const found = new Set<string>();
  for (const { name, program } of SKILL_HARNESSES) {
    if (await isProgram(named[name]?.[0] ?? program, path)) found.add(name);
  }
  return found;
}

/** Skills named as arguments, or all of them. @throws KasError "usage" for both, or neither */
export function namedOrAll(names: readonly string[], all: boolean, what: string): void {
  if (all && names.length > 0) {
    throw new KasError("usage", "Cannot use --all together with names of skills", {
      hint: "Leave one of them out",
    });
  }
  if (all || names.length > 0) return;
  throw new KasError("usage", `Cannot tell which skills to ${what}`, {
    hint: "Name them, or use --all",
  });
}

/** Says on stderr what agents would stumble over. */
export function warnFindings(name: string, findings: readonly SkillFinding[]): void {
  for (const { message } of findings) warn(`skill ${quote(name)}: ${message}`);
}

/** Says where old folders were put. */
export function noteBackups(changes: readonly { name: string; backup: string | null }[]): void {
  for (const { name, backup } of changes) {
    if (backup !== null) note(`The old folder of ${name} is kept as ${backup}`);
  }
}

/** Says how the harnesses get to see a change, for homes that they read. */
export function noteSync(home: SkillHome): void {
  if (home.path.endsWith("/.agents/skills")) {
    note(`Run "kas skills sync" so that all agents follow`);
  }
}
