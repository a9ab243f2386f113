import { note } from "../../lib/cli/mod.ts";
import { discoverRepo, GitRepo } from "../../lib/git/mod.ts";
import { type Applied, applyPlan } from "../../lib/setup/apply.ts";
import type { SetupPlan } from "../../lib/setup/types.ts";

/**
 * Does a plan in its repository, and says what it found of a setup that was killed.
 * @throws KasError as applyPlan
 */
export async function apply(
  plan: SetupPlan,
  { commonDir }: { readonly commonDir: string },
  backup: boolean,
): Promise<Applied> {
  const repo = GitRepo.open(await discoverRepo(plan.root));
  const applied = await applyPlan(plan, {
    commonDir,
    backup,
    exclude: (lines) => repo.ensureExcluded(lines),
  });
  for (const path of applied.drafts) note(`Removed ${path}, the draft of a setup that was killed`);
  return applied;
}
