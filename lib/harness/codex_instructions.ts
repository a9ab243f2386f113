import { announceParts } from "./announce.ts";
import type { CodexHooks } from "./codex_hooks.ts";
import { shellWord } from "./hooks.ts";
import { fitsArgument } from "./prompt.ts";
import { soulText } from "./soul.ts";
import { tomlString } from "./toml.ts";
import type { Launch, RenderRequest } from "./types.ts";

/** How the soul and the list of skills and commands reach codex. */
export interface CodexInstructions extends Pick<Launch, "files" | "notes"> {
  readonly overrides: readonly (readonly [string, string])[];
  readonly hooks: CodexHooks;
}

const NOTHING: CodexInstructions = { overrides: [], hooks: {}, files: [], notes: [] };

/**
 * What codex is told beside its own instructions: as the developer's, unless they are too long for
 * an argument, or a session goes on. That one keeps the instructions it began with, so the new ones
 * come by a hook, whose output codex adds.
 */
export async function codexInstructions(request: RenderRequest): Promise<CodexInstructions> {
  const { context, agentDir, launchDir } = request;
  const parts = await announceParts(context.parts, agentDir);
  const text = [soulText(context.parts) ?? "", parts].filter((part) => part !== "").join("\n");
  if (text === "") return NOTHING;
  if (context.resume === null && fitsArgument(text)) {
    return { ...NOTHING, overrides: [["developer_instructions", tomlString(text)]] };
  }
  const path = `${launchDir}/soul.md`;
  const hook = {
    type: "command" as const,
    command: `cat ${shellWord(path)}`,
    timeout: 10,
    additionalContextLimit: 0,
  };
  return { ...NOTHING, hooks: { SessionStart: [{ hooks: [hook] }] }, files: [{ path, text }] };
}
