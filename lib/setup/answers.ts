import { type Runtime, RUNTIMES } from "../agent/types.ts";
import { KasError } from "../errors.ts";
import { parseRuntime } from "../agent/create.ts";
import { CLIENTS } from "../mcp/install/clients.ts";
import { quote } from "../names.ts";
import { type Role, ROLES } from "../store/types.ts";
import { nearest } from "../suggest.ts";
import { hashOf } from "./manifest.ts";
import { choiceOf, CONFIG_PATH } from "./settings.ts";
import {
  type AgentChoice,
  type AgentChoices,
  type Part,
  PARTS,
  type RuntimeFact,
  type SetupAnswers,
  type SetupFacts,
} from "./types.ts";

/** Answers: what is proposed, and what flags say. Pure. */

/** Parts that are proposed the first time. */
const DEFAULT_PARTS: readonly Part[] = ["skills", "mcp", "instructions", "subagents"];

/** What flags said; null or empty = nothing. */
export interface Flags {
  readonly runtimes: readonly string[];
  /** `role=runtime[:model]` */
  readonly agents: readonly string[];
  /** Parts that were named with, or without, `--no-`. */
  readonly parts: Readonly<Partial<Record<Part, boolean>>>;
  readonly clean: boolean;
  readonly force: boolean;
}

/** Runtimes that can be used, the likeliest first: installed and recent, with a login that shows. */
export function usable(runtimes: readonly RuntimeFact[]): RuntimeFact[] {
  const rank = ({ login }: RuntimeFact): number => login === "no" ? 1 : 0;
  return runtimes.filter(({ version, recent }) => version !== null && recent)
    .sort((a, b) => rank(a) - rank(b));
}

/**
 * What is wanted when nobody says otherwise: what was chosen before, else what is installed. Settings
 * that somebody wrote by hand are kept whatever is installed.
 * @throws KasError "missing_program" when nothing is installed and no runtime is named
 */
export async function proposeAnswers(facts: SetupFacts, flags: Flags): Promise<SetupAnswers> {
  const named = flags.runtimes.map(parseSetupRuntime);
  const found = usable(facts.runtimes).map(({ runtime }) => runtime);
  const before = facts.manifest?.runtimes ?? [];
  const first = named.length > 0 ? named : before.length > 0 ? before : found;
  const isTheirs = !flags.clean && await isByHand(facts);
  const kept = isTheirs || (named.length === 0 && before.length > 0) ? facts.agents : null;
  if (first.length === 0 && (kept === null || kept.fallback === "")) {
    throw noRuntime(facts.runtimes);
  }
  const base = kept === null
    ? proposeAgents(facts, first)
    : { ...kept, fallback: kept.fallback === "" ? first[0] ?? "demo" : kept.fallback };
  const agents = withFlags(base, flags.agents);
  const runtimes = [...new Set([...first, ...named.length > 0 && !isTheirs ? [] : usedBy(base)])];
  const all = [...new Set([...runtimes, ...usedBy(withFlags(NOBODY, flags.agents))])];
  const old = facts.manifest?.parts ?? DEFAULT_PARTS;
  const parts = PARTS.filter((part) => flags.parts[part] ?? old.includes(part));
  return { runtimes: all, agents, parts, clean: flags.clean, force: flags.force };
}

const NOBODY: AgentChoices = { fallback: "", roles: {} };

/** Runtimes that are in a role. */
function usedBy({ fallback, roles }: AgentChoices): Runtime[] {
  const programs = [fallback, ...Object.values(roles).map(({ program }) => program)];
  return RUNTIMES.filter((name) => name !== "command" && programs.includes(name));
}

/** Whether the project's settings are not just what kas wrote. */
async function isByHand({ files, manifest }: SetupFacts): Promise<boolean> {
  const fact = files.get(CONFIG_PATH);
  if (fact?.kind !== "text") return false;
  const entry = manifest?.entries.find(({ path, id }) => path === CONFIG_PATH && id === "file");
  return entry?.hash !== await hashOf(fact.text);
}

