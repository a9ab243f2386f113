import { defineGroup, type Group } from "../lib/cli/define.ts";
import { runCli } from "../lib/cli/run.ts";

/** Every command of kas. One line each; a module is loaded only when its word is used. */
export const root: Group = defineGroup({
  description: "kas runs a team of AI coding agents on a git repository",
  examples: [
    ["kas config show", "Show the settings in force and where each comes from"],
  ],
  commands: {
    config: { summary: "Show and change settings", load: () => import("./config.ts") },
    version: { summary: "Print the version", load: () => import("./version.ts") },
  },
});

/** Runs one command line. @returns the exit status */
export function main(argv: readonly string[]): Promise<number> {
  const [first = "", ...rest] = argv;
  return runCli(root, /^(--version|-V)$/.test(first) ? ["version", ...rest] : argv);
}
