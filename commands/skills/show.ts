import { type Command, defineCommand, tame } from "../../lib/cli/mod.ts";
import { readSkill, skillState } from "../../lib/skill/home.ts";
import { describeEdits, type Edits } from "../../lib/skill/tree.ts";
import { homeOptions, resolveHome } from "./_home.ts";
import { originOf, skillJson } from "./_json.ts";

const command: Command = defineCommand({
  description: "Show one skill: where it is from, what was edited, what is wrong with it",
  args: {
    skill: { type: "positional", description: "Name of the skill" },
    ...homeOptions,
  },
  examples: [["kas skills show pdf", "A skill of the project"]],
  async run(ctx) {
    const skill = await readSkill(await resolveHome(ctx.values), ctx.values.skill);
    const state = await skillState(skill);
    const edits: Edits | null = state.kind === "edited" ? state.edits : null;
    const { manifest } = skill;
    ctx.print({ ...skillJson(skill), edited: state.kind === "edited", edits }, () => {
      const lines: [label: string, value: string | null][] = [
        ["name", skill.name],
        ["description", skill.description],
        ["path", skill.path],
        ["source", originOf(skill)],
        ["commit", manifest?.commit ?? null],
        ["added", manifest?.installedAt ?? null],
        ["edits", edits === null ? null : describeEdits(edits, 20)],
        ...skill.findings.map((finding): [string, string] => [finding.severity, finding.message]),
        ["error", skill.manifestProblem?.message ?? null],
      ];
      return lines.flatMap(([label, value]) =>
        value === null ? [] : [`${ctx.style.dim(label.padEnd(12))} ${tame(value)}`]
      ).join("\n");
    });
  },
});

export default command;
