import assert from "node:assert/strict";
import { KasError } from "../errors.ts";
import { copilotHarness } from "./copilot.ts";
import { fileOf, type TestDirs, testDirs, testRequest } from "./test_request.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const FULL = {
  agent: "re.viewer",
  program: ["copilot"],
  model: "gpt-5.5",
  effort: "high",
  parts: {
    soul: "---\nname: other\n---\r\nBe exact.\r\n",
    skills: { deploy: "/agent/skills/deploy" },
    commands: { ship: "/agent/commands/ship.md" },
    hooks: { Stop: [{ hooks: [{ type: "command", command: "x", timeout: 3 }] }] },
    mcpServers: {
      docs: { type: "http", url: "https://x/${V}", headers: { A: "Bearer ${TOKEN}" } },
    },
  },
} as const;

Deno.test("copilotHarness.render() gives a chat its command", async () => {
  await using dirs = await testDirs();
  const { argv, stdin, notes } = await copilotHarness.render(
    testRequest(dirs, { ...FULL, extraArgs: ["--banner"], task: "- Do it" }),
  );
  const [session = ""] = argv.filter((word) => word.startsWith("--session-id="));
  assert.match(session.slice("--session-id=".length), UUID);
  assert.deepEqual(argv, [
    "copilot",
    "--no-auto-update",
    "--disable-client-telemetry",
    "--plugin-dir",
    `${dirs.launchDir}/agent`,
    "--agent",
    "kas:re-viewer",
    "--additional-mcp-config",
    `@${dirs.launchDir}/copilot-mcp.json`,
    "--yolo",
    `--add-dir=${dirs.launchDir}/agent`,
    "--model",
    "gpt-5.5",
    "--reasoning-effort",
    "high",
    session,
    "--banner",
    "--interactive=- Do it",
  ]);
  assert.equal(stdin, null);
  assert.deepEqual(notes, [
    'the MCP server "docs" asks for V, TOKEN, which is not set for this agent: name it ' +
    "under [env] pass or [env.secret] of its agent.toml",
  ]);
});

Deno.test("copilotHarness.render() gives a run its command, with the task on stdin", async () => {
  await using dirs = await testDirs();
  const formats = {
    "text": ["--silent"],
    "json": ["--output-format", "json", "--stream", "off"],
    "stream-json": ["--output-format", "json", "--stream", "on"],
  };
  for (const outputFormat of ["text", "json", "stream-json"] as const) {
    const { argv, stdin, files, answers, notes } = await copilotHarness.render(
      testRequest(dirs, {
        mode: "run",
        outputFormat,
        program: ["copilot"],
        task: "--help",
        kasServer: null,
      }),
    );
    assert.deepEqual(argv, [
      "copilot",
      ...formats[outputFormat],
      "--no-ask-user",
      "--no-auto-update",
      "--disable-client-telemetry",
      "--yolo",
    ]);
    assert.equal(stdin, "--help");
    assert.deepEqual([files, answers], [[], []]);
    assert.equal(notes.length, outputFormat === "json" ? 1 : 0);
  }
});

Deno.test("copilotHarness.render() makes the launched copy a plugin", async () => {
  await using dirs = await testDirs();
  const launch = await copilotHarness.render(
    testRequest(dirs, { ...FULL, stateHook: ["kas", "hook"] }),
  );
  assert.deepEqual(JSON.parse(fileOf(launch, dirs, "agent/plugin.json")), {
    name: "kas",
    version: "1.0.0",
    description: "Parts of re.viewer",
    agents: "kas-agents/",
    skills: "skills/",
    commands: "commands/",
    hooks: "kas-hooks.json",
  });
  assert.equal(
    fileOf(launch, dirs, "agent/kas-agents/re-viewer.agent.md"),
    '---\nname: re-viewer\ndescription: "The agent re.viewer"\n---\n\nBe exact.\n',
  );
  const cwd = "/repo/.worktrees/a.b";
  const own = (event: string) => ({
    hooks: [{ type: "command", command: `kas hook ${event}`, timeout: 5, cwd }],
  });
  assert.deepEqual(JSON.parse(fileOf(launch, dirs, "agent/kas-hooks.json")), {
    version: 1,
    hooks: {
      Stop: [{ hooks: [{ type: "command", command: "x", timeout: 3, cwd }] }, own("Stop")],
      UserPromptSubmit: [own("UserPromptSubmit")],
      Notification: [own("PermissionRequest")],
    },
  });
});

