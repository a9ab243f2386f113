import assert from "node:assert/strict";
import { type Paths, resolvePaths } from "../lib/config/paths.ts";
import { TmuxServer } from "../lib/session/tmux/mod.ts";
import { openStore } from "../lib/store/mod.ts";
import type { NewSession, Session, Store } from "../lib/store/types.ts";
import type { Task } from "../lib/task/types.ts";

/** A real repository, a real store and the real commands in a temporary folder; for tests only. */

const RUNNER = new URL("./testdata/runner.ts", import.meta.url).pathname;
const MAIN = new URL("../main.ts", import.meta.url).pathname;

/** What a command line came to. */
export interface Run {
  code: number;
  out: string;
  err: string;
}

/** How a command is run; by default by a person, in the repository, with an empty stdin. */
export interface RunOptions {
  cwd?: string;
  stdin?: string;
  tty?: boolean;
  session?: string;
}

/** A plan of one wave with one task: small enough for a single coder. */
export const PLAN = `# Add login

**Goal:** People can log in
**Architecture:** One page
**Tech Stack:** TypeScript

## Wave 1

### Task 1: The page

**Files:**
- Create: \`login.ts\`

Write it.
`;

/** The same with two waves of two tasks. */
export const BIG_PLAN = PLAN + `
### Task 2: The test

Test it.

## Wave 2

### Task 3: The docs

Describe it.

### Task 4: The links

Link it.
`;

/** Where a test happens. */
export interface World {
  readonly dir: string;
  readonly repo: string;
  readonly paths: Paths;
  readonly store: Store;
  readonly projectId: number;
  readonly env: Readonly<Record<string, string>>;
  /** Requests that commands made to the daemon, as "POST /v1/wake". */
  readonly pokes: string[];
  /** Runs a command line in the runner's process. */
  kas(...argv: string[]): Promise<Run>;
  run(argv: readonly string[], options: RunOptions): Promise<Run>;
  /** Runs it and expects success; returns what is on stdout. */
  ok(...argv: string[]): Promise<string>;
  /** Runs it with --json and expects success. */
  json<T = Record<string, unknown>>(...argv: string[]): Promise<T>;
  /** A process of its own. */
  spawn(argv: readonly string[]): Deno.ChildProcess;
  /** Runs git in a folder, the repository by default. */
  git(args: readonly string[], cwd?: string): Promise<string>;
  task(name: string): Promise<Task>;
  /** A session row, and what it is to be. */
  session(fields: Partial<NewSession>): Promise<Session>;
  /** A server on kas's socket; killed when the world ends. */
  tmux(): TmuxServer;
  /** Answers as a daemon would, from now on. */
  serve(): void;
}

