import assert from "node:assert/strict";
import { Client, StreamableHTTPClientTransport } from "mcp-client";
import { VARIABLES } from "../agent/variables.ts";
import { type Paths, pathVariables, resolvePaths } from "../config/paths.ts";
import { agentToken, hashSecret, newSecret } from "../engine/caller.ts";
import { type Home, type OpenHome, openHome } from "../engine/workspace.ts";
import type { AgentGrant, NewSession, Project, Scope, Session, Token } from "../store/types.ts";
import type { Task } from "../task/types.ts";
import type { DispatchLimits } from "./dispatch/types.ts";
import { type McpHttp, mcpHttpHandler } from "./http.ts";
import { LocalSource } from "./local.ts";
import { serveMcp } from "./serve.ts";
import { StdioTransport } from "./stdio.ts";

/** A real repository and store with the real servers in front of them; for tests only. */

/** A plan that can be run. */
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

/** An identity of an agent, as kas gives it. */
export interface AgentOptions extends Partial<AgentGrant> {
  readonly task?: Task;
  readonly session?: Session;
  readonly project?: Project;
}

/** How a call came out. */
export interface CallOutcome {
  readonly isError: boolean;
  readonly text: string;
  readonly data: Record<string, unknown>;
}

/** Where a test happens; everything in it is gone at the end. */
export class McpWorld implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  readonly #connections: Connected[] = [];
  #home: OpenHome | null = null;
  #project: Project | null = null;

  /** Variables of the person beside the usual ones. */
  extraEnv: Readonly<Record<string, string>> = {};

  private constructor(readonly root: string) {}

  static async open(): Promise<McpWorld> {
    const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "kas-mcp-" }));
    const world = new McpWorld(root);
    for (const path of ["repo", "home", "run"]) await Deno.mkdir(`${root}/${path}`);
    await Deno.chmod(`${root}/run`, 0o700);
    await world.git("init", "-q", "-b", "main");
    await Deno.writeTextFile(`${world.repo}/README.md`, "# Shop\n\nIt sells.\n");
    await world.git("add", ".");
    await world.git("commit", "-q", "-m", "first");
    world.#home = await openHome(world.paths);
    const rootCommit = await world.git("rev-parse", "HEAD");
    world.#project = await world.home.store.ensureProject({ root: world.repo, rootCommit });
    return world;
  }

  get repo(): string {
    return `${this.root}/repo`;
  }

  /** Variables of a person in this world. */
  get env(): Record<string, string> {
    return {
      HOME: `${this.root}/home`,
      PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
      TMPDIR: this.root,
      KASMOS_HOME: `${this.root}/config`,
      KASMOS_STATE_DIR: `${this.root}/state`,
      KASMOS_RUNTIME_DIR: `${this.root}/run`,
      GIT_CONFIG_GLOBAL: "/dev/null",
      ...this.extraEnv,
    };
  }

  get paths(): Paths {
    return resolvePaths(this.env);
  }

  get home(): Home {
    assert.ok(this.#home);
    return this.#home;
  }

  get project(): Project {
    assert.ok(this.#project);
    return this.#project;
  }

  /** Runs git in the repository, or in another folder. */
  async git(...args: string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command("git", {
      args: ["-c", "user.name=U", "-c", "user.email=u@localhost", ...args],
      cwd: this.repo,
      env: this.env,
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout).trim();
  }

  /** A task in the store. */
  async task(name: string, content = ""): Promise<Task> {
    return await this.home.store.createTask({
      projectId: this.project.id,
      name,
      description: "",
      branch: `plan/${name}`,
      baseBranch: "main",
      topic: null,
      content,
      goal: "",
    }, "test");
  }

  /** A session row; no process stands behind it. */
  async session(task: Task, over: Partial<NewSession> = {}): Promise<Session> {
    const { sessions } = await this.home.store.commit([{
      kind: "session_new",
      session: {
        key: `t${task.id}/${crypto.randomUUID()}`,
        projectId: task.projectId,
        taskId: task.id,
        title: `${task.name}-plan`,
        role: "planner",
        agent: "planner",
        wave: null,
        subtask: null,
        round: 0,
        attempt: 1,
        peers: 1,
        harness: "demo",
        program: "demo",
        model: null,
        branch: null,
        cwd: this.repo,
        ...over,
      },
    }]);
    const [row] = sessions;
    assert.ok(row);
    return row;
  }

  /** Another project in the same store. */
  async otherProject(name: string): Promise<Project> {
    const root = `${this.root}/${name}`;
    await Deno.mkdir(root);
    await this.git("-C", root, "init", "-q", "-b", "main");
    await this.git("-C", root, "commit", "-q", "--allow-empty", "-m", name);
    const rootCommit = await this.git("-C", root, "rev-parse", "HEAD");
    return await this.home.store.ensureProject({ root, rootCommit });
  }

  /** The secret of an agent. */
  async agent(options: AgentOptions = {}): Promise<{ secret: string; token: Token }> {
    const { task, session, project, ...grant } = options;
    const { secret, token } = await agentToken(
      {
        agent: "coder",
        role: "coder",
        permission: "ask",
        root: this.repo,
        chain: [],
        ...grant,
      },
      {
        projectId: (project ?? this.project).id,
        taskId: task?.id ?? null,
        sessionId: session?.id ?? null,
      },
      null,
    );
    const { tokens } = await this.home.store.commit([{ kind: "token_new", token }]);
    const [made] = tokens;
    assert.ok(made);
    return { secret, token: made };
  }

  /** The secret of a person. */
  async personToken(scope: Scope, projectId: number | null = null): Promise<string> {
    const secret = newSecret();
    await this.home.store.commit([{
      kind: "token_new",
      token: {
        name: "laptop",
        hash: await hashSecret(secret),
        scope,
        projectId,
        taskId: null,
        sessionId: null,
        grant: null,
        createdBy: "test",
        expiresAt: null,
      },
    }]);
    return secret;
  }

  /** An agent's own directory: a program that stands for its runtime. */
  async agentDirectory(name: string, script: string, toml = ""): Promise<void> {
    const folder = `${this.paths.configDir}/agents/${name}`;
    await Deno.mkdir(folder, { recursive: true });
    const program = `${folder}/run.sh`;
    await Deno.writeTextFile(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    await Deno.writeTextFile(`${folder}/soul.md`, `You are ${name}.\n`);
    await Deno.writeTextFile(
      `${folder}/agent.toml`,
      `description = "The ${name}"\n${toml}\n[runtime]\ndefault = "command"\n` +
        `[runtime.command]\nprogram = ["${program}"]\n`,
    );
  }

  /** An official client connected to `kas mcp` over its two streams. */
  async stdio(secret?: string, limits?: Partial<DispatchLimits>): Promise<Connected> {
    const source = new LocalSource({
      env: {
        ...this.env,
        ...pathVariables(this.paths),
        ...secret === undefined ? {} : { [VARIABLES.identity]: secret },
      },
      folder: this.repo,
      open: () => openHome(this.paths),
      ...limits === undefined ? {} : { limits },
    });
    const up = new TransformStream<Uint8Array, Uint8Array>();
    const down = new TransformStream<Uint8Array, Uint8Array>();
    const served = serveMcp(source, {
      input: up.readable,
      output: down.writable,
      onError: (error) => {
        throw error;
      },
    });
    const client = new Client({ name: "test", version: "1.0.0" });
    await client.connect(new StdioTransport(down.readable, up.writable));
    return this.#keep(
      new Connected(client, async () => {
        await served;
        await source[Symbol.asyncDispose]();
      }),
    );
  }

  /** The HTTP endpoint. */
  http(limits?: Partial<DispatchLimits>): McpHttp {
    return this.#stack.use(mcpHttpHandler({
      home: this.home,
      hostEnv: { ...this.env, ...pathVariables(this.paths) },
      onError: () => undefined,
      ...limits === undefined ? {} : { limits },
    }));
  }

  /** An official client connected over HTTP. */
  async overHttp(secret: string, endpoint: McpHttp = this.http()): Promise<Connected> {
    const client = new Client({ name: "test", version: "1.0.0" });
    const transport = new StreamableHTTPClientTransport(new URL("http://localhost/mcp"), {
      fetch: (url, init) => endpoint.fetch(new Request(url, init)),
      requestInit: { headers: { authorization: `Bearer ${secret}` } },
    });
    await client.connect(transport);
    return this.#keep(new Connected(client, () => Promise.resolve()));
  }

  #keep(connected: Connected): Connected {
    this.#connections.push(connected);
    return connected;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) await connection.close();
    await this.#stack.disposeAsync();
    await this.#home?.[Symbol.asyncDispose]();
    await Deno.remove(this.root, { recursive: true });
  }
}

