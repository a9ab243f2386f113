import assert from "node:assert/strict";
import { KasError } from "../errors.ts";
import { claudeHarness } from "./claude.ts";
import { startTime } from "./process_info.ts";
import { type TestDirs, testDirs, testRequest } from "./test_request.ts";

async function json(path: string): Promise<Record<string, unknown>> {
  return JSON.parse(await Deno.readTextFile(path));
}

Deno.test("claudeHarness.prepare() gives the command, its files and its environment", async () => {
  await using dirs = await testDirs();
  const request = testRequest(dirs, {
    program: ["claude"],
    model: "opus",
    effort: "max",
    flags: ["--add-dir", "/x"],
    hostEnv: {
      HOME: dirs.home,
      CLAUDECODE: "1",
      CLAUDE_CODE_SSE_PORT: "9",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      AWS_SECRET_ACCESS_KEY: "s",
    },
  });
  const { argv, env } = await claudeHarness.prepare(request);
  const [mcp, settings] = ["mcp", "settings"].map((kind) =>
    `${dirs.sessionDir}/claude-${kind}.json`
  );
  assert.ok(mcp !== undefined && settings !== undefined);
  assert.deepEqual(argv, [
    "claude",
    "--strict-mcp-config",
    "--mcp-config",
    mcp,
    "--settings",
    settings,
    "--permission-mode",
    "bypassPermissions",
    "--allowedTools",
    "mcp__kasmos",
    "--model",
    "opus",
    "--effort",
    "max",
    "--add-dir",
    "/x",
    "--",
    "Do it",
  ]);
  assert.deepEqual(await json(mcp), {
    mcpServers: {
      kasmos: { type: "stdio", command: "kas", args: ["mcp"], env: { KASMOS_PROJECT: "shop" } },
    },
  });
  assert.equal((await json(settings)).skipDangerousModePermissionPrompt, true);
  assert.equal(((await Deno.stat(mcp)).mode ?? 0) & 0o777, 0o600);
  assert.deepEqual(env, {
    HOME: dirs.home,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    KASMOS_TASK: "add-login",
    CLAUDE_CODE_SANDBOXED: "1",
    ...Deno.uid() === 0 ? { IS_SANDBOX: "1" } : {},
  });
});

Deno.test("claudeHarness.prepare() asks under prompt and never claims a sandbox then", async () => {
  await using dirs = await testDirs();
  const { argv, env } = await claudeHarness.prepare(testRequest(dirs, { permission: "prompt" }));
  assert.equal(argv[argv.indexOf("--permission-mode") + 1], "acceptEdits");
  assert.equal(env["IS_SANDBOX"], undefined);
  const settings = await json(`${dirs.sessionDir}/claude-settings.json`);
  assert.deepEqual(settings, {
    permissions: { allow: [`Read(/${dirs.sessionDir}/prompt.md)`] },
  });
});

Deno.test("claudeHarness.prepare() passes cloud credentials only to who uses that cloud", async () => {
  await using dirs = await testDirs();
  const hostEnv = { HOME: dirs.home, CLAUDE_CODE_USE_BEDROCK: "1", AWS_PROFILE: "p" };
  const { env } = await claudeHarness.prepare(testRequest(dirs, { hostEnv }));
  assert.equal(env["AWS_PROFILE"], "p");
});

Deno.test("claudeHarness.prepare() answers the onboarding of a user who gave a key", async () => {
  await using dirs = await testDirs();
  const key = "sk-ant-0123456789-abcdefghij-klmnopqrst";
  const hostEnv = { HOME: dirs.home, ANTHROPIC_API_KEY: key };
  const file = `${dirs.home}/.claude.json`;
  await claudeHarness.prepare(testRequest(dirs, { hostEnv }));
  assert.deepEqual(await json(file), {
    hasCompletedOnboarding: true,
    customApiKeyResponses: { approved: [key.slice(-20)] },
  });
  assert.equal(((await Deno.stat(file)).mode ?? 0) & 0o777, 0o600);
});

Deno.test("claudeHarness.prepare() changes no answer that is there", async () => {
  await using dirs = await testDirs();
  const key = "sk-ant-0123456789-abcdefghij-klmnopqrst";
  const dir = `${dirs.root}/config`;
  await Deno.mkdir(dir);
  const text = `{"hasCompletedOnboarding":false,"theme":"dark",` +
    `"customApiKeyResponses":{"rejected":["${key.slice(-20)}"]}}`;
  await Deno.writeTextFile(`${dir}/.claude.json`, text);
  const env = { CLAUDE_CONFIG_DIR: dir, ANTHROPIC_API_KEY: key };
  await claudeHarness.prepare(testRequest(dirs, { env }));
  assert.equal(await Deno.readTextFile(`${dir}/.claude.json`), text);
});

Deno.test("claudeHarness.prepare() leaves a user who logs in alone", async () => {
  await using dirs = await testDirs();
  await claudeHarness.prepare(testRequest(dirs));
  assert.deepEqual([...Deno.readDirSync(dirs.home)], []);
});

Deno.test("claudeHarness.prepare() refuses to rewrite settings it cannot read", async () => {
  await using dirs = await testDirs();
  await Deno.writeTextFile(`${dirs.home}/.claude.json`, "{");
  const hostEnv = { HOME: dirs.home, ANTHROPIC_AUTH_TOKEN: "t" };
  await assert.rejects(
    claudeHarness.prepare(testRequest(dirs, { hostEnv })),
    (error) => error instanceof KasError && error.code === "invalid",
  );
  assert.equal(await Deno.readTextFile(`${dirs.home}/.claude.json`), "{");
});

/** Prepares a session and returns how its state reads once `file` is the session file of `pid`. */
async function stateWith(
  dirs: TestDirs,
  pid: number,
  file: Record<string, unknown> | string,
  name = pid,
): Promise<string> {
  await claudeHarness.prepare(testRequest(dirs));
  const sessions = `${dirs.home}/.claude/sessions`;
  await Deno.mkdir(sessions, { recursive: true });
  const text = typeof file === "string" ? file : JSON.stringify(file);
  await Deno.writeTextFile(`${sessions}/${name}.json`, text);
  const { sessionDir } = dirs;
  const query = { sessionDir, cwd: "/w", pid, title: "✳ Claude Code", hostEnv: {} };
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
