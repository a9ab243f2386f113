import type { Paths } from "../lib/config/paths.ts";
import type { KasConfig } from "../lib/config/types.ts";
import { kebab } from "../lib/cli/args.ts";
import { type Command, defineCommand, note, startProgress } from "../lib/cli/mod.ts";
import { KasError } from "../lib/errors.ts";
import type { Part, SetupAnswers, SetupFacts, SetupPlan } from "../lib/setup/types.ts";
import { canAsk } from "./_ask.ts";
import { repoOption, requirePerson } from "./_shared.ts";

const PART_OPTIONS: Readonly<Record<string, Part>> = {
  mcp: "mcp",
  skills: "skills",
  instructions: "instructions",
  subagents: "subagents",
};

const command: Command = defineCommand({
  description: "Set up a repository: who does the work, and what agent programs find in it",
  details:
    "Asks on a terminal, shows every difference before it writes, and writes all or nothing. Run " +
    "again, it changes only what changed: what you edited by hand stays unless --force is given, " +
    "and what is replaced is kept in .kasmos/backup/. --uninstall takes back what was written.",
  args: {
    runtime: {
      type: "string",
      multiple: true,
      short: "r",
      metavar: "name",
      description: "Agent program to set up for; may be given several times",
    },
    agent: {
      type: "string",
      multiple: true,
      metavar: "role=runtime[:model]",
      description: "Who is in a role; may be given several times",
    },
    mcp: { type: "boolean", description: "Register the tools of kas (the default)" },
    noMcp: { type: "boolean", description: "Do not" },
    skills: { type: "boolean", description: "Write the skills of the roles (the default)" },
    noSkills: { type: "boolean", description: "Do not" },
    instructions: { type: "boolean", description: "Write into AGENTS.md (the default)" },
    noInstructions: { type: "boolean", description: "Do not" },
    subagents: { type: "boolean", description: "Write the roles as agents (the default)" },
    noSubagents: { type: "boolean", description: "Do not" },
    enforceTools: {
      type: "boolean",
      description: "Ban grep, sed, awk and find for agents; codex cannot be told",
    },
    user: { type: "boolean", description: "Register the tools of kas for all your work, too" },
    yes: { type: "boolean", short: "y", description: "Ask nothing: what is proposed, and flags" },
    dryRun: { type: "boolean", description: "Show every difference and write nothing" },
    clean: { type: "boolean", description: "Write .kasmos/config.toml anew" },
    force: { type: "boolean", description: "Replace what was edited by hand" },
    uninstall: { type: "boolean", description: "Take back what was written" },
    ...repoOption,
  },
  examples: [
    ["kas setup", "Step by step"],
    ["kas setup --yes", "With what is proposed"],
    ["kas setup --yes -r claude -r codex --agent reviewer=codex", "Two programs"],
    ["kas setup --dry-run", "See what would be written"],
    ["kas setup --uninstall", "Take it back"],
  ],
  async run(ctx) {
    requirePerson("set up a repository");
    const { values } = ctx;
    const place = await locate(values.repo);
    if (values.uninstall === true) {
      refuseBeside(ctx.explicit);
      const { uninstall } = await import("./setup/_uninstall.ts");
      return await uninstall(ctx, place, values);
    }
    const isSilent = values.yes === true || values.dryRun === true;
    if (!isSilent && (ctx.json || !canAskHere())) throw mustBeTold();
    const facts = await gather(place, values.clean === true);
    const { planSetup } = await import("../lib/setup/plan.ts");
    const answers = await answersOf(facts, values, isSilent);
    const plan = await planSetup(facts, answers);
    const { countLine, planDiff, planJson, planLines } = await import("./setup/_show.ts");
    const { planUser, writeUser } = await import("./setup/_user.ts");
    const others = values.user === true ? await planUser(answers) : [];
    if (values.dryRun === true) {
      const user = others.map(({ path }) => path);
      ctx.print({ ...planJson(plan, true), user, applied: false }, () => {
        const diff = planDiff(plan, ctx.style);
        const kept = planLines(plan, ctx.style).join("\n");
        return [diff, kept, ...others.map(({ path }) => ` + ${path}`), countLine(plan)]
          .filter((part) => part !== "").join("\n\n");
      });
      return 0;
    }
    const { apply } = await import("./setup/_apply.ts");
    const { backup } = await apply(plan, place, true);
    const users = await writeUser(others, answers.force);
    ctx.print({ ...planJson(plan, false), user: users, backup, applied: true }, () => {
      // Whoever was asked has just seen the list.
      const lines = isSilent ? planLines(plan, ctx.style) : [];
      return [...lines, countLine(plan)].join("\n");
    });
    if (!ctx.json) await aftermath(facts, answers, { backup, users });
    return 0;
  },
});
export default command;

/** What there is to say about an uninstall. */
const OF_UNINSTALL: readonly string[] = ["uninstall", "user", "yes", "dryRun", "repo"];

/** @throws KasError "usage" for an option that an uninstall would ignore */
function refuseBeside(explicit: ReadonlySet<string>): void {
  const other = [...explicit].find((name) => !OF_UNINSTALL.includes(name));
  if (other === undefined) return;
  throw new KasError("usage", `Cannot use --${kebab(other)} together with --uninstall`, {
    hint: "An uninstall takes back all that kas setup wrote; leave the option out",
  });
}

/** Where the repository is. */
export interface Place {
  readonly root: string;
  readonly commonDir: string;
}

