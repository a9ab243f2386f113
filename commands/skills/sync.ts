import { type Command, defineCommand, note, tame } from "../../lib/cli/mod.ts";
import { KasError } from "../../lib/errors.ts";
import { type SyncResult, syncSkills } from "../../lib/skill/sync.ts";
import { resolveLayers } from "./_home.ts";

/** The results are on stdout already; this only ends the command with status 1. */
class SyncFailed extends KasError {
  override get exitCode(): number {
    return 1;
  }
}

const command: Command = defineCommand({
  description: "Make every agent CLI see your skills and those of the project",
  details:
    "codex, opencode, copilot and gemini read .agents/skills themselves; claude gets links in " +
    ".claude/skills. What kas did not make is neither replaced nor removed.",
  args: {
    project: { type: "boolean", description: "Only the project's" },
    user: { type: "boolean", description: "Only yours" },
  },
  examples: [["kas skills sync", "Yours, and inside a repository also its own"]],
  async run(ctx) {
    const results: SyncResult[] = [];
    for (const layer of await resolveLayers(ctx.values, "sync the user's skills")) {
      results.push(...await syncSkills(layer, { signal: ctx.signal }));
    }
    ctx.print(results, () => results.map((result) => line(result)).join("\n"));
    const failed = results.filter(({ state }) => state === "failed");
    if (failed.length === 0) return;
    if (!ctx.json) {
      for (const { layer, harness, problems } of failed) {
        for (const problem of problems) note(`${layer} ${harness}: ${tame(problem)}`);
      }
    }
    const names = failed.map(({ layer, harness }) => `${layer} ${harness}`).join(", ");
    throw new SyncFailed("conflict", `Cannot show all skills to ${names}`, {
      hint: "Move what stands in the way, then run the command again",
      context: {
        failed: failed.map(({ layer, harness, problems }) => ({ layer, harness, problems })),
      },
    });
  },
});

const WORDS: Readonly<Record<SyncResult["state"], string>> = {
  ok: "OK",
  skip: "SKIP",
  failed: "FAILED",
};

function line({ layer, harness, state, linked, copied, removed }: SyncResult): string {
  const parts = [
    ...(linked.length === 0 ? [] : [`linked ${linked.join(", ")}`]),
    ...(copied.length === 0 ? [] : [`copied ${copied.join(", ")}`]),
    ...(removed.length === 0 ? [] : [`removed ${removed.join(", ")}`]),
    ...(state === "skip" ? ["not installed"] : []),
  ];
  const why = parts.length === 0 ? "" : `  (${parts.join("; ")})`;
  return `${WORDS[state].padEnd(6)}  ${layer.padEnd(7)}  ${harness}${why}`;
}

export default command;