Deno.test("copilotHarness.render() leaves variables of servers to copilot", async () => {
  await using dirs = await testDirs();
  const launch = await copilotHarness.render(testRequest(dirs, {
    ...FULL,
    env: { TOKEN: "s3cr3t", V: "v" },
  }));
  assert.deepEqual(JSON.parse(fileOf(launch, dirs, "copilot-mcp.json")), {
    mcpServers: {
      docs: {
        type: "http",
        url: "https://x/${V}",
        headers: { A: "Bearer ${TOKEN}" },
        tools: ["*"],
      },
      kasmos: { type: "stdio", command: "kas", args: ["mcp"], env: {}, tools: ["*"] },
    },
  });
  assert.equal(launch.env["TOKEN"], "s3cr3t");
  assert.ok(!JSON.stringify([launch.files, launch.argv]).includes("s3cr3t"));
});

Deno.test("copilotHarness.render() has options for each permission", async () => {
  await using dirs = await testDirs();
  const allowed = async (changes: Parameters<typeof testRequest>[1]) =>
    (await copilotHarness.render(testRequest(dirs, changes))).argv
      .filter((word) => /allow|yolo/.test(word));
  const own = "--allow-tool=kasmos";
  assert.deepEqual(await allowed({ permission: "ask" }), [own]);
  assert.deepEqual(await allowed({ permission: "auto" }), ["--allow-tool=write", own]);
  assert.deepEqual(await allowed({ permission: "yolo" }), ["--yolo"]);
  const raw = await allowed({ permission: "yolo", permissionRaw: "shell(git:*), write" });
  assert.deepEqual(raw, ["--allow-tool=shell(git:*), write", own]);
});

Deno.test("copilotHarness.render() goes on with a session", async () => {
  await using dirs = await testDirs();
  const flags = async (resume: string) =>
    (await copilotHarness.render(testRequest(dirs, { resume, task: null }))).argv
      .filter((word) => /resume|continue|session|interactive/.test(word));
  assert.deepEqual(await flags("last"), ["--continue"]);
  assert.deepEqual(await flags("abc"), ["--resume=abc"]);
});

Deno.test("copilotHarness.render() makes no command of a first prompt, and no argument of a long one", async () => {
  await using dirs = await testDirs();
  const last = async (task: string) =>
    (await copilotHarness.render(testRequest(dirs, { task }))).argv.slice(-1)[0];
  assert.equal(await last("!rm x"), "--interactive= !rm x");
  assert.equal(await last("/clear"), "--interactive= /clear");
  const { argv } = await copilotHarness.render(testRequest(dirs, { task: "a".repeat(70_000) }));
  assert.ok(argv.includes(`--add-dir=${dirs.launchDir}`));
  assert.equal(
    argv.at(-1),
    `--interactive=Read the file ${dirs.launchDir}/prompt.md and follow it.`,
  );
});

Deno.test("copilotHarness.render() trusts kas's worktrees, once for a repository", async () => {
  await using dirs = await testDirs();
  const answersOf = async (changes: Parameters<typeof testRequest>[1]) =>
    (await copilotHarness.render(testRequest(dirs, changes))).answers;
  const [answer] = await answersOf({});
  assert.ok(answer !== undefined);
  assert.equal(answer.path, `${dirs.home}/.copilot/config.json`);
  assert.equal(answer.purpose, "trust /repo");
  assert.equal(answer.edit(null), '{\n  "trustedFolders": [\n    "/repo"\n  ]\n}\n');
  const head = "// User settings belong in settings.json.\n";
  const edited = answer.edit(`${head}{"a": 1, "trustedFolders": ["/other"]}`) ?? "";
  assert.ok(edited.startsWith(head));
  assert.deepEqual(JSON.parse(edited.slice(head.length)), {
    a: 1,
    trustedFolders: ["/other", "/repo"],
  });
  assert.equal(answer.edit('{"trustedFolders":["/"]}'), null);
  assert.equal(answer.edit('{"trustedFolders":["/repo"]}'), null);
  assert.throws(() => answer.edit("{"), (error) => error instanceof KasError);
  assert.equal((await answersOf({ repoRoot: "/elsewhere" }))[0]?.purpose, `trust ${CWD}`);
  assert.deepEqual(await answersOf({ role: null, env: {} }), []);
});

