import { type Command, defineCommand, startProgress } from "../../lib/cli/mod.ts";
import { listSkills } from "../../lib/skill/home.ts";
import { type UpdatedSkill, updateSkills } from "../../lib/skill/update.ts";
import {
  homeOptions,
  namedOrAll,
  noteBackups,
  noteSync,
  resolveHome,
  userFolder,
} from "./_home.ts";

const command: Command = defineCommand({
  description: "Bring skills up to date",
  details:
    "The ref that was asked for when the skill was added is fetched again. Files that are gone at " +
    "the source go away here. An edited skill is not touched without --force. All or none.",
  args: {
    skills: {
      type: "positional",
      multiple: true,
      required: false,
      metavar: "skill",
      description: "Names of skills",
    },
    all: { type: "boolean", description: "All skills that were added by kas" },
    force: { type: "boolean", description: "Edited ones, too; the old folders are kept beside" },
    ...homeOptions,
  },
  examples: [
    ["kas skills update --all", "All skills of the project"],
    ["kas skills update pdf --user", "One of your own"],
  ],
  async run(ctx) {
    const { skills, all = false, force = false } = ctx.values;
    namedOrAll(skills ?? [], all, "update");
    const home = await resolveHome(ctx.values, "update skills there");
    const names = all
      ? (await listSkills(home)).filter(({ manifest, manifestProblem }) =>
        manifest !== null || manifestProblem !== null
      ).map(({ name }) => name)
      : skills ?? [];
    using _progress = startProgress("fetching sources");
    const changes = names.length === 0
      ? []
      : await updateSkills(home, names, { force, signal: ctx.signal, home: userFolder() });
    const rows = changes.map(({ name, path, state, from, to, ref, backup }) => ({
      name,
      path,
      state,
      from,
      to,
      requested_ref: ref,
      backup,
    }));
    ctx.print(rows, () => {
      if (changes.length === 0) return "no skills to update";
      return changes.map(describe).join("\n");
    });
    if (ctx.json) return;
    noteBackups(changes);
    if (changes.some(({ state }) => state === "updated")) noteSync(home);
  },
});

function describe({ name, state, from, to }: UpdatedSkill): string {
  if (state === "current") return `up to date: ${name}`;
  const short = (commit: string | null) => commit?.slice(0, 10) ?? "?";
  return `updated: ${name}${to === null ? "" : ` (${short(from)} to ${short(to)})`}`;
}

export default command;
