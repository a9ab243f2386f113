import {
  type Command,
  defineCommand,
  note,
  startProgress,
  type Style,
  tame,
} from "../lib/cli/mod.ts";
import { KasError } from "../lib/errors.ts";
import type { SkillAudit } from "../lib/skill/audit.ts";
import type { SetupPlan } from "../lib/setup/types.ts";
import { askYes } from "./_ask.ts";
import { requirePerson, requireWith } from "./_shared.ts";
import { auditText, CheckFailed } from "./skills/check.ts";

const command: Command = defineCommand({
  description:
    "Check that what kas wrote here is in order, and that every agent CLI sees the skills",
  details:
    "Compares what kas setup wrote with what it would write now, by content, and the skills with " +
    "what agents see of them. --fix shows what it would do and asks; what was edited by hand stays. " +
    "Ends with status 0 only at 100 %.",
  args: {
    verbose: { type: "boolean", short: "v", description: "List what is right, too" },
    fix: { type: "boolean", description: "Write what is missing or outdated, after asking" },
    yes: { type: "boolean", short: "y", description: "With --fix: do not ask" },
  },
  examples: [
    ["kas check", "What is wrong, if anything"],
    ["kas check -v", "Everything that was looked at"],
    ["kas check --fix", "Mend it"],
  ],
  async run(ctx) {
    const { verbose = false, fix = false, yes = false } = ctx.values;
    requireWith(yes, "--yes", "--fix", fix);
    if (fix) requirePerson("mend what is in a repository");
    let audit = await look();
    if (fix && audit.percent < 100) {
      if (!ctx.json) note(auditText(audit, false));
      const isMended = await mend(audit, { yes, style: ctx.style, signal: ctx.signal });
      if (isMended) audit = await look();
    }
    ctx.print({ ...audit, health: audit.percent }, () => auditText(audit, verbose));
    if (audit.percent === 100) return;
    const wrong = audit.total - audit.ok;
    throw new CheckFailed("conflict", `Cannot vouch for ${wrong} of ${audit.total} things`, {
      hint: fix
        ? "The rest is yours: see each with -v; kas setup --force replaces what was edited"
        : `"kas check --fix" mends what is missing, outdated or an orphan; the rest is yours`,
      context: { ok: audit.ok, total: audit.total },
    });
  },
});

/** Skills of all layers, and the scaffold where one stands in a repository. */
async function look(): Promise<SkillAudit> {
  const { auditSkills, scanLayer, summarize } = await import("../lib/skill/mod.ts");
  const { resolveLayers } = await import("./skills/_home.ts");
  const layers = await resolveLayers({});
  const skills = auditSkills(await Promise.all(layers.map(scanLayer))).rows;
  const place = await repository();
  if (place === null) return summarize(skills);
  const { gatherRepository } = await import("../lib/setup/gather.ts");
  const { auditScaffold } = await import("../lib/setup/audit.ts");
  const facts = await gatherRepository(place, null);
  if (facts.manifest === null) note(`Nothing was set up here yet: "kas setup" does`);
  return summarize([...await auditScaffold(facts), ...skills]);
}

async function repository(): Promise<{ root: string; commonDir: string } | null> {
  const { discoverRepo } = await import("../lib/git/discover.ts");
  try {
    return await discoverRepo(Deno.cwd());
  } catch (error) {
    const none = error instanceof KasError &&
      ["not_a_repository", "guard", "missing_program"].includes(error.code);
    if (none) return null;
    throw error;
  }
}

/** How {@link mend} works. */
interface MendOptions {
  readonly yes: boolean;
  readonly style: Style;
  readonly signal: AbortSignal;
}

/**
 * Writes what is missing or outdated, and shows skills to those that do not see them.
 * @returns false when nothing can be mended
 */
async function mend(audit: SkillAudit, { yes, style, signal }: MendOptions): Promise<boolean> {
  const { notable, planLines } = await import("./setup/_show.ts");
  const place = await repository();
  const plan = place === null ? null : await planOf(place);
  const isStale = plan !== null && notable(plan).some(({ before, after }) => before !== after);
  const unseen = audit.rows.filter(({ harness, state }) =>
    harness !== "scaffold" && /^(missing|outdated|orphan)$/.test(state)
  );
  if (!isStale && unseen.length === 0) return false;
  note([
    "plan:",
    ...isStale ? planLines(plan, style) : [],
    ...unseen.map(({ harness, skill }) => ` ~ ${skill} as ${harness} sees it`),
  ].join("\n"));
  if (!yes) await askYes("Do this?", "nothing was done");
  using _progress = startProgress("mending");
  if (place !== null && isStale) {
    const { apply } = await import("./setup/_apply.ts");
    const { backup } = await apply(plan, place, true);
    if (backup !== null) note(`Old texts are in ${backup}`);
  }
  const { syncSkills } = await import("../lib/skill/mod.ts");
  const { resolveLayers } = await import("./skills/_home.ts");
  for (const layer of await resolveLayers({})) {
    for (const { harness, problems } of await syncSkills(layer, { signal })) {
      for (const problem of problems) note(`${harness}: ${tame(problem)}`);
    }
  }
  return true;
}

/** What setup would write now with the answers it was given; null where it never ran. */
async function planOf(place: { root: string; commonDir: string }): Promise<SetupPlan | null> {
  const { gatherRepository } = await import("../lib/setup/gather.ts");
  const { planSetup } = await import("../lib/setup/plan.ts");
  const { CONFIG_PATH } = await import("../lib/setup/settings.ts");
  const { proposeAgents } = await import("../lib/setup/answers.ts");
  const { resolvePaths } = await import("../lib/config/paths.ts");
  const { loadConfig } = await import("../lib/config/config.ts");
  const { config } = await loadConfig(place.root, resolvePaths());
  const facts = { ...await gatherRepository(place, config), runtimes: [] };
  if (facts.manifest === null) return null;
  const { runtimes, parts } = facts.manifest;
  const isThere = facts.files.get(CONFIG_PATH)?.kind === "text";
  const agents = isThere && facts.agents !== null ? facts.agents : proposeAgents(facts, runtimes);
  return await planSetup(facts, { runtimes, parts, agents, clean: false, force: false });
}

export default command;
