import type { AgentParts } from "../agent/types.ts";

/** The soul as a system prompt: without byte order mark, with plain line breaks; null = none. */
export function soulText({ soul }: Pick<AgentParts, "soul">): string | null {
  const text = soul.replace(/^\uFEFF/, "").replaceAll(/\r\n?/g, "\n").trim();
  return text === "" ? null : `${text}\n`;
}
