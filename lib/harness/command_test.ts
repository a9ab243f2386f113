import assert from "node:assert/strict";
import { reportEvent } from "./activity.ts";
import { commandHarness } from "./command.ts";
import { MAX_PROMPT_ARGUMENT } from "./prompt.ts";
import { testDirs, testRequest } from "./test_request.ts";

Deno.test("commandHarness.render() puts the prompt of a chat last and names its file", async () => {
  await using dirs = await testDirs();
  const request = testRequest(dirs, { program: ["aider", "--yes"], extraArgs: ["--no-git"] });
  const { argv, env, stdin } = await commandHarness.render(request);
  assert.deepEqual(argv, ["aider", "--yes", "--no-git", "Do it"]);
  assert.equal(stdin, null);
  assert.deepEqual(env, {
    PATH: "/bin",
    HOME: dirs.home,
    KASMOS_PROMPT_FILE: `${dirs.launchDir}/prompt.md`,
    KASMOS_TASK: "add-login",
    KASMOS_PROJECT: "shop",
    KASMOS_PERMISSION: "yolo",
  });
});

Deno.test("commandHarness.render() gives a run its task on stdin, and says what was decided", async () => {
  await using dirs = await testDirs();
  const { argv, env, files, stdin } = await commandHarness.render(testRequest(dirs, {
    program: ["my-agent"],
    mode: "run",
    task: "- a\0list",
    model: "m",
    effort: "high",
    permission: "ask",
    outputFormat: "json",
    maxTurns: 3,
    parts: { soul: "\ufeffBe kind.\r\n" },
  }));
  assert.deepEqual(argv, ["my-agent"]);
  assert.equal(stdin, "- a\0list");
  assert.deepEqual(files, [{ path: `${dirs.launchDir}/soul.md`, text: "Be kind.\n" }]);
  const said = Object.entries(env).filter(([name]) => /SOUL|MODEL|EFFORT|PERM|OUT|MAX/.test(name));
  assert.deepEqual(Object.fromEntries(said), {
    KASMOS_SOUL_FILE: `${dirs.launchDir}/soul.md`,
    KASMOS_MODEL: "m",
    KASMOS_EFFORT: "high",
    KASMOS_PERMISSION: "ask",
    KASMOS_OUTPUT: "json",
    KASMOS_MAX_TURNS: "3",
  });
});

Deno.test("commandHarness.render() puts the task where the command has a place for it", async () => {
  await using dirs = await testDirs();
  for (const mode of ["run", "chat"] as const) {
    const program = ["aider", "--message", "{task}", "--yes"];
    const { argv, stdin } = await commandHarness.render(testRequest(dirs, { program, mode }));
    assert.deepEqual(argv, ["aider", "--message", "Do it", "--yes"]);
    assert.equal(stdin, null);
  }
});

Deno.test("commandHarness.render() points to the file of a prompt no argument can hold", async () => {
  await using dirs = await testDirs();
  const pointer = `Read the file ${dirs.launchDir}/prompt.md and follow it.`;
  const last = async (task: string) =>
    (await commandHarness.render(testRequest(dirs, { task }))).argv.at(-1);
  assert.equal(
    await last("é".repeat(MAX_PROMPT_ARGUMENT / 2)),
    "é".repeat(MAX_PROMPT_ARGUMENT / 2),
  );
  assert.equal(await last("é".repeat(MAX_PROMPT_ARGUMENT / 2) + "x"), pointer);
  assert.equal(await last("a\0b"), pointer);
});

Deno.test("commandHarness.state() claims nothing but what the program reports", async () => {
  await using dirs = await testDirs();
  const { launchDir } = dirs;
  const query = { launchDir, cwd: "/", pid: 1, title: "⠹ busy", hostEnv: {} };
  assert.equal((await commandHarness.state(query)).activity, "unknown");
  reportEvent(launchDir, "idle");
  assert.deepEqual(await commandHarness.state(query), { activity: "idle", evidence: "hook: idle" });
});
