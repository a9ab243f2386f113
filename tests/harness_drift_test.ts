/**
 * The real agent CLIs against their adapters, offline: each is started in a real tmux pane with what
 * `prepare()` gives, and driven by the mock model. Needs npm once; runs with KAS_TEST_AGENTS=1.
 */
import assert from "node:assert/strict";
import { harnessFor } from "../lib/harness/mod.ts";
import type { AgentState, Harness, Launch, LaunchRequest } from "../lib/harness/types.ts";
import { AGENT_CLIS, type AgentCli, fetchAgentCli, optionalAgents } from "./support/agent_clis.ts";
import { type MockModel, type MockStep, startMockModel } from "./support/mock_model.ts";

/** What differs between the CLIs beside their adapters. */
interface CliCase {
  /** Prepares a fresh home as its user would have it; returns the daemon's extra variables. */
  user(home: string, url: string): Promise<Record<string, string>>;
  readFile(path: string): MockStep;
  /** A shell command that needs leave under the permission `prompt`. */
  risky(command: string): MockStep;
  /** What it may do unasked under `prompt` beyond reading and kas's own tools. */
  readonly unasked: readonly MockStep[];
  readonly evidence: { readonly busy: RegExp; readonly idle: RegExp; readonly asking: RegExp };
}

const WRITE_LATER: MockStep = {
  write: { path: "$<root>/repo/.worktrees/w 1/made.txt", content: "made\n" },
};
const COMMIT = "git add -A && git commit -qm made";

const CASES: Readonly<Record<AgentCli, CliCase>> = {
  claude: {
    user: (_home, url) =>
      Promise.resolve({
        ANTHROPIC_BASE_URL: url,
        ANTHROPIC_API_KEY: "sk-ant-made-up-0123456789abcdefghij",
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      }),
    readFile: (path) => ({ tool: { name: "Read", args: { file_path: path } } }),
    risky: (shell) => ({ shell }),
    unasked: [WRITE_LATER],
    evidence: {
      busy: /^session file: busy/,
      idle: /^session file: idle/,
      asking: /^session file: waiting, permission prompt/,
    },
  },
  codex: {
    async user(home, url) {
      await Deno.mkdir(`${home}/.codex`);
      await Deno.writeTextFile(`${home}/.codex/config.toml`, codexConfig(url));
      return { OPENAI_API_KEY: "made-up" };
    },
    readFile: (path) => ({ shell: `head -c 2000 '${path}'` }),
    risky: (cmd) => ({
      tool: {
        name: "exec_command",
        args: { cmd, sandbox_permissions: "require_escalated", justification: "Try it?" },
      },
    }),
    unasked: [
      WRITE_LATER,
      { shell: COMMIT },
      { shell: 'touch "$(git rev-parse --git-common-dir)/hooks/left-behind"' },
    ],
    evidence: { busy: /^title: [\u2800-\u28ff] /, idle: /^title: /, asking: /Action Required/ },
  },
  opencode: {
    async user(home, url) {
      await Deno.mkdir(`${home}/.config/opencode`, { recursive: true });
      await Deno.writeTextFile(`${home}/.config/opencode/opencode.json`, opencodeConfig(url));
      return { OPENCODE_DISABLE_MODELS_FETCH: "1", OPENCODE_DISABLE_AUTOUPDATE: "1" };
    },
    readFile: (path) => ({ tool: { name: "read", args: { filePath: path } } }),
    risky: (shell) => ({ shell }),
    unasked: [WRITE_LATER],
    evidence: {
      busy: /^server on port \d+: busy/,
      idle: /^server on port \d+: idle/,
      asking: /^server on port \d+: permission bash/,
    },
  },
};

function codexConfig(url: string): string {
  return `model = "mock-model"
model_provider = "mock"
[analytics]
enabled = false
[features]
plugins = false
apps = false
[model_providers.mock]
name = "mock"
base_url = "${url}/v1"
wire_api = "responses"
env_key = "OPENAI_API_KEY"
`;
}

function opencodeConfig(url: string): string {
  return JSON.stringify({
    model: "mock/mock-model",
    small_model: "mock/mock-model",
    provider: {
      mock: {
        npm: "@ai-sdk/openai-compatible",
        options: { baseURL: `${url}/v1`, apiKey: "made-up" },
        models: { "mock-model": { limit: { context: 200_000, output: 8_192 } } },
      },
    },
  });
}

