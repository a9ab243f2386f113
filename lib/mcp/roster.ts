import { listAgents, loadAgent } from "../agent/library.ts";
import { agentPlaces } from "../agent/places.ts";
import { chainOf } from "./dispatch/guards.ts";
import type { Desk } from "./types.ts";

/** The agents a caller can run: all but itself and those that wait for it. */

/** Characters of a soul in one answer. */
const MAX_SOUL = 64 * 1024;

/** One line for each agent, by name; what cannot be read says so. */
export async function rosterOf(
  desk: Desk,
  key: string | undefined,
): Promise<Record<string, unknown>[]> {
  const places = agentPlaces(desk.home.paths, (await desk.project(key)).root);
  const above = chainOf(desk.caller);
  return (await listAgents(places)).filter((row) => !row.shadowed && !above.includes(row.name))
    .map(({ name, scope, description, runtime, model, error }) => ({
      name,
      scope,
      description,
      runtime,
      model,
      ...error === null ? {} : { error },
    }));
}

/**
 * What an agent is and is told.
 * @throws KasError "not_found", "invalid"
 */
export async function describeAgent(
  desk: Desk,
  name: string,
  key: string | undefined,
): Promise<Record<string, unknown>> {
  const places = agentPlaces(desk.home.paths, (await desk.project(key)).root);
  const { profile, parts } = await loadAgent(places, name);
  return {
    name: profile.name,
    scope: profile.scope,
    description: profile.description,
    runtime: profile.runtime,
    model: profile.model,
    effort: profile.effort,
    permission: profile.permission,
    max_turns: profile.maxTurns,
    timeout_minutes: profile.timeoutMinutes,
    soul: parts.soul.slice(0, MAX_SOUL),
    soul_truncated: parts.soul.length > MAX_SOUL,
    skills: Object.keys(parts.skills),
    commands: Object.keys(parts.commands),
    mcp_servers: Object.keys(parts.mcpServers),
    directory: profile.directory,
  };
}
