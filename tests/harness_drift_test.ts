/**
 * The real agent CLIs against their adapters, offline: each is started in a real tmux pane with what
 * `render()` gives, and driven by the mock model. Needs npm once; runs with KAS_TEST_AGENTS=1.
 */
import assert from "node:assert/strict";
import { harnessFor } from "../lib/harness/mod.ts";
import { agentTest } from "./support/agent_case.ts";
import { AGENT_CLIS, type AgentCli, isMissing } from "./support/agent_clis.ts";
import { sleep, Stage } from "./support/agent_stage.ts";
import { settleUser } from "./support/agent_user.ts";
import type { MockStep } from "./support/mock_model.ts";

/** What differs between the CLIs beside their adapters and users. */
interface CliCase {
  readFile(path: string): MockStep;
  /** A shell command that needs leave under the permission `auto`. */
  risky(command: string): MockStep;
  /** What it may do unasked under `auto` beyond reading and kas's own tools. */
  readonly unasked: readonly MockStep[];
  readonly evidence: { readonly busy: RegExp; readonly idle: RegExp; readonly asking: RegExp };
}

const WRITE_LATER: MockStep = {
  write: { path: "$<root>/repo/.worktrees/w 1/made.txt", content: "made\n" },
};
const COMMIT = "git add -A && git commit -qm made";

const CASES: Readonly<Record<AgentCli, CliCase>> = {
  claude: {
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

const SIGNAL: MockStep = {
  mcp: {
    server: "kasmos",
    tool: "signal_create",
    args: { signal_type: "implement_finished", plan_file: "add-login", payload: "It holds" },
  },
};
const SIGNALLED = [["signal_create", SIGNAL.mcp?.args]];

const wanted = Deno.env.get("KAS_TEST_AGENTS") === "1" ? AGENT_CLIS : [];
for (const name of wanted) {
  const ignore = await isMissing(name);
  const { readFile, risky, unasked, evidence } = CASES[name];
  const harness = harnessFor(name);

  agentTest(name, ignore, "does a whole task unasked under yolo", async () => {
    await using stage = await Stage.open(name, [
      { say: "On it.", write: { path: "$<cwd>/made.txt", content: "made\n" }, delayMs: 300 },
      { shell: COMMIT },
      SIGNAL,
      { text: "All done.", chunkMs: 20 },
    ]);
    const hostEnv = await settleUser(name, stage.home, stage.model.url);
    const prompt = `-- You are "a" coder; $HOME \`x\`\nWork in ${stage.cwd}`;
    const request = stage.request({ task: prompt, permission: "yolo", hostEnv });
    await stage.start(await stage.prepare(harness, request));

    const first = await stage.until("busy", harness, hostEnv);
    await stage.answered("Work in");
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

  agentTest(
    name,
    ignore,
    "asks under auto, reads a long prompt, stops on interrupt",
    async () => {
      await using stage = await Stage.open(name, [
        readFile("$<file>"),
        SIGNAL,
        ...unasked,
        risky("git commit -q --allow-empty -m risky"),
        { text: "All done." },
      ]);
      const hostEnv = await settleUser(name, stage.home, stage.model.url);
      const prompt = `START-OF-PROMPT\n${"All work and no play\n".repeat(4000)}`;
      const request = stage.request({ task: prompt, permission: "auto", hostEnv });
      await stage.start(await stage.prepare(harness, request));

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
    },
  );
}
