import { wakeDaemon } from "../../lib/daemon/client.ts";
import { isLocked, lockedPid } from "../../lib/daemon/lock.ts";
import { git, makeSandbox, type Sandbox } from "../../lib/demo/sandbox.ts";
import {
  answerDecision,
  applyEvent,
  createTask,
  emitSignal,
  type EventOptions,
} from "../../lib/engine/operations.ts";
import {
  type OpenHome,
  openHome,
  openWorkspaceAt,
  type Workspace,
} from "../../lib/engine/workspace.ts";
import { selfArgv } from "../../lib/self.ts";
import { TmuxServer } from "../../lib/session/tmux/mod.ts";
import type { Decision, DecisionKind, EventRow, Role, Session } from "../../lib/store/types.ts";
import type { Subtask, Task } from "../../lib/task/types.ts";

/** Nothing a lab waits for takes this long on a busy machine; in ms. */
const LIMIT_MS = 60_000;

/** Shell line with which a scripted coder of a wave reports its task. */
export const REPORT_TASK = `kas signal emit implement_task_finished "$KASMOS_PLAN" ` +
  `--payload "{\\"wave_number\\":$KASMOS_WAVE,\\"task_number\\":$KASMOS_TASK}"`;
/** Shell line of an agent that sits there until it is ended. */
export const IDLE = "exec sleep 600";

export interface LabOptions {
  /** Lines of the project's `[orchestration]`; `auto_merge` is on unless it is said. */
  readonly policy?: Readonly<Record<string, number | boolean | string>>;
  /** Roles that are played by a shell script instead of the demo agent. */
  readonly agents?: Partial<Record<Role, string>>;
  /** Extra variables of the daemon, such as `KAS_DEMO_*` for its agents. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where the repository is below the lab's folder. */
  readonly repo?: string;
}

