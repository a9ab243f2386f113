import { type OpenHome, openHome, openWorkspaceAt } from "../../lib/engine/workspace.ts";
import { resolvePaths } from "../../lib/config/paths.ts";
import { selfArgv } from "../../lib/self.ts";
import { TmuxServer } from "../../lib/session/tmux/mod.ts";
import type { Session } from "../../lib/store/types.ts";
import type { Task } from "../../lib/task/types.ts";
import { type AgentCli, fetchAgentCli } from "./agent_clis.ts";
import { processesLeft, sleep } from "./agent_processes.ts";
import { denoDir } from "./agent_stage.ts";
import { agentUser } from "./agent_user.ts";
import { type MockModel, type MockRequest, type MockRule, startMockModel } from "./mock_model.ts";

/** A lifecycle takes from a quarter of a minute to two; on a busy machine no more than this, in ms. */
const LIMIT_MS = 480_000;
/** kas looks at its agents every second; one that works this long unseen is not seen at all, in ms. */
const SIGHT_MS = 30_000;

/** Events after which nothing goes on without a person. */
const STOPPED = ["decision_opened", "agent_reminded", "agent_ended", "engine_error"];

/** An agent as kas saw it at work. */
export interface Sighting {
  readonly session: number;
  readonly evidence: string;
}

/**
 * A user with one agent CLI and a repository, and kas used as they would: its own commands, its own
 * daemon, the agents real, their model scripted. Each agent gets its first answer only when kas has
 * seen it at work.
 */
export class Team implements AsyncDisposable {
  readonly sightings: Sighting[] = [];
  readonly unseen: string[] = [];
  readonly model: MockModel;
  /** The settings files in the home, by path below it. */
  readonly settings: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;

  private constructor(
    readonly places: { readonly root: string; readonly home: string; readonly repo: string },
    readonly kasHome: OpenHome,
    env: Readonly<Record<string, string>>,
    agent: { name: AgentCli; program: string; rules: readonly MockRule[] },
  ) {
    const { name, program, rules } = agent;
    this.model = startMockModel({ rules, hold: (request) => this.#see(request) });
    const user = agentUser(name, places.home, this.model.url);
    this.env = { ...env, ...user.variables };
    this.settings = {
      ...user.files,
      ".gitconfig": "[user]\nname = Tester\nemail = tester@example.invalid\n",
      // the whole configuration of kas: the program of every role
      ".config/kasmos/config.toml": `default_program = ${JSON.stringify(`'${program}'`)}\n`,
    };
  }

  /** @param rules what the model says to each agent */
  static async open(name: AgentCli, rules: readonly MockRule[]): Promise<Team> {
    const program = await fetchAgentCli(name);
    const root = await Deno.realPath(
      await Deno.makeTempDir({ dir: "/var/tmp", prefix: `kas-${name}-` }),
    );
    const [home, repo, tmp] = [`${root}/home`, `${root}/my shop`, `${root}/t`];
    for (const dir of [home, repo, tmp]) await Deno.mkdir(dir, { mode: 0o700 });
    const env = {
      PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
      HOME: home,
      TMPDIR: tmp,
      LANG: "C.UTF-8",
      SHELL: "/bin/bash",
      USER: "tester",
      // kas runs from its sources here, and must not fetch its packages for each new home
      DENO_DIR: await denoDir(),
    };
    const kasHome = await openHome(resolvePaths(env));
    const team = new Team({ root, home, repo }, kasHome, env, { name, program, rules });
    for (const [path, text] of Object.entries(team.settings)) await writeBelow(home, path, text);
    await team.#prepareRepo();
    return team;
  }

  async #prepareRepo(): Promise<void> {
    await this.git("init", "-q", "-b", "main");
    await Deno.writeTextFile(`${this.places.repo}/README.md`, "# Shop\n");
    await this.git("add", "README.md");
    await this.git("commit", "-q", "-m", "Begin");
  }

  /** Runs `kas` in the repository. @returns what it printed @throws Error when it fails */
  kas(...args: string[]): Promise<string> {
    const [program = "", ...words] = selfArgv();
    return this.#run(program, [...words, ...args]);
  }

  git(...args: string[]): Promise<string> {
    return this.#run("git", args);
  }

  async #run(program: string, args: readonly string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command(program, {
      args: [...args],
      cwd: this.places.repo,
      clearEnv: true,
      env: this.env,
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    if (success) return decoder.decode(stdout);
    throw new Error(`${program} ${args.join(" ")} failed: ${decoder.decode(stderr)}`);
  }

