import type { SkillHome } from "./home.ts";

/**
 * Where the agent CLIs look for skills. All but one read `.agents/skills` of the repository and of the
 * user themselves, so they need nothing from kas.
 */

/** One agent CLI. */
export interface SkillHarness {
  readonly name: string;
  readonly program: string;
  /** Reads the canonical folders by itself. */
  readonly native: boolean;
}

/**
 * The CLIs kas knows.
 * @see https://code.claude.com/docs/en/skills
 * @see https://developers.openai.com/codex/skills
 * @see https://opencode.ai/docs/skills
 * @see https://docs.github.com/en/copilot/concepts/agents/about-agent-skills
 * @see https://geminicli.com/docs/cli/using-agent-skills
 */
export const SKILL_HARNESSES: readonly SkillHarness[] = [
  { name: "claude", program: "claude", native: false },
  { name: "codex", program: "codex", native: true },
  { name: "opencode", program: "opencode", native: true },
  { name: "copilot", program: "copilot", native: true },
  { name: "gemini", program: "gemini", native: true },
];

/** A harness in one layer. */
export interface HarnessPlace extends SkillHarness {
  readonly installed: boolean;
  /** Where it reads skills from; null when it reads the canonical folder. */
  readonly folder: string | null;
}

/** The canonical skills of one layer, and who should see them. */
export interface SkillLayer {
  readonly layer: "user" | "project";
  readonly home: SkillHome;
  readonly harnesses: readonly HarnessPlace[];
}

/** What {@link skillLayers} has to know. */
export interface LayerOptions {
  /** The user's home folder, absolute; null leaves the user's layer out. */
  readonly home: string | null;
  /** Main work tree of the repository; null leaves the project's layer out. */
  readonly repoRoot: string | null;
  /** `CLAUDE_CONFIG_DIR`, when it is set. */
  readonly claudeDir: string | null;
  readonly isInstalled: (harness: SkillHarness) => boolean;
}

/** The project's skills: `.agents/skills` of the repository, which its links may not leave. */
export function projectHome(repoRoot: string): SkillHome {
  return { path: `${repoRoot}/.agents/skills`, label: "the project", within: repoRoot };
}

/** The user's skills: `~/.agents/skills`, wherever the user's own links lead. */
export function userHome(home: string): SkillHome {
  return { path: `${home}/.agents/skills`, label: "the user", within: null };
}

/** The layers there are, the user's first. Pure. */
export function skillLayers(options: LayerOptions): SkillLayer[] {
  const { home, repoRoot } = options;
  const places = (claude: string): HarnessPlace[] =>
    SKILL_HARNESSES.map((harness) => ({
      ...harness,
      installed: options.isInstalled(harness),
      folder: harness.native ? null : claude,
    }));
  const layers: SkillLayer[] = [];
  if (home !== null) {
    const claude = `${options.claudeDir ?? `${home}/.claude`}/skills`;
    layers.push({ layer: "user", home: userHome(home), harnesses: places(claude) });
  }
  if (repoRoot !== null) {
    const claude = `${repoRoot}/.claude/skills`;
    layers.push({ layer: "project", home: projectHome(repoRoot), harnesses: places(claude) });
  }
  return layers;
}
