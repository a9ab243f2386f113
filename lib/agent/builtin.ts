import { type Role, ROLES } from "../store/types.ts";
import { SOULS } from "./souls.ts";
import type { Agent, AgentParts, AgentProfile } from "./types.ts";

/** The agents kas brings: one for each role, the lowest in precedence. */

/** Names of the built-in agents, which are those of the roles. */
export const BUILTIN_NAMES: readonly string[] = ROLES;

const DESCRIPTIONS: Readonly<Record<Role, string>> = {
  planner: "Writes the plan of a task; changes no code",
  architect: "Sharpens a plan before it is built",
  coder: "Builds its part of a plan, with tests",
  reviewer: "Reviews a task's branch; changes no code",
  fixer: "Mends what a review found, and merge conflicts",
  master: "Verifies independently that a task is ready",
  chat: "Works with a person on whatever comes",
};

/** The role whose built-in agent has this name; null when there is none. */
export function builtinRole(name: string): Role | null {
  return ROLES.find((role) => role === name) ?? null;
}

/** The profile of a built-in agent: nothing is fixed, so settings and flags decide. */
export function builtinProfile(role: Role): AgentProfile {
  return {
    name: role,
    scope: "builtin",
    directory: null,
    description: DESCRIPTIONS[role],
    runtime: null,
    model: null,
    effort: null,
    perRuntime: {},
    soulFile: null,
    permission: null,
    outputFormat: null,
    maxTurns: null,
    timeoutMinutes: null,
    passEnv: [],
    setEnv: {},
    secrets: {},
    strict: false,
  };
}

/** A built-in agent: its profile and its soul. */
export function builtinAgent(role: Role): Agent {
  const parts: AgentParts = {
    soul: SOULS[role],
    skills: {},
    commands: {},
    hooks: {},
    mcpServers: {},
    scriptsDir: null,
    binDir: null,
  };
  return { profile: builtinProfile(role), parts };
}