/** Who does what: as it is, where that fits the runtimes; else the first runtime. */
export function proposeAgents(
  facts: Pick<SetupFacts, "agents">,
  runtimes: readonly Runtime[],
): AgentChoices {
  const first = runtimes[0] ?? "demo";
  const now = facts.agents;
  if (now === null) return { fallback: first, roles: {} };
  // A program that is no runtime by name is somebody's own choice.
  const fits = (program: string): boolean => {
    const runtime = RUNTIMES.find((name) => name === program);
    return runtime === undefined || runtimes.includes(runtime);
  };
  const fallback = now.fallback !== "" && fits(now.fallback) ? now.fallback : first;
  const roles: Partial<Record<Role, AgentChoice>> = {};
  for (const role of ROLES) {
    const choice = now.roles[role];
    if (choice !== undefined && fits(choice.program)) roles[role] = choice;
  }
  return { fallback, roles };
}

/** @throws KasError "usage" for words that are no `role=runtime[:model]` */
function withFlags(agents: AgentChoices, flags: readonly string[]): AgentChoices {
  const roles = { ...agents.roles };
  for (const flag of flags) {
    const { role, choice } = parseAgentFlag(flag);
    roles[role] = choice;
  }
  return { ...agents, roles };
}

/**
 * Reads `reviewer=codex:gpt-5-codex`.
 * @throws KasError "usage"
 */
export function parseAgentFlag(flag: string): { role: Role; choice: AgentChoice } {
  const [, name, program, model] = /^([^=]*)=([^:]*)(?::(.*))?$/s.exec(flag) ?? [];
  if (name === undefined || program === undefined || program === "" || model === "") {
    throw new KasError("usage", `Cannot read ${quote(flag)} as an agent`, {
      hint: "Write role=runtime or role=runtime:model, such as reviewer=codex:gpt-5-codex",
    });
  }
  const role = ROLES.find((one) => one === name);
  if (role === undefined) {
    const near = nearest(name, ROLES);
    throw new KasError("usage", `Cannot find the role ${quote(name)}`, {
      hint: near === null ? `Roles are ${ROLES.join(", ")}` : `Did you mean ${near}?`,
    });
  }
  return { role, choice: { program: parseSetupRuntime(program), model: model ?? null } };
}

/** @throws KasError "usage" for what is no runtime that can be set up */
function parseSetupRuntime(word: string): Runtime {
  const runtime = parseRuntime(word);
  if (runtime !== "command") return runtime;
  throw new KasError("usage", `Cannot set up the runtime "command": it has no program`, {
    hint: `Choose from ${
      CLIENTS.join(", ")
    }, demo; for a program of your own: kas config set agents.coder.program <program>`,
  });
}

/** Says how to go on when no agent program is there. */
export function noRuntime(runtimes: readonly RuntimeFact[]): KasError {
  const old = runtimes.filter(({ path, recent }) => path !== null && !recent)
    .map(({ runtime, version, minimum }) =>
      version === null
        ? `${runtime} does not run`
        : `${runtime} ${version} is older than ${minimum ?? "what kas needs"}`
    );
  const found = old.length === 0 ? "" : ` (${old.join("; ")})`;
  return new KasError("missing_program", `Cannot find an agent program that can be used${found}`, {
    hint: `Install one:\n${
      runtimes.map(({ install }) => `  ${install}`).join("\n")
    }\nor look around first with the scripted agent: kas setup --runtime demo`,
  });
}

/** Who does what, in lines for people. */
export function describeAgents(agents: AgentChoices): string[] {
  const groups = Map.groupBy(ROLES, (role) => {
    const { program, model } = choiceOf(agents, role);
    return model === null ? program : `${program} (${model})`;
  });
  return [...groups].map(([program, roles]) => `${program}: ${roles.join(", ")}`);
}
