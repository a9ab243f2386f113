import { type AgentSettings, NO_SETTINGS } from "../agent/context.ts";
import type { Runtime } from "../agent/types.ts";
import type { AgentConfig, KasConfig } from "../config/types.ts";
import type { Permission } from "../store/types.ts";
import { isProgram } from "./preflight.ts";

/** From config.toml and the environment to the rows of lib/agent/context.ts. */

/** Runtimes tried, in this order, when nothing names one. */
const KNOWN: readonly Runtime[] = ["claude", "codex", "opencode", "copilot", "gemini"];

/**
 * Rows 2 and 3 of an agent: `[agents.<name>]`. The configuration has joined both files already, the
 * project's over the user's. Empty when there is none, or it is disabled.
 */
export function settingsOf(config: KasConfig, agent: string): AgentSettings[] {
  const own = config.agents[agent];
  if (own === undefined || (!own.enabled && own.program.length > 0)) return [];
  return [{
    ...NO_SETTINGS,
    runtime: own.harness,
    program: own.program,
    model: own.model,
    effort: own.effort,
    permission: permissionOf(own),
    timeoutMinutes: own.timeoutMinutes,
    extraArgs: own.flags,
    setEnv: own.env,
  }];
}

/** Row 7: `[defaults]`, and `default_program` where that names no runtime. */
export function defaultsOf(config: KasConfig): AgentSettings {
  const { runtime, model, effort, permission, outputFormat, maxTurns } = config.defaults;
  const named = runtime ?? config.defaultHarness;
  return {
    ...NO_SETTINGS,
    runtime: named,
    program: named === config.defaultHarness ? config.defaultProgram : [],
    model,
    effort,
    permission,
    outputFormat,
    maxTurns,
  };
}

function permissionOf({ permissionDefault }: AgentConfig): Permission | null {
  switch (permissionDefault) {
    case "prompt":
      return "auto";
    case "bypass":
      return "yolo";
    case "inherit":
      return null;
  }
}

/** Programs that stand in for a runtime's own name: `KASMOS_CLAUDE_BIN` and so on. */
export function programsOf(
  hostEnv: Readonly<Record<string, string>>,
): Partial<Record<Runtime, readonly string[]>> {
  const programs: Partial<Record<Runtime, readonly string[]>> = {};
  for (const runtime of [...KNOWN, "command", "demo"] as const) {
    const program = hostEnv[`KASMOS_${runtime.toUpperCase()}_BIN`] ?? "";
    if (program !== "") programs[runtime] = [program];
  }
  return programs;
}

/** Row 8: the first known runtime that is on the PATH, as a list; empty when there is none. */
export async function installedRuntimes(
  hostEnv: Readonly<Record<string, string>>,
): Promise<Runtime[]> {
  const programs = programsOf(hostEnv);
  for (const runtime of KNOWN) {
    const found = await isProgram(programs[runtime]?.[0] ?? runtime, hostEnv["PATH"] ?? "");
    if (found) return [runtime];
  }
  return [];
}
