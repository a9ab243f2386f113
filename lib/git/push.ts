import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { git, type GitContext } from "./_context.ts";
import { shellWord } from "./_paths.ts";
import { branchRef, mustResolve } from "./refs.ts";
import { lastLines } from "./run.ts";

/** Where to push. */
export interface PushOptions {
  /** @default "origin" */
  remote?: string;
}

/** What the remote has now. */
export interface Pushed {
  remote: string;
  branch: string;
  commit: string;
  /** The remote had it before. */
  upToDate: boolean;
}

/**
 * Pushes a branch under its own name, never by force; no local branch settings are changed.
 * @throws KasError "guard" for an unknown remote, "not_found" for an unknown branch, "conflict" when
 * the remote's branch has other commits, "git_failed" with git's words for the rest
 */
export async function push(
  ctx: GitContext,
  branch: string,
  options: PushOptions = {},
): Promise<Pushed> {
  const remote = options.remote ?? "origin";
  const commit = await mustResolve(ctx, branchRef(branch));
  const { stdout } = await git(ctx, ["remote"]);
  if (!stdout.split("\n").includes(remote) || remote === "") {
    throw new KasError(
      "guard",
      `Cannot push ${quote(branch)}: the repository has no remote ${quote(remote)}`,
      { hint: `Add it with git remote add ${shellWord(remote === "" ? "origin" : remote)} <url>` },
    );
  }
  // The commit, not the branch, on the left: what was looked at is what is pushed.
  const args = ["push", "--porcelain", "--no-follow-tags", "--", remote];
  const result = await git(ctx, [...args, `${commit}:${branchRef(branch)}`], {
    write: true,
    ok: [0, 1],
  });
  if (result.code === 0) {
    return { remote, branch, commit, upToDate: /^=\t/m.test(result.stdout) };
  }
  const refused = /^!\t[^\t]*\t(.*)$/m.exec(result.stdout)?.[1];
  throw new KasError(
    refused?.startsWith("[rejected]") === true ? "conflict" : "git_failed",
    `Cannot push ${quote(branch)} to ${quote(remote)}: ${refused ?? lastLines(result.stderr)}`,
    { hint: `Look at the remote's branch with git fetch ${shellWord(remote)}` },
  );
}
