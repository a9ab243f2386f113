import assert from "node:assert/strict";
import { type Paths, resolvePaths } from "../config/paths.ts";
import { Notifier } from "../daemon/notifier.ts";
import { noDaemon } from "../daemon/port.ts";
import { newSecret } from "../engine/caller.ts";
import { discoverRepo } from "../git/mod.ts";
import { Screens } from "../session/tmux/screens.ts";
import { TmuxServer } from "../session/tmux/mod.ts";
import { openStore } from "../store/mod.ts";
import type { NewSession, Project, Scope, Session, Store } from "../store/types.ts";
import type { Task } from "../task/types.ts";
import { type App, createApp } from "./app.ts";
import { Authority } from "./auth.ts";
import { type ApiContext, Workspaces } from "./context.ts";
import { LOOPBACK_HOSTS } from "./guards.ts";
import { Counts } from "./metrics.ts";
import type { Problem } from "./schema/common.ts";
import { createToken } from "./tokens.ts";

/** A real store and a real repository with the API in front of them, without a socket; for tests only. */

export const PORT = 7433;
export const ORIGIN = `http://127.0.0.1:${PORT}`;

/** What a request is made of. */
export interface Ask {
  readonly body?: unknown;
  /** Sent as it is, with the headers that are given. */
  readonly raw?: BodyInit;
  readonly headers?: Readonly<Record<string, string>>;
  /** Scope of the token; null for none. */
  readonly as?: Scope | null;
  readonly secret?: string;
  /** Who sends it. */
  readonly address?: string;
}

/** What came back. */
export interface Told<T = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: T;
}

/** See {@link inApi}. */
export class ApiWorld {
  readonly secrets = new Map<Scope, string>();
  readonly failures: unknown[] = [];
  readonly stop = new AbortController();

  constructor(
    readonly dir: string,
    readonly store: Store,
    readonly paths: Paths,
    readonly project: Project,
    readonly app: App,
    readonly context: ApiContext,
    readonly authority: Authority,
  ) {}

  /** Sends a request; with the widest token unless told otherwise. */
  async ask<T = Record<string, unknown>>(key: string, given: Ask = {}): Promise<Told<T>> {
    const space = key.indexOf(" ");
    const headers = new Headers({ host: `127.0.0.1:${PORT}`, ...given.headers });
    const secret = given.secret ??
      (given.as === null ? undefined : this.secrets.get(given.as ?? "admin"));
    if (secret !== undefined) headers.set("authorization", `Bearer ${secret}`);
    const init: RequestInit = { method: key.slice(0, space), headers };
    if (given.raw !== undefined) init.body = given.raw;
    else if (given.body !== undefined) {
      if (!headers.has("content-type")) headers.set("content-type", "application/json");
      init.body = JSON.stringify(given.body);
    }
    const url = `${ORIGIN}${
      key.slice(space + 1).replace(/^P/, `/v1/projects/${this.project.key}`)
    }`;
    const response = await this.app.fetch(
      new Request(url, init),
      () => given.address ?? "127.0.0.1",
    );
    const text = await response.text();
    const isJson = (response.headers.get("content-type") ?? "").includes("json");
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: (isJson ? JSON.parse(text) : {}) as T,
    };
  }

  /** The same, and it must succeed. */
  async ok<T = Record<string, unknown>>(key: string, given: Ask = {}): Promise<T> {
    const told = await this.ask<T>(key, given);
    assert.ok(told.status < 300, `${key}: ${told.status} ${told.text}`);
    return told.json;
  }

  /** The same, and it must be refused with this code. */
  async refused(key: string, code: string, given: Ask = {}): Promise<Problem> {
    const told = await this.ask<Problem>(key, given);
    assert.equal(told.json.code, code, `${key}: ${told.status} ${told.text}`);
    assert.equal(told.headers.get("content-type"), "application/problem+json");
    assert.equal(told.json.status, told.status);
    return told.json;
  }

  /** A draft task. */
  async task(name: string, content = "# Plan\n"): Promise<Task> {
    return await this.store.createTask({
      projectId: this.project.id,
      name,
      description: `About ${name}`,
      branch: `plan/${name}`,
      baseBranch: "main",
      topic: null,
      content,
      goal: "",
    }, "cli:test");
  }

  /** An agent's row. */
  async session(patch: Partial<NewSession> = {}): Promise<Session> {
    const { sessions: [session] } = await this.store.commit([{
      kind: "session_new",
      session: {
        key: crypto.randomUUID(),
        projectId: this.project.id,
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
        cwd: this.project.root,
        ...patch,
      },
    }]);
    assert.ok(session);
    return session;
  }

  /** Runs git in the repository. */
  async git(...args: string[]): Promise<string> {
    return await runGit(this.project.root, args);
  }
}

async function runGit(cwd: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command("git", {
    args: ["-c", "user.name=U", "-c", "user.email=u@localhost", ...args],
    cwd,
    env: {
      PATH: Deno.env.get("PATH") ?? "",
      HOME: cwd,
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_CONFIG_NOSYSTEM: "1",
    },
    clearEnv: true,
    stdin: "null",
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

/** Makes a world, runs the test in it and removes all of it. */
export async function inApi(test: (world: ApiWorld) => Promise<void>): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "kas-api-" }));
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const root = `${dir}/repo`;
  await Deno.mkdir(root);
  await runGit(root, ["init", "-q", "-b", "main"]);
  await runGit(root, ["commit", "-q", "--allow-empty", "-m", "first"]);
  await Deno.mkdir(`${dir}/run`, { mode: 0o700 });
  const paths = resolvePaths({
    HOME: dir,
    KASMOS_HOME: `${dir}/home`,
    KASMOS_STATE_DIR: `${dir}/state`,
    KASMOS_RUNTIME_DIR: `${dir}/run`,
  });
  const store = stack.use(await openStore(paths.database));
  const project = await store.ensureProject(await discoverRepo(root));
  const env = { PATH: Deno.env.get("PATH") ?? "", HOME: dir, LANG: "C.UTF-8" };
  const tmux = TmuxServer.open({ socket: paths.tmuxSocket, env });
  stack.defer(() => tmux.close());
  stack.defer(() => tmux.killServer());
  const screens = stack.use(new Screens({ socket: paths.tmuxSocket, env }));
  const authority = new Authority(store);
  const stop = new AbortController();
  stack.defer(() => stop.abort());
  const failures: unknown[] = [];
  const context: ApiContext = {
    store,
    paths,
    tmux,
    screens,
    news: new Notifier(),
    daemon: noDaemon(),
    workspaces: new Workspaces(store, paths),
    startedAt: Date.now(),
    stop: stop.signal,
  };
  const app = createApp({
    context,
    site: {
      door: { scheme: "http", port: PORT, hosts: new Set(LOOPBACK_HOSTS) },
      authority,
      counts: new Counts(),
      onFailure: (_, error) => failures.push(error),
      checkAnswers: true,
    },
  });
  const world = new ApiWorld(dir, store, paths, project, app, context, authority);
  for (const scope of ["read", "signal", "operate", "admin"] as const) {
    const secret = newSecret();
    const rest = { projectId: null, expiresAt: null, actor: "cli:test" };
    await createToken(store, { name: scope, scope, secret, ...rest });
    world.secrets.set(scope, secret);
  }
  await test(world);
  assert.deepEqual(failures, []);
}