const CWD = "/repo/.worktrees/a.b";

Deno.test("copilotHarness.render() passes its own variables, and none that allows everything", async () => {
  await using dirs = await testDirs();
  const hostEnv = {
    HOME: dirs.home,
    COPILOT_ALLOW_ALL: "true",
    COPILOT_AGENT_SESSION_ID: "x",
    COPILOT_PROVIDER_BASE_URL: "http://x",
    COPILOT_SKILLS_DIRS: "/s",
    SECRET: "x",
  };
  const { env } = await copilotHarness.render(testRequest(dirs, { hostEnv, env: { A: "b" } }));
  assert.deepEqual(env, {
    HOME: dirs.home,
    COPILOT_PROVIDER_BASE_URL: "http://x",
    COPILOT_SKILLS_DIRS: "/s",
    A: "b",
  });
});

Deno.test("copilotHarness.render() gives a strict launch a folder with the user's login", async () => {
  await using dirs = await testDirs();
  await Deno.mkdir(`${dirs.home}/.copilot/session-state`, { recursive: true });
  const hostEnv = { HOME: dirs.home, COPILOT_SKILLS_DIRS: "/s" };
  const strict = await copilotHarness.render(
    testRequest(dirs, { strict: true, hostEnv, env: {} }),
  );
  const own = `${dirs.launchDir}/copilot`;
  assert.deepEqual(
    strict.links,
    ["config.json", "session-state"].map((name) => ({
      path: `${own}/${name}`,
      target: `${dirs.home}/.copilot/${name}`,
    })),
  );
  assert.ok(strict.argv.includes("--disable-builtin-mcps"));
  const env = {
    HOME: dirs.home,
    COPILOT_HOME: own,
    KASMOS_COPILOT_HOME: `${dirs.home}/.copilot`,
  };
  assert.deepEqual(strict.env, env);
  // a kas inside of that launch finds the user's folder again
  const inner = await copilotHarness.render(testRequest(dirs, { hostEnv: env, env: {} }));
  assert.equal(inner.env["COPILOT_HOME"], `${dirs.home}/.copilot`);
  assert.equal(inner.answers[0]?.path, `${dirs.home}/.copilot/config.json`);
});

Deno.test("copilotHarness.read() reads text, events and failures", () => {
  assert.equal(copilotHarness.read("Hello\n\n", "text").text, "Hello");
  const lines = [
    { type: "session.tools_updated", data: {}, ephemeral: true },
    { type: "assistant.turn_start", data: { turnId: "0" } },
    { type: "assistant.message", data: { content: "On it.", toolRequests: [{}] } },
    { type: "assistant.turn_end", data: { turnId: "0" } },
    { type: "assistant.turn_start", data: { turnId: "1" } },
    { type: "assistant.message_delta", data: { deltaContent: "All" }, ephemeral: true },
    { type: "assistant.message", data: { content: "All done.", toolRequests: [] } },
    { type: "assistant.message", data: { content: "Helper", parentToolCallId: "c" } },
    { type: "assistant.message", data: { content: "" } },
  ];
  const end = { type: "result", sessionId: "s1", exitCode: 0, usage: { premiumRequests: 0 } };
  const text = (events: readonly unknown[]) =>
    events.map((event) => JSON.stringify(event)).join("\n");
  assert.deepEqual(copilotHarness.read(text([...lines, end]), "stream-json"), {
    text: "All done.",
    sessionId: "s1",
    outcome: "completed",
    error: null,
    usage: { inputTokens: null, outputTokens: null, costUsd: null, turns: 2 },
  });
  const failed = [
    { type: "session.error", data: { message: "400 no" } },
    { ...end, exitCode: 1 },
  ];
  const { outcome, error } = copilotHarness.read(`noise\n${text(failed)}`, "json");
  assert.deepEqual([outcome, error], ["failed", "400 no"]);
  const stopped = copilotHarness.read(text([...lines, { type: "abort" }, end]), "json");
  assert.equal(stopped.outcome, "interrupted");
  const cut = copilotHarness.read(text(lines), "json");
  assert.deepEqual([cut.outcome, cut.sessionId, cut.usage], [null, null, null]);
});

