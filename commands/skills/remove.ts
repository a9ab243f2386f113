import { type Command, defineCommand } from "../../lib/cli/mod.ts";
import { KasError } from "../../lib/errors.ts";
import { readSkill } from "../../lib/skill/home.ts";
import { removeSkills } from "../../lib/skill/remove.ts";
import { askYes, canAsk } from "../_ask.ts";
import { homeOptions, noteBackups, noteSync, resolveHome } from "./_home.ts";

const command: Command = defineCommand({
  description: "Remove skills",
  details: "Of a link only the link is removed. What was edited, or was not added by kas, needs " +
    "--force and is kept beside.",
  args: {
    skills: {
      type: "positional",
      multiple: true,
      metavar: "skill",
      description: "Names of skills",
    },
    yes: { type: "boolean", short: "y", description: "Do not ask" },
    force: { type: "boolean", description: "Edited ones, too; their folders are kept beside" },
    ...homeOptions,
  },
  examples: [["kas skills remove pdf --yes", "Remove one without a question"]],
  async run(ctx) {
    const names = [...new Set(ctx.values.skills ?? [])];
    if (names.length === 0) throw new KasError("usage", "Missing argument <skill>");
    const home = await resolveHome(ctx.values, "remove skills there");
    for (const name of names) await readSkill(home, name);
    if (ctx.values.yes !== true) await ask(names, home.label, ctx.json);
    const removed = await removeSkills(home, names, { force: ctx.values.force ?? false });
    ctx.print(removed, () => removed.map(({ name }) => `removed: ${name}`).join("\n"));
    if (ctx.json) return;
    noteBackups(removed);
    noteSync(home);
  },
});

async function ask(names: readonly string[], label: string, json: boolean): Promise<void> {
  if (!json && canAsk()) {
    return await askYes(`Remove ${names.join(", ")} from ${label}?`, "nothing was removed");
  }
  throw new KasError("usage", `Cannot ask whether to remove ${names.join(", ")}`, {
    hint: "Confirm it with --yes",
  });
}

export default command;
