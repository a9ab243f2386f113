/**
 * What kas writes into repositories, carried inside the program; the files of scaffold/. A test
 * holds that none is forgotten.
 * @module
 */
import config from "../../scaffold/config.toml" with { type: "text" };
import toolGuard from "../../scaffold/opencode_tool_guard.txt" with { type: "text" };
import section from "../../scaffold/section.md" with { type: "text" };
import architect from "../../scaffold/skills/kas-architect/SKILL.md" with { type: "text" };
import cli from "../../scaffold/skills/kas-cli/SKILL.md" with { type: "text" };
import coder from "../../scaffold/skills/kas-coder/SKILL.md" with { type: "text" };
import fixer from "../../scaffold/skills/kas-fixer/SKILL.md" with { type: "text" };
import lifecycle from "../../scaffold/skills/kas-lifecycle/SKILL.md" with { type: "text" };
import master from "../../scaffold/skills/kas-master/SKILL.md" with { type: "text" };
import planner from "../../scaffold/skills/kas-planner/SKILL.md" with { type: "text" };
import reviewer from "../../scaffold/skills/kas-reviewer/SKILL.md" with { type: "text" };

/** The settings of a project, with places for the answers. */
export const CONFIG_TEMPLATE: string = config;

/** The section of AGENTS.md and CLAUDE.md, without its markers. */
export const SECTION_TEMPLATE: string = section;

/** The plugin of opencode that bans some shell tools. */
export const TOOL_GUARD_TEMPLATE: string = toolGuard;

/** SKILL.md of each skill by its name. */
export const SKILL_TEMPLATES: Readonly<Record<string, string>> = {
  "kas-planner": planner,
  "kas-architect": architect,
  "kas-coder": coder,
  "kas-reviewer": reviewer,
  "kas-fixer": fixer,
  "kas-master": master,
  "kas-lifecycle": lifecycle,
  "kas-cli": cli,
};