async function locate(repo: string | undefined): Promise<Place> {
  const { discoverRepo } = await import("../lib/git/discover.ts");
  return await discoverRepo(repo ?? Deno.cwd());
}

/** Prompts move the cursor, which a dumb terminal cannot. */
function canAskHere(): boolean {
  return canAsk() && Deno.env.get("TERM") !== "dumb" && (Deno.env.get("TERM") ?? "") !== "";
}

function mustBeTold(): KasError {
  return new KasError("usage", "Cannot ask how to set up: this is no terminal to ask on", {
    hint: "Say it with flags:\n" +
      "  kas setup --yes                         what is proposed\n" +
      "  kas setup --yes --runtime claude        for this agent program\n" +
      "  kas setup --yes --agent reviewer=codex  this role by another one\n" +
      "  kas setup --dry-run                     only show it",
  });
}

/** Reads settings, asks the programs, looks at the files. */
async function gather(place: Place, clean: boolean): Promise<SetupFacts> {
  using _progress = startProgress("looking for agent programs");
  const { gatherRepository, gatherRuntimes } = await import("../lib/setup/gather.ts");
  const { resolvePaths } = await import("../lib/config/paths.ts");
  const paths = resolvePaths();
  const config = await settings(place.root, paths, clean);
  const [runtimes, repository] = await Promise.all([
    gatherRuntimes(Deno.env.toObject(), paths.stateDir),
    gatherRepository(place, config),
  ]);
  return { ...repository, runtimes };
}

/** Null for a project's file that is no TOML: the plan will say where, and what it would add. */
async function settings(root: string, paths: Paths, clean: boolean): Promise<KasConfig | null> {
  const { loadConfig } = await import("../lib/config/config.ts");
  const own = (await loadConfig(null, paths)).config;
  if (clean) return own;
  try {
    return (await loadConfig(root, paths)).config;
  } catch (error) {
    if (!(error instanceof KasError) || error.code !== "invalid") throw error;
    const { isBrokenToml } = await import("../lib/setup/pieces.ts");
    const { textOrNull } = await import("../lib/setup/files.ts");
    if (isBrokenToml(await textOrNull(`${root}/.kasmos/config.toml`) ?? "")) return null;
    throw error;
  }
}

interface Values {
  readonly runtime?: readonly string[] | undefined;
  readonly agent?: readonly string[] | undefined;
  readonly enforceTools?: boolean | undefined;
  readonly clean?: boolean | undefined;
  readonly force?: boolean | undefined;
}

async function answersOf(
  facts: SetupFacts,
  values: Values & Readonly<Record<string, unknown>>,
  isSilent: boolean,
): Promise<SetupAnswers> {
  const { noRuntime, proposeAnswers, usable } = await import("../lib/setup/answers.ts");
  const parts: Partial<Record<Part, boolean>> = {};
  for (const [option, part] of Object.entries(PART_OPTIONS)) {
    const no = `no${option[0]?.toUpperCase()}${option.slice(1)}`;
    if (values[option] === true && values[no] === true) {
      throw new KasError("usage", `Cannot use --${option} and --no-${option} together`, {
        hint: "Leave one of them out",
      });
    }
    if (values[option] === true) parts[part] = true;
    if (values[no] === true) parts[part] = false;
  }
  if (values.enforceTools === true) parts.tools = true;
  const flags = {
    runtimes: values.runtime ?? [],
    agents: values.agent ?? [],
    parts,
    clean: values.clean === true,
    force: values.force === true,
  };
  if (isSilent) return await proposeAnswers(facts, flags);
  const { askSetup } = await import("./setup/_wizard.ts");
  const { planSetup } = await import("../lib/setup/plan.ts");
  const isBare = flags.runtimes.length === 0 && facts.manifest === null &&
    usable(facts.runtimes).length === 0;
  // Which ones are too old; that there are none is said with the first question.
  if (isBare && facts.runtimes.some(({ path }) => path !== null)) {
    note(noRuntime(facts.runtimes).message);
  }
  // With nothing installed the scripted agent is proposed, and may be turned down.
  const first = await proposeAnswers(facts, isBare ? { ...flags, runtimes: ["demo"] } : flags);
  return await askSetup(facts, first, (answers): Promise<SetupPlan> => planSetup(facts, answers));
}

/** What to know and to do next; on stderr, since it is no result. */
async function aftermath(
  facts: SetupFacts,
  { runtimes, parts }: SetupAnswers,
  done: { backup: string | null; users: readonly string[] },
): Promise<void> {
  if (done.backup !== null) note(`Old texts are in ${done.backup}`);
  for (const path of done.users) note(`Registered in ${path}`);
  for (const { runtime, path, login, install } of facts.runtimes) {
    if (!runtimes.includes(runtime)) continue;
    if (path === null) note(`${runtime} is not installed: ${install}`);
    else if (login === "no") note(`${runtime} is not logged in: start it once and log in`);
  }
  if (parts.includes("tools") && runtimes.includes("codex")) {
    note(
      "codex is not kept from banned tools: it asks each person before it runs hooks of a project",
    );
  }
  const { hasIdentity } = await import("../lib/git/mod.ts");
  if (!await hasIdentity(facts.root)) {
    note("git has no name and address for commits of agents yet:");
    note('  git config --global user.name "Your Name"');
    note("  git config --global user.email you@example.com");
  }
  note("\nNext:");
  note("  kas task create my-task --description 'What you want'");
  note("  kas task start my-task");
  note("  kas monitor      watch it; kas status says what waits for you");
}
