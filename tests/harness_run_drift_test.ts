/**
 * One-shot runs of the real agent CLIs, offline: what an agent brings (soul, skill, command, hook,
 * servers) is seen to arrive, in the requests the model gets and in what the processes leave behind.
 * Needs npm once; runs with KAS_TEST_AGENTS=1.
 */
import assert from "node:assert/strict";
import { parse } from "smol-toml";
import type { AgentParts } from "../lib/agent/types.ts";
import { harnessFor } from "../lib/harness/mod.ts";
import { agentTest } from "./support/agent_case.ts";
import { AGENT_CLIS, type AgentCli, isMissing } from "./support/agent_clis.ts";
import { mcpCommand, sleep, Stage, type StageOptions } from "./support/agent_stage.ts";
import { agentUser, settleUser } from "./support/agent_user.ts";
import { startHttpMcp } from "./support/recording_mcp_http.ts";
import type { MockStep } from "./support/mock_model.ts";

const SECRET = "made-up-secret-7b1f";

const SIGNAL: MockStep = {
  mcp: {
    server: "kasmos",
    tool: "signal_create",
    args: { signal_type: "implement_finished", plan_file: "add-login", payload: "It holds" },
  },
};
const NOTE: MockStep = {
  mcp: { server: "notes", tool: "task_show", args: { filename: "add-login" } },
};

const FAR: MockStep = { mcp: { server: "far", tool: "look_up" } };

/** Files below a folder that hold a text. */
async function filesWith(folder: string, text: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(...await filesWith(path, text));
    else if (isFile && (await Deno.readTextFile(path)).includes(text)) found.push(path);
  }
  return found;
}

/** Writes the parts of an agent below the stage. */
async function writeParts(stage: Stage): Promise<AgentParts> {
  const dir = `${stage.root}/an agent`;
  await Deno.mkdir(`${dir}/skills/greeting`, { recursive: true });
  await Deno.mkdir(`${dir}/commands`);
  await Deno.mkdir(`${dir}/scripts`);
  await Deno.writeTextFile(
    `${dir}/skills/greeting/SKILL.md`,
    "---\nname: greeting\ndescription: Greets people kindly in Volapük\n---\nSay glidis.\n",
  );
  await Deno.writeTextFile(
    `${dir}/commands/polish.md`,
    "---\ndescription: Polishes a text until it shines\n---\nPOLISH-COMMAND $ARGUMENTS\n",
  );
  await Deno.writeTextFile(
    `${dir}/scripts/mark.sh`,
    `#!/bin/sh\ncat > /dev/null\necho "$1" >> '${stage.root}/hooks.txt'\n`,
    { mode: 0o755 },
  );
  const [command = "", ...args] = mcpCommand();
  const hooks = {
    Stop: [{
      hooks: [{ type: "command", command: '"${CLAUDE_PLUGIN_ROOT}"/scripts/mark.sh stop' }],
    }],
    PreToolUse: [{
      matcher: "Bash",
      hooks: [{ type: "command", command: '"${KAS_AGENT_DIR}"/scripts/mark.sh tool' }],
    }],
  } as const;
  return {
    soul: '\ufeffYou are SOUL-ONE, {env:HOME} {file:/etc/passwd} "quoted" \\ $HOME\r\n---\r\nTail.',
    skills: { greeting: `${dir}/skills/greeting` },
    commands: { polish: `${dir}/commands/polish.md` },
    hooks,
    mcpServers: {
      notes: { type: "stdio", command, args, env: { RECORD_TO: "${NOTES_FILE}" } },
    },
    scriptsDir: `${dir}/scripts`,
    binDir: null,
  };
}

/** Waits until the terminal shows something. */
async function shown(stage: Stage, pattern: RegExp): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(100)) {
    if (pattern.test(await stage.screen())) return;
  }
  assert.match(await stage.screen(), pattern);
}

/** How an agent itself says where its model is, for a runtime that may not ask the user's settings. */
function ownProvider(
  name: AgentCli,
  { home, model }: Stage,
): Pick<StageOptions, "extraArgs" | "env"> {
  const text = (path: string) => agentUser(name, home, model.url).files[path] ?? "";
  switch (name) {
    case "claude":
      return {};
    case "codex": {
      const settings = parse(text(".codex/config.toml"));
      const provider = JSON.stringify(settings.model_providers).replaceAll('":', '"=');
      const words = [
        `model_providers=${provider}`,
        'model_provider="mock"',
        'model="mock-model"',
        "features.plugins=false",
        "features.apps=false",
      ];
      return { extraArgs: words.flatMap((word) => ["-c", word]) };
    }
    case "opencode":
      return { env: { OPENCODE_CONFIG_CONTENT: text(".config/opencode/opencode.json") } };
  }
}

