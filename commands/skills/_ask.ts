import { tame } from "../../lib/cli/text.ts";
import type { SkillCandidate } from "../../lib/skill/discover.ts";
import { cancelled } from "../_ask.ts";

/** Lets a person choose skills; only on a terminal. @throws KasError with status 130 when cancelled */
export async function askWhich(found: readonly SkillCandidate[]): Promise<SkillCandidate[]> {
  const { isCancel, multiselect } = await import("@clack/prompts");
  const chosen = await multiselect({
    message: "Which skills?",
    options: found.map((skill) => ({
      value: skill,
      label: tame(skill.name),
      hint: tame(skill.folder === "" ? skill.description ?? "" : skill.folder),
    })),
    required: true,
  });
  if (isCancel(chosen)) throw cancelled("nothing was added");
  return chosen;
}
