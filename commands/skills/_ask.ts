import { tame } from "../../lib/cli/text.ts";
import { KasError } from "../../lib/errors.ts";
import type { SkillCandidate } from "../../lib/skill/discover.ts";

/** Questions on a terminal. Elsewhere nothing is asked: the prompts would wait for ever. */

/** Somebody thought better of it; nothing was changed. */
class Cancelled extends KasError {
  override get exitCode(): number {
    return 130;
  }
}

/** Whether there is somebody to ask. */
export function canAsk(): boolean {
  return Deno.stdin.isTerminal() && Deno.stdout.isTerminal();
}

/** Lets a person choose skills. @throws KasError with status 130 when it is cancelled */
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

/** Asks for a yes. @throws KasError with status 130 without one */
export async function askYes(question: string, otherwise: string): Promise<void> {
  const { confirm, isCancel } = await import("@clack/prompts");
  const answer = await confirm({ message: tame(question), initialValue: false });
  if (isCancel(answer) || !answer) throw cancelled(otherwise);
}

function cancelled(what: string): KasError {
  return new Cancelled("usage", `Cancelled: ${what}`);
}
