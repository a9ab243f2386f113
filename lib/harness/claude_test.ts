import assert from "node:assert/strict";
import { KasError } from "../errors.ts";
import { reportEvent } from "./activity.ts";
import { claudeHarness } from "./claude.ts";
import { startTime } from "./process_info.ts";
import { fileOf, type TestDirs, testDirs, testRequest } from "./test_request.ts";

Deno.test("claudeHarness.render() gives the chat of a coder", async () => {
  await using dirs = await testDirs();
  const launch = await claudeHarness.render(testRequest(dirs, {
    program: ["claude"],
    model: "opus",
    effort: "max",
    extraArgs: ["--add-dir", "/x"],
    hostEnv: {
      HOME: dirs.home,
      CLAUDECODE: "1",
      CLAUDE_CODE_SSE_PORT: "9",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      AWS_SECRET_ACCESS_KEY: "s",
    },
  }));
  const { session, projects } = JSON.parse(fileOf(launch, dirs, "claude.json"));
  assert.match(session, /^[0-9a-f-]{36}$/);
  assert.equal(projects, `${dirs.home}/.claude/projects`);
  assert.deepEqual(launch.argv, [
    "claude",
    "--strict-mcp-config",
    "--mcp-config",
    `${dirs.launchDir}/claude-mcp.json`,
    "--settings",
    `${dirs.launchDir}/claude-settings.json`,
    "--allowedTools",
    "mcp__kasmos",
    "--permission-mode",
    "bypassPermissions",
    "--model",
    "opus",
    "--effort",
    "max",
    "--session-id",
    session,
    "--add-dir",
    "/x",
    "--",
    "Do it",
  ]);
  assert.deepEqual(JSON.parse(fileOf(launch, dirs, "claude-mcp.json")), {
    mcpServers: { kasmos: { type: "stdio", command: "kas", args: ["mcp"] } },
  });
  assert.deepEqual(JSON.parse(fileOf(launch, dirs, "claude-settings.json")), {
    skipDangerousModePermissionPrompt: true,
    permissions: { allow: [`Read(/${dirs.launchDir}/prompt.md)`] },
  });
  assert.deepEqual(launch.env, {
    HOME: dirs.home,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    KASMOS_TASK: "add-login",
    KASMOS_PROJECT: "shop",
    CLAUDE_CODE_SANDBOXED: "1",
    ...Deno.uid() === 0 ? { IS_SANDBOX: "1" } : {},
  });
  assert.equal(launch.stdin, null);
  assert.deepEqual(launch.notes, []);
});

Deno.test("R8, R22: claudeHarness.render() gives a run its task on stdin, stream-json with --verbose", async () => {
  await using dirs = await testDirs();
  const launch = await claudeHarness.render(testRequest(dirs, {
    program: ["claude"],
    mode: "run",
    role: null,
    task: "- a list",
    outputFormat: "stream-json",
    maxTurns: 7,
    resume: "abc",
    kasServer: null,
    strict: true,
  }));
  assert.deepEqual(launch.argv, [
    "claude",
    "--print",
    "--output-format",
    "stream-json",
    "--verbose",
    "--max-turns",
    "7",
    "--strict-mcp-config",
    "--mcp-config",
    `${dirs.launchDir}/claude-mcp.json`,
    "--settings",
    `${dirs.launchDir}/claude-settings.json`,
    "--permission-mode",
    "bypassPermissions",
    "--resume=abc",
    "--setting-sources=",
  ]);
  assert.equal(JSON.parse(fileOf(launch, dirs, "claude.json")).session, "abc");
  assert.equal(launch.stdin, "- a list");
  assert.equal(launch.env["CLAUDE_CODE_SANDBOXED"], undefined);
});