/** A client at work. */
export class Connected {
  #closed = false;
  readonly #after: () => Promise<void>;

  constructor(readonly client: Client, after: () => Promise<void>) {
    this.#after = after;
  }

  /** Calls a tool. */
  async call(name: string, args: Record<string, unknown> = {}): Promise<CallOutcome> {
    const result = await this.client.callTool({ name, arguments: args });
    const [first] = result.content;
    const data: unknown = result.structuredContent ?? {};
    assert.ok(typeof data === "object" && data !== null);
    return {
      isError: result.isError === true,
      text: first?.type === "text" ? first.text : "",
      data: { ...data },
    };
  }

  /** Calls a tool that must work. */
  async ok(name: string, args: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const { isError, text, data } = await this.call(name, args);
    assert.equal(isError, false, `${name}: ${text}`);
    return data;
  }

  /** Calls a tool that must be refused. @returns the code and text of the error */
  async refused(
    name: string,
    args: Record<string, unknown> = {},
  ): Promise<{ code: string; exit: unknown; text: string }> {
    const { isError, text, data } = await this.call(name, args);
    assert.equal(isError, true, `${name} ${JSON.stringify(args)}: ${text}`);
    const { error } = data;
    assert.ok(typeof error === "object" && error !== null && "code" in error, text);
    return { code: String(error.code), exit: data["exit_code"], text };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.client.close();
    await this.#after();
  }
}

/** Runs a test in a fresh world. */
export async function inMcpWorld(body: (world: McpWorld) => Promise<void>): Promise<void> {
  await using world = await McpWorld.open();
  await body(world);
}
