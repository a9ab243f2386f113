import { wakeDaemon } from "../../lib/daemon/client.ts";
import { git, makeSandbox, type Sandbox } from "../../lib/demo/sandbox.ts";
import { applyEvent, createTask } from "../../lib/engine/operations.ts";
import {
  type OpenHome,
  openHome,
  openWorkspaceAt,
  type Workspace,
} from "../../lib/engine/workspace.ts";
import { selfArgv } from "../../lib/self.ts";
import { TmuxServer } from "../../lib/session/tmux/mod.ts";
import type { EventRow } from "../../lib/store/types.ts";
import type { Task } from "../../lib/task/types.ts";

/** Nothing a lab waits for takes this long on a busy machine; in ms. */
const LIMIT_MS = 90_000;

/**
 * A repository with a home of kas around it, in which a test runs real daemons, real tmux sessions
 * and real demo agents, and kills them as it likes.
 */
export class Lab implements AsyncDisposable {
  #daemon: Deno.ChildProcess | null = null;

  private constructor(
    readonly sandbox: Sandbox,
    readonly home: OpenHome,
    public workspace: Workspace,
    readonly env: Record<string, string>,
  ) {}

  /**
   * @param options.config text of the project's config.toml; the demo's by default
   * @param options.env extra variables of the daemon, such as `KAS_DEMO_*` for its agents
   */
  static async open(
    options: { config?: string; env?: Record<string, string> } = {},
  ): Promise<Lab> {
    const sandbox = await makeSandbox();
    if (options.config !== undefined) {
      await Deno.writeTextFile(`${sandbox.repo}/.kasmos/config.toml`, options.config);
    }
    const home = await openHome(sandbox.paths);
    const workspace = await openWorkspaceAt(home, sandbox.repo);
    await home.store.setRegistered(workspace.project.id, true);
    const env = {
      KAS_DEMO_STARTS: `${sandbox.root}/starts`,
      ...options.env,
      ...sandbox.variables,
    };
    return new Lab(sandbox, home, workspace, env);
  }

  get tmux(): TmuxServer {
    return TmuxServer.open({ socket: this.sandbox.paths.tmuxSocket });
  }

  git(...args: string[]): Promise<string> {
    return git(this.sandbox.repo, ...args);
  }

  /** Starts a daemon; `crashAt` names the point at which it kills itself. */
  startDaemon(crashAt?: string): void {
    const [program = "", ...args] = selfArgv();
    this.#daemon = new Deno.Command(program, {
      args: [...args, "daemon", "start", "--foreground"],
      cwd: "/",
      env: { ...this.env, ...(crashAt === undefined ? {} : { KAS_CRASH_AT: crashAt }) },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  /** How the daemon ended. */
  async daemonEnd(): Promise<Deno.CommandStatus> {
    if (this.#daemon === null) throw new Error("No daemon was started");
    const status = await this.#daemon.status;
    this.#daemon = null;
    return status;
  }

  /** Kills the daemon the hard way; nothing happens when there is none. */
  async killDaemon(signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
    if (this.#daemon === null) return;
    try {
      this.#daemon.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended by itself
    }
    await this.daemonEnd();
  }

  /** Makes a task and has it planned. */
  async beginTask(name: string, more: { content?: string; topic?: string } = {}): Promise<Task> {
    await createTask(
      this.home,
      this.workspace,
      { name, description: `Do ${name}`, ...more },
      "test",
    );
    return await this.event(name, "plan_start");
  }

  async event(name: string, event: string): Promise<Task> {
    const task = await applyEvent(this.home, this.workspace, name, event, "test");
    await wakeDaemon(this.sandbox.paths, { start: false });
    return task;
  }

  async task(name: string): Promise<Task> {
    const task = await this.home.store.task(this.workspace.project.id, name);
    if (task === null) throw new Error(`no task ${name}`);
    return task;
  }

  /** Waits until a look at the world says yes. @throws Error with the log's end when it never does */
  async until(what: string, look: () => Promise<boolean>, everyMs = 20): Promise<void> {
    const limit = Date.now() + LIMIT_MS;
    while (!(await look())) {
      if (Date.now() > limit) throw new Error(`${what} did not happen:\n${await this.story()}`);
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  }

  /** Waits until the task is merged and all its worktrees are gone. */
  async untilMerged(name: string): Promise<void> {
    await this.until(`merge of ${name}`, async () => {
      const task = await this.task(name);
      return task.mergedSha !== null && (await this.openWorktrees(task)) === 0;
    });
  }

  async openWorktrees(task: Task): Promise<number> {
    const rows = await this.home.store.worktrees({ taskId: task.id });
    return rows.filter((row) => row.status !== "removed").length;
  }

  async events(): Promise<EventRow[]> {
    return await this.home.store.events({ limit: 100_000 });
  }

  /** The log as text, for a failing test. */
  async story(): Promise<string> {
    const rows = await this.events();
    return rows.slice(-60).map((row) => `${row.id} ${row.kind} ${row.actor} ${row.message}`).join(
      "\n",
    );
  }

  /** Session ids of every agent process that really started, in order. */
  async starts(): Promise<string[]> {
    try {
      return (await Deno.readTextFile(`${this.sandbox.root}/starts`)).trim().split("\n");
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.killDaemon("SIGTERM");
    await using tmux = this.tmux;
    await tmux.killServer();
    await this.home.store.close();
    await Deno.remove(this.sandbox.root, { recursive: true });
  }
}
