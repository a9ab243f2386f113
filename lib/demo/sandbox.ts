import { type Paths, pathVariables, resolvePaths } from "../config/paths.ts";
import { KasError } from "../errors.ts";
import { runGit } from "../git/run.ts";
import { quote } from "../names.ts";
import { TmuxServer } from "../session/tmux/mod.ts";

/** A place where the demo can do as it likes: a repository and folders of its own for all of kas. */
export interface Sandbox {
  readonly root: string;
  readonly repo: string;
  readonly paths: Paths;
  /** Variables that make a shell see it. */
  readonly variables: Readonly<Record<string, string>>;
}

const [NAME, EMAIL] = ["kas demo", "demo@localhost"];
/** Stronger than the same variables of a person, which may be set and empty. */
const IDENTITY = {
  GIT_AUTHOR_NAME: NAME,
  GIT_AUTHOR_EMAIL: EMAIL,
  GIT_COMMITTER_NAME: NAME,
  GIT_COMMITTER_EMAIL: EMAIL,
};

/** Longest temporary folder in which the sockets still fit, in bytes. */
const MAX_ROOT = 70;

/** How often a folder is removed in which somebody still writes. */
const MOST_TRIES = 40;

const CONFIG = `# Every role is played by the built-in scripted agent.
default_program = "demo"

[orchestration]
auto_merge = true
`;

/**
 * Makes a repository with one commit and an empty home for kas around it; what fails leaves nothing.
 * @throws KasError "invalid" without a folder for what is temporary, "missing_program", "git_failed"
 */
export async function makeSandbox(): Promise<Sandbox> {
  const root = await makeRoot();
  try {
    return await furnished(root);
  } catch (error) {
    await Deno.remove(root, { recursive: true });
    throw error;
  }
}

async function makeRoot(): Promise<string> {
  const prefix = "kas-demo-";
  try {
    const root = await Deno.makeTempDir({ prefix });
    const isLong = new TextEncoder().encode(root).length > MAX_ROOT;
    // tmux takes no control character in the path of its socket.
    if (!isLong && !/\p{Cc}/u.test(root)) return root;
    await Deno.remove(root);
    return await Deno.makeTempDir({ dir: "/tmp", prefix });
  } catch (cause) {
    const given = Deno.env.get("TMPDIR") ?? "/tmp";
    throw new KasError("invalid", `Cannot make a folder in ${quote(given, 200)}`, {
      hint: "Set TMPDIR to a folder you may write to, by its whole path",
      cause,
    });
  }
}

async function furnished(root: string): Promise<Sandbox> {
  const sandbox = await sandboxAt(root);
  const { repo } = sandbox;
  for (const name of ["repo", "home", "state", "run"]) {
    await Deno.mkdir(`${root}/${name}`, { mode: 0o700 });
  }
  await git(repo, "init", "-q", "-b", "main");
  await git(repo, "config", "user.name", NAME);
  await git(repo, "config", "user.email", EMAIL);
  await git(repo, "config", "commit.gpgsign", "false");
  // A person may have hooks for all repositories; they are not about this one.
  await git(repo, "config", "core.hooksPath", "/dev/null");
  await Deno.writeTextFile(`${repo}/README.md`, "# hello\n\nNothing here yet.\n");
  await git(repo, "add", "README.md");
  await git(repo, "commit", "-q", "-m", "Begin");
  await Deno.mkdir(`${repo}/.kasmos`);
  await Deno.writeTextFile(`${repo}/.kasmos/config.toml`, CONFIG);
  return sandbox;
}

/** The sandbox in a folder that {@link makeSandbox} made. */
export async function sandboxAt(root: string): Promise<Sandbox> {
  const paths = resolvePaths({
    ...Deno.env.toObject(),
    KASMOS_DB: "",
    KASMOS_HOME: `${root}/home`,
    KASMOS_STATE_DIR: `${root}/state`,
    KASMOS_RUNTIME_DIR: `${root}/run`,
  });
  const repo = `${await Deno.realPath(root)}/repo`;
  return { root, repo, paths, variables: pathVariables(paths) };
}

/** Ends the agents of a sandbox and removes it; nothing happens to one that is gone. */
export async function removeSandbox({ root, paths }: Sandbox): Promise<void> {
  await using tmux = TmuxServer.open({ socket: paths.tmuxSocket });
  await tmux.killServer();
  for (let tries = 1;; tries++) {
    try {
      return await Deno.remove(root, { recursive: true });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      // What an agent had started may be writing its last file.
      if (tries === MOST_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Runs git in the sandbox. @throws KasError "git_failed", "missing_program" */
export async function git(cwd: string, ...args: string[]): Promise<string> {
  return (await runGit(args, { cwd, env: IDENTITY, write: true })).stdout;
}