/** The state once the session that was started has these events. */
async function stateWith(
  dirs: TestDirs,
  events: readonly (readonly [type: string, data?: unknown])[],
  options: { at?: number; session?: string; task?: string | null } = {},
): Promise<string> {
  const launch = await copilotHarness.render(
    testRequest(dirs, { task: options.task === undefined ? "Do it" : options.task }),
  );
  const place = fileOf(launch, dirs, "copilot.json");
  await Deno.writeTextFile(`${dirs.launchDir}/copilot.json`, place);
  const { sessions, session } = JSON.parse(place);
  const dir = `${sessions}/${options.session ?? session}`;
  await Deno.mkdir(dir, { recursive: true });
  await Deno.writeTextFile(`${dir}/inuse.${Deno.pid}.lock`, "");
  const timestamp = new Date(options.at ?? 0).toISOString();
  const lines = events.map(([type, data = {}]) => JSON.stringify({ type, data, timestamp }));
  await Deno.writeTextFile(`${dir}/events.jsonl`, `${lines.join("\n")}\n{"type":"assist`);
  try {
    return await stateOf(dirs, Deno.pid);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function stateOf({ launchDir }: TestDirs, pid: number): Promise<string> {
  const query = { launchDir, cwd: "/w", pid, title: "x - GitHub Copilot", hostEnv: {} };
  const { activity, evidence } = await copilotHarness.state(query);
  return `${activity}: ${evidence}`;
}

Deno.test("copilotHarness.state() reads the events of the open session", async () => {
  await using dirs = await testDirs();
  const start = ["session.start"] as const;
  const asked = ["permission.requested", { requestId: "r" }] as const;
  const begun = [start, ["user.message"], ["assistant.turn_start"]] as const;
  const state = (...args: [Parameters<typeof stateWith>[1], Parameters<typeof stateWith>[2]?]) =>
    stateWith(dirs, ...args);
  assert.equal(await state([]), "starting: events: no prompt yet");
  assert.equal(await state([start]), "starting: events: no prompt yet");
  assert.equal(await state([start], { task: null }), "idle: events: no prompt");
  assert.equal(await state(begun), "busy: events: assistant.turn_start");
  assert.equal(await state([...begun, asked]), "asking: events: permission");
  const denied = [...begun, asked, ["permission.completed", { requestId: "r" }]] as const;
  assert.equal(await state(denied), "busy: events: assistant.turn_start");
  assert.equal(await state([...begun, asked, ["abort"]]), "idle: events: abort");
  const ended = [...begun, ["assistant.turn_end"]] as const;
  assert.equal(await state(ended), "idle: events: assistant.turn_end");
  // the next step of the same turn begins at once
  const soon = Date.now() + 60_000;
  assert.equal(await state(ended, { at: soon }), "busy: events: assistant.turn_end");
  const question = ["user_input.requested", { requestId: "q" }] as const;
  assert.equal(await state([...begun, question]), "asking: events: user_input");
  // the log of a resumed session
  assert.equal(await state([...ended, ["session.shutdown"]]), "starting: events: no prompt yet");
  // a person began another session in the same program
  assert.equal(await state([start], { session: "other" }), "idle: events: no prompt");
});

Deno.test("copilotHarness.state() waits for a session of its own process", async () => {
  await using dirs = await testDirs();
  const evidence = await stateOf(dirs, Deno.pid);
  assert.equal(evidence, "unknown: no copilot file in the launch folder");
  await stateWith(dirs, []);
  assert.equal(await stateOf(dirs, Deno.pid), "starting: no open session yet");
});
