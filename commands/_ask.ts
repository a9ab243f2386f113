import { tame } from "../lib/cli/text.ts";
import { KasError } from "../lib/errors.ts";

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

/**
 * Asks for a yes.
 * @param otherwise what a no leaves behind: "nothing was removed"
 * @throws KasError "usage" when there is nobody to ask, with status 130 without a yes
 */
export async function askYes(question: string, otherwise: string): Promise<void> {
  if (!canAsk()) {
    throw new KasError("usage", `Cannot ask ${JSON.stringify(question)}: this is no terminal`, {
      hint: "Give --yes to answer it beforehand",
    });
  }
  const { confirm, isCancel } = await import("@clack/prompts");
  const answer = await confirm({ message: tame(question), initialValue: false });
  if (isCancel(answer) || !answer) throw cancelled(otherwise);
}

/** What ends a command whose question was answered with no. */
export function cancelled(otherwise: string): KasError {
  return new Cancelled("usage", `Cancelled: ${otherwise}`);
}
