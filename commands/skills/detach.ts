import { type Command, defineCommand } from "../../lib/cli/mod.ts";
import { detachSkills } from "../../lib/skill/remove.ts";
import { homeOptions, resolveHome } from "./_home.ts";

const command: Command = defineCommand({
  description: "Keep a skill as your own: its files stay, updates end",
  args: {
    skills: {
      type: "positional",
      multiple: true,
      required: true,
      metavar: "skill",
      description: "Names of skills",
    },
    ...homeOptions,
  },
  examples: [["kas skills detach pdf", "Stop following its source"]],
  async run(ctx) {
    const home = await resolveHome(ctx.values, "detach skills there");
    const names = await detachSkills(home, ctx.values.skills ?? []);
    ctx.print(
      names.map((name) => ({ name, path: `${home.path}/${name}` })),
      () => names.map((name) => `detached: ${name}`).join("\n"),
    );
  },
});

export default command;
