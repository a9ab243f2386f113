import { discoverRepo, GitRepo } from "../../lib/git/mod.ts";
import { type Applied, applyPlan } from "../../lib/setup/apply.ts";
import type { SetupPlan } from "../../lib/setup/types.ts";

/** Does a plan in its repository. @throws KasError as applyPlan */
export async function apply(
  plan: SetupPlan,
  { commonDir }: { readonly commonDir: string },
  backup: boolean,
): Promise<Applied> {
  const repo = GitRepo.open(await discoverRepo(plan.root));
  return await applyPlan(plan, {
    commonDir,
    backup,
    exclude: (lines) => repo.ensureExcluded(lines),
  });
}
