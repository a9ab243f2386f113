import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { KasError } from "../errors.ts";
import {
  launchWorld,
  NO_PARTS,
  recordingHarness,
  script,
  testContext,
  testInput,
} from "./_testing.ts";
import { prepareLaunch } from "./prepare.ts";

Deno.test("prepareLaunch() decides everything and writes nothing", async () => {
  await using world = await launchWorld();
  const harness = recordingHarness();
  const context = testContext(world, { program: ["sh", "-x"], extraArgs: ["--y"] });
  const prepared = await prepareLaunch(testInput(world, context), harness);
  // the file that was found, whatever stands in front of the agent's PATH
  deepEqual(prepared.launch.argv, ["/usr/bin/sh", "-x", "--y"]);
  equal(prepared.agentDir, `${world.launchDir}/agent`);
  deepEqual(harness.asked[0]?.kasServer, {
    command: [`${world.root}/shim/kas`, "mcp"],
    envNames: ["KASMOS_AGENT", "KASMOS_PROMPT_FILE", "KASMOS_MANAGED", "KASMOS_TOKEN"],
  });
  await rejects(Deno.lstat(`${world.root}/state`), Deno.errors.NotFound);
});

Deno.test("R3: of the host's variables only allowed and named ones reach the agent", async () => {
  await using world = await launchWorld();
  const context = testContext(world, {
    passEnv: ["WANTED", "KASMOS_SESSION", "KASMOS_*"],
    setEnv: { MODE: "1" },
    secrets: { KEY: { kind: "file", name: "key" } },
    parts: { ...NO_PARTS, binDir: `${world.agent}/bin` },
  });
  const hostEnv = {
    PATH: "/usr/bin:/bin",
    HOME: world.home,
    WANTED: "w",
    OUTER_SECRET: "outer",
    KASMOS_SESSION: "7",
    KASMOS_TOKEN: "of the caller",
  };
  const { launch } = await prepareLaunch(
    testInput(world, context, { hostEnv }),
    recordingHarness(),
  );
  deepEqual(launch.env, {
    PATH: `${world.root}/shim:${world.launchDir}/agent/bin:/usr/bin:/bin`,
    HOME: world.home,
    WANTED: "w",
    MODE: "1",
    KEY: "value-of-KEY",
    KAS_AGENT_DIR: `${world.launchDir}/agent`,
    KASMOS_AGENT: "coder",
    KASMOS_PROMPT_FILE: `${world.launchDir}/prompt.md`,
    KASMOS_MANAGED: "1",
    KASMOS_TOKEN: "token-of-this-launch",
  });
});

Deno.test("R20: a missing folder is told from a missing program, and both before any start", async () => {
  await using world = await launchWorld();
  const prepare = (changes: Parameters<typeof testContext>[1]) =>
    prepareLaunch(testInput(world, testContext(world, changes)), recordingHarness());
  await rejects(prepare({ cwd: `${world.root}/nope` }), {
    code: "not_found",
    message: /there is no such folder/,
  });
  await Deno.writeTextFile(`${world.root}/file`, "");
  await rejects(prepare({ cwd: `${world.root}/file` }), {
    code: "invalid",
    message: /not a folder/,
  });
  await rejects(prepare({ cwd: `${world.root}/file/in` }), { code: "not_found" });
  await rejects(prepare({ program: ["surely-not-installed"] }), {
    code: "missing_program",
    message: /not on the PATH/,
  });
  await rejects(prepare({ program: [world.root] }), {
    code: "missing_program",
    message: /is a folder/,
  });
  await rejects(prepare({ program: [`${world.root}/file`] }), {
    code: "missing_program",
    message: /not executable/,
  });
});

Deno.test("R24: what a runtime cannot take is refused with everything that is missing", async () => {
  await using world = await launchWorld();
  const context = testContext(world, {
    model: "m",
    effort: "high",
    permission: "yolo",
    outputFormat: "json",
    maxTurns: 3,
    resume: "last",
    strict: true,
    parts: {
      ...NO_PARTS,
      soul: "You are",
      skills: { s: "/s" },
      commands: { c: "/c" },
      hooks: { Stop: [], PreToolUse: [] },
      mcpServers: { web: { type: "http", url: "https://x", headers: {} } },
    },
  });
  const none = recordingHarness({
    soul: "none",
    model: false,
    efforts: ["low"],
    permissions: ["ask"],
    outputFormats: ["text"],
    maxTurns: false,
    resume: false,
    strict: false,
    skills: false,
    commands: false,
    mcp: ["stdio"],
  });
  const error = await prepareLaunch(testInput(world, context), none).catch((e: unknown) => e);
  ok(error instanceof KasError);
  equal(error.code, "runtime_unfit");
  equal(error.exitCode, 4);
  equal(error.httpStatus, 422);
  deepEqual(error.context.missing, [
    "a system prompt (soul.md)",
    "a model (m)",
    'the effort "high"; it knows low',
    "the permission yolo; it knows ask",
    "the output format json; it knows text",
    "a limit of turns (3)",
    "resuming a session",
    "keeping out the user's own settings (strict)",
    "skills (s)",
    "slash commands (c)",
    "hooks on PreToolUse",
    'the http MCP server "web"',
  ]);
  equal(none.asked.length, 0);
  const chat = testContext(world, { mode: "chat", outputFormat: "json", maxTurns: 3 });
  await prepareLaunch(
    testInput(world, chat),
    recordingHarness({ outputFormats: [], maxTurns: false }),
  );
});

Deno.test("names that begin with KASMOS_ and the server kasmos are kas's own", async () => {
  await using world = await launchWorld();
  for (
    const changes of [
      { setEnv: { KASMOS_TOKEN: "x" } },
      { secrets: { KASMOS_SESSION: { kind: "file" as const, name: "s" } } },
      {
        parts: {
          ...NO_PARTS,
          mcpServers: { kasmos: { type: "http" as const, url: "https://x", headers: {} } },
        },
      },
    ]
  ) {
    const input = testInput(world, testContext(world, changes));
    await rejects(prepareLaunch(input, recordingHarness()), { code: "invalid" });
  }
});

Deno.test("a program that is too old is refused; its version is asked once", async () => {
  await using world = await launchWorld();
  const program = await script(world, "agent", "exit 0");
  let asked = 0;
  const harness = recordingHarness({}, {
    minVersion: "2.0.0",
    version: () => Promise.resolve(`${++asked}.0.0`),
  });
  const input = testInput(world, testContext(world, { program: [program] }), {
    versionCache: `${world.root}/state/versions`,
  });
  await rejects(prepareLaunch(input, harness), {
    code: "missing_program",
    message: /version 1\.0\.0, recording needs 2\.0\.0/,
    hint: "Update it: get it",
  });
  await rejects(prepareLaunch(input, harness), { code: "missing_program" });
  equal(asked, 1);
  await script(world, "agent", "exit 0 # updated");
  equal((await prepareLaunch(input, harness)).version, "2.0.0");
  equal((await prepareLaunch(input, harness)).version, "2.0.0");
  equal(asked, 2);
});

Deno.test("an error of a secret comes through without its value", async () => {
  await using world = await launchWorld();
  const context = testContext(world, { secrets: { KEY: { kind: "file", name: "key" } } });
  const secret = () => Promise.reject(new KasError("not_found", "Cannot find the secret"));
  await rejects(prepareLaunch(testInput(world, context, { secret }), recordingHarness()), {
    code: "not_found",
  });
});
