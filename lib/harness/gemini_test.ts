import assert from "node:assert/strict";
import { KasError } from "../errors.ts";
import { geminiHarness } from "./gemini.ts";
import { fileOf, type TestChanges, type TestDirs, testDirs, testRequest } from "./test_request.ts";
import type { Launch } from "./types.ts";

/** A launch in a folder that exists, by a user without an identity for git. */
function render(dirs: TestDirs, changes: TestChanges = {}): Promise<Launch> {
  return geminiHarness.render(testRequest(dirs, { cwd: dirs.root, ...changes }));
}

async function write(path: string, text: string): Promise<void> {
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  await Deno.writeTextFile(path, text);
}

function settingsOf(launch: Launch, dirs: TestDirs): Record<string, unknown> {
  return JSON.parse(fileOf(launch, dirs, "gemini/.gemini/settings.json"));
}

const QUIET = {
  general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
  privacy: { usageStatisticsEnabled: false },
  ui: { hideWindowTitle: false, dynamicWindowTitle: true },
};

Deno.test("geminiHarness.render() gives a chat its command and its own home", async () => {
  await using dirs = await testDirs();
  const launch = await render(dirs, {
    program: ["gemini"],
    model: "gemini-3-pro",
    extraArgs: ["--debug"],
    task: "- Do it",
    hostEnv: { HOME: dirs.home, GEMINI_API_KEY: "k3y", GEMINI_SANDBOX: "1", CI: "true" },
    env: { A: "b" },
  });
  const { session, projects } = JSON.parse(fileOf(launch, dirs, "gemini.json"));
  assert.match(session, /^[0-9a-f-]{36}$/);
  assert.equal(projects, `${dirs.home}/.gemini/tmp`);
  assert.deepEqual(launch.argv, [
    "gemini",
    "--approval-mode=yolo",
    "--model",
    "gemini-3-pro",
    `--session-id=${session}`,
    "--debug",
    "--prompt-interactive=- Do it",
  ]);
  const home = `${dirs.launchDir}/gemini`;
  assert.deepEqual(launch.env, {
    HOME: dirs.home,
    GEMINI_API_KEY: "k3y",
    A: "b",
    TMPDIR: `${dirs.launchDir}/tmp`,
    GEMINI_CLI_HOME: home,
    KASMOS_GEMINI_HOME: dirs.home,
    GEMINI_CLI_NO_RELAUNCH: "true",
    GEMINI_CLI_TRUST_WORKSPACE: "true",
  });
  assert.deepEqual(settingsOf(launch, dirs), {
    ...QUIET,
    security: { auth: { selectedType: "gemini-api-key" } },
    mcpServers: {
      kasmos: {
        command: "kas",
        args: ["mcp"],
        env: { KASMOS_PROJECT: "${KASMOS_PROJECT}", KASMOS_TASK: "${KASMOS_TASK}" },
        trust: true,
      },
    },
  });
  const users = `${dirs.home}/.gemini`;
  assert.deepEqual(launch.links, [{ path: `${home}/.gemini/tmp`, target: `${users}/tmp` }]);
  const [answer] = launch.answers;
  assert.equal(answer?.path, `${users}/tmp/.keep`);
  assert.deepEqual([answer?.edit(null), answer?.edit("")], ["", null]);
  assert.deepEqual([launch.stdin, launch.notes], [null, []]);
});

Deno.test("geminiHarness.render() gives a run its command, with the task on stdin", async () => {
  await using dirs = await testDirs();
  const launch = await render(dirs, {
    mode: "run",
    program: ["gemini"],
    permission: "auto",
    outputFormat: "stream-json",
    maxTurns: 7,
    task: "/help",
    resume: "last",
  });
  assert.deepEqual(launch.argv, [
    "gemini",
    "--output-format",
    "stream-json",
    "--approval-mode=auto_edit",
    "--resume=latest",
  ]);
  assert.equal(launch.stdin, "/help");
  assert.deepEqual(settingsOf(launch, dirs).model, { maxSessionTurns: 7 });
  assert.match(launch.notes.join(), /nobody can answer in a run: under the permission auto/);
});

