import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import type { Tree } from "./_context.ts";
import { exists, readLine } from "./_paths.ts";
import { linkState, type WorktreeInfo } from "./worktrees.ts";

/** Git was killed before the entry stood on a commit: nobody can have worked there. */
export async function isStub(gitDir: string, entry: WorktreeInfo): Promise<boolean> {
  const head = await readLine(`${gitDir}/HEAD`);
  return head === null || !(await exists(`${gitDir}/commondir`)) ||
    (entry.branch === null && /^0*$/.test(head));
}

/** Removes what such a start left. @throws KasError "guard" when files are in the folder */
export async function dropStub(tree: Tree): Promise<void> {
  if (await exists(tree.path)) {
    const info = await Deno.lstat(tree.path);
    const names = info.isDirectory ? await namesIn(tree.path) : ["."];
    if (names.some((name) => name !== ".git")) {
      throw foreign(tree.path, "a half-made worktree holds files");
    }
    if (names.length > 0) {
      if (await linkState(tree.path, tree.gitDir) === "foreign") {
        throw foreign(tree.path, "another repository is in its place");
      }
      await Deno.remove(`${tree.path}/.git`);
    }
  }
  await Deno.remove(tree.gitDir, { recursive: true });
}

/** Names in a folder. */
export async function namesIn(path: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(path))).map((entry) => entry.name);
}

function foreign(path: string, why: string): KasError {
  return new KasError("guard", `Cannot use worktree ${quote(path, 200)}: ${why}`, {
    hint: "Move the folder away",
    context: { path },
  });
}
