import { type Command, defineCommand } from "../lib/cli/mod.ts";
import { tell } from "../lib/cli/progress.ts";
import type { ResetPlan, ResetStep } from "../lib/upkeep/reset.ts";
import { askYes } from "./_ask.ts";
import { requirePerson, userName } from "./_shared.ts";

/** `kas reset` */
const command: Command = defineCommand({
  description: "Remove what runs and what kas made, of all projects",
  details:
    "Ends the daemon, all instances and kas's tmux sessions, and removes the worktrees that kas " +
    "made; unsaved work in them is kept under rescue refs first (kas task rescue list). Nothing else is " +
    "touched. Tasks and their branches stay, and work on them goes on with the next daemon.\n\n" +
    "--all also begins a new database: tasks, decisions, tokens and the log. The old one stays beside " +
    "it. Settings, agents, skills and secrets stay in any case.",
  args: {
    dryRun: { type: "boolean", description: "Show what would go and change nothing" },
    yes: { type: "boolean", short: "y", description: "Do not ask" },
    all: { type: "boolean", description: "Begin with a new database, too" },
  },
  examples: [
    ["kas reset --dry-run", "See what would go"],
    ["kas reset", "Do it, after asking"],
  ],
  async run(ctx) {
    const { dryRun, yes, all } = ctx.values;
    requirePerson("reset kas");
    const { homePaths } = await import("../lib/engine/workspace.ts");
    const { isEmpty, planReset, reset } = await import("../lib/upkeep/reset.ts");
    const paths = await homePaths();
    const plan = await planReset(paths);
    const lines = describe(plan, all === true);
    if (isEmpty(plan, all === true)) {
      ctx.print({ plan: [], steps: [] }, () => "nothing to reset");
      return 0;
    }
    if (dryRun === true) {
      ctx.print({ plan: lines, steps: [] }, () => ["would remove:", ...lines].join("\n"));
      return 0;
    }
    if (yes !== true) {
      tell(["this goes:", ...lines].join("\n"));
      await askYes("Reset kas?", "nothing was removed");
    }
    const steps: ResetStep[] = [];
    const ok = await reset({
      paths,
      all: all === true,
      actor: userName(),
      hostEnv: Deno.env.toObject(),
      onStep: (step) => void steps.push(step),
    });
    ctx.print({ plan: lines, steps }, () => steps.map(said).join("\n"));
    return ok ? 0 : 1;
  },
});

function said({ what, ok, detail }: ResetStep): string {
  return `${ok ? "✓" : "✗"} ${what}${detail === null ? "" : ` (${detail})`}`;
}

function describe(plan: ResetPlan, all: boolean): string[] {
  return [
    ...plan.daemon === null ? [] : [`- the daemon (pid ${plan.daemon})`],
    ...plan.instances.map(({ title, status }) => `- instance ${title} (${status})`),
    ...plan.strays.map((name) => `- tmux session ${name}`),
    ...plan.worktrees.map(({ row }) => `- worktree ${row.path} (${row.branch})`),
    ...all && plan.database !== null
      ? [`- ${plan.tasks} task${plan.tasks === 1 ? "" : "s"}, with the database ${plan.database}`]
      : [],
  ];
}

export default command;
