import assert from "node:assert/strict";
import { type Paths, resolvePaths } from "../lib/config/paths.ts";
import { TmuxServer } from "../lib/session/tmux/mod.ts";
import { openStore } from "../lib/store/mod.ts";
import { agentToken } from "../lib/engine/caller.ts";
import type { AgentGrant, NewSession, Session, Store } from "../lib/store/types.ts";
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
  /** The token that proves it. */
  identity?: string;
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
export class World {
  readonly repo: string;
  readonly env: Readonly<Record<string, string>>;
  readonly paths: Paths;
  /** Requests that commands made to the daemon, as "POST /v1/wake". */
  readonly pokes: string[] = [];
  readonly #stack: AsyncDisposableStack;
  #opened: { store: Store; projectId: number; runner: Runner } | undefined;
  #tmux: TmuxServer | undefined;

  /** @param dir an empty folder; what is opened in it is closed with the stack */
  constructor(readonly dir: string, stack: AsyncDisposableStack) {
    this.repo = `${dir}/repo`;
    this.env = environment(dir);
    this.paths = resolvePaths(this.env);
    this.#stack = stack;
  }

  /** Makes the repository, the store and the process that runs the commands. */
  async open(): Promise<void> {
    await Deno.mkdir(this.repo);
    await Deno.mkdir(this.paths.runtimeDir, { mode: 0o700 });
    await this.git(["init", "-q", "-b", "main"]);
    await this.git(["commit", "-q", "--allow-empty", "-m", "first"]);
    const rootCommit = await this.git(["rev-parse", "HEAD"]);
    const store = this.#stack.use(await openStore(this.paths.database));
    const { id } = await store.ensureProject({ root: this.repo, rootCommit });
    const runner = this.#stack.use(startRunner(this.env, this.repo));
    this.#opened = { store, projectId: id, runner };
  }

  get #open(): { store: Store; projectId: number; runner: Runner } {
    assert.ok(this.#opened, "the world is not open");
    return this.#opened;
  }

  /** The same database as the commands have. */
  get store(): Store {
    return this.#open.store;
  }

  get projectId(): number {
    return this.#open.projectId;
  }

  /** Runs a command line in the runner's process. */
  run(argv: readonly string[], options: RunOptions): Promise<Run> {
    return this.#open.runner.run(argv, options);
  }

  /** The same by a person in the repository. */
  kas(...argv: string[]): Promise<Run> {
    return this.run(argv, {});
  }

  /** Runs it and expects success; returns what is on stdout. */
  async ok(...argv: string[]): Promise<string> {
    const { code, out, err } = await this.kas(...argv);
    assert.equal(code, 0, `kas ${argv.join(" ")}: ${err}`);
    return out;
  }

  /** Runs it with --json and expects success. */
  async json<T = Record<string, unknown>>(...argv: string[]): Promise<T> {
    return JSON.parse(await this.ok(...argv, "--json"));
  }

  /** The command line in a process of its own. */
  command(
    argv: readonly string[],
    options: { cwd?: string; env?: Record<string, string> } = {},
  ): Deno.Command {
    return new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", MAIN, ...argv],
      cwd: options.cwd ?? this.repo,
      env: { ...this.env, ...options.env },
      clearEnv: true,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
  }

  /** Runs git in a folder, the repository by default. */
  async git(args: readonly string[], cwd: string = this.repo): Promise<string> {
    const { code, stdout, stderr } = await new Deno.Command("git", {
      args: ["-c", "user.name=U", "-c", "user.email=u@localhost", ...args],
      cwd,
      env: { ...this.env },
      clearEnv: true,
      stdin: "null",
    }).output();
    assert.equal(code, 0, `git ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
    return new TextDecoder().decode(stdout).trimEnd();
  }

  /** The row of a task that has to be there. */
  async task(name: string): Promise<Task> {
    const task = await this.store.task(this.projectId, name);
    assert.ok(task, `there is no task ${name}`);
    return task;
  }

  /** A new session row, `starting`. */
  async session(fields: Partial<NewSession>): Promise<Session> {
    const { sessions: [made] } = await this.store.commit([{
      kind: "session_new",
      session: { ...NEW_SESSION, projectId: this.projectId, cwd: this.repo, ...fields },
    }]);
    assert.ok(made);
    return made;
  }

  /** An agent with a session and a token, as options of {@link run}. */
  async agent(fields: Partial<NewSession> = {}): Promise<RunOptions & { session: string }> {
    const { id, taskId, role, cwd } = await this.session(fields);
    const grant: AgentGrant = { agent: role, role, permission: "yolo", root: cwd, chain: [] };
    const binding = { projectId: this.projectId, taskId, sessionId: id };
    const { secret, token } = await agentToken(grant, binding, null);
    await this.store.commit([{ kind: "token_new", token }]);
    return { session: String(id), identity: secret };
  }

  /** A server on kas's tmux socket; killed when the world ends. */
  tmux(): TmuxServer {
    if (this.#tmux !== undefined) return this.#tmux;
    const { PATH = "" } = this.env;
    const server = TmuxServer.open({
      socket: this.paths.tmuxSocket,
      env: { PATH, HOME: this.dir, LANG: "C.UTF-8" },
    });
    this.#stack.defer(() => server.close());
    this.#stack.defer(() => server.killServer());
    return this.#tmux = server;
  }

  /** Answers as a daemon would, from now on. */
  serve(): void {
    const http = Deno.serve({ path: this.paths.socket, onListen: () => {} }, (request) => {
      this.pokes.push(`${request.method} ${new URL(request.url).pathname}`);
      return Response.json({ ok: true });
    });
    this.#stack.defer(() => http.shutdown());
    // Once more, so that the client is gone before the server waits for its connections.
    this.#stack.use(this.#open.runner);
  }
}

/** Makes a world, runs the test in it and removes all of it. */
export async function inWorld(test: (world: World) => Promise<void>): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "kas-cmd-" }));
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const world = new World(dir, stack);
  await world.open();
  await test(world);
}

/** Nothing of the machine's settings, but the cache of modules although HOME is elsewhere. */
function environment(dir: string): Record<string, string> {
  const cache = Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME")}/.cache`;
  return {
    PATH: Deno.env.get("PATH") ?? "",
    HOME: dir,
    USER: "ann",
    NO_COLOR: "1",
    DENO_DIR: Deno.env.get("DENO_DIR") ?? `${cache}/deno`,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    KASMOS_HOME: `${dir}/home`,
    KASMOS_STATE_DIR: `${dir}/state`,
    KASMOS_RUNTIME_DIR: `${dir}/run`,
  };
}

const NOBODY = { session: "", identity: "" };

const NEW_SESSION: Omit<NewSession, "projectId" | "cwd"> = {
  key: "1:coder",
  taskId: null,
  title: "agent",
  role: "coder",
  agent: "coder",
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
      const request = { argv, cwd: repo, stdin: "", tty: false, ...NOBODY, ...options };
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
