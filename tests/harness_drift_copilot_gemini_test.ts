/**
 * GitHub Copilot CLI and Gemini CLI against their adapters, offline: each is started with what
 * `render()` gives, in a run and in a real tmux pane, and driven by the mock model. Needs npm once, and
 * node for gemini; runs with KAS_TEST_AGENTS=1.
 */
import assert from "node:assert/strict";
import { agentTest } from "./support/agent_case.ts";
import { isMissing } from "./support/agent_clis.ts";
import { sleep, Stage } from "./support/agent_stage.ts";
import {
  agentParts,
  eventsOf,
  filesBelow,
  HARNESS_OF,
  noteEvents,
  openSkill,
  OTHER_CLIS,
  settleUser,
  systemPrompt,
  userVariables,
} from "./support/other_clis.ts";

const COMMIT = "git add made.txt && git commit -qm made";
const MADE = { write: { path: "$<cwd>/made.txt", content: "made\n" } };
const SIGNAL = {
  mcp: { server: "kasmos", tool: "signal_create", args: { signal_type: "implement_finished" } },
};
const SIGNALLED = [["signal_create", { signal_type: "implement_finished" }]];

const wanted = Deno.env.get("KAS_TEST_AGENTS") === "1" ? OTHER_CLIS : [];
for (const name of wanted) {
  const ignore = await isMissing(name);
  const harness = HARNESS_OF[name];

  agentTest(name, ignore, "a run gets soul, skill, hooks, servers and the task", async () => {
    await using stage = await Stage.open(name, [
      openSkill(name, "deploy"),
      MADE,
      { shell: COMMIT },
      SIGNAL,
      { mcp: { server: "notes", tool: "task_show", args: { n: 1 } } },
      { text: "All done.", chunkMs: 5 },
    ]);
    const notes = `${stage.root}/notes.jsonl`;
    const hostEnv = await userVariables(name, stage.model.url);
    const task = `- "a" \\ $HOME \`x\` é\n--yolo\n@nobody /help\nWork in ${stage.cwd}`;
    const options = {
      mode: "run",
      model: "mock-model",
      outputFormat: "stream-json",
      hostEnv,
      env: { NOTES_FILE: notes, SERVER_SECRET: "s3cr3t-value" },
      parts: await agentParts(stage),
    } as const;
    const launch = await stage.prepare(harness, stage.request({ ...options, task }));
    const { code, stdout, stderr } = await stage.run(launch);
    assert.equal(code, 0, stderr);

    const reading = harness.read(stdout, "stream-json");
    assert.equal(reading.outcome, "completed", stdout);
    assert.equal(reading.text, "All done.");
    const [first] = stage.model.requests();
    assert.ok(first !== undefined);
    assert.ok(first.prompt.includes(task), first.prompt);
    for (const text of ["SOUL-TEXT", "someone", "about `@it`", "SKILL-ABOUT"]) {
      assert.ok(JSON.stringify(first.body).includes(text), `no ${text}`);
    }
    assert.ok(systemPrompt(first).includes("SOUL-TEXT"));
    assert.ok(!systemPrompt(first).includes("Import failed"));
    const last = JSON.stringify(stage.model.requests().at(-1)?.body);
    assert.ok(last.includes("SKILL-TEXT"), "the skill was not opened");
    assert.deepEqual(await stage.calls(), SIGNALLED);
    assert.deepEqual(await stage.calls(notes), [["task_show", { n: 1 }]]);
    assert.ok(last.includes("s3cr3t-value"), "the server has not its variable");
    assert.equal(await stage.git("show", "w1:made.txt"), "made\n");
    for (const hook of ["prompt", "tool"]) {
      const where = await Deno.readTextFile(`${stage.cwd}/hook-${hook}.txt`);
      assert.equal(where.trim(), stage.cwd);
    }
    for (const { path, text } of await filesBelow(stage.launchDir)) {
      assert.ok(!/s3cr3t-value|made-up-key/.test(text), `a secret is in ${path}`);
    }

    const again = stage.request({ ...options, task: "And now?", resume: reading.sessionId });
    const second = await stage.run(await stage.prepare(harness, again));
    const more = harness.read(second.stdout, "stream-json");
    assert.equal(more.outcome, "completed", second.stderr);
    assert.ok(JSON.stringify(stage.model.requests().at(-1)?.body).includes("--yolo"));
  });

  agentTest(name, ignore, "a run under ask refuses, and says so beforehand", async () => {
    await using stage = await Stage.open(name, [
      { shell: "touch '$<cwd>/risky.txt'" },
      SIGNAL,
      { text: "Refused." },
    ]);
    const hostEnv = await userVariables(name, stage.model.url);
    for (const outputFormat of ["text", "json"] as const) {
      const launch = await stage.prepare(
        harness,
        stage.request({
          mode: "run",
          model: "mock-model",
          permission: "ask",
          outputFormat,
          task: `Work in ${stage.cwd}`,
          hostEnv,
        }),
      );
      assert.ok(launch.notes.some((note) => note.includes("nobody can answer")));
      const { code, stdout, stderr } = await stage.run(launch);
      assert.equal(code, 0, stderr);
      assert.equal(harness.read(stdout, outputFormat).text, "Refused.");
    }
    assert.deepEqual(await stage.calls(), [...SIGNALLED, ...SIGNALLED]);
    await assert.rejects(Deno.stat(`${stage.cwd}/risky.txt`), Deno.errors.NotFound);
  });

  agentTest(name, ignore, "a run tells what went wrong", async () => {
    const failing = { error: { status: 400, message: "no such thing" } };
    await using stage = await Stage.open(name, [failing]);
    const hostEnv = await userVariables(name, stage.model.url);
    const launch = await stage.prepare(
      harness,
      stage.request({
        mode: "run",
        model: "mock-model",
        outputFormat: "stream-json",
        task: `Work in ${stage.cwd}`,
        hostEnv,
      }),
    );
    const { code, stdout } = await stage.run(launch);
    assert.notEqual(code, 0);
    const { outcome, error } = harness.read(stdout, "stream-json");
    assert.equal(outcome, "failed");
    assert.match(error ?? "", /no such thing/);
  });

  agentTest(name, ignore, "a chat does a whole task unasked under yolo", async () => {
    await using stage = await Stage.open(name, [
      { say: "On it.", ...MADE, delayMs: 1_000 },
      { shell: COMMIT },
      SIGNAL,
      { text: "All done.", chunkMs: 20 },
    ]);
    const hostEnv = await userVariables(name, stage.model.url);
    const task = `- You are "a" coder; $HOME \`x\`\nWork in ${stage.cwd}`;
    const env = { NOTES_FILE: `${stage.root}/notes.jsonl`, SERVER_SECRET: "s" };
    const parts = await agentParts(stage);
    const request = stage.request({ task, model: "mock-model", hostEnv, env, parts });
    const stateHook = await noteEvents(stage);
    await stage.start(await stage.prepare(harness, { ...request, stateHook }));
    const first = await stage.until("busy", harness, hostEnv);
    const rest = await stage.until("idle", harness, hostEnv);
    const states = [...first, ...rest].map(({ activity }) => activity);
    assert.deepEqual([...new Set(states)], ["starting", "busy", "idle"]);
    assert.equal(await stage.git("show", "w1:made.txt"), "made\n", await stage.screen());
    assert.deepEqual(await stage.calls(), SIGNALLED);
    const prompts = stage.model.requests().map(({ prompt }) => prompt);
    assert.ok(prompts.some((text) => text.includes(task)), prompts[0]);
    assert.deepEqual(await eventsOf(stage), ["UserPromptSubmit", "Stop"]);
    await stage.killPane();
  });

  agentTest(
    name,
    ignore,
    "a chat asks under auto, reads a long task, stops when told",
    async () => {
      const reader = name === "copilot"
        ? { name: "view", args: { path: "$<file>", view_range: [1, 3] } }
        : { name: "read_file", args: { file_path: "$<file>" } };
      await using stage = await Stage.open(name, [
        { tool: reader },
        { write: { path: "$<root>/repo/.worktrees/w 1/made.txt", content: "made\n" } },
        SIGNAL,
        { shell: "touch risky.txt" },
        { text: "All done." },
      ]);
      const hostEnv = await userVariables(name, stage.model.url);
      const task = `START-OF-TASK\n${"All work and no play\n".repeat(4000)}`;
      const request = stage.request({ task, model: "mock-model", permission: "auto", hostEnv });
      const stateHook = await noteEvents(stage);
      await stage.start(await stage.prepare(harness, { ...request, stateHook }));
      await stage.until("asking", harness, hostEnv);
      const last = stage.model.requests().at(-1);
      assert.equal(last?.answer.step, 3, await stage.screen());
      assert.ok(JSON.stringify(last?.body).includes("START-OF-TASK"), "the task was not read");
      assert.equal(await Deno.readTextFile(`${stage.cwd}/made.txt`), "made\n");
      assert.deepEqual(await stage.calls(), SIGNALLED);
      await sleep(1_000); // a dialog takes no keys at once
      assert.deepEqual(await eventsOf(stage), ["UserPromptSubmit", "PermissionRequest"]);
      for (const key of harness.interruptKeys) {
        await stage.tmux("send-keys", "-t", "=agent:", key);
      }
      await stage.until("idle", harness, hostEnv);
      await assert.rejects(Deno.stat(`${stage.cwd}/risky.txt`), Deno.errors.NotFound);
      await stage.killPane();
    },
  );

  agentTest(name, ignore, "a first prompt is text, a slash command is one", async () => {
    await using stage = await Stage.open(name, [{ text: "Done." }]);
    const hostEnv = await userVariables(name, stage.model.url);
    const task = name === "copilot" ? "!touch bang.txt" : "/help @/etc/hostname";
    const command = name === "copilot" ? "/kas:ship" : "/ship";
    const { skills: _, ...parts } = await agentParts(stage);
    const request = stage.request({ task, model: "mock-model", permission: "ask", hostEnv, parts });
    await stage.start(await stage.prepare(harness, request));
    await stage.until("idle", harness, hostEnv);
    const [first] = stage.model.requests();
    assert.ok(
      first?.prompt.includes(name === "copilot" ? task : "Read the file"),
      await stage.screen(),
    );
    await assert.rejects(Deno.stat(`${stage.cwd}/bang.txt`), Deno.errors.NotFound);

    await stage.tmux("set-buffer", "-b", "command", `${command} it`);
    await stage.tmux("paste-buffer", "-p", "-d", "-b", "command", "-t", "=agent:");
    await sleep(500);
    const isSent = () =>
      JSON.stringify(stage.model.requests().at(-1)?.body).includes("COMMAND-TEXT with it");
    // right after a paste Enter may be taken for a part of it
    for (const end = Date.now() + 30_000; Date.now() < end && !isSent(); await sleep(1_500)) {
      await stage.tmux("send-keys", "-t", "=agent:", "Enter");
    }
    assert.ok(isSent(), await stage.screen());
    await stage.until("idle", harness, hostEnv);
    await stage.killPane();
  });

  agentTest(name, ignore, "strict keeps the user's own settings out", async () => {
    await using stage = await Stage.open(name, [{ text: "Done." }]);
    const hostEnv = await userVariables(name, stage.model.url);
    const theirs = await settleUser(name, stage.home);
    const texts: Record<string, string> = {};
    for (const strict of [false, true]) {
      const launch = await stage.prepare(
        harness,
        stage.request({
          mode: "run",
          model: "mock-model",
          task: `Work in ${stage.cwd}`,
          strict,
          hostEnv,
          parts: { soul: "SOUL-TEXT" },
        }),
      );
      const { code, stderr } = await stage.run(launch);
      assert.equal(code, 0, stderr);
      const body = JSON.stringify(stage.model.requests().at(-1)?.body);
      assert.ok(body.includes("SOUL-TEXT"));
      texts[String(strict)] = body;
      const found = [...await filesBelow(stage.launchDir)];
      assert.deepEqual(found.filter(({ text }) => text.includes("users-own-secret")), []);
      await Deno.remove(stage.launchDir, { recursive: true });
    }
    for (const text of theirs) {
      assert.ok(texts["false"]?.includes(text), `${text} is missing`);
      assert.ok(!texts["true"]?.includes(text), `${text} is there`);
    }
  });
}

if (Deno.env.get("KAS_TEST_AGENTS") === "1") {
  const ignore = await isMissing("gemini");
  agentTest("gemini", ignore, "a limit of turns ends a run with 53", async () => {
    const harness = HARNESS_OF.gemini;
    await using stage = await Stage.open("gemini", [1, 2, 3, 4, 5].map(() => ({ shell: "true" })));
    const hostEnv = await userVariables("gemini", stage.model.url);
    const launch = await stage.prepare(
      harness,
      stage.request({
        mode: "run",
        model: "mock-model",
        outputFormat: "stream-json",
        maxTurns: 3,
        task: `Work in ${stage.cwd}`,
        hostEnv,
      }),
    );
    const { code, stdout } = await stage.run(launch);
    assert.equal(code, 53);
    assert.equal(harness.read(stdout, "stream-json").outcome, "max_turns");
    assert.equal(stage.model.requests().length, 3);
  });
}
