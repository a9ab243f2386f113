import type { Runtime } from "../agent/types.ts";
import { ifThere } from "../files/there.ts";

/**
 * Whether an agent program has credentials, by the variables and files it keeps them in. Nothing is
 * read out of these files and no program is asked.
 */

/** Runtimes that somebody logs in to. */
export type LoginRuntime = Exclude<Runtime, "command" | "demo">;

/** Whether there are credentials, as far as that can be seen. */
export type Login = "yes" | "no" | "unknown";

interface Places {
  readonly variables: readonly string[];
  /** Files below the home folder, or a folder that a variable names. */
  readonly files: (folder: (variable: string, below: string) => string) => readonly string[];
  /**
   * Whether they may be where nobody sees them: always (`true`), never, or in the keychain of macOS
   * and wherever these settings of the program say.
   */
  readonly unseen: boolean | Places["files"];
}

const PLACES: Readonly<Record<LoginRuntime, Places>> = {
  claude: {
    variables: [
      "ANTHROPIC_API_KEY",
      "ANTHROPIC_AUTH_TOKEN",
      "CLAUDE_CODE_OAUTH_TOKEN",
      "CLAUDE_CODE_USE_BEDROCK",
      "CLAUDE_CODE_USE_VERTEX",
      "CLAUDE_CODE_USE_FOUNDRY",
      "CLAUDE_CODE_USE_GATEWAY",
      "CLAUDE_CODE_USE_MANTLE",
      "ANTHROPIC_PROFILE",
      "ANTHROPIC_IDENTITY_TOKEN",
      "ANTHROPIC_IDENTITY_TOKEN_FILE",
    ],
    files: (folder) => [`${folder("CLAUDE_CONFIG_DIR", ".claude")}/.credentials.json`],
    unseen: (folder) => [
      `${folder("CLAUDE_CONFIG_DIR", ".claude")}/settings.json`,
      "/etc/claude-code/managed-settings.json",
    ],
  },
  codex: {
    variables: ["OPENAI_API_KEY", "CODEX_API_KEY", "CODEX_ACCESS_TOKEN"],
    files: (folder) => [`${folder("CODEX_HOME", ".codex")}/auth.json`],
    unseen: (folder) => [`${folder("CODEX_HOME", ".codex")}/config.toml`, "/etc/codex/config.toml"],
  },
  opencode: {
    variables: ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "OPENROUTER_API_KEY", "GEMINI_API_KEY"],
    files: (folder) => [`${folder("XDG_DATA_HOME", ".local/share")}/opencode/auth.json`],
    // it has providers that need no key
    unseen: true,
  },
  copilot: {
    variables: ["COPILOT_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN", "COPILOT_PROVIDER_BASE_URL"],
    files: () => [],
    unseen: true,
  },
  gemini: {
    variables: ["GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENAI_USE_VERTEXAI"],
    files: (folder) => [`${folder("GEMINI_CLI_HOME", "")}/.gemini/oauth_creds.json`],
    unseen: false,
  },
};

/** Whether it is logged in, as far as can be seen. */
export async function loginOf(
  runtime: LoginRuntime,
  env: Readonly<Record<string, string>>,
  os: string = Deno.build.os,
): Promise<Login> {
  const { variables, files, unseen } = PLACES[runtime];
  if (variables.some((name) => (env[name] ?? "") !== "")) return "yes";
  const home = env["HOME"] ?? "";
  const folder = (variable: string, below: string): string => {
    const given = env[variable] ?? "";
    return given.startsWith("/") ? given : `${home}/${below}`.replace(/\/$/, "");
  };
  if (home.startsWith("/")) {
    for (const path of files(folder)) if (await isFilled(path)) return "yes";
  }
  if (typeof unseen === "boolean") return unseen ? "unknown" : "no";
  if (os === "darwin" || !home.startsWith("/")) return "unknown";
  for (const path of unseen(folder)) if (await isFilled(path)) return "unknown";
  return "no";
}

/** Whether a file holds more than an empty object. */
async function isFilled(path: string): Promise<boolean> {
  try {
    const info = await ifThere(Deno.stat(path));
    return info !== null && info.size > 2;
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) return false;
    throw error;
  }
}