Deno.test("geminiHarness.render() has an approval mode for each permission", async () => {
  await using dirs = await testDirs();
  const mode = async (changes: TestChanges) => (await render(dirs, changes)).argv[1];
  assert.equal(await mode({ permission: "ask" }), "--approval-mode=default");
  assert.equal(await mode({ permission: "auto" }), "--approval-mode=auto_edit");
  assert.equal(await mode({ permissionRaw: "plan" }), "--approval-mode=plan");
  assert.ok((await render(dirs, { resume: "abc" })).argv.includes("--resume=abc"));
});

Deno.test("geminiHarness.render() points to a first prompt gemini would not take as it is", async () => {
  await using dirs = await testDirs();
  const folder = `${dirs.launchDir}/task`;
  for (const task of ["/help", " /help", "see @/etc/passwd", "a".repeat(70_000), "a\0b"]) {
    const launch = await render(dirs, { task });
    assert.deepEqual(launch.argv.slice(-2), [
      `--include-directories=${folder}`,
      `--prompt-interactive=Read the file ${folder}/prompt.md and follow it.`,
    ]);
    assert.equal(fileOf(launch, dirs, "task/prompt.md"), task);
    assert.deepEqual(JSON.parse(fileOf(launch, dirs, "gemini/.gemini/trustedFolders.json")), {
      [folder]: "TRUST_FOLDER",
    });
  }
  for (const task of ["--yolo", "!ls", "me@example.com", "a / b"]) {
    assert.equal((await render(dirs, { task })).argv.at(-1), `--prompt-interactive=${task}`);
  }
});

Deno.test("geminiHarness.render() puts the parts of an agent into the home", async () => {
  await using dirs = await testDirs();
  await write(
    `${dirs.root}/ship.md`,
    '---\ndescription: "Ship it"\n---\nShip $ARGUMENTS\nwith "care"\n',
  );
  const launch = await render(dirs, {
    parts: {
      soul: "---\nname: x\n---\r\nAsk @ann or a@b, `run @scope/x`, ```\n@y\n``` @./z\r\n",
      skills: { deploy: "/agent/skills/deploy" },
      commands: { ship: `${dirs.root}/ship.md` },
    },
  });
  const home = `${dirs.launchDir}/gemini/.gemini`;
  assert.equal(
    fileOf(launch, dirs, "gemini/.gemini/GEMINI.md"),
    "Ask \u2060@ann or a@b, `run @scope/x`, ```\n@y\n``` \u2060@./z\n",
  );
  assert.equal(
    fileOf(launch, dirs, "gemini/.gemini/commands/ship.toml"),
    'description = "Ship it"\nprompt = "Ship {{args}}\\nwith \\"care\\"\\n"\n',
  );
  assert.deepEqual(launch.links?.[0], {
    path: `${home}/skills/deploy`,
    target: `${dirs.launchDir}/agent/skills/deploy`,
  });
  assert.deepEqual(settingsOf(launch, dirs).policyPaths, [
    `${dirs.launchDir}/gemini-policy.toml`,
  ]);
  assert.match(
    fileOf(launch, dirs, "gemini-policy.toml"),
    /toolName = "activate_skill"\nargsPattern = '"name":"\(deploy\)"'\ndecision = "allow"/,
  );
});

