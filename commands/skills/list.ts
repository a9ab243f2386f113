import { type Command, defineCommand, table } from "../../lib/cli/mod.ts";
import { type InstalledSkill, listSkills, skillState } from "../../lib/skill/home.ts";
import { homeOptions, resolveHome } from "./_home.ts";
import { originOf, skillJson } from "./_json.ts";

const command: Command = defineCommand({
  description: "List the skills of a place",
  details:
    "STATE is clean, edited (its files differ from what was added), own (not added by kas) " +
    "or external (a link to somewhere else).",
  args: { ...homeOptions },
  examples: [
    ["kas skills list", "Skills of the project"],
    ["kas skills list -a coder", "Skills of an agent"],
  ],
  async run(ctx) {
    const skills = await listSkills(await resolveHome(ctx.values));
    const rows = await Promise.all(skills.map(async (skill) => ({
      skill,
      state: await shortState(skill),
    })));
    const json = rows.map(({ skill, state }) => ({ ...skillJson(skill), state }));
    ctx.print(json, () => {
      if (rows.length === 0) return "no skills found";
      return table(rows, [
        { header: "NAME", value: ({ skill }) => skill.name, style: () => "bold" },
        { header: "STATE", value: ({ state }) => state, style: ({ state }) => look(state) },
        { header: "SOURCE", value: ({ skill }) => originOf(skill) },
        { header: "DESCRIPTION", value: ({ skill }) => skill.description ?? "-" },
      ]);
    });
  },
});

type ShortState = "clean" | "edited" | "own" | "external" | "invalid";

async function shortState(skill: InstalledSkill): Promise<ShortState> {
  if (skill.external !== null) return "external";
  if (skill.findings.some(({ severity }) => severity === "error")) return "invalid";
  const { kind } = await skillState(skill);
  return kind === "untouched" ? "clean" : kind === "edited" ? "edited" : "own";
}

function look(state: ShortState): "red" | "yellow" | "dim" | undefined {
  if (state === "invalid") return "red";
  return state === "edited" ? "yellow" : state === "clean" ? undefined : "dim";
}

export default command;