const SIGNAL: MockStep = {
  mcp: {
    server: "kasmos",
    tool: "signal_create",
    args: { signal_type: "implement_finished", plan_file: "add-login", payload: "It holds" },
  },
};
const SIGNALLED = [["emitSignal", "implement_finished", "add-login", "It holds"]];

/** A repository with a linked worktree, a fresh home, a mock model and a private tmux server. */
class Stage implements AsyncDisposable {
  readonly mark: string = crypto.randomUUID();
  readonly home: string;
  readonly repo: string;
  readonly cwd: string;
  readonly sessionDir: string;
  readonly signals: string;

  private constructor(
    readonly root: string,
    readonly name: AgentCli,
    readonly program: string,
    readonly model: MockModel,
  ) {
    this.home = `${root}/home`;
    this.repo = `${root}/repo`;
    this.cwd = `${root}/repo/.worktrees/w 1`;
    this.sessionDir = `${root}/session`;
    this.signals = `${root}/signals.jsonl`;
  }

  static async open(name: AgentCli, steps: readonly MockStep[]): Promise<Stage> {
    const program = await fetchAgentCli(name);
    // not in /tmp: that is open to codex's sandbox, and would hide what it forbids
    const root = await Deno.makeTempDir({ dir: "/var/tmp", prefix: `kas-${name}-` });
    const model = startMockModel({
      rules: [
        { match: /^(?:[\s\S]*\n)?Work in (?<cwd>[^\n]+)$/m, steps },
        { match: /Read the file (?<file>(?<root>\S+)\/session\/prompt\.md) and follow it/, steps },
      ],
    });
    const stage = new Stage(root, name, program, model);
    for (const dir of [stage.home, stage.repo, stage.sessionDir]) await Deno.mkdir(dir);
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

  async request(
    options: Pick<LaunchRequest, "prompt" | "permission"> & { hostEnv: Record<string, string> },
  ): Promise<LaunchRequest> {
    const promptFile = `${this.sessionDir}/prompt.md`;
    await Deno.writeTextFile(promptFile, options.prompt, { mode: 0o600 });
    return {
      sessionId: 1,
      role: "coder",
      cwd: this.cwd,
      repoRoot: this.repo,
      prompt: options.prompt,
      promptFile,
      sessionDir: this.sessionDir,
      program: [this.program],
      model: null,
      effort: null,
      flags: [],
      permission: options.permission,
      mcp: { command: await mcpCommand(this.signals), env: { DENO_DIR: await denoDir() } },
      env: { KASMOS_TEST_MARK: this.mark },
      hostEnv: {
        PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
        HOME: this.home,
        LANG: "C.UTF-8",
        SHELL: "/bin/sh",
        CLAUDECODE: "1",
        ...options.hostEnv,
      },
    };
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
    const { sessionDir, cwd } = this;
    return await harness.state({ sessionDir, cwd, pid: Number(pid), title, hostEnv });
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

  /** Calls the agent made of kas's tools. */
  async calls(): Promise<unknown[]> {
    const lines = (await textOf(this.signals)).split("\n");
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

  /** Processes of this stage, by the mark in their environment. */
  async processes(): Promise<string[]> {
    const found: string[] = [];
    for await (const { name } of Deno.readDir("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      const [environment, command] = await Promise.all([
        procFile(name, "environ"),
        procFile(name, "cmdline"),
      ]);
      if (environment.includes(this.mark)) found.push(`${name} ${command.replaceAll("\0", " ")}`);
    }
    return found;
  }

  async killPane(): Promise<void> {
    await this.tmux("kill-session", "-t", "=agent");
    assert.deepEqual(await this.remaining(), []);
  }

  /** Processes that are still there after a while; always none where there is no procfs. */
  async remaining(): Promise<string[]> {
    if (Deno.build.os !== "linux") return [];
    for (const end = Date.now() + 15_000; Date.now() < end; await sleep(100)) {
      if ((await this.processes()).length === 0) return [];
    }
    return await this.processes();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.tmux("kill-server").catch((error: Error) => {
        const gone = /no server running|error connecting|server exited|No such file/;
        if (!gone.test(error.message)) throw error;
      });
      await this.remaining(); // so that nobody writes into what is removed next
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

async function procFile(pid: string, name: string): Promise<string> {
  try {
    return await Deno.readTextFile(`/proc/${pid}/${name}`);
  } catch (error) {
    // ESRCH has no class of its own
    const gone = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.PermissionDenied ||
      error instanceof Error && error.message.includes("(os error 3)");
    if (gone) return "";
    throw error;
  }
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

function mcpCommand(log: string): string[] {
  const config = here("../deno.json");
  const script = here("support/recording_mcp.ts");
  return [Deno.execPath(), "run", "-A", "--quiet", "--config", config, script, log];
}

/** Where this deno keeps its packages: the agents have a home of their own. */
async function denoDir(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Registers a test that needs the real CLI; skipped only when the CLI is declared optional. */
function agentTest(name: AgentCli, title: string, body: () => Promise<void>): void {
  if (Deno.env.get("KAS_TEST_AGENTS") !== "1") return;
  Deno.test({
    name: `${name}: ${title}`,
    ignore: optionalAgents().has(name),
    // the kept-alive connections of the CLIs end with the mock model
    sanitizeResources: false,
    async fn() {
      try {
        await body();
      } catch (error) {
        // the runner prints neither half of it
        if (error instanceof SuppressedError) {
          throw new AggregateError([error.suppressed, error.error], "Test and clean-up failed");
        }
        throw error;
      }
    },
  });
}

for (const name of AGENT_CLIS) {
  const { user, readFile, risky, unasked, evidence } = CASES[name];
  const harness = harnessFor(name);

  agentTest(name, "does a whole task unasked under bypass", async () => {
    await using stage = await Stage.open(name, [
      { say: "On it.", write: { path: "$<cwd>/made.txt", content: "made\n" }, delayMs: 300 },
      { shell: COMMIT },
      SIGNAL,
      { text: "All done.", chunkMs: 20 },
    ]);
    const hostEnv = await user(stage.home, stage.model.url);
    const prompt = `-- You are "a" coder; $HOME \`x\`\nWork in ${stage.cwd}`;
    const request = await stage.request({ prompt, permission: "bypass", hostEnv });
    await stage.start(await harness.prepare(request));

    const first = await stage.until("busy", harness, hostEnv);
    const rest = await stage.until("idle", harness, hostEnv);
    assert.match(first.at(-1)?.evidence ?? "", evidence.busy);
    assert.match(rest.at(-1)?.evidence ?? "", evidence.idle);
    const states = [...first, ...rest].map(({ activity }) => activity);
    assert.equal(states.includes("asking"), false, `states: ${states}`);

    assert.equal(await stage.git("show", "w1:made.txt"), "made\n", await stage.screen());
    assert.equal(await stage.git("log", "--format=%s", "w1"), "made\ninit\n");
    assert.deepEqual(await stage.calls(), SIGNALLED);
    const prompts = stage.model.requests().map((request) => request.prompt);
    assert.ok(prompts.some((text) => text.includes(prompt)), prompts[0]);
    assert.deepEqual(await stage.trustInSettings(), []);
    await stage.killPane();
  });

  agentTest(name, "asks under prompt, reads a long prompt, stops on interrupt", async () => {
    await using stage = await Stage.open(name, [
      readFile("$<file>"),
      SIGNAL,
      ...unasked,
      risky("git commit -q --allow-empty -m risky"),
      { text: "All done." },
    ]);
    const hostEnv = await user(stage.home, stage.model.url);
    const prompt = `START-OF-PROMPT\n${"All work and no play\n".repeat(4000)}`;
    const request = await stage.request({ prompt, permission: "prompt", hostEnv });
    await stage.start(await harness.prepare(request));

    const states = await stage.until("asking", harness, hostEnv);
    assert.match(states.at(-1)?.evidence ?? "", evidence.asking);
    assert.equal(stage.model.requests().at(-1)?.answer.step, 2 + unasked.length);
    assert.deepEqual(await stage.calls(), SIGNALLED);
    const bodies = stage.model.requests().map(({ body }) => JSON.stringify(body));
    assert.ok(bodies.at(-1)?.includes("START-OF-PROMPT"), "the prompt file was not read");
    assert.equal(await Deno.readTextFile(`${stage.cwd}/made.txt`), "made\n");
    if (name === "codex") {
      assert.equal(await stage.git("show", "w1:made.txt"), "made\n");
      const hooks = [...Deno.readDirSync(`${stage.repo}/.git/hooks`)].map((entry) => entry.name);
      assert.equal(hooks.includes("left-behind"), false);
    }

    await sleep(1_000); // a dialog takes no keys at once
    for (const key of harness.interruptKeys) {
      await stage.tmux("send-keys", "-t", "=agent:", key);
      await sleep(300);
    }
    await stage.until("idle", harness, hostEnv);
    await stage.killPane();
  });
}
