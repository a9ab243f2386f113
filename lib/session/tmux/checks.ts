import { KasError } from "../../errors.ts";
import { quote } from "../../names.ts";

/** What tmux itself would refuse later, or not at all. */

/** @throws KasError "invalid" for a terminal that is no terminal */
export function checkSize(cols: number, rows: number): void {
  const good = (cells: number) => Number.isInteger(cells) && cells >= 2 && cells <= 1000;
  if (good(cols) && good(rows)) return;
  throw new KasError("invalid", `Cannot use "${cols}x${rows}" as the size of a session`, {
    hint: "Use whole numbers from 2 to 1000",
  });
}

/** @throws KasError "not_found" for what is no directory */
export async function checkDirectory(path: string): Promise<void> {
  try {
    if ((await Deno.stat(path)).isDirectory) return;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  throw new KasError("not_found", `Cannot start a session in ${quote(path, 200)}: no directory`, {
    hint: "Create the worktree first",
  });
}
