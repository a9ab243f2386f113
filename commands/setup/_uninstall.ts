import { note, printLine, type Style } from "../../lib/cli/mod.ts";
import { gatherRepository } from "../../lib/setup/gather.ts";
import { planRemoval } from "../../lib/setup/plan.ts";
import { askYes } from "../_ask.ts";
import { apply } from "./_apply.ts";
import { countLine, planDiff, planJson, planLines } from "./_show.ts";
import { planRemoveUser, removeUser } from "./_user.ts";

interface Context {
  readonly json: boolean;
  readonly style: Style;
  print<T>(data: T, text: (data: T) => string): void;
}

interface Wishes {
  readonly yes?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
  readonly user?: boolean | undefined;
}

/** `kas setup --uninstall` @throws KasError "not_found" when nothing is known to have been written */
export async function uninstall(
  ctx: Context,
  place: { readonly root: string; readonly commonDir: string },
  { yes, dryRun, user }: Wishes,
): Promise<number> {
  const facts = await gatherRepository(place, null);
  const plan = await planRemoval({ ...facts, runtimes: [] });
  const text = () => [...planLines(plan, ctx.style), countLine(plan)].join("\n");
  if (dryRun === true) {
    const others = user === true ? await planRemoveUser() : [];
    ctx.print(
      { ...planJson(plan, true), user: others, applied: false },
      () =>
        [planDiff(plan, ctx.style), ...others.map((path) => ` ~ ${path}`), text()]
          .filter((part) => part !== "").join("\n\n"),
    );
    return 0;
  }
  if (yes !== true) {
    if (!ctx.json) printLine(text());
    await askYes("Take this back?", "nothing was removed");
  }
  await apply(plan, place, false);
  const users = user === true ? await removeUser() : [];
  ctx.print(
    { ...planJson(plan, false), user: users, applied: true },
    () => yes === true ? text() : "done",
  );
  if (!ctx.json) { for (const path of users) note(`Taken out of ${path}`); }
  return 0;
}
