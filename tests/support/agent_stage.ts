import assert from "node:assert/strict";
import type { AgentContext, AgentParts } from "../../lib/agent/types.ts";
import type { AgentState, Harness, Launch, RenderRequest } from "../../lib/harness/types.ts";
import { materialize } from "../../lib/launch/materialize.ts";
import { fetchAgentCli, type PinnedCli, pinnedVersion } from "./agent_clis.ts";
import { processesLeft, sleep } from "./agent_processes.ts";
import { type MockModel, type MockStep, startMockModel } from "./mock_model.ts";

export { sleep } from "./agent_processes.ts";

/** What a test says of its launch; the rest is that of a coder's chat. */
export interface StageOptions extends Partial<Omit<AgentContext, "parts">> {
  readonly hostEnv: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly parts?: Partial<AgentParts>;
  /** What kas wants called when the state changes. */
  readonly stateHook?: readonly string[];
  /** What the program is said to be; the pinned one unless a test knows better. */
  readonly version?: string;
  /** False for a launch by hand. */
  readonly isManaged?: boolean;
}

/** How a one-shot run ended. */
export interface RunEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const NO_PARTS: AgentParts = {
  soul: "",
  skills: {},
  commands: {},
  hooks: {},
  mcpServers: {},
  scriptsDir: null,
  binDir: null,
};

const CONTEXT: AgentContext = {
  agent: "tester",
  scope: "global",
  directory: null,
  role: null,
  mode: "chat",
  runtime: "command",
  program: [],
  model: null,
  effort: null,
  permission: "yolo",
  permissionRaw: null,
  outputFormat: "text",
  maxTurns: null,
  timeoutMinutes: null,
  cwd: "/",
  task: null,
  resume: null,
  extraArgs: [],
  parts: NO_PARTS,
  passEnv: [],
  setEnv: {},
  secrets: {},
  strict: false,
};

/** A repository with a linked worktree, a fresh home, a mock model and a private tmux server. */
export class Stage implements AsyncDisposable {
  readonly mark: string = crypto.randomUUID();
  readonly home: string;
  readonly repo: string;
  readonly cwd: string;
  readonly launchDir: string;
  readonly signals: string;
  /** opencode and claude leave files in there. */
  readonly tmp: string;

  private constructor(
    readonly root: string,
    readonly name: PinnedCli,
    readonly program: string,
    readonly model: MockModel,
  ) {
    this.home = `${root}/home`;
    this.repo = `${root}/repo`;
    this.cwd = `${root}/repo/.worktrees/w 1`;
    this.launchDir = `${root}/launch`;
    this.signals = `${root}/signals.jsonl`;
    this.tmp = `${root}/t`;
  }

  static async open(name: PinnedCli, steps: readonly MockStep[]): Promise<Stage> {
    const program = await fetchAgentCli(name);
    // not in /tmp: that is open to codex's sandbox, and would hide what it forbids
    const root = await Deno.makeTempDir({ dir: "/var/tmp", prefix: `kas-${name}-` });
    const model = startMockModel({
      rules: [
        { match: /^(?:[\s\S]*\n)?Work in (?<cwd>[^\n]+)$/m, steps },
        {
          match: /Read the file (?<file>(?<root>\S+)\/launch\/(?:task\/)?prompt\.md) and follow it/,
          steps,
        },
      ],
    });
    const stage = new Stage(root, name, program, model);
    for (const dir of [stage.home, stage.repo, stage.launchDir, stage.tmp]) await Deno.mkdir(dir);
    await stage.git("init", "-q", "-b", "main");
    await stage.git("commit", "-q", "--allow-empty", "-m", "init");
    await stage.git("worktree", "add", "-q", stage.cwd, "-b", "w1");
    await Deno.writeTextFile(
      `${stage.home}/.gitconfig`,
      "[user]\nname = Test\nemail = test@example.invalid\n",
    );
    return stage;
  }

  async git(...args: string[]): Promise<string> {
    return await run("git", [
      "-C",
      this.repo,
      "-c",
      "user.name=Test",
      "-c",
      "user.email=test@example.invalid",
      ...args,
    ]);
  }

  /** A launch as kas would ask for it, of an agent with `parts`. */
  request(options: StageOptions): RenderRequest {
    const { hostEnv, env, parts, stateHook = null, version, isManaged = true, ...context } =
      options;
    return {
      context: {
        ...CONTEXT,
        role: isManaged ? "coder" : null,
        cwd: this.cwd,
        program: [this.program],
        ...context,
        parts: { ...NO_PARTS, ...parts },
      },
      launchDir: this.launchDir,
      agentDir: `${this.launchDir}/agent`,
      repoRoot: this.repo,
      promptFile: `${this.launchDir}/prompt.md`,
      kasServer: { command: mcpCommand(this.signals), envNames: ["KASMOS_TEST_MARK"] },
      stateHook,
      version: version ?? pinnedVersion(this.name),
      env: {
        KASMOS_TEST_MARK: this.mark,
        KAS_AGENT_DIR: `${this.launchDir}/agent`,
        ...env,
      },
      hostEnv: {
        PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
        HOME: this.home,
        TMPDIR: this.tmp,
        LANG: "C.UTF-8",
        SHELL: "/bin/sh",
        CLAUDECODE: "1",
        ...hostEnv,
      },
    };
  }

