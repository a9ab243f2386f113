import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { claudeHarness } from "./claude.ts";
import { codexHarness } from "./codex.ts";
import { commandHarness } from "./command.ts";
import { demoHarness } from "./demo.ts";
import { opencodeHarness } from "./opencode.ts";
import { preparing, type PreparingHarness } from "./legacy.ts";

const HARNESSES: readonly PreparingHarness[] = [
  claudeHarness,
  codexHarness,
  opencodeHarness,
  demoHarness,
  commandHarness,
].map(preparing);

/** Names a profile may give as its harness. */
export const HARNESS_NAMES: readonly string[] = HARNESSES.map(({ name }) => name);

/**
 * The adapter of that name.
 * @throws KasError "invalid"
 */
export function harnessFor(name: string): PreparingHarness {
  const found = HARNESSES.find((harness) => harness.name === name);
  if (found !== undefined) return found;
  throw new KasError("invalid", `Cannot use the harness ${quote(name)}: there is none`, {
    hint: `Harnesses: ${HARNESS_NAMES.join(", ")}`,
    context: { harness: name, harnesses: HARNESS_NAMES },
  });
}

/** The harness a program belongs to, by the file name of its first word; `command` for any other. */
export function inferHarness(program: readonly string[]): string {
  const file = (program[0] ?? "").split(/[/\\]/).at(-1)?.replace(/\.(exe|cmd)$/i, "") ?? "";
  return HARNESS_NAMES.includes(file) ? file : commandHarness.name;
}

export { temporaryDir } from "./files.ts";
export { isOlder, requireUsable, requireVersion } from "./version.ts";
export type { AgentState, Harness, Launch, LaunchRequest, StateQuery } from "./types.ts";
