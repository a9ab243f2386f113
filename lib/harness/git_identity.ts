import { KasError } from "../errors.ts";
import { runGit } from "../git/run.ts";

type Env = Readonly<Record<string, string>>;

/**
 * Variables that keep the user's identity for commits where a runtime hides the user's git settings
 * from its shell, as git's own settings by variable (git-config(1), GIT_CONFIG_COUNT). Empty when the
 * user has none.
 * @param cwd an existing folder
 * @param env what the runtime gets
 */
export async function identityVariables(cwd: string, env: Env): Promise<Record<string, string>> {
  const home = env["HOME"];
  const ident = await authorIdent(cwd, home === undefined ? {} : { HOME: home });
  const [, name, email] = /^(.+) <(.*)> \d+ [+-]\d+\s*$/.exec(ident) ?? [];
  if (name === undefined || email === undefined) return {};
  const count = Number(env["GIT_CONFIG_COUNT"] ?? 0) || 0;
  const set = [["user.name", name], ["user.email", email]] as const;
  return {
    GIT_CONFIG_COUNT: String(count + set.length),
    ...Object.fromEntries(
      set.flatMap(([key, value], i) => [
        [`GIT_CONFIG_KEY_${count + i}`, key],
        [`GIT_CONFIG_VALUE_${count + i}`, value],
      ]),
    ),
  };
}

async function authorIdent(cwd: string, env: Record<string, string>): Promise<string> {
  try {
    const args = ["-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT"];
    return (await runGit(args, { cwd, env, ok: [0, 128] })).stdout;
  } catch (error) {
    // a run outside of a repository needs no git
    if (error instanceof KasError && error.code === "missing_program") return "";
    throw error;
  }
}