  /** Renders a launch and writes what it needs. */
  async prepare(harness: Harness, request: RenderRequest): Promise<Launch> {
    const launch = await harness.render(request);
    const { context, launchDir, agentDir, promptFile } = request;
    const lockFile = `${this.root}/lock`;
    await materialize({
      context,
      harness,
      launch,
      launchDir,
      agentDir,
      version: null,
      promptFile,
      lockFile,
    });
    return launch;
  }

  /** Runs a one-shot launch to its end. */
  async run({ argv, env, stdin }: Launch): Promise<RunEnd> {
    const [program = "", ...args] = argv;
    const child = new Deno.Command(program, {
      args,
      cwd: this.cwd,
      clearEnv: true,
      env: { ...env },
      stdin: stdin === null ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
      signal: AbortSignal.timeout(120_000),
    }).spawn();
    if (stdin !== null) {
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(stdin));
      await writer.close();
    }
    const { code, stdout, stderr } = await child.output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: text(stdout), stderr: text(stderr) };
  }

  async tmux(...args: string[]): Promise<string> {
    return await run("tmux", ["-S", `${this.root}/tmux.sock`, "-f", "/dev/null", ...args]);
  }

  async start({ argv, env }: Launch): Promise<void> {
    const variables = Object.entries(env).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
    const size = ["-x", "160", "-y", "48", "-c", this.cwd];
    await this.tmux("new-session", "-d", "-s", "agent", ...size, ...variables, "--", ...argv);
  }

  async screen(): Promise<string> {
    return (await this.tmux("capture-pane", "-p", "-t", "=agent:")).replace(/\n+$/, "");
  }

  async state(harness: Harness, hostEnv: Record<string, string>): Promise<AgentState> {
    const format = "#{pane_pid} #{pane_title}";
    const line = await this.tmux("list-panes", "-t", "=agent:", "-F", format);
    const [, pid, title = ""] = /^(\d+) (.*)$/m.exec(line) ?? [];
    const { launchDir, cwd } = this;
    return await harness.state({ launchDir, cwd, pid: Number(pid), title, hostEnv });
  }

  /** Looks until the state is `wanted`; returns the states on the way, each once in a row. */
  async until(
    wanted: AgentState["activity"],
    harness: Harness,
    hostEnv: Record<string, string>,
  ): Promise<AgentState[]> {
    const seen: AgentState[] = [];
    for (const end = Date.now() + 90_000; Date.now() < end; await sleep(50)) {
      const now = await this.state(harness, hostEnv);
      if (now.activity !== seen.at(-1)?.activity) seen.push(now);
      if (now.activity === wanted) return seen;
    }
    const states = seen.map(({ activity, evidence }) => `${activity} (${evidence})`).join(", ");
    throw new Error(`${this.name} is not ${wanted}; states: ${states}\n${await this.screen()}`);
  }

  /** Waits until the model has said `last` to a prompt: an agent may rest for a moment before it. */
  async answered(prompt: string, last = "All done."): Promise<void> {
    for (const end = Date.now() + 90_000; Date.now() < end; await sleep(50)) {
      const said = this.model.requests().filter((request) => request.prompt.includes(prompt));
      if (said.some(({ answer }) => answer.text === last)) return;
    }
    throw new Error(`${this.name} does not get to an end\n${await this.screen()}`);
  }

  /** Calls the agent made of kas's tools. */
  async calls(path: string = this.signals): Promise<unknown[]> {
    const lines = (await textOf(path)).split("\n");
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
  }

  /** What the user's own settings say of trust after a run. */
  async trustInSettings(): Promise<string[]> {
    const files = [`${this.home}/.claude.json`, `${this.home}/.codex/config.toml`];
    const texts = await Promise.all(files.map((path) => textOf(path)));
    return texts.flatMap((text) =>
      text.match(/trust_level.*|"hasTrustDialogAccepted": true/g) ?? []
    );
  }

  async killPane(): Promise<void> {
    await this.tmux("kill-session", "-t", "=agent");
    assert.deepEqual(await processesLeft(this.mark), []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.tmux("kill-server").catch((error: Error) => {
        const gone = /no server running|error connecting|server exited|No such file/;
        if (!gone.test(error.message)) throw error;
      });
      await processesLeft(this.mark); // so that nobody writes into what is removed next
    } finally {
      await this.model[Symbol.asyncDispose]();
      await Deno.remove(this.root, { recursive: true });
    }
  }
}

async function run(program: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    clearEnv: true,
    env: { PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin", HOME: "/nonexistent", LANG: "C.UTF-8" },
    stdin: "null",
  }).output();
  if (success) return new TextDecoder().decode(stdout);
  throw new Error(`${program} ${args[0]} failed: ${new TextDecoder().decode(stderr)}`);
}

/** Text of a file, empty when there is none. */
async function textOf(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

function here(path: string): string {
  return decodeURIComponent(new URL(path, import.meta.url).pathname);
}

/** Starts the recording server; without a file it writes where `RECORD_TO` says. */
export function mcpCommand(log?: string): string[] {
  const script = here("recording_mcp.ts");
  const words = [Deno.execPath(), "run", "-A", "--quiet", "--no-config", "--cached-only", script];
  return log === undefined ? words : [...words, log];
}

/** Where this deno keeps its packages: the agents have a home of their own. */
export async function denoDir(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}