Deno.test("claudeHarness.render() makes the soul a prompt and the parts a plugin", async () => {
  await using dirs = await testDirs();
  const server = {
    type: "stdio" as const,
    command: "notes",
    args: ["${NOTES_ARG}"],
    env: { KEY: "${NOTES_KEY}" },
  };
  const launch = await claudeHarness.render(testRequest(dirs, {
    program: ["claude"],
    resume: "last",
    env: { NOTES_ARG: "a", NOTES_KEY: "a secret" },
    parts: {
      soul: "\ufeffBe kind.\r\n---\r\n",
      skills: { greeting: "/agent/skills/greeting" },
      mcpServers: { notes: server },
    },
  }));
  const at = launch.argv.indexOf("--append-system-prompt-file");
  assert.deepEqual(launch.argv.slice(at, at + 4), [
    "--append-system-prompt-file",
    `${dirs.launchDir}/soul.md`,
    "--plugin-dir",
    `${dirs.launchDir}/agent`,
  ]);
  // without it a session that goes on keeps its first soul
  const last = launch.argv.indexOf("--continue");
  assert.deepEqual(launch.argv.slice(last, last + 3), [
    "--continue",
    "--system-prompt-snapshot",
    "off",
  ]);
  const old = await claudeHarness.render(
    testRequest(dirs, { resume: "last", version: "2.1.197", parts: { soul: "Be kind." } }),
  );
  assert.equal(old.argv.includes("--system-prompt-snapshot"), false);
  assert.equal(fileOf(launch, dirs, "soul.md"), "Be kind.\n---\n");
  assert.equal(JSON.parse(fileOf(launch, dirs, "agent/.claude-plugin/plugin.json")).name, "kas");
  const { mcpServers } = JSON.parse(fileOf(launch, dirs, "claude-mcp.json"));
  assert.deepEqual(mcpServers.notes, server);
  assert.equal(JSON.stringify(launch.files).includes("a secret"), false);
});

Deno.test("claudeHarness.render() maps permissions, and a raw one as it is", async () => {
  await using dirs = await testDirs();
  const modeOf = async (changes: Parameters<typeof testRequest>[1]) => {
    const { argv, env, notes } = await claudeHarness.render(testRequest(dirs, changes));
    const mode = argv[argv.indexOf("--permission-mode") + 1];
    return `${mode} ${env["IS_SANDBOX"] ?? "-"} ${notes.length}`;
  };
  const root = Deno.uid() === 0 ? "1" : "-";
  assert.equal(await modeOf({ permission: "ask" }), "default - 0");
  assert.equal(await modeOf({ permission: "auto" }), "acceptEdits - 0");
  assert.equal(await modeOf({ permission: "yolo" }), `bypassPermissions ${root} 0`);
  assert.equal(await modeOf({ permission: "yolo", permissionRaw: "plan" }), "plan - 0");
  assert.equal(await modeOf({ permission: "ask", mode: "run" }), "default - 1");
  assert.equal(await modeOf({ permission: "auto", mode: "run" }), "acceptEdits - 1");
});

Deno.test("claudeHarness.render() warns of variables a server asks for in vain", async () => {
  await using dirs = await testDirs();
  const { notes } = await claudeHarness.render(testRequest(dirs, {
    parts: {
      mcpServers: {
        far: { type: "http", url: "https://x", headers: { A: "Bearer ${TOKEN} ${OTHER:-o}" } },
      },
    },
  }));
  assert.match(notes.join(), /"far" asks for TOKEN, which/);
});

Deno.test("claudeHarness.render() puts kas's own hooks into the settings", async () => {
  await using dirs = await testDirs();
  const stateHook = ["/opt/my kas/kas", "hook"];
  const launch = await claudeHarness.render(testRequest(dirs, { stateHook }));
  const { hooks } = JSON.parse(fileOf(launch, dirs, "claude-settings.json"));
  assert.deepEqual(Object.keys(hooks), ["UserPromptSubmit", "Stop", "PermissionRequest"]);
  assert.equal(hooks.Stop[0].hooks[0].command, "'/opt/my kas/kas' hook Stop");
});

Deno.test("claudeHarness.render() passes cloud credentials only to who uses that cloud", async () => {
  await using dirs = await testDirs();
  const hostEnv = { HOME: dirs.home, CLAUDE_CODE_USE_BEDROCK: "1", AWS_PROFILE: "p" };
  const { env } = await claudeHarness.render(testRequest(dirs, { hostEnv }));
  assert.equal(env["AWS_PROFILE"], "p");
});

const KEY = "sk-ant-0123456789-abcdefghij-klmnopqrst";

Deno.test("claudeHarness.render() answers the onboarding of a user who gave a key", async () => {
  await using dirs = await testDirs();
  const hostEnv = { HOME: dirs.home, ANTHROPIC_API_KEY: KEY };
  const { answers: [answer] } = await claudeHarness.render(testRequest(dirs, { hostEnv }));
  assert.equal(answer?.path, `${dirs.home}/.claude.json`);
  const text = answer.edit(null) ?? "";
  assert.deepEqual(JSON.parse(text), {
    hasCompletedOnboarding: true,
    customApiKeyResponses: { approved: [KEY.slice(-20)] },
  });
  assert.equal(answer.edit(text), null);
  assert.deepEqual([...Deno.readDirSync(dirs.home)], []);
});

