import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { git, type GitContext } from "./_context.ts";
import { runGit } from "./run.ts";

const KAS_EMAIL = "kas@localhost";

/**
 * Environment for a commit that kas makes at a given time (ms): the configured identity when there
 * is one, else "kas <kas@localhost>". With the time fixed, the same content gives the same commit id.
 * @throws KasError "invalid" for a time that is not a whole number of milliseconds
 */
export async function commitEnv(ctx: GitContext, at: number): Promise<Record<string, string>> {
  const date = gitDate(at);
  const [author, committer] = await Promise.all([
    identity(ctx, "AUTHOR"),
    identity(ctx, "COMMITTER"),
  ]);
  return { ...author, ...committer, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
}

/**
 * Whether git has a name and an address for commits made in a folder. Without them the `git commit` of
 * an agent fails, while kas has its own for what it commits itself.
 * @param cwd an existing folder
 * @throws KasError "missing_program" without git
 * @see git-var(1), GIT_AUTHOR_IDENT
 */
export async function hasIdentity(cwd: string): Promise<boolean> {
  return (await runGit(["var", "GIT_AUTHOR_IDENT"], { cwd, ok: [0, 128] })).code === 0;
}

/** Variables that tell git who somebody is, or where that stands; agents do not get them. */
const WITHHELD = [
  "GIT_AUTHOR_NAME",
  "GIT_AUTHOR_EMAIL",
  "GIT_COMMITTER_NAME",
  "GIT_COMMITTER_EMAIL",
  "GIT_CONFIG_GLOBAL",
  "GIT_CONFIG_SYSTEM",
  "EMAIL",
];

/**
 * Variables by which an agent commits where git has no name for anybody, or has it from variables that
 * agents do not get; none where it stands in the config. Agents would otherwise set one in the config
 * that all worktrees share.
 * @param cwd an existing folder
 * @param hostEnv the environment of kas itself
 * @throws KasError "missing_program" without git
 */
export async function fallbackIdentity(
  cwd: string,
  agent: string,
  hostEnv: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const env = Object.fromEntries(
    WITHHELD.flatMap((name) => {
      const value = hostEnv[name] ?? "";
      return value === "" ? [] : [[name, value]];
    }),
  );
  const [author, committer] = await Promise.all([
    identIn(cwd, env, "AUTHOR"),
    identIn(cwd, env, "COMMITTER"),
  ]);
  // An agent may have started kas: its own name is not that of others.
  const isKnown = author !== null && committer !== null && author.email !== KAS_EMAIL;
  if (isKnown && Object.keys(env).length === 0) return {};
  const [by, from] = isKnown
    ? [author, committer]
    : [{ name: `${agent} (kas)`, email: KAS_EMAIL }, { name: `${agent} (kas)`, email: KAS_EMAIL }];
  return {
    GIT_AUTHOR_NAME: by.name,
    GIT_AUTHOR_EMAIL: by.email,
    GIT_COMMITTER_NAME: from.name,
    GIT_COMMITTER_EMAIL: from.email,
  };
}

async function identIn(
  cwd: string,
  env: Record<string, string>,
  role: "AUTHOR" | "COMMITTER",
): Promise<{ name: string; email: string } | null> {
  const { code, stdout } = await runGit(["var", `GIT_${role}_IDENT`], { cwd, env, ok: [0, 128] });
  const [, name, email] = /^(.+) <(.*)> \d+ [+-]\d+\s*$/.exec(stdout) ?? [];
  return code !== 0 || name === undefined || email === undefined ? null : { name, email };
}

/** The date in git's raw format, in UTC. @throws KasError "invalid" */
function gitDate(at: number): string {
  if (Number.isSafeInteger(at) && at >= 0) return `@${Math.floor(at / 1000)} +0000`;
  throw new KasError("invalid", `Cannot use ${quote(String(at))} as a time`, {
    hint: "Use milliseconds since 1970 as a whole number",
  });
}

async function identity(
  ctx: GitContext,
  role: "AUTHOR" | "COMMITTER",
): Promise<Record<string, string>> {
  // useConfigOnly: git must not make up an address from the host's name.
  const { code } = await git(
    ctx,
    ["-c", "user.useConfigOnly=true", "var", `GIT_${role}_IDENT`],
    { ok: [0, 128] },
  );
  if (code === 0) return {};
  return { [`GIT_${role}_NAME`]: "kas", [`GIT_${role}_EMAIL`]: KAS_EMAIL };
}