/** Makes a world, runs the test in it and removes all of it. */
export async function inWorld(test: (world: World) => Promise<void>): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "kas-cmd-" }));
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const repo = `${dir}/repo`;
  const env = {
    PATH: Deno.env.get("PATH") ?? "",
    HOME: dir,
    USER: "ann",
    NO_COLOR: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    KASMOS_HOME: `${dir}/home`,
    KASMOS_STATE_DIR: `${dir}/state`,
    KASMOS_RUNTIME_DIR: `${dir}/run`,
    ...denoDir(),
  };
  const paths = resolvePaths(env);
  await Deno.mkdir(repo);
  await Deno.mkdir(paths.runtimeDir, { mode: 0o700 });
  const git = (args: readonly string[], cwd = repo) => runGit(args, cwd, env);
  await git(["init", "-q", "-b", "main"]);
  await git(["commit", "-q", "--allow-empty", "-m", "first"]);
  const store = stack.use(await openStore(paths.database));
  const rootCommit = await git(["rev-parse", "HEAD"]);
  const project = await store.ensureProject({ root: repo, rootCommit });
  const runner = stack.use(startRunner(env, repo));
  const pokes: string[] = [];
  let server: TmuxServer | undefined;
  const run = (argv: readonly string[], options: RunOptions) => runner.run(argv, options);
  const ok = async (...argv: string[]) => {
    const { code, out, err } = await run(argv, {});
    assert.equal(code, 0, `kas ${argv.join(" ")}: ${err}`);
    return out;
  };
  await test({
    dir,
    repo,
    paths,
    store,
    projectId: project.id,
    env,
    pokes,
    kas: (...argv) => run(argv, {}),
    run,
    ok,
    json: async (...argv) => JSON.parse(await ok(...argv, "--json")),
    spawn: (argv) =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", MAIN, ...argv],
        cwd: repo,
        env,
        clearEnv: true,
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn(),
    git,
    task: async (name) => {
      const task = await store.task(project.id, name);
      assert.ok(task, `there is no task ${name}`);
      return task;
    },
    session: async (fields) => {
      const { sessions: [made] } = await store.commit([{
        kind: "session_new",
        session: { ...NEW_SESSION, projectId: project.id, cwd: repo, ...fields },
      }]);
      assert.ok(made);
      return made;
    },
    tmux: () => {
      if (server !== undefined) return server;
      const opened = TmuxServer.open({
        socket: paths.tmuxSocket,
        env: { PATH: env.PATH, HOME: dir, LANG: "C.UTF-8" },
      });
      stack.defer(() => opened.close());
      stack.defer(() => opened.killServer());
      server = opened;
      return opened;
    },
    serve: () => {
      const http = Deno.serve({ path: paths.socket, onListen: () => {} }, (request) => {
        pokes.push(`${request.method} ${new URL(request.url).pathname}`);
        return Response.json({ ok: true });
      });
      stack.defer(() => http.shutdown());
      // Registered last, so that the client is gone before the server waits for its connections.
      stack.use(runner);
    },
  });
}

const NEW_SESSION: Omit<NewSession, "projectId" | "cwd"> = {
  key: "1:coder",
  taskId: null,
  title: "agent",
  role: "coder",
  wave: null,
  subtask: null,
  round: 1,
  attempt: 1,
  peers: 1,
  harness: "command",
  program: "sh",
  model: null,
  branch: null,
};

/** The cache of modules stays where it is, although HOME is elsewhere. */
function denoDir(): Record<string, string> {
  const home = Deno.env.get("HOME");
  const dir = Deno.env.get("DENO_DIR") ??
    (Deno.env.get("XDG_CACHE_HOME") ?? `${home}/.cache`) + "/deno";
  return { DENO_DIR: dir };
}

async function runGit(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command("git", {
    args: ["-c", "user.name=U", "-c", "user.email=u@localhost", ...args],
    cwd,
    env: { ...env },
    clearEnv: true,
    stdin: "null",
  }).output();
  assert.equal(code, 0, `git ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout).trimEnd();
}

interface Runner extends AsyncDisposable {
  run(argv: readonly string[], options: RunOptions): Promise<Run>;
}

function startRunner(env: Readonly<Record<string, string>>, repo: string): Runner {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", RUNNER],
    cwd: repo,
    env: { ...env },
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let ended: Promise<void> | undefined;
  const end = async () => {
    await writer.close();
    await reader.cancel();
    await child.status;
  };
  return {
    async run(argv, options) {
      const request = { argv, cwd: repo, stdin: "", tty: false, session: "", ...options };
      await writer.write(new TextEncoder().encode(`${JSON.stringify(request)}\n`));
      while (!rest.includes("\n")) {
        const { done, value } = await reader.read();
        assert.ok(!done, `the runner ended at kas ${argv.join(" ")}`);
        rest += value;
      }
      const cut = rest.indexOf("\n");
      const line = rest.slice(0, cut);
      rest = rest.slice(cut + 1);
      return JSON.parse(line);
    },
    [Symbol.asyncDispose]: () => ended ??= end(),
  };
}
