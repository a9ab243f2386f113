import assert from "node:assert/strict";
import { commandHarness } from "./command.ts";
import { MAX_PROMPT_ARGUMENT } from "./prompt.ts";
import { testDirs, testRequest } from "./test_request.ts";

Deno.test("commandHarness.prepare() puts the prompt last and names its file", async () => {
  await using dirs = await testDirs();
  const request = testRequest(dirs, { program: ["aider", "--yes"], flags: ["--no-git"] });
  const { argv, env } = await commandHarness.prepare(request);
  assert.deepEqual(argv, ["aider", "--yes", "--no-git", "Do it"]);
  assert.deepEqual(env, {
    PATH: "/bin",
    HOME: dirs.home,
    KASMOS_PROMPT_FILE: `${dirs.sessionDir}/prompt.md`,
    KASMOS_TASK: "add-login",
  });
});

Deno.test("commandHarness.prepare() points to the file of a prompt no argument can hold", async () => {
  await using dirs = await testDirs();
  const pointer = `Read the file ${dirs.sessionDir}/prompt.md and follow it.`;
  const last = async (prompt: string) =>
    (await commandHarness.prepare(testRequest(dirs, { prompt }))).argv.at(-1);
  assert.equal(
    await last("é".repeat(MAX_PROMPT_ARGUMENT / 2)),
    "é".repeat(MAX_PROMPT_ARGUMENT / 2),
  );
  assert.equal(await last("é".repeat(MAX_PROMPT_ARGUMENT / 2) + "x"), pointer);
  assert.equal(await last("a\0b"), pointer);
});

Deno.test("commandHarness.state() claims nothing", async () => {
  const query = { sessionDir: "/none", cwd: "/", pid: 1, title: "⠹ busy", hostEnv: {} };
  assert.equal((await commandHarness.state(query)).activity, "unknown");
});
