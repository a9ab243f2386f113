import type { AgentContext } from "../agent/types.ts";

/**
 * What a one-shot run cannot do because nobody is there to ask.
 * @param refused what the runtime refuses then, e.g. `shell commands`
 */
export function unattendedNotes(
  { mode, permission, permissionRaw }: AgentContext,
  refused: Readonly<Record<"ask" | "auto", string>>,
): string[] {
  if (mode !== "run" || permission === "yolo" || permissionRaw !== null) return [];
  return [`nobody can answer in a run: under the permission ${permission} ${refused[permission]}`];
}
