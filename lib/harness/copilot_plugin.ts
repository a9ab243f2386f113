import type { AgentContext, HookTable } from "../agent/types.ts";
import { bodyOf } from "./frontmatter.ts";
import { launchHooks } from "./hooks.ts";
import type { GeneratedFile, RenderRequest } from "./types.ts";

/** Events of copilot's hooks, in the spelling it shares with Claude Code. */
export const COPILOT_EVENTS: readonly string[] = [
  "SessionStart",
  "SessionEnd",
  "UserPromptSubmit",
  "PreToolUse",
  "PostToolUse",
  "PostToolUseFailure",
  "PermissionRequest",
  "Notification",
  "PreCompact",
  "SubagentStart",
  "SubagentStop",
  "Stop",
  "ErrorOccurred",
];

/**
 * The launched copy as a plugin of copilot: the soul as an agent, skills, slash commands and hooks.
 * @returns options that load it, and the files that make it one; none for an agent without parts
 */
export function plugin(request: RenderRequest): { flags: string[]; files: GeneratedFile[] } {
  const { context, agentDir } = request;
  const { soul, skills, commands } = context.parts;
  const hooks = hooksOf(request);
  const hasSoul = soul.trim() !== "";
  const hasAny = [skills, commands, hooks].some((part) => Object.keys(part).length > 0);
  if (!hasSoul && !hasAny) return { flags: [], files: [] };
  const name = agentName(context);
  const manifest = {
    name: "kas",
    version: "1.0.0",
    description: `Parts of ${context.agent}`,
    ...hasSoul ? { agents: "kas-agents/" } : {},
    ...Object.keys(skills).length > 0 ? { skills: "skills/" } : {},
    ...Object.keys(commands).length > 0 ? { commands: "commands/" } : {},
    // named, so that copilot does not look for `hooks/hooks.json` by itself
    hooks: "kas-hooks.json",
  };
  return {
    flags: ["--plugin-dir", agentDir, ...hasSoul ? ["--agent", `kas:${name}`] : []],
    files: [
      { path: `${agentDir}/plugin.json`, text: JSON.stringify(manifest) },
      { path: `${agentDir}/kas-hooks.json`, text: JSON.stringify({ version: 1, hooks }) },
      ...hasSoul
        ? [{ path: `${agentDir}/kas-agents/${name}.agent.md`, text: agentFile(name, context) }]
        : [],
    ],
  };
}

/** Copilot's names of agents have no dots. */
function agentName({ agent }: AgentContext): string {
  return agent.replaceAll(/[^\w-]/g, "-");
}

/** The block on top is kas's; one the soul has of its own is for other programs. */
function agentFile(name: string, { agent, parts }: AgentContext): string {
  const description = JSON.stringify(`The agent ${agent}`);
  return `---\nname: ${name}\ndescription: ${description}\n---\n\n${bodyOf(parts.soul)}`;
}

/** Claude Code's table, which copilot takes, run where the agent works and not in the plugin. */
function hooksOf({ context, stateHook }: RenderRequest): HookTable {
  const { PermissionRequest: asked = [], ...turns } = launchHooks({ hooks: {} }, stateHook);
  // copilot's PermissionRequest comes with each call, allowed or not
  const own = asked.length > 0 ? { ...turns, Notification: asked } : turns;
  const { hooks } = context.parts;
  const events = new Set([...Object.keys(hooks), ...Object.keys(own)]);
  return Object.fromEntries([...events].map((event) => [
    event,
    [...hooks[event] ?? [], ...own[event] ?? []].map((group) => ({
      ...group,
      hooks: group.hooks.map((hook) => ({ ...hook, cwd: context.cwd })),
    })),
  ]));
}
