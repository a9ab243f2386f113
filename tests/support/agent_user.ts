import { parse } from "smol-toml";
import type { AgentCli } from "./agent_clis.ts";

/** A user of one agent CLI: a fresh home with nothing but what is needed to reach a model. */
export interface AgentUser {
  /** What the user's shell exports. */
  readonly variables: Readonly<Record<string, string>>;
  /** Settings files the user wrote, by path below the home. */
  readonly files: Readonly<Record<string, string>>;
}

const KEY = "sk-ant-made-up-0123456789abcdefghij";

/** What a user of `name` has set up in `home`, with an API key or a provider of their own at `url`. */
export function agentUser(name: AgentCli, home: string, url: string): AgentUser {
  switch (name) {
    case "claude":
      return {
        variables: {
          ANTHROPIC_BASE_URL: url,
          ANTHROPIC_API_KEY: KEY,
          CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
        },
        files: { ".claude/settings.json": `{ "includeCoAuthoredBy": false }\n` },
      };
    case "codex":
      return {
        variables: { OPENAI_API_KEY: "made-up" },
        files: { ".codex/config.toml": codexConfig(url) },
      };
    case "opencode":
      return {
        variables: {
          OPENCODE_DISABLE_AUTOUPDATE: "1",
          // nothing to fetch: it tries at each start
          npm_config_registry: "http://127.0.0.1:9/",
          // reading its list of all models costs a start half of its time
          OPENCODE_MODELS_PATH: `${home}/.config/opencode/models.json`,
        },
        files: {
          ".config/opencode/opencode.json": opencodeConfig(url),
          ".config/opencode/models.json": "{}\n",
        },
      };
  }
}

/** Writes the settings of a user of `name` into `home`. @returns what the user's shell exports */
export async function settleUser(
  name: AgentCli,
  home: string,
  url: string,
): Promise<Record<string, string>> {
  const { files, variables } = agentUser(name, home, url);
  for (const [path, text] of Object.entries(files)) {
    const file = `${home}/${path}`;
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(file, text);
  }
  return { ...variables };
}

function codexConfig(url: string): string {
  return `model = "mock-model"
model_provider = "mock"
[analytics]
enabled = false
[features]
plugins = false
apps = false
[model_providers.mock]
name = "mock"
base_url = "${url}/v1"
wire_api = "responses"
env_key = "OPENAI_API_KEY"
`;
}

function opencodeConfig(url: string): string {
  return JSON.stringify({
    $schema: "https://opencode.ai/config.json",
    model: "mock/mock-model",
    small_model: "mock/mock-model",
    provider: {
      mock: {
        npm: "@ai-sdk/openai-compatible",
        options: { baseURL: `${url}/v1`, apiKey: "made-up" },
        models: { "mock-model": { limit: { context: 200_000, output: 8_192 } } },
      },
    },
  });
}

/**
 * Paths below a home of the settings files that say something else than what was written.
 * @param settings what was written, by path
 */
export async function changedSettings(
  home: string,
  settings: Readonly<Record<string, string>>,
): Promise<string[]> {
  const changed: string[] = [];
  for (const [path, text] of Object.entries(settings)) {
    const now = await Deno.readTextFile(`${home}/${path}`);
    if (meaning(path, now) !== meaning(path, text)) changed.push(path);
  }
  return changed;
}

/** Codex notes in its own settings which notices it has shown, under `tui`. */
function meaning(path: string, text: string): string {
  return path === ".codex/config.toml" ? JSON.stringify({ ...parse(text), tui: undefined }) : text;
}

/** What claude's file of answers says about questions that kas may or may not answer. */
export async function claudeAnswers(home: string): Promise<Record<string, unknown>> {
  const answers = JSON.parse(await Deno.readTextFile(`${home}/.claude.json`));
  const projects: Record<string, { hasTrustDialogAccepted?: boolean }> = answers.projects ?? {};
  return {
    onboarded: answers.hasCompletedOnboarding,
    keys: answers.customApiKeyResponses,
    servers: answers.mcpServers,
    trusted: Object.keys(projects).filter((dir) => projects[dir]?.hasTrustDialogAccepted === true),
  };
}

/** What {@link claudeAnswers} are when kas has answered for a user with a key, and nothing else. */
export const CLAUDE_ANSWERS: Readonly<Record<string, unknown>> = {
  onboarded: true,
  keys: { approved: [KEY.slice(-20)] },
  servers: undefined,
  trusted: [],
};