Deno.test("geminiHarness.render() puts hooks into gemini's words, their commands into variables", async () => {
  await using dirs = await testDirs();
  const command = '"${CLAUDE_PLUGIN_ROOT}/scripts/a.sh" $HOME';
  const launch = await render(dirs, {
    stateHook: ["kas", "hook"],
    parts: {
      hooks: {
        PreToolUse: [{ matcher: "Bash|mcp__s__t", hooks: [{ type: "command", command }] }],
        Stop: [{ hooks: [{ type: "command", command: "b", timeout: 9 }] }],
        SessionStart: [{ matcher: "startup", hooks: [{ type: "command", command: "c" }] }],
      },
    },
  });
  const hook = (n: number) => ({
    type: "command",
    command: `\${KASMOS_GEMINI_SECRET_${n}}`,
  });
  assert.deepEqual(settingsOf(launch, dirs).hooks, {
    SessionStart: [{ matcher: "startup", hooks: [hook(3)] }],
    BeforeAgent: [{ hooks: [{ ...hook(4), timeout: 5000 }] }],
    AfterAgent: [
      { hooks: [{ ...hook(2), timeout: 9000 }] },
      { hooks: [{ ...hook(5), timeout: 5000 }] },
    ],
    BeforeTool: [{ matcher: "run_shell_command|mcp_s_t", hooks: [hook(1)] }],
    Notification: [{ hooks: [{ ...hook(6), timeout: 5000 }] }],
  });
  const text = (n: number) => launch.env[`KASMOS_GEMINI_SECRET_${n}`];
  assert.equal(text(1), '"${KAS_AGENT_DIR}/scripts/a.sh" $HOME');
  assert.equal(text(4), "kas hook UserPromptSubmit");
  assert.match(launch.notes.join(), /hooks get gemini's names/);
});

Deno.test("geminiHarness.render() spells servers as gemini does, and hides a bare dollar", async () => {
  await using dirs = await testDirs();
  const launch = await render(dirs, {
    kasServer: null,
    env: { TOKEN: "s3cr3t" },
    parts: {
      mcpServers: {
        local: {
          type: "stdio",
          command: "sh",
          args: ["-c", 'echo $PWD "${TOKEN}"'],
          env: { T: "${TOKEN}" },
        },
        web: { type: "http", url: "https://x", headers: { A: "Bearer ${TOKEN}" } },
        events: { type: "sse", url: "https://y", headers: {} },
      },
    },
  });
  assert.deepEqual(settingsOf(launch, dirs).mcpServers, {
    local: {
      command: "sh",
      args: ["-c", "${KASMOS_GEMINI_SECRET_1}"],
      env: { T: "${TOKEN}" },
    },
    web: { httpUrl: "https://x", headers: { A: "Bearer ${TOKEN}" } },
    events: { url: "https://y", headers: {} },
  });
  assert.equal(launch.env["KASMOS_GEMINI_SECRET_1"], 'echo $PWD "s3cr3t"');
  assert.ok(!JSON.stringify(launch.files).includes("s3cr3t"));
});

/** A user with settings, instructions, a login, a skill and a command. */
async function settle(dirs: TestDirs): Promise<string> {
  const users = `${dirs.home}/.gemini`;
  const settings = {
    general: { vimMode: true },
    security: { auth: { selectedType: "oauth-personal" } },
    mcp: { allowed: ["mine"] },
    mcpServers: { mine: { command: "srv", args: ["--key=s3cr3t"], env: { A: "$B", K: "s3cr3t" } } },
    hooks: { BeforeAgent: [{ hooks: [{ type: "command", command: "own" }] }] },
    someApiKey: "s3cr3t",
  };
  await write(`${users}/settings.json`, `// mine\n${JSON.stringify(settings)}`);
  await write(`${users}/GEMINI.md`, "Be kind.\n");
  await write(`${users}/oauth_creds.json`, "{}");
  await write(`${users}/projects.json`, "{}");
  await write(`${users}/skills/own/SKILL.md`, "x");
  await write(`${users}/skills/deploy/SKILL.md`, "x");
  await write(`${users}/commands/own.toml`, "x");
  await write(`${users}/tmp/.keep`, "");
  await write(`${dirs.home}/.agents/skills/more/SKILL.md`, "x");
  return users;
}

Deno.test("geminiHarness.render() keeps the user's settings, and their secrets out of files", async () => {
  await using dirs = await testDirs();
  const users = await settle(dirs);
  const launch = await render(dirs, {
    hostEnv: { HOME: dirs.home, GEMINI_API_KEY: "k" },
    parts: { soul: "Be exact.", skills: { deploy: "/agent/skills/deploy" } },
    stateHook: ["kas"],
  });
  const settings = settingsOf(launch, dirs);
  const secret = (n: number) => `\${KASMOS_GEMINI_SECRET_${n}}`;
  assert.deepEqual(settings.general, { vimMode: true, ...QUIET.general });
  assert.deepEqual(settings.security, { auth: { selectedType: "oauth-personal" } });
  assert.deepEqual(settings.mcp, { allowed: ["mine", "kasmos"] });
  const { mine } = Object(settings.mcpServers);
  assert.deepEqual(mine, {
    command: secret(1),
    args: [secret(2)],
    env: { A: "$B", K: secret(3) },
  });
  assert.equal(settings.someApiKey, secret(4));
  assert.equal(launch.env["KASMOS_GEMINI_SECRET_2"], "--key=s3cr3t");
  assert.equal(Object(settings.hooks).BeforeAgent.length, 2);
  assert.ok(!JSON.stringify([launch.files, launch.argv]).includes("s3cr3t"));
  assert.equal(
    fileOf(launch, dirs, "gemini/.gemini/GEMINI.md"),
    "Be exact.\n\nBe kind.\n",
  );
  const home = `${dirs.launchDir}/gemini`;
  const link = (path: string) => ({ path: `${home}/${path}`, target: `${dirs.home}/${path}` });
  assert.deepEqual(launch.links, [
    {
      path: `${home}/.gemini/skills/deploy`,
      target: `${dirs.launchDir}/agent/skills/deploy`,
    },
    link(".gemini/commands"),
    link(".gemini/oauth_creds.json"),
    link(".gemini/skills/own"),
    link(".agents"),
    link(".gemini/tmp"),
  ]);
  assert.deepEqual(launch.answers, []);
  assert.equal(users, `${dirs.home}/.gemini`);
});

Deno.test("geminiHarness.render() gives a strict launch no more than the login", async () => {
  await using dirs = await testDirs();
  await settle(dirs);
  const launch = await render(dirs, { strict: true, parts: { soul: "Be exact." } });
  const settings = settingsOf(launch, dirs);
  assert.deepEqual(Object.keys(Object(settings.mcpServers)), ["kasmos"]);
  assert.deepEqual(settings.security, { auth: { selectedType: "oauth-personal" } });
  assert.equal(settings.hooks, undefined);
  assert.equal(fileOf(launch, dirs, "gemini/.gemini/GEMINI.md"), "Be exact.");
  assert.deepEqual(launch.links?.map(({ path }) => path.split("/").at(-1)), [
    "oauth_creds.json",
    "tmp",
  ]);
});

Deno.test("geminiHarness.render() finds the user's home from inside of a launch", async () => {
  await using dirs = await testDirs();
  await settle(dirs);
  const outer = await render(dirs, { strict: true });
  const inner = await render(dirs, { hostEnv: outer.env });
  assert.equal(inner.env["KASMOS_GEMINI_HOME"], dirs.home);
  assert.ok(inner.links?.every(({ target }) => !target.startsWith(dirs.launchDir)));
});

Deno.test("geminiHarness.render() follows a repository that names the instructions otherwise", async () => {
  await using dirs = await testDirs();
  const path = `${dirs.root}/.gemini/settings.json`;
  const soulAt = async (settings: string): Promise<string | undefined> => {
    await write(path, settings);
    const { files, notes } = await render(dirs, { parts: { soul: "Soul." } });
    assert.equal(notes.length, settings.startsWith("{ ") ? 1 : 0);
    return files.find(({ text }) => text === "Soul.")?.path.split("/").at(-1);
  };
  assert.equal(await soulAt('{ "context": { "fileName": ["AGENTS.md", "X.md"] } }'), "AGENTS.md");
  assert.equal(await soulAt('{ "context": { "fileName": "../../x" } }'), "GEMINI.md");
  assert.equal(await soulAt('{ "context": { "fileName": "settings.json" } }'), "GEMINI.md");
  assert.equal(await soulAt("{"), "GEMINI.md");
  assert.equal(await soulAt("[]"), "GEMINI.md");
});

Deno.test("geminiHarness.render() refuses settings of the user it cannot read", async () => {
  await using dirs = await testDirs();
  await write(`${dirs.home}/.gemini/settings.json`, "{ no");
  await assert.rejects(
    render(dirs),
    (error) => error instanceof KasError && error.code === "invalid",
  );
});

Deno.test("geminiHarness.read() reads text, one document and events", () => {
  assert.equal(geminiHarness.read("Hello\n", "text").text, "Hello");
  const tokens = { prompt: 90, candidates: 20, total: 110, cached: 0 };
  const model = { api: { totalRequests: 2, totalErrors: 0 }, tokens };
  const document = {
    session_id: "s1",
    response: "All done.",
    stats: { models: { a: model, b: { api: { totalRequests: 1 }, tokens: { prompt: 10 } } } },
  };
  assert.deepEqual(geminiHarness.read(JSON.stringify(document, null, 2), "json"), {
    text: "All done.",
    sessionId: "s1",
    outcome: "completed",
    error: null,
    usage: { inputTokens: 100, outputTokens: 20, costUsd: null, turns: 3 },
  });
  const say = (content: string) => ({ type: "message", role: "assistant", content, delta: true });
  const events = [
    { type: "init", session_id: "s2", model: "m" },
    { type: "message", role: "user", content: "Do it" },
    say("On it."),
    { type: "tool_use", tool_name: "write_file" },
    { type: "tool_result", status: "success" },
    say("All "),
    say("done."),
  ];
  const stats = { total_tokens: 240, input_tokens: 200, output_tokens: 40 };
  const text = (...more: unknown[]) =>
    [...events, ...more].map((event) => JSON.stringify(event)).join("\n");
  const read = (...more: unknown[]) => geminiHarness.read(text(...more), "stream-json");
  assert.deepEqual(read({ type: "result", status: "success", stats }), {
    text: "All done.",
    sessionId: "s2",
    outcome: "completed",
    error: null,
    usage: { inputTokens: 200, outputTokens: 40, costUsd: null, turns: 2 },
  });
  const ended = (type: string) => {
    const { outcome, error } = read({
      type: "result",
      status: "error",
      error: { type, message: "why" },
      stats,
    });
    return [outcome, error];
  };
  assert.deepEqual(ended("FatalTurnLimitedError"), ["max_turns", "why"]);
  assert.deepEqual(ended("FatalCancellationError"), ["interrupted", "why"]);
  assert.deepEqual(ended("unknown"), ["failed", "why"]);
  assert.deepEqual([read().outcome, read().usage], [null, null]);
});

Deno.test("geminiHarness.read() leaves the verdict to the exit status when errors went to stderr", () => {
  const empty = { text: "", sessionId: null, outcome: null, error: null, usage: null };
  assert.deepEqual(geminiHarness.read("", "json"), empty);
  assert.deepEqual(geminiHarness.read("", "text"), empty);
  assert.deepEqual(geminiHarness.read("\x00\xff no JSON {", "stream-json"), empty);
});

Deno.test("geminiHarness.state() reads the title, and waits for the first prompt", async () => {
  await using dirs = await testDirs();
  const { launchDir } = dirs;
  const state = async (title: string) => {
    const query = { launchDir, cwd: "/w", pid: 1, title, hostEnv: {} };
    const { activity, evidence } = await geminiHarness.state(query);
    assert.equal(evidence, `title: ${title.trim()}`);
    return activity;
  };
  const start = async (task: string | null) => {
    const launch = await render(dirs, { task });
    await write(`${launchDir}/gemini.json`, fileOf(launch, dirs, "gemini.json"));
  };
  assert.equal(await state("localhost"), "starting");
  await start(null);
  assert.equal(await state("◇  Ready (w)    "), "idle");
  await start("Do it");
  assert.equal(await state("◇  Ready (w)"), "starting");
  assert.equal(await state("✋  Action Required (w)"), "asking");
  assert.equal(await state("⏲  Working… (w)"), "busy");
  assert.equal(await state("✦  Reading the code (w)"), "busy");
  assert.equal(await state("◇  Ready (w)"), "idle");
  // long after the start it is no longer before the prompt, whatever was seen
  const early = new Date(Date.now() - 120_000);
  await Deno.utime(`${launchDir}/gemini.json`, early, early);
  assert.equal(await state("◇  Ready (w)"), "idle");
});
