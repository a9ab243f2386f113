import { ifThere } from "../files/there.ts";
import type { ClientName } from "../mcp/install/clients.ts";

/**
 * Whether an agent program has credentials, by the variables and files it keeps them in. Nothing is
 * read out of these files and no program is asked.
 */

interface Places {
  readonly variables: readonly string[];
  /** Files below the home folder, or a folder that a variable names. */
  readonly files: (folder: (variable: string, below: string) => string) => readonly string[];
  /** It may keep them in the system's keychain instead. */
  readonly keychain: boolean;
}

const PLACES: Readonly<Record<ClientName, Places>> = {
  claude: {
    variables: [
      "ANTHROPIC_API_KEY",
      "ANTHROPIC_AUTH_TOKEN",
      "CLAUDE_CODE_OAUTH_TOKEN",
      "CLAUDE_CODE_USE_BEDROCK",
      "CLAUDE_CODE_USE_VERTEX",
    ],
    files: (folder) => [`${folder("CLAUDE_CONFIG_DIR", ".claude")}/.credentials.json`],
    keychain: true,
  },
  codex: {
    variables: ["OPENAI_API_KEY", "CODEX_API_KEY", "CODEX_ACCESS_TOKEN"],
    files: (folder) => [`${folder("CODEX_HOME", ".codex")}/auth.json`],
    keychain: true,
  },
  opencode: {
    variables: ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "OPENROUTER_API_KEY", "GEMINI_API_KEY"],
    files: (folder) => [`${folder("XDG_DATA_HOME", ".local/share")}/opencode/auth.json`],
    keychain: false,
  },
  copilot: {
    variables: ["COPILOT_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN", "COPILOT_PROVIDER_BASE_URL"],
    files: () => [],
    keychain: true,
  },
  gemini: {
    variables: ["GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENAI_USE_VERTEXAI"],
    files: (folder) => [`${folder("GEMINI_CLI_HOME", "")}/.gemini/oauth_creds.json`],
    keychain: false,
  },
};

/** Whether it is logged in, as far as can be seen. */
export async function loginOf(
  runtime: ClientName,
  env: Readonly<Record<string, string>>,
): Promise<"yes" | "no" | "unknown"> {
  const { variables, files, keychain } = PLACES[runtime];
  if (variables.some((name) => (env[name] ?? "") !== "")) return "yes";
  const home = env["HOME"] ?? "";
  const folder = (variable: string, below: string): string => {
    const given = env[variable] ?? "";
    return given.startsWith("/") ? given : `${home}/${below}`.replace(/\/$/, "");
  };
  if (home.startsWith("/")) {
    for (const path of files(folder)) if (await isFilled(path)) return "yes";
  }
  // opencode also has providers of its own that need no key.
  return keychain || runtime === "opencode" ? "unknown" : "no";
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
