import type { AgentParts, HookTable } from "../agent/types.ts";
import type { RenderRequest } from "./types.ts";

/** When a turn begins, when it ends, when leave is asked for: claude's and codex's names. */
const STATE_EVENTS = ["UserPromptSubmit", "Stop", "PermissionRequest"] as const;

/** The agent's own hooks and, where kas wants to be told of the state, its own behind them. */
export function launchHooks(
  { hooks }: Pick<AgentParts, "hooks">,
  stateHook: RenderRequest["stateHook"],
): HookTable {
  if (stateHook === undefined || stateHook === null) return hooks;
  const own = STATE_EVENTS.map((event) => {
    const command = [...stateHook, event].map(shellWord).join(" ");
    return [event, [{ hooks: [{ type: "command" as const, command, timeout: 5 }] }]] as const;
  });
  return mergeHooks<HookTable[string][number]>(hooks, Object.fromEntries(own));
}

/** All matchers of two tables, those of the first in front. */
export function mergeHooks<T>(
  first: Readonly<Record<string, readonly T[]>>,
  second: Readonly<Record<string, readonly T[]>>,
): Record<string, readonly T[]> {
  const merged: Record<string, readonly T[]> = { ...first };
  for (const [event, matchers] of Object.entries(second)) {
    merged[event] = [...first[event] ?? [], ...matchers];
  }
  return merged;
}

/** A word that a POSIX shell takes as it is. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
