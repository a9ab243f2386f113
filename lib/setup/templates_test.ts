import assert from "node:assert/strict";
import { parse } from "smol-toml";
import { checkConfig } from "../config/read.ts";
import { checkSkill, readHead } from "../skill/frontmatter.ts";
import { parsePlan } from "../task/plan.ts";
import { renderConfig } from "./settings.ts";
import {
  CONFIG_TEMPLATE,
  SECTION_TEMPLATE,
  SKILL_TEMPLATES,
  TOOL_GUARD_TEMPLATE,
} from "./templates.ts";

const SCAFFOLD = new URL("../../scaffold/", import.meta.url);

Deno.test("templates hold every file of scaffold/, as it is", async () => {
  assert.equal(CONFIG_TEMPLATE, await Deno.readTextFile(new URL("config.toml", SCAFFOLD)));
  assert.equal(SECTION_TEMPLATE, await Deno.readTextFile(new URL("section.md", SCAFFOLD)));
  assert.equal(
    TOOL_GUARD_TEMPLATE,
    await Deno.readTextFile(new URL("opencode_tool_guard.txt", SCAFFOLD)),
  );
  const top = [...Deno.readDirSync(SCAFFOLD)].map(({ name }) => name).sort();
  assert.deepEqual(top, ["config.toml", "opencode_tool_guard.txt", "section.md", "skills"]);
  const names = [...Deno.readDirSync(new URL("skills/", SCAFFOLD))].map(({ name }) => name);
  assert.deepEqual(Object.keys(SKILL_TEMPLATES).sort(), names.sort());
  for (const name of names) {
    const text = await Deno.readTextFile(new URL(`skills/${name}/SKILL.md`, SCAFFOLD));
    assert.equal(SKILL_TEMPLATES[name], text, name);
  }
});

Deno.test("every skill is one that agents take, and short", () => {
  for (const [name, text] of Object.entries(SKILL_TEMPLATES)) {
    assert.deepEqual(checkSkill(text, name), [], name);
    assert.match(readHead(text)?.description ?? "", /^Use when /, name);
    assert.ok(text.split("\n").length < 90, name);
  }
});

Deno.test("the plan in the planner's skill is one kas takes", () => {
  const plan = /```text\n([\s\S]*?)```/.exec(SKILL_TEMPLATES["kas-planner"] ?? "")?.[1] ?? "";
  assert.deepEqual(parsePlan(plan).findings, []);
});

Deno.test("the metadata in the architect's skill is JSON", () => {
  const text = /```json\n([\s\S]*?)```/.exec(SKILL_TEMPLATES["kas-architect"] ?? "")?.[1] ?? "";
  assert.equal(JSON.parse(text).schema_version, 1);
});

Deno.test("renderConfig() gives settings that hold, with own tables for who differs", () => {
  const text = renderConfig({
    fallback: "claude",
    roles: { reviewer: { program: "codex", model: 'gpt "5"' } },
  });
  assert.deepEqual(checkConfig(text, "config.toml").findings, []);
  assert.deepEqual(JSON.parse(JSON.stringify(parse(text))), {
    default_program: "claude",
    agents: { reviewer: { program: "codex", model: 'gpt "5"' } },
  });
  assert.ok(text.includes('# [agents.coder]\n# program = "claude"\n'));
  assert.ok(!/@\w+@/.test(text));
});
