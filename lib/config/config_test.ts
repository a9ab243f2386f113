import assert from "node:assert/strict";
import { KasError } from "../errors.ts";
import { loadConfig, loadDaemonConfig } from "./config.ts";
import { type Paths, projectPaths, resolvePaths } from "./paths.ts";
import { agentFor, harnessOf } from "./resolve.ts";
import type { ConfigFinding } from "./types.ts";

interface Files {
  user?: string;
  project?: string;
  daemon?: string;
}

async function withFiles(
  files: Files,
  body: (repo: string, paths: Paths) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "kas-config-" });
  try {
    const repo = `${dir}/repo`;
    const paths = resolvePaths({ HOME: dir, KASMOS_HOME: `${dir}/home` }, 1);
    await Deno.mkdir(paths.configDir);
    await Deno.mkdir(projectPaths(repo).dir, { recursive: true });
    if (files.user !== undefined) await Deno.writeTextFile(paths.userConfig, files.user);
    if (files.daemon !== undefined) await Deno.writeTextFile(paths.daemonConfig, files.daemon);
    if (files.project !== undefined) {
      await Deno.writeTextFile(projectPaths(repo).config, files.project);
    }
    await body(repo, paths);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const brief = (findings: readonly ConfigFinding[]) =>
  findings.map(({ level, line, column, message }) => `${level} ${line}:${column} ${message}`);

async function errorsOf(project: string): Promise<string[]> {
  const lines: string[] = [];
  await withFiles({ project }, async (repo, paths) => {
    await assert.rejects(loadConfig(repo, paths), (error) => {
      assert.ok(error instanceof KasError);
      assert.equal(error.code, "invalid");
      assert.ok(error.message.includes(projectPaths(repo).config));
      lines.push(...brief(error.context.findings as ConfigFinding[]));
      return true;
    });
  });
  return lines;
}

Deno.test("loadConfig() gives frozen defaults without any file", () =>
  withFiles({}, async (repo, paths) => {
    const { config, warnings, sources, files } = await loadConfig(repo, paths);
    assert.deepEqual(config.policy, {
      autoAdvance: true,
      autoAdvanceWaves: true,
      autoReviewFix: true,
      maxReviewFixCycles: 5,
      autoReadinessReview: true,
      readinessSelfFixMaxLines: 80,
      blueprintSkipThreshold: 2,
      maxParallelWaveTasks: 0,
      waveIsolation: "worktree",
      autoMerge: false,
      stuckAfterMinutes: 15,
    });
    assert.equal(config.phases.readiness_review, "master");
    assert.equal(config.branchPrefix, "plan/");
    assert.deepEqual([warnings.length, agentFor(config, "planning")], [0, null]);
    assert.ok(sources.every((entry) => entry.source === "default"));
    assert.deepEqual(files.map((file) => file.exists), [false, false]);
    assert.ok(Object.isFrozen(config) && Object.isFrozen(config.policy));
    assert.equal((await loadConfig(null, paths)).files.length, 1);
  }));

Deno.test("loadConfig() lets the project win over the user, key by key", () =>
  withFiles({
    user: `branch_prefix = "u/"
[ui]
max_review_fix_cycles = 0
[orchestration]
auto_advance = false
[agents.coder]
program = "/opt/bin/claude --verbose"
model = "opus"
env = { A = "user", B = "user" }
`,
    project: `[ui]
max_review_fix_cycles = 3
stuck_after_minutes = 60
[resources]
max_parallel_wave_tasks = 2
[phases]
master_review = "judge"
[agents.coder]
flags = ["--permission-mode bypassPermissions", "--x"]
permission_default = "bypass"
env = { B = "project" }
`,
  }, async (repo, paths) => {
    const { config, sources, warnings } = await loadConfig(repo, paths, {
      daemonPolicy: { auto_merge: true, max_review_fix_cycles: 9 },
    });
    assert.deepEqual(warnings, []);
    const { policy } = config;
    assert.deepEqual(
      [policy.maxReviewFixCycles, policy.autoAdvance, policy.autoMerge],
      [3, false, true],
    );
    assert.deepEqual([policy.stuckAfterMinutes, policy.maxParallelWaveTasks], [60, 2]);
    assert.equal(config.phases.readiness_review, "judge");
    assert.deepEqual({ ...agentFor(config, "implementing"), env: null }, {
      name: "coder",
      enabled: true,
      program: ["/opt/bin/claude", "--verbose"],
      harness: "claude",
      flags: ["--permission-mode", "bypassPermissions", "--x"],
      model: "opus",
      effort: null,
      executionMode: "tmux",
      permissionDefault: "bypass",
      env: null,
      timeoutMinutes: null,
    });
    assert.deepEqual({ ...config.agents.coder?.env }, { A: "user", B: "project" });
    const from = Object.fromEntries(sources.map(({ key, source }) => [key, source]));
    assert.equal(from["branch_prefix"], "user");
    assert.equal(from["ui.max_review_fix_cycles"], "project");
    assert.equal(from["orchestration.auto_merge"], "daemon");
    assert.equal(from["agents.coder.env.A"], "user");
    assert.equal(from["ui.auto_review_fix"], "default");
  }));

Deno.test("loadConfig() lists everything that is wrong with its place and what is allowed", async () => {
  assert.deepEqual(
    await errorsOf(`default_program = 7
database_url = "postgres://u:secret@h/db"
branch_prefix = "a b"
[ui]
  max_review_fix_cycles = -1.5
[phases]
fixer = "../x"
[agents.coder]
program = 'claude "x'
flags = ["ok", 7]
execution_mode = "sdk"
env = { "A-B" = "1" }
[agents."../y"]
program = "claude"
`),
    [
      'error 1:1 Cannot use "7" for default_program: expected a command line with closed quotes',
      'error 2:1 Cannot use this value for database_url: expected "": this version keeps tasks only in the local database',
      'error 3:1 Cannot use "a b" for branch_prefix: expected the beginning of a branch name, such as "plan/"',
      'error 5:3 Cannot use "-1.5" for ui.max_review_fix_cycles: expected a whole number from 0 to 1000',
      "error 7:1 Cannot use \"../x\" for phases.fixer: expected the name of an agent: letters, digits, '.', '_', '-'",
      'error 9:1 Cannot use "claude \\"x" for agents.coder.program: expected a command line with closed quotes',
      'error 10:16 Cannot use "7" for agents.coder.flags[1]: expected a command line with closed quotes',
      'error 11:1 Cannot use "sdk" for agents.coder.execution_mode: expected "tmux"',
      "error 12:1 Cannot use a table for agents.coder.env: expected a table of texts, with names of letters, digits and '_'",
      "error 13:2 Cannot use \"../y\" for agents.\"../y\": expected the name of an agent: letters, digits, '.', '_', '-'",
    ],
  );
});

Deno.test("loadConfig() refuses lists and values in place of tables", async () => {
  assert.deepEqual(await errorsOf(`ui = []\nphases = 5\nagents.coder = [1]\n[[orchestration]]\n`), [
    "error 1:1 Cannot use a list for ui: expected a table",
    'error 2:1 Cannot use "5" for phases: expected a table',
    "error 3:1 Cannot use a list for agents.coder: expected a table",
    "error 4:3 Cannot use a list for orchestration: expected a table",
  ]);
});

Deno.test("loadConfig() names the place of broken TOML", async () => {
  assert.deepEqual(await errorsOf("a = 1\nb = \n"), [
    "error 2:5 Cannot read it as TOML: invalid value",
  ]);
});

Deno.test("loadConfig() warns of unknown keys with the nearest and of unused ones", () =>
  withFiles({
    project: `branch_prefx = "a/"
daemon_poll_interval = 5
[uii]
x = 1
[ui]
max_review_cycles = 2
theme_source = "system"
[agents.coder]
progam = "claude"
tier = "fast"
env = { ANY_NAME = "1" }
[telemetry]
enabled = false
[[hooks]]
type = "command"
`,
  }, async (repo, paths) => {
    const { warnings, config } = await loadConfig(repo, paths);
    assert.deepEqual(brief(warnings), [
      'warning 1:1 Unknown key "branch_prefx"; did you mean branch_prefix?',
      "warning 2:1 daemon_poll_interval is not used by this version",
      'warning 3:2 Unknown key "uii"; did you mean ui?',
      'warning 6:1 Unknown key "ui.max_review_cycles"; did you mean ui.max_review_fix_cycles?',
      "warning 7:1 ui.theme_source is not used by this version",
      'warning 9:1 Unknown key "agents.coder.progam"; did you mean agents.coder.program?',
      "warning 10:1 agents.coder.tier is not used by this version",
      "warning 12:2 telemetry is not used by this version",
      "warning 14:3 hooks is not used by this version",
    ]);
    assert.equal(config.agents.coder?.enabled, false);
  }));

Deno.test("loadConfig() warns of an enabled agent without a program", () =>
  withFiles({ project: "\n[agents.fixer]\nenabled = true\n" }, async (repo, paths) => {
    const { warnings, config } = await loadConfig(repo, paths);
    assert.deepEqual(brief(warnings), [
      "warning 3:1 agents.fixer is enabled but has no program: the default program is used",
    ]);
    assert.equal(agentFor(config, "fixer"), null);
  }));

Deno.test("loadConfig() looks up agents named like built-in properties", () =>
  withFiles({ project: `[phases]\nfixer = "constructor"\n` }, async (repo, paths) => {
    const { config } = await loadConfig(repo, paths);
    assert.equal(agentFor(config, "fixer"), null);
  }));

Deno.test("loadConfig() explains files it cannot take", () =>
  withFiles({}, async (repo, paths) => {
    const invalid = (error: unknown) => error instanceof KasError && error.code === "invalid";
    await Deno.writeFile(paths.userConfig, new Uint8Array([0x61, 0xff]));
    await assert.rejects(loadConfig(repo, paths), invalid);
    await Deno.remove(paths.userConfig);
    await Deno.mkdir(paths.userConfig);
    await assert.rejects(loadConfig(repo, paths), invalid);
  }));

Deno.test("loadDaemonConfig() reads repositories, socket and policy", async () => {
  await withFiles({}, async (_repo, paths) => {
    const { config } = await loadDaemonConfig(paths);
    assert.deepEqual(config, { repos: [], socketPath: null, policy: {} });
  });
  await withFiles({
    daemon: `repos = ["/a/", "/b", "/a"]
socket_path = "/run/k.sock"
auto_advance = false
max_review_fix_cycle = 1
poll_interval_sec = 2.0
`,
  }, async (_repo, paths) => {
    const { config, warnings } = await loadDaemonConfig(paths);
    assert.deepEqual(config, {
      repos: ["/a", "/b"],
      socketPath: "/run/k.sock",
      policy: { auto_advance: false },
    });
    assert.deepEqual(brief(warnings), [
      'warning 4:1 Unknown key "max_review_fix_cycle"; did you mean max_review_fix_cycles?',
      "warning 5:1 poll_interval_sec is not used by this version",
    ]);
  });
  await withFiles({ daemon: `repos = ["x"]\nsocket_path = "y"\n` }, async (_repo, paths) => {
    await assert.rejects(loadDaemonConfig(paths), (error) => {
      assert.ok(error instanceof KasError);
      assert.match(error.message, /:1:10: .*\n.*:2:1: /);
      return true;
    });
  });
});

Deno.test("harnessOf() goes by the name of the executable", () => {
  assert.equal(harnessOf(["/usr/bin/claude", "x"]), "claude");
  assert.equal(harnessOf(["codex.exe"]), "codex");
  assert.equal(harnessOf(["aider"]), "command");
  assert.equal(harnessOf([]), null);
});

Deno.test("loadConfig() lets what is meant for one runtime not follow to another", async () => {
  const user = (runtime: string) =>
    `[agents.p]
program = "${runtime} --own"
model = "opus"
effort = "max"
flags = ["--f3"]
timeout_minutes = 9
`;
  const chosen = async (files: Parameters<typeof withFiles>[0]) => {
    let found: unknown = null;
    await withFiles(files, async (repo, paths) => {
      const { config: { agents } } = await loadConfig(repo, paths);
      const { program, harness, model, effort, flags, timeoutMinutes } = agents["p"] ??
        assert.fail("no agent");
      found = [program.join(" "), harness, model, effort, flags.join(" "), timeoutMinutes];
    });
    return found;
  };
  const project = `[agents.p]\nprogram = "codex"\n`;
  assert.deepEqual(await chosen({ user: user("claude"), project }), [
    "codex",
    "codex",
    null,
    null,
    "",
    9,
  ]);
  assert.deepEqual(await chosen({ user: user("codex"), project }), [
    "codex",
    "codex",
    "opus",
    "max",
    "--f3",
    9,
  ]);
  const explicit = `${user("wrapper")}harness = "claude"\n`;
  assert.deepEqual(await chosen({ user: explicit, project }), [
    "codex",
    "codex",
    null,
    null,
    "",
    9,
  ]);
});
