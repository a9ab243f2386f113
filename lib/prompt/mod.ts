import type { DesiredSession } from "../lifecycle/types.ts";
import { fix, resolve, solo, wave } from "./build.ts";
import type { PromptFacts } from "./facts.ts";
import { review, verify } from "./judge.ts";
import { architect, plan } from "./plan.ts";

export type { PromptFacts } from "./facts.ts";

/** The first prompt of a session. Signal names and payloads come from the code that parses them. */
export function buildPrompt(facts: PromptFacts): string {
  return WRITERS[facts.session.brief](facts);
}

/** What an agent is told that stopped without reporting. */
export const REMINDER =
  "You have stopped, but you have not reported yet. If your work is done and " +
  "committed, report it now, the way your instructions say. If it is not, go on; if something " +
  "stands in your way, say in the report what it is.";

const WRITERS: Record<DesiredSession["brief"], (facts: PromptFacts) => string> = {
  plan,
  architect,
  solo,
  wave,
  resolve,
  fix,
  review,
  verify,
};
