import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { claudeHarness } from "./claude.ts";
import { codexHarness } from "./codex.ts";
import { commandHarness } from "./command.ts";
import { copilotHarness } from "./copilot.ts";
import { demoHarness } from "./demo.ts";
import { geminiHarness } from "./gemini.ts";
import { opencodeHarness } from "./opencode.ts";
import type { Harness } from "./types.ts";

const HARNESSES: readonly Harness[] = [
  claudeHarness,
  codexHarness,
  opencodeHarness,
  copilotHarness,
  geminiHarness,
  demoHarness,
  commandHarness,
];
/** Names a profile may give as its harness. */
export const HARNESS_NAMES: readonly string[] = HARNESSES.map(({ name }) => name);

/**
 * The adapter of that name.
 * @throws KasError "invalid"
 */
export function harnessFor(name: string): Harness {
  const found = HARNESSES.find((harness) => harness.name === name);
  if (found !== undefined) return found;
  throw new KasError("invalid", `Cannot use the harness ${quote(name)}: there is none`, {
    hint: `Harnesses: ${HARNESS_NAMES.join(", ")}`,
    context: { harness: name, harnesses: HARNESS_NAMES },
  });
}

export { isOlder } from "./version.ts";
export type { AgentState, Harness, Launch, StateQuery } from "./types.ts";
