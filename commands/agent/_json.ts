import type { AgentFinding } from "../../lib/agent/findings.ts";
import type { FoundAgent } from "../../lib/agent/places.ts";
import { formatSecretRef } from "../../lib/agent/secret_ref.ts";
import type { AgentParts, AgentProfile, RuntimeSettings } from "../../lib/agent/types.ts";

/** What `kas agent show --json` prints. The keys are a contract: add, never rename. */

/** An agent without the values of its variables. */
export interface AgentJson {
  readonly name: string;
  readonly scope: string;
  readonly directory: string | null;
  /** Null when `agent.toml` cannot be read. */
  readonly profile: ReturnType<typeof profileJson> | null;
  /** Null when the agent cannot be launched. */
  readonly parts: ReturnType<typeof partsJson> | null;
  readonly findings: readonly AgentFinding[];
}

/** The JSON form of an agent. Pure. */
export function agentJson(
  { name, scope, path }: FoundAgent,
  profile: AgentProfile | null,
  parts: AgentParts | null,
  findings: readonly AgentFinding[],
): AgentJson {
  return {
    name,
    scope,
    directory: path,
    profile: profile === null ? null : profileJson(profile),
    parts: parts === null ? null : partsJson(parts),
    findings,
  };
}

function profileJson(profile: AgentProfile) {
  const runtimes: [string, RuntimeSettings][] = Object.entries(profile.perRuntime);
  const secrets = Object.entries(profile.secrets);
  return {
    description: profile.description,
    runtime: profile.runtime,
    model: profile.model,
    effort: profile.effort,
    permission: profile.permission,
    output_format: profile.outputFormat,
    max_turns: profile.maxTurns,
    timeout_minutes: profile.timeoutMinutes,
    strict: profile.strict,
    soul_file: profile.soulFile,
    runtimes: Object.fromEntries(runtimes.map(([name, settings]) => [name, {
      program: settings.program,
      model: settings.model,
      effort: settings.effort,
      permission_mode_raw: settings.permissionRaw,
      extra_args: settings.extraArgs,
    }])),
    pass_env: profile.passEnv,
    /** Names only: a value may be one that others should not see. */
    set_env: Object.keys(profile.setEnv),
    secrets: Object.fromEntries(secrets.map(([name, ref]) => [name, formatSecretRef(ref)])),
  };
}

function partsJson(parts: AgentParts) {
  const { hooks, mcpServers } = parts;
  return {
    soul_characters: parts.soul.length,
    skills: Object.keys(parts.skills),
    commands: Object.keys(parts.commands),
    /** Commands of each event. */
    hooks: Object.fromEntries(
      Object.entries(hooks).map(([event, matchers]) => [
        event,
        matchers.reduce((sum, matcher) => sum + matcher.hooks.length, 0),
      ]),
    ),
    /** Kind of each server. */
    mcp_servers: Object.fromEntries(
      Object.entries(mcpServers).map(([name, server]) => [name, server.type]),
    ),
    scripts: parts.scriptsDir,
    bin: parts.binDir,
  };
}
