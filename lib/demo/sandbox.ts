import { type Paths, pathVariables, resolvePaths } from "../config/paths.ts";
import { KasError } from "../errors.ts";
import { TmuxServer } from "../session/tmux/mod.ts";

/** A place where the demo can do as it likes: a repository and folders of its own for all of kas. */
export interface Sandbox {
  readonly root: string;
  readonly repo: string;
  readonly paths: Paths;
  /** Variables that make a shell see it. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Longest temporary folder in which the sockets still fit. */
const MAX_ROOT = 70;

/** How often a folder is removed in which somebody still writes. */
const MOST_TRIES = 40;

const CONFIG = `# Every role is played by the built-in scripted agent.
default_program = "demo"

[orchestration]
auto_merge = true
`;

/** Makes a repository with one commit and an empty home for kas around it. */
export async function makeSandbox(): Promise<Sandbox> {
  let root = await Deno.makeTempDir({ prefix: "kas-demo-" });
  if (root.length > MAX_ROOT) {
    await Deno.remove(root);
    root = await Deno.makeTempDir({ dir: "/tmp", prefix: "kas-demo-" });
  }
  const sandbox = await sandboxAt(root);
  const { repo } = sandbox;
  for (const name of ["repo", "home", "state", "run"]) {
    await Deno.mkdir(`${root}/${name}`, { mode: 0o700 });
  }
  await git(repo, "init", "-q", "-b", "main");
  await git(repo, "config", "user.name", "kas demo");
  await git(repo, "config", "user.email", "demo@localhost");
  await git(repo, "config", "commit.gpgsign", "false");
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

/** Runs git in the sandbox. @throws KasError "git_failed" */
export async function git(cwd: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("git", {
    args,
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  if (success) return decoder.decode(stdout);
  throw new KasError(
    "git_failed",
    `git ${args.join(" ")} failed: ${decoder.decode(stderr).trim()}`,
  );
}
