import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { exclusive, type GitContext } from "./_context.ts";
import { ifExists } from "./_paths.ts";

/**
 * Adds patterns to `<commonDir>/info/exclude`, each once; `.gitignore` is the user's and never touched.
 * Returns the patterns that were added.
 * @throws KasError "invalid" for a pattern with a newline
 */
export async function ensureExcluded(
  ctx: GitContext,
  patterns: readonly string[],
): Promise<string[]> {
  const bad = patterns.find((pattern) => pattern.trim() === "" || /[\r\n\0]/.test(pattern));
  if (bad !== undefined) {
    throw new KasError("invalid", `Cannot exclude ${quote(bad)}: it is not one line`, {
      hint: `Use a pattern such as ".worktrees/"`,
    });
  }
  return await exclusive(ctx, async () => {
    const file = `${ctx.commonDir}/info/exclude`;
    const text = await ifExists(Deno.readTextFile(file));
    if (text === null) await Deno.mkdir(`${ctx.commonDir}/info`, { recursive: true });
    const lines = new Set((text ?? "").split(/\r?\n/));
    const missing = [...new Set(patterns)].filter((pattern) => !lines.has(pattern));
    if (missing.length === 0) return [];
    const gap = text === null || text === "" || text.endsWith("\n") ? "" : "\n";
    await Deno.writeTextFile(file, `${gap}${missing.join("\n")}\n`, { append: true });
    return missing;
  });
}