  get tmux(): TmuxServer {
    return TmuxServer.open({ socket: this.kasHome.paths.tmuxSocket });
  }

  async task(name: string): Promise<Task> {
    const { project } = await openWorkspaceAt(this.kasHome, this.places.repo);
    const task = await this.kasHome.store.task(project.id, name);
    if (task === null) throw new Error(`There is no task "${name}"`);
    return task;
  }

  /** Waits until the task has a status. @throws Error with the whole story when it is held up */
  async untilStatus(name: string, status: Task["status"]): Promise<void> {
    const { store } = this.kasHome;
    for (const end = Date.now() + LIMIT_MS; Date.now() < end; await sleep(100)) {
      const task = await this.task(name);
      if (task.status === status) return;
      const [stopped] = await store.events({ kinds: STOPPED, limit: 1 });
      if (stopped !== undefined) throw new Error(`${stopped.message}\n${await this.story()}`);
    }
    throw new Error(`"${name}" is not ${status}\n${await this.story()}`);
  }

  /** Waits until the worktrees of a merged task are gone. */
  async untilCleared(name: string): Promise<void> {
    const { store } = this.kasHome;
    const { id: taskId } = await this.task(name);
    for (const end = Date.now() + LIMIT_MS; Date.now() < end; await sleep(50)) {
      const trees = await store.worktrees({ taskId });
      if (trees.every(({ status }) => status === "removed")) return;
    }
    throw new Error(`The worktrees of "${name}" stay\n${await this.story()}`);
  }

  /** Lets an agent wait for its first answer until kas has seen it work. */
  async #see({ prompt, answer }: MockRequest): Promise<void> {
    if (answer.step !== 0) return;
    const cwd = /^Working directory: (.+)$/m.exec(prompt)?.[1] ?? "";
    for (const end = Date.now() + SIGHT_MS; Date.now() < end; await sleep(50)) {
      const session = await this.#atWork(cwd);
      if (session?.activity !== "busy") continue;
      this.sightings.push({ session: session.id, evidence: session.evidence });
      return;
    }
    this.unseen.push(`${prompt.split("\n")[0]}: ${(await this.#atWork(cwd))?.evidence}`);
  }

  async #atWork(cwd: string): Promise<Session | undefined> {
    const running = await this.kasHome.store.sessions({ statuses: ["running"] });
    return running.find((session) => session.cwd === cwd);
  }

  /** The log, the screens and the last words of the model, for a failing test. */
  async story(): Promise<string> {
    const events = await this.kasHome.store.events({ limit: 1_000 });
    const signals = await this.kasHome.store.signals({ limit: 100 });
    await using tmux = this.tmux;
    const screens = (await tmux.list()).map(async ({ name }) =>
      `-- ${name}\n${(await tmux.capture(name)).trimEnd()}`
    );
    return [
      ...events.map((row) => `${row.kind} ${row.actor} ${row.message}`),
      ...signals.map((row) => `signal ${row.type} of ${row.source} ${row.status} ${row.result}`),
      ...await Promise.all(screens),
      ...this.model.requests().slice(-4).map(({ prompt, answer }) =>
        `model to "${prompt.slice(0, 100)}": ${JSON.stringify(answer)}`
      ),
      ...this.unseen.map((line) => `unseen: ${line}`),
    ].join("\n");
  }

  /** Ends kas as its user would. @returns processes that stay */
  async stop(): Promise<string[]> {
    await this.kas("daemon", "stop");
    return await processesLeft(this.places.root);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.kas("daemon", "stop");
      await using tmux = this.tmux;
      await tmux.killServer();
      await processesLeft(this.places.root); // so that nobody writes into what is removed next
    } finally {
      await this.kasHome.store.close();
      await this.model[Symbol.asyncDispose]();
      await Deno.remove(this.places.root, { recursive: true });
    }
  }
}

async function writeBelow(folder: string, path: string, text: string): Promise<void> {
  const file = `${folder}/${path}`;
  await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true, mode: 0o700 });
  await Deno.writeTextFile(file, text);
}
