import type { HookTable } from "../../lib/agent/types.ts";
import { copilotHarness } from "../../lib/harness/copilot.ts";
import { geminiHarness } from "../../lib/harness/gemini.ts";
import type { Harness } from "../../lib/harness/types.ts";
import { agentCache, fetchAgentCli } from "./agent_clis.ts";
import { mcpCommand, type Stage, type StageOptions } from "./agent_stage.ts";
import type { MockRequest, MockStep } from "./mock_model.ts";

/** The two CLIs that are tested apart from the lifecycle. */
export const OTHER_CLIS = ["copilot", "gemini"] as const;
export type OtherCli = typeof OTHER_CLIS[number];

export const HARNESS_OF: Readonly<Record<OtherCli, Harness>> = {
  copilot: copilotHarness,
  gemini: geminiHarness,
};

/** What a user of the CLI exports. */
export async function userVariables(name: OtherCli, url: string): Promise<Record<string, string>> {
  if (name === "gemini") return { GEMINI_API_KEY: "made-up-key", GOOGLE_GEMINI_BASE_URL: url };
  const program = await fetchAgentCli(name);
  const installed = program.slice(0, program.indexOf("/", agentCache().length + 1));
  return {
    COPILOT_OFFLINE: "true",
    COPILOT_PROVIDER_BASE_URL: `${url}/v1`,
    COPILOT_PROVIDER_API_KEY: "made-up-key",
    COPILOT_MODEL: "mock-model",
    // it unpacks 235 MB on its first start, which was that of the installation
    XDG_CACHE_HOME: `${installed}/.cache`,
  };
}

/** The text a model is told before the conversation. */
export function systemPrompt({ body }: MockRequest): string {
  return JSON.stringify(
    body.systemInstruction ?? (Array.isArray(body.messages) ? body.messages[0] : ""),
  );
}

/** A step that opens a skill. */
export function openSkill(name: OtherCli, skill: string): MockStep {
  return name === "copilot"
    ? { tool: { name: "skill", args: { skill } } }
    : { tool: { name: "activate_skill", args: { name: skill } } };
}

const HOOKS: HookTable = {
  UserPromptSubmit: [{
    hooks: [{ type: "command", command: '"${CLAUDE_PLUGIN_ROOT}"/scripts/note.sh prompt' }],
  }],
  PreToolUse: [{
    matcher: "Bash",
    hooks: [{
      type: "command",
      command: '"$KAS_AGENT_DIR/scripts/note.sh" tool; true',
      timeout: 9,
    }],
  }],
};

/** An agent with a soul, a skill, a command, hooks and a server, in a folder of the stage. */
export async function agentParts(stage: Stage): Promise<NonNullable<StageOptions["parts"]>> {
  const dir = `${stage.root}/source`;
  for (const part of ["skills/deploy", "commands", "scripts"]) {
    await Deno.mkdir(`${dir}/${part}`, { recursive: true });
  }
  const skill = "---\nname: deploy\ndescription: SKILL-ABOUT deploying\n---\nSKILL-TEXT\n";
  await Deno.writeTextFile(`${dir}/skills/deploy/SKILL.md`, skill);
  await Deno.writeTextFile(
    `${dir}/commands/ship.md`,
    "---\ndescription: COMMAND-ABOUT\n---\nCOMMAND-TEXT with $ARGUMENTS\n",
  );
  const script = `#!/bin/sh\npwd > "$PWD/hook-$1.txt"\n`;
  await Deno.writeTextFile(`${dir}/scripts/note.sh`, script, { mode: 0o755 });
  const [command = "", ...args] = mcpCommand();
  return {
    soul: "---\nname: x\n---\r\nSOUL-TEXT, ask @someone or @./settings.json about `@it`\r\n",
    skills: { deploy: `${dir}/skills/deploy` },
    commands: { ship: `${dir}/commands/ship.md` },
    hooks: HOOKS,
    scriptsDir: `${dir}/scripts`,
    mcpServers: {
      notes: {
        type: "stdio",
        command,
        args,
        env: { RECORD_TO: "${NOTES_FILE}", KASMOS_TEST_MARK: "${SERVER_SECRET}" },
      },
    },
  };
}

/** All files below a folder with their text, links not followed. */
export async function filesBelow(folder: string): Promise<{ path: string; text: string }[]> {
  const found: { path: string; text: string }[] = [];
  for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(...await filesBelow(path));
    else if (isFile) {
      found.push({ path, text: new TextDecoder().decode(await Deno.readFile(path)) });
    }
  }
  return found;
}

/**
 * Settings of a user in `home`, with a secret among them.
 * @returns texts that a model gets to see because of them
 */
export async function settleUser(name: OtherCli, home: string): Promise<string[]> {
  const [command = "", ...args] = mcpCommand(`${home}/calls.jsonl`);
  const mine = { command, args, env: { KASMOS_TEST_MARK: "users-own-secret" } };
  const files: Readonly<Record<OtherCli, Readonly<Record<string, string>>>> = {
    copilot: {
      ".copilot/copilot-instructions.md": "USERS-INSTRUCTIONS",
      ".copilot/mcp-config.json": JSON.stringify({
        mcpServers: { mine: { ...mine, type: "local", tools: ["*"] } },
      }),
    },
    gemini: {
      ".gemini/GEMINI.md": "USERS-INSTRUCTIONS",
      ".gemini/settings.json": `// a comment\n${JSON.stringify({ mcpServers: { mine } })}`,
      ".gemini/skills/own/SKILL.md": "---\nname: own\ndescription: USERS-SKILL\n---\nx\n",
    },
  };
  for (const [path, text] of Object.entries(files[name])) {
    await Deno.mkdir(`${home}/${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
    await Deno.writeTextFile(`${home}/${path}`, text);
  }
  const tool = name === "copilot" ? "mine-signal_create" : "mcp_mine_signal_create";
  return ["USERS-INSTRUCTIONS", tool, ...name === "gemini" ? ["USERS-SKILL"] : []];
}

/** A program for the state's hooks that notes what it is called with; for {@link eventsOf}. */
export async function noteEvents({ root }: Stage): Promise<string[]> {
  const path = `${root}/note events.sh`;
  const script = `#!/bin/sh\necho "$2" >> '${root}/events.txt'\n`;
  await Deno.writeTextFile(path, script, { mode: 0o755 });
  return [path, "hook"];
}

/** The events that were noted, in order. */
export async function eventsOf({ root }: Stage): Promise<string[]> {
  return (await Deno.readTextFile(`${root}/events.txt`)).trim().split("\n");
}
