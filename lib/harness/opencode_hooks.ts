import type { HookTable } from "../agent/types.ts";
import type { GeneratedFile, RenderRequest } from "./types.ts";

/** Events of an agent's hooks that opencode tells its plugins in one form or another. */
export const OPENCODE_EVENTS: readonly string[] = [
  "SessionStart",
  "UserPromptSubmit",
  "PreToolUse",
  "PostToolUse",
  "Stop",
];

/** The part of `spawnSync` of `node:child_process` that is used. */
type SpawnSync = (
  file: string,
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly input: string;
    readonly timeout: number;
    readonly encoding: "utf8";
    readonly env: Readonly<Record<string, string | undefined>>;
  },
) => { readonly status: number | null; readonly stderr: string };

/** What opencode hands to its plugins, as far as it is used. https://opencode.ai/docs/plugins */
interface PluginContext {
  readonly directory: string;
}

interface ToolInput {
  readonly tool: string;
  readonly sessionID: string;
}

interface PluginEvent {
  readonly type: string;
  readonly properties: {
    readonly sessionID?: string;
    readonly info?: { readonly id?: string; readonly parentID?: string };
  };
}

/** The hooks of a plugin. */
export interface HooksPlugin {
  "chat.message"(
    input: { readonly sessionID: string },
    output: { readonly parts: readonly { readonly type: string; readonly text?: string }[] },
  ): void;
  "tool.execute.before"(input: ToolInput, output: { readonly args: unknown }): void;
  "tool.execute.after"(
    input: ToolInput & { readonly args?: unknown },
    output: { readonly output?: unknown },
  ): void;
  event(input: { readonly event: PluginEvent }): void;
}

/**
 * Runs the hooks of a table for an opencode plugin, with what claude would give them on stdin. Its
 * text becomes the plugin, so it stands alone: it uses nothing but its arguments. Commands run to
 * their end before opencode goes on, for a one-shot run ends as soon as the session is idle.
 */
export function hooksPlugin(
  table: HookTable,
  spawnSync: SpawnSync,
  env: Readonly<Record<string, string | undefined>>,
): (context: PluginContext) => Promise<HooksPlugin> {
  const usualSeconds = 60;
  const spelling: Readonly<Record<string, string>> = {
    webfetch: "WebFetch",
    websearch: "WebSearch",
  };
  const nameOf = (tool: string): string =>
    /[_-]/.test(tool) ? tool : spelling[tool] ?? tool.charAt(0).toUpperCase() + tool.slice(1);
  const fits = (matcher: string | undefined, names: readonly string[]): boolean =>
    matcher === undefined || matcher === "" || matcher === "*" ||
    names.some((name) => new RegExp(`^(?:${matcher})$`).test(name));
  return ({ directory }) => {
    const children = new Set<string>();
    const fire = (event: string, names: readonly string[], more: Record<string, unknown>): void => {
      const input = JSON.stringify({ hook_event_name: event, cwd: directory, ...more });
      for (const { matcher, hooks } of table[event] ?? []) {
        if (!fits(matcher, names)) continue;
        for (const { command, timeout } of hooks) {
          const { status, stderr } = spawnSync("/bin/sh", ["-c", command], {
            cwd: directory,
            input,
            timeout: (timeout ?? usualSeconds) * 1000,
            encoding: "utf8",
            env: { ...env, CLAUDE_PLUGIN_ROOT: env["KAS_AGENT_DIR"] },
          });
          if (event === "PreToolUse" && status === 2) {
            throw new Error(stderr.trim() || "A hook of this agent refuses it");
          }
        }
      }
    };
    return Promise.resolve({
      "chat.message"({ sessionID: session_id }, { parts }) {
        const prompt = parts.map(({ text }) => text ?? "").join("\n");
        if (!children.has(session_id)) fire("UserPromptSubmit", [], { session_id, prompt });
      },
      "tool.execute.before"({ tool, sessionID: session_id }, { args }) {
        const tool_name = nameOf(tool);
        fire("PreToolUse", [tool, tool_name], { session_id, tool_name, tool_input: args });
      },
      "tool.execute.after"({ tool, sessionID: session_id, args }, { output }) {
        const tool_name = nameOf(tool);
        const more = { session_id, tool_name, tool_input: args, tool_response: output };
        fire("PostToolUse", [tool, tool_name], more);
      },
      event({ event: { type, properties } }) {
        const { info } = properties;
        const session_id = properties.sessionID ?? info?.id ?? "";
        if (type === "session.created" && info?.parentID !== undefined) children.add(session_id);
        if (children.has(session_id)) return;
        if (type === "session.created") fire("SessionStart", ["startup"], { session_id });
        if (type === "session.idle") fire("Stop", [], { session_id });
      },
    });
  };
}

/** The plugin of a launch; null for an agent without hooks. */
export function hooksFile({ context, launchDir }: RenderRequest): GeneratedFile | null {
  const { hooks } = context.parts;
  if (Object.keys(hooks).length === 0) return null;
  const text = 'import { spawnSync } from "node:child_process";\n' +
    `export const KasHooks = (${hooksPlugin.toString()})(\n` +
    `${JSON.stringify(hooks)},\nspawnSync, process.env);\n`;
  return { path: `${launchDir}/kas-hooks.mjs`, text };
}
