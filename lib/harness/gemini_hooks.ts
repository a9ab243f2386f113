import type { HookTable } from "../agent/types.ts";
import type { JsonObject } from "./files.ts";

/** Gemini's name of each event that it has under another one. */
const EVENT_OF: Readonly<Record<string, string>> = {
  PreToolUse: "BeforeTool",
  PostToolUse: "AfterTool",
  UserPromptSubmit: "BeforeAgent",
  Stop: "AfterAgent",
  PreCompact: "PreCompress",
};

/** Events under gemini's own names. */
const OWN_EVENTS: readonly string[] = [
  "SessionStart",
  "SessionEnd",
  "BeforeAgent",
  "AfterAgent",
  "BeforeModel",
  "AfterModel",
  "BeforeToolSelection",
  "BeforeTool",
  "AfterTool",
  "PreCompress",
  "Notification",
];

/** Events a table may name: gemini's, and those of Claude Code that gemini has as well. */
export const GEMINI_EVENTS: readonly string[] = [...Object.keys(EVENT_OF), ...OWN_EVENTS];

/** Gemini's name of each tool that matchers know under another one. */
const TOOL_OF: Readonly<Record<string, string>> = {
  Bash: "run_shell_command",
  Read: "read_file",
  Write: "write_file",
  Edit: "replace",
  MultiEdit: "replace",
  Glob: "glob",
  Grep: "grep_search",
  LS: "list_directory",
  WebFetch: "web_fetch",
  WebSearch: "google_web_search",
  Skill: "activate_skill",
};

/**
 * A table in gemini's words: its events, its tools in matchers, milliseconds. A command stands in a
 * variable, because gemini would fill in the variables of a text in its settings without quoting
 * them for the shell that reads it next.
 * @param variable puts a text into the environment and returns the placeholder that stands for it
 */
export function geminiHooks(table: HookTable, variable: (text: string) => string): JsonObject {
  const groups: Record<string, JsonObject[]> = {};
  for (const [event, matchers] of Object.entries(table)) {
    const name = EVENT_OF[event] ?? event;
    const isTool = name === "BeforeTool" || name === "AfterTool";
    const list = groups[name] ??= [];
    for (const { matcher, hooks } of matchers) {
      list.push({
        ...matcher === undefined ? {} : { matcher: isTool ? toolMatcher(matcher) : matcher },
        hooks: hooks.map(({ command, timeout }) => ({
          type: "command",
          command: variable(command.replaceAll("${CLAUDE_PLUGIN_ROOT}", "${KAS_AGENT_DIR}")),
          ...timeout === undefined ? {} : { timeout: timeout * 1000 },
        })),
      });
    }
  }
  return groups;
}

/** `Bash|Edit` and `mcp__server__tool` as gemini spells them; anything else is left as it is. */
function toolMatcher(matcher: string): string {
  return matcher
    .replaceAll(/\b[A-Z][A-Za-z]*\b/g, (word) => TOOL_OF[word] ?? word)
    .replaceAll(/\bmcp__(.+?)__/g, "mcp_$1_");
}