const wanted = Deno.env.get("KAS_TEST_AGENTS") === "1" ? AGENT_CLIS : [];
for (const name of wanted) {
  const ignore = await isMissing(name);
  const harness = harnessFor(name);

  agentTest(name, ignore, "takes everything of an agent into a run", async () => {
    await using stage = await Stage.open(name, [
      { write: { path: "$<cwd>/made.txt", content: "made\n" } },
      { shell: "echo in the shell" },
      SIGNAL,
      NOTE,
      FAR,
      { text: "All done." },
    ]);
    await using far = startHttpMcp();
    const hostEnv = await settleUser(name, stage.home, stage.model.url);
    const parts = await writeParts(stage);
    const headers = { Authorization: "Bearer ${API_TOKEN}" };
    const servers = {
      ...parts.mcpServers,
      far: { type: "http" as const, url: far.url, headers },
    };
    const notes = `${stage.root}/notes.jsonl`;
    const request = stage.request({
      mode: "run",
      task: `- a list, "quoted" \\ and $HOME\nWork in ${stage.cwd}`,
      outputFormat: "stream-json",
      hostEnv,
      env: { NOTES_FILE: notes, API_TOKEN: SECRET },
      parts: { ...parts, mcpServers: servers },
      isManaged: false,
    });
    const launch = await stage.prepare(harness, request);
    assert.deepEqual(launch.notes.filter((note) => !/hooks are told/.test(note)), []);
    assert.equal(launch.argv.join("\n").includes(SECRET), false);
    assert.deepEqual(await filesWith(stage.launchDir, SECRET), []);
    const end = await stage.run(launch);
    assert.equal(end.code, 0, end.stderr);
    const reading = harness.read(end.stdout, "stream-json");
    assert.equal(reading.text, "All done.");
    assert.equal(reading.outcome, "completed");
    assert.equal(reading.error, null);
    assert.match(reading.sessionId ?? "", /\w{8}/);
    assert.equal(await Deno.readTextFile(`${stage.cwd}/made.txt`), "made\n");
    const bodies = JSON.stringify(stage.model.requests().map(({ body }) => body));
    const said = stage.model.requests().map(({ prompt }) => prompt).join("\n");
    assert.ok(said.includes(`- a list, "quoted" \\ and $HOME\n`), said);
    assert.ok(bodies.includes('SOUL-ONE, {env:HOME} {file:/etc/passwd} \\"quoted\\" \\\\ $HOME'));
    assert.ok(bodies.includes("Greets people kindly in Volapük"));
    assert.deepEqual(await stage.calls(), [["signal_create", SIGNAL.mcp?.args]]);
    assert.deepEqual(await stage.calls(notes), [["task_show", NOTE.mcp?.args]]);
    assert.deepEqual(far.calls(), [{ tool: "look_up", authorization: `Bearer ${SECRET}` }]);
    const hooks = (await Deno.readTextFile(`${stage.root}/hooks.txt`)).trim().split("\n");
    assert.ok(hooks.includes("stop") && hooks.includes("tool"), hooks.join());
  });

  agentTest(name, ignore, "goes on with a session, under the soul of now", async () => {
    await using stage = await Stage.open(name, [{ text: "All done." }]);
    const hostEnv = await settleUser(name, stage.home, stage.model.url);
    const run = async (task: string, soul: string, resume: string | null) => {
      const request = stage.request({
        mode: "run",
        task: `${task}\nWork in ${stage.cwd}`,
        outputFormat: "stream-json",
        resume,
        hostEnv,
        parts: { soul },
      });
      const end = await stage.run(await stage.prepare(harness, request));
      assert.equal(end.code, 0, end.stderr + end.stdout);
      return harness.read(end.stdout, "stream-json");
    };
    const first = await run("TASK-ONE", "SOUL-ONE", null);
    assert.equal(first.text, "All done.");
    for (const [number, resume] of [["TWO", first.sessionId], ["THREE", "last"]] as const) {
      // the last one is too long for an argument
      const long = resume === "last"
        ? `${"All work and no play\n".repeat(4000)}THE-END`
        : "THE-END";
      const next = await run(`TASK-${number}`, `SOUL-${number} ${long}`, resume);
      assert.equal(next.sessionId, first.sessionId);
      const body = stage.model.requests().map(({ body }) => JSON.stringify(body))
        .findLast((text) => text.includes(`TASK-${number}`)) ?? "";
      assert.ok(body.includes("TASK-ONE"), "it does not know what was before");
      const [, soul = ""] = body.split(`SOUL-${number} `);
      assert.ok(soul.includes("THE-END"), "the new soul did not arrive");
    }
  });

  agentTest(name, ignore, "refuses in a run what would be asked about", async () => {
    await using stage = await Stage.open(name, [
      { write: { path: "$<cwd>/made.txt", content: "made\n" } },
      NOTE,
      { shell: "git commit -q --allow-empty -m shelled && cp made.txt ../../copied.txt" },
      { text: "All done." },
    ]);
    const hostEnv = await settleUser(name, stage.home, stage.model.url);
    const parts = await writeParts(stage);
    const notes = `${stage.root}/notes.jsonl`;
    for (const permission of ["ask", "auto"] as const) {
      const request = stage.request({
        mode: "run",
        task: `Try\nWork in ${stage.cwd}`,
        outputFormat: "stream-json",
        permission,
        hostEnv,
        env: { NOTES_FILE: notes },
        parts,
      });
      const launch = await stage.prepare(harness, request);
      assert.match(launch.notes.join("\n"), /nobody can answer in a run/);
      const end = await stage.run(launch);
      // opencode says 0 and ends there; the others go on without it
      const { outcome } = harness.read(end.stdout, "stream-json");
      assert.equal(outcome, name === "opencode" ? "failed" : "completed");
      const made = [...Deno.readDirSync(stage.cwd)].some((entry) => entry.name === "made.txt");
      assert.equal(made, permission === "auto");
      assert.deepEqual(await stage.calls(notes), []);
      assert.deepEqual([...Deno.readDirSync(stage.repo)].map((entry) => entry.name).sort(), [
        ".git",
        ".worktrees",
      ]);
    }
  });

  agentTest(name, ignore, "leaves the user's own settings out when strict", async () => {
    await using stage = await Stage.open(name, [{ text: "All done." }]);
    const hostEnv = await settleUser(name, stage.home, stage.model.url);
    const rules: Record<AgentCli, [string, string]> = {
      claude: [".claude/CLAUDE.md", "CLAUDE.md"],
      codex: [".codex/AGENTS.md", "AGENTS.md"],
      opencode: [".config/opencode/AGENTS.md", "AGENTS.md"],
    };
    await Deno.writeTextFile(`${stage.home}/${rules[name][0]}`, "USER-RULES apply\n");
    await Deno.writeTextFile(`${stage.cwd}/${rules[name][1]}`, "PROJECT-RULES apply\n");
    const skill = `${stage.home}/${name === "claude" ? ".claude" : ".agents"}/skills/own`;
    await Deno.mkdir(skill, { recursive: true });
    const about = "---\nname: own\ndescription: USER-SKILL of mine\n---\nDo it.\n";
    await Deno.writeTextFile(`${skill}/SKILL.md`, about);
    for (const strict of [false, true]) {
      const request = stage.request({
        mode: "run",
        task: `Try ${strict}\nWork in ${stage.cwd}`,
        outputFormat: "stream-json",
        strict,
        hostEnv,
        parts: { soul: "SOUL-ONE" },
        ...strict ? ownProvider(name, stage) : {},
      });
      const launch = await stage.prepare(harness, request);
      const end = await stage.run(launch);
      const body = stage.model.requests().map(({ body }) => JSON.stringify(body))
        .findLast((text) => text.includes(`Try ${strict}`)) ?? end.stderr + end.stdout;
      assert.equal(body.includes("PROJECT-RULES"), !strict);
      assert.equal(body.includes("USER-SKILL"), !strict);
      // codex has no option for the rules in its home, and a note says so
      assert.equal(body.includes("USER-RULES"), !strict || name === "codex");
      assert.equal(launch.notes.length, strict && name === "codex" ? 1 : 0);
      assert.ok(body.includes("SOUL-ONE"), body);
    }
  });

  agentTest(name, ignore, "tells a failure of the model", async () => {
    await using stage = await Stage.open(name, [
      { error: { status: 400, message: "the mock refuses" } },
    ]);
    const hostEnv = await settleUser(name, stage.home, stage.model.url);
    const task = `Try\nWork in ${stage.cwd}`;
    for (const outputFormat of harness.capabilities.outputFormats) {
      const request = stage.request({ mode: "run", task, outputFormat, hostEnv });
      const end = await stage.run(await stage.prepare(harness, request));
      assert.equal(end.code, 1);
      const { outcome, error } = harness.read(end.stdout, outputFormat);
      assert.equal(outcome, outputFormat === "text" ? null : "failed");
      if (outputFormat !== "text") {
        assert.match(error ?? "", /^(API Error: 400 )?the mock refuses$/);
      }
    }
  });

  agentTest(
    name,
    ignore || !harness.capabilities.maxTurns,
    "ends at a limit of turns",
    async () => {
      const shell = { shell: "echo again" };
      await using stage = await Stage.open(name, [shell, shell, shell, shell, {
        text: "All done.",
      }]);
      const hostEnv = await settleUser(name, stage.home, stage.model.url);
      const request = stage.request({
        mode: "run",
        task: `Try\nWork in ${stage.cwd}`,
        outputFormat: "stream-json",
        maxTurns: 2,
        hostEnv,
      });
      const end = await stage.run(await stage.prepare(harness, request));
      const reading = harness.read(end.stdout, "stream-json");
      if (name === "claude") assert.equal(reading.outcome, "max_turns");
      else {
        const bodies = stage.model.requests().map(({ body }) => JSON.stringify(body));
        assert.ok(bodies.some((text) => text.includes("MAXIMUM STEPS REACHED")), bodies.at(-1));
      }
    },
  );

  agentTest(
    name,
    ignore,
    "takes everything of an agent into a chat, and goes on with it",
    async () => {
      await using stage = await Stage.open(name, [{ shell: "echo in the shell" }, SIGNAL, NOTE, {
        text: "All done.",
      }]);
      const hostEnv = await settleUser(name, stage.home, stage.model.url);
      const parts = await writeParts(stage);
      const notes = `${stage.root}/notes.jsonl`;
      const chat = (task: string, resume: string | null) =>
        stage.request({
          task: `- ${task}\nWork in ${stage.cwd}`,
          resume,
          hostEnv,
          env: { NOTES_FILE: notes },
          parts,
          stateHook: ["/bin/sh", `${stage.root}/an agent/scripts/mark.sh`],
        });
      for (const [task, resume] of [["TASK-ONE", null], ["TASK-TWO", "last"]] as const) {
        const launch = await stage.prepare(harness, chat(task, resume));
        await stage.start(launch);
        const takesPrompt = launch.argv.some((word) => word.includes(task));
        assert.equal(launch.notes.some((note) => /no first prompt/.test(note)), !takesPrompt);
        if (takesPrompt) await stage.answered(task);
        const states = (await stage.until("idle", harness, hostEnv)).map((state) => state.activity);
        assert.equal(states.includes("asking"), false, `states: ${states}`);
        if (!takesPrompt) await shown(stage, /TASK-ONE/);
        await stage.killPane();
        if (!takesPrompt) break;
      }
      // opencode takes no second prompt, nor does it tell kas of its state by hooks
      const isOpencode = name === "opencode";
      const body = stage.model.requests().map(({ body }) => JSON.stringify(body))
        .findLast((text) => text.includes(isOpencode ? "- TASK-ONE" : "- TASK-TWO")) ?? "";
      assert.ok(body.includes("TASK-ONE"), "it does not know what was before");
      assert.ok(body.includes("SOUL-ONE") && body.includes("Greets people kindly in Volapük"));
      assert.equal((await stage.calls(notes)).length, isOpencode ? 1 : 2);
      const hooks = (await Deno.readTextFile(`${stage.root}/hooks.txt`)).trim().split("\n");
      const turn = ["UserPromptSubmit", "tool", "stop", "Stop"];
      const expected = isOpencode ? ["tool", "stop"] : [...turn, ...turn];
      // hooks of one event run side by side
      assert.deepEqual(hooks.toSorted(), expected.toSorted());
    },
  );
}
