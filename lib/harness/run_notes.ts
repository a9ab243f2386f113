import type { AgentContext } from "../agent/types.ts";

/** What a hook that refuses the task leaves: a run that ended well, and cost nothing. */
export const NOT_ASKED = "the model was not asked: a hook refused the task";

const TASK_EVENTS = ["UserPromptSubmit", "BeforeAgent"] as const;

/**
 * What a run that prints text cannot tell: the program ends with 0 when a hook refuses the task.
 * @param runtime its name, for the note
 */
export function refusalNotes(
  { mode, outputFormat, parts: { hooks } }: AgentContext,
  runtime: string,
): string[] {
  const event = TASK_EVENTS.find((name) => Object.hasOwn(hooks, name));
  if (mode !== "run" || outputFormat !== "text" || event === undefined) return [];
  return [`${runtime} ends with 0 when a hook of ${event} refuses the task; --json tells`];
}

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
