import assert from "node:assert/strict";
import { codexHarness, stateOfTitle } from "./codex.ts";
import { testDirs, testRequest } from "./test_request.ts";

const MCP = 'mcp_servers.kasmos={"command"="kas","args"=["mcp"],' +
  '"env_vars"=["KASMOS_PROJECT","KASMOS_TASK"],"env"={},' +
  '"default_tools_approval_mode"="approve","startup_timeout_sec"=60}';

Deno.test("codexHarness.prepare() says everything by -c and leaves files alone", async () => {
  await using dirs = await testDirs();
  const request = testRequest(dirs, {
    program: ["codex"],
    model: "gpt-6",
    effort: "high",
    flags: ["--search"],
    prompt: "-p is no flag",
  });
  const { argv, env } = await codexHarness.prepare(request);
  assert.deepEqual(argv, [
    "codex",
    "-c",
    'projects={"/repo/.worktrees/a.b"={"trust_level"="trusted"},"/repo"={"trust_level"="trusted"}}',
    "-c",
    "features.daemon_auto_start=false",
    "-c",
    "check_for_update_on_startup=false",
    "-c",
    "allow_login_shell=false",
    "-c",
    MCP,
    "-a",
    "never",
    "-s",
    "danger-full-access",
    "--model",
    "gpt-6",
    "-c",
    'model_reasoning_effort="high"',
    "--search",
    "--",
    "-p is no flag",
  ]);
  // by name in the arguments, so the values must be in the environment
  assert.deepEqual(env, {
    PATH: "/bin",
    HOME: dirs.home,
    KASMOS_TASK: "add-login",
    KASMOS_PROJECT: "shop",
  });
  assert.deepEqual([...Deno.readDirSync(dirs.sessionDir)], []);
});

Deno.test("codexHarness.prepare() gives the server its own value where the agent has another", async () => {
  await using dirs = await testDirs();
  const { argv, env } = await codexHarness.prepare(testRequest(dirs, {
    mcp: { command: ["kas", "mcp"], env: { KASMOS_TASK: 'o"ther' } },
  }));
  const server = argv.find((word) => word.startsWith("mcp_servers."));
  assert.ok(server?.includes('"env_vars"=[],"env"={"KASMOS_TASK"="o\\"ther"}'), server);
  assert.equal(env["KASMOS_TASK"], "add-login");
});

Deno.test("codexHarness.prepare() opens the sandbox for commits under prompt, not for hooks", async () => {
  await using dirs = await testDirs();
  const git = async (...args: string[]) => {
    const { success } = await new Deno.Command("git", {
      args: ["-C", dirs.root, "-c", "user.name=T", "-c", "user.email=t@example.invalid", ...args],
      clearEnv: true,
      env: { PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin", HOME: dirs.home },
    }).output();
    assert.ok(success, args.join(" "));
  };
  await git("init", "-q", "-b", "main", "repo");
  await git("-C", "repo", "commit", "-q", "--allow-empty", "-m", "init");
  await git("-C", "repo", "worktree", "add", "-q", "../linked", "-b", "w1");
  const prepare = (cwd: string) =>
    codexHarness.prepare(testRequest(dirs, { permission: "prompt", cwd }));
  const common = `${await Deno.realPath(dirs.root)}/repo/.git`;

  const { argv } = await prepare(`${dirs.root}/linked`);
  const at = argv.indexOf("-a");
  assert.deepEqual(argv.slice(at, at + 6), [
    "-a",
    "on-request",
    "-s",
    "workspace-write",
    "-c",
    "sandbox_workspace_write.writable_roots=" +
    JSON.stringify(
      ["worktrees/linked", "objects", "refs", "logs"].map((dir) => `${common}/${dir}`),
    ),
  ]);
  const main = await prepare(`${dirs.root}/repo`);
  assert.ok(main.argv.includes("sandbox_workspace_write.writable_roots=[]"));
});

Deno.test("stateOfTitle() reads each title codex sets", () => {
  const state = (title: string) => stateOfTitle(title, "host").activity;
  assert.equal(state(""), "starting");
  assert.equal(state("host"), "starting");
  for (const title of ["⠹ mock | cx-a", "⠏ w1"]) assert.equal(state(title), "busy");
  for (const title of ["[ . ] Action Required | mock | cx-a", "[ ! ] Action Required | w1"]) {
    assert.equal(state(title), "asking");
  }
  for (const title of ["cx-a", "mock | cx-a", "Action Required"]) {
    assert.equal(state(title), "idle");
  }
  assert.equal(stateOfTitle("cx-a", "host").evidence, "title: cx-a");
});