/** What a finished process said. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

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

  /** Makes the repository and the home; nothing runs yet. */
  static async open(options: LabOptions = {}): Promise<Lab> {
    const made = await makeSandbox();
    const repo = `${made.repo.slice(0, -"repo".length)}${options.repo ?? "repo"}`;
    const sandbox = { ...made, repo };
    if (repo !== made.repo) {
      await Deno.mkdir(repo.slice(0, repo.lastIndexOf("/")), { recursive: true });
      await Deno.rename(made.repo, repo);
    }
    await writeConfig(sandbox.root, repo, options);
    const home = await openHome(sandbox.paths);
    const workspace = await openWorkspaceAt(home, repo);
    await home.store.setRegistered(workspace.project.id, true);
    await Deno.mkdir(`${sandbox.root}/tmp`);
    const env = {
      KAS_DEMO_STARTS: `${sandbox.root}/starts`,
      TMPDIR: `${sandbox.root}/tmp`, // what a killed process leaves there goes with the lab
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

  /** Runs a command line of kas as a person in the repository would. */
  async kas(...args: string[]): Promise<Ran> {
    const [program = "", ...self] = selfArgv();
    const { code, stdout, stderr } = await new Deno.Command(program, {
      args: [...self, ...args],
      cwd: this.sandbox.repo,
      env: { ...this.env, NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    const decoder = new TextDecoder();
    return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
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

  /** Tells the daemon, if one runs, that something changed. */
  async wake(): Promise<void> {
    await wakeDaemon(this.sandbox.paths, { start: false });
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

  /** Makes a task with a plan and starts it: at its first wave, or the way its size asks for. */
  async buildTask(name: string, content: string, wave: number | null = 1): Promise<Task> {
    const { home, workspace } = this;
    await createTask(home, workspace, { name, description: `Do ${name}`, content }, "test");
    // The daemon is told at the end only: it would start a planner.
    await applyEvent(home, workspace, name, "plan_start", "test");
    await applyEvent(home, workspace, name, "planner_finished", "test");
    return await this.event(name, "implement_start", { wave });
  }

  async event(name: string, event: string, options: EventOptions = {}): Promise<Task> {
    const task = await applyEvent(this.home, this.workspace, name, event, "test", options);
    await this.wake();
    return task;
  }

  /** Emits a signal and pokes the daemon. @returns its id */
  async signal(type: string, task: string, payload = "", source = "test"): Promise<number> {
    const { signal } = await emitSignal(this.home, this.workspace, { type, task, payload, source });
    await this.wake();
    return signal.id;
  }

  /** Emits a signal and waits for its end. @returns its status and result */
  async signalEnd(
    type: string,
    task: string,
    payload = "",
    source = "test",
  ): Promise<{ status: string; result: string }> {
    const id = await this.signal(type, task, payload, source);
    let end = { status: "", result: "" };
    await this.until(`the end of ${type}`, async () => {
      const row = await this.home.store.signal(id);
      end = { status: row?.status ?? "gone", result: row?.result ?? "" };
      return end.status === "done" || end.status === "failed";
    });
    return end;
  }

  /** Waits for an open decision of a kind. */
  async decision(name: string, kind: DecisionKind): Promise<Decision> {
    let found: Decision | undefined;
    await this.until(`decision ${kind} of ${name}`, async () => {
      const open = await this.home.store.decisions({
        projectId: this.workspace.project.id,
        status: "open",
      });
      found = open.find((row) => row.taskName === name && row.kind === kind);
      return found !== undefined;
    });
    if (found === undefined) throw new Error("unreachable");
    return found;
  }

  /** Waits for a decision and answers it. */
  async answer(name: string, kind: DecisionKind, option: string, feedback = ""): Promise<void> {
    const { id } = await this.decision(name, kind);
    await answerDecision(this.home, this.workspace, id, option, feedback, "test");
    await this.wake();
  }

  async task(name: string): Promise<Task> {
    const task = await this.home.store.task(this.workspace.project.id, name);
    if (task === null) throw new Error(`no task ${name}`);
    return task;
  }

  /** Subtasks of a task, by number. */
  async subtasks(name: string): Promise<Subtask[]> {
    return await this.home.store.subtasks((await this.task(name)).id);
  }

  /** All sessions of a task, oldest first. */
  async sessions(name: string): Promise<Session[]> {
    return await this.home.store.sessions({ taskId: (await this.task(name)).id });
  }

  /** Waits until an agent of this role runs. */
  async running(name: string, role: Role): Promise<Session> {
    let found: Session | undefined;
    await this.until(`a running ${role} of ${name}`, async () => {
      found = (await this.sessions(name)).find((s) => s.role === role && s.status === "running");
      return found !== undefined;
    });
    if (found === undefined) throw new Error("unreachable");
    return found;
  }

  /** Waits until the task has this status and, if one is given, phase. */
  async untilStatus(name: string, status: string, phase?: string): Promise<Task> {
    await this.until(`${name} ${status}${phase === undefined ? "" : ` (${phase})`}`, async () => {
      const task = await this.task(name);
      return task.status === status && (phase === undefined || task.phase === phase);
    });
    return await this.task(name);
  }

  /** Waits for an event of a kind, about this task when one is named. */
  async untilEvent(kind: string, task?: string): Promise<EventRow> {
    let found: EventRow | undefined;
    await this.until(`event ${kind}`, async () => {
      found = (await this.events()).find((row) =>
        row.kind === kind && (task === undefined || row.task === task)
      );
      return found !== undefined;
    });
    if (found === undefined) throw new Error("unreachable");
    return found;
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

  /** The log and the dead letters as text, for a failing test. */
  async story(): Promise<string> {
    const dead = await this.home.store.signals({ statuses: ["failed"], limit: 10 });
    return [
      ...(await this.events()).slice(-60).map((row) =>
        `${row.id} ${row.kind} ${row.actor} ${row.message}`
      ),
      ...dead.map((row) => `dead letter ${row.type} of ${row.taskName}: ${row.result}`),
    ].join("\n");
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

  /** Ends everything that was started here, a daemon that a command started included. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { paths, root } = this.sandbox;
    await this.killDaemon("SIGTERM");
    const pid = await isLocked(paths.lock) ? await lockedPid(paths.lock) : null;
    if (pid !== null && pid !== Deno.pid) {
      Deno.kill(pid, "SIGTERM");
      while (await isLocked(paths.lock)) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await using tmux = this.tmux;
    await tmux.killServer();
    await this.home.store.close();
    await Deno.remove(root, { recursive: true });
  }
}

async function writeConfig(root: string, repo: string, options: LabOptions): Promise<void> {
  const policy = { auto_merge: true, ...options.policy };
  const lines = [
    'default_program = "demo"',
    "[orchestration]",
    ...Object.entries(policy).map(([key, value]) => `${key} = ${JSON.stringify(value)}`),
  ];
  await Deno.mkdir(`${root}/agents`);
  for (const [role, script] of Object.entries(options.agents ?? {})) {
    const file = `${root}/agents/${role}`;
    await Deno.writeTextFile(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    lines.push(`[agents.${role}]`, `program = ${JSON.stringify(file)}`);
  }
  await Deno.writeTextFile(`${repo}/.kasmos/config.toml`, `${lines.join("\n")}\n`);
}

/**
 * The text of a plan that the demo's coders carry out.
 * @param waves for each wave its tasks, for each task the files it creates; a task without any
 * reports without a commit
 */
export function planText(...waves: readonly Readonly<Record<string, string>>[][]): string {
  let number = 0;
  const sections = waves.map((tasks, index) => {
    const items = tasks.map((files) => {
      number += 1;
      const names = Object.keys(files);
      const claims = names.map((name) => `- Create: \`${name}\`\n`).join("");
      const blocks = names.map((name) => `\`\`\`text\n${files[name]}\n\`\`\`\n`).join("\n");
      return `### Task ${number}: part ${number}\n\n**Files:**\n${claims}\nDo it.\n\n${blocks}`;
    });
    return `## Wave ${index + 1}\n\n${items.join("\n")}`;
  });
  return `# A plan\n\n**Goal:** files\n\n${sections.join("\n")}`;
}