Deno.test("claudeHarness.render() changes no answer that is there", async () => {
  await using dirs = await testDirs();
  const env = { CLAUDE_CONFIG_DIR: `${dirs.root}/config`, ANTHROPIC_API_KEY: KEY };
  const { answers: [answer] } = await claudeHarness.render(testRequest(dirs, { env }));
  assert.equal(answer?.path, `${dirs.root}/config/.claude.json`);
  const text = `{"hasCompletedOnboarding":false,"theme":"dark",` +
    `"customApiKeyResponses":{"rejected":["${KEY.slice(-20)}"]}}`;
  assert.equal(answer.edit(text), null);
  assert.throws(
    () => answer.edit("{"),
    (error) => error instanceof KasError && error.code === "invalid",
  );
});

Deno.test("claudeHarness.render() leaves a user who logs in alone", async () => {
  await using dirs = await testDirs();
  assert.deepEqual((await claudeHarness.render(testRequest(dirs))).answers, []);
});

/** Renders a launch and returns how its state reads once `file` is the session file of `pid`. */
async function stateWith(
  dirs: TestDirs,
  pid: number,
  file: Record<string, unknown> | string,
  name = pid,
): Promise<string> {
  const launch = await claudeHarness.render(testRequest(dirs));
  await Deno.writeTextFile(`${dirs.launchDir}/claude.json`, fileOf(launch, dirs, "claude.json"));
  const sessions = `${dirs.home}/.claude/sessions`;
  await Deno.mkdir(sessions, { recursive: true });
  const text = typeof file === "string" ? file : JSON.stringify(file);
  await Deno.writeTextFile(`${sessions}/${name}.json`, text);
  const { launchDir } = dirs;
  const query = { launchDir, cwd: "/w", pid, title: "✳ Claude Code", hostEnv: {} };
  const { activity, evidence } = await claudeHarness.state(query);
  return `${activity}: ${evidence}`;
}

Deno.test("claudeHarness.state() reads the session file of the process", async () => {
  await using dirs = await testDirs();
  const { pid } = Deno;
  const old = { pid, startedAt: 1_000, statusUpdatedAt: 1_100 };
  const state = (file: Record<string, unknown> | string) => stateWith(dirs, pid, file);
  assert.equal(await state({ ...old, status: "busy" }), "busy: session file: busy");
  assert.equal(await state({ ...old, status: "idle" }), "idle: session file: idle");
  assert.equal(
    await state({ ...old, status: "waiting", waitingFor: "permission prompt" }),
    "asking: session file: waiting, permission prompt",
  );
  assert.equal(await state(old), "starting: session file: no status yet");
  assert.equal(await state({ ...old, status: "dreaming" }), "unknown: session file: dreaming");
  assert.equal(await state('{"pid":'), "starting: no session file yet");
  const now = Date.now();
  assert.equal(
    await state({ pid, startedAt: now, statusUpdatedAt: now + 70, status: "idle" }),
    "starting: session file: idle",
  );
});

Deno.test("claudeHarness.state() takes no stale file for the process", async () => {
  await using dirs = await testDirs();
  const { pid } = Deno;
  assert.match(await stateWith(dirs, pid, { pid: pid + 1, status: "idle" }), /^starting/);
  const started = await startTime(pid);
  if (started === null) return;
  assert.match(await stateWith(dirs, pid, { pid, status: "busy", procStart: "1" }), /^starting/);
  assert.match(await stateWith(dirs, pid, { pid, status: "busy", procStart: started }), /^busy/);
});

Deno.test("claudeHarness.state() finds the agent below a wrapper", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  await using dirs = await testDirs();
  await using child = new Deno.Command("sleep", { args: ["60"] }).spawn();
  const file = { pid: child.pid, status: "busy" };
  assert.match(await stateWith(dirs, Deno.pid, file, child.pid), /^busy/);
  await Deno.remove(`${dirs.home}/.claude/sessions/${child.pid}.json`);
  const parent = { pid: Deno.pid, status: "busy" };
  assert.match(await stateWith(dirs, child.pid, parent, Deno.pid), /^starting/);
});

Deno.test("claudeHarness.state() takes the word of a hook where it knows nothing itself", async () => {
  await using dirs = await testDirs();
  const { launchDir } = dirs;
  const query = { launchDir, cwd: "/w", pid: 1, title: "", hostEnv: {} };
  assert.equal((await claudeHarness.state(query)).activity, "unknown");
  reportEvent(launchDir, "PermissionRequest");
  assert.deepEqual(await claudeHarness.state(query), {
    activity: "asking",
    evidence: "hook: PermissionRequest",
  });
});
