import assert from "node:assert/strict";
import { KasError } from "../errors.ts";
import { opencodeHarness } from "./opencode.ts";
import { fileOf, type TestChanges, type TestDirs, testDirs, testRequest } from "./test_request.ts";

/** Renders a launch and writes its server file. */
async function started(dirs: TestDirs): Promise<{ port: number; password: string }> {
  const text = fileOf(await opencodeHarness.render(testRequest(dirs)), dirs, "opencode.json");
  await Deno.writeTextFile(`${dirs.launchDir}/opencode.json`, text);
  return JSON.parse(text);
}

Deno.test("opencodeHarness.render() gives a chat its port, password and settings", async () => {
  await using dirs = await testDirs();
  const launch = await opencodeHarness.render(testRequest(dirs, {
    program: ["opencode"],
    model: "a/b",
    extraArgs: ["--pure"],
    task: "--not a flag",
  }));
  const { argv, env, files } = launch;
  const { port, password } = JSON.parse(fileOf(launch, dirs, "opencode.json"));
  assert.deepEqual(argv, [
    "opencode",
    "--port",
    String(port),
    "--auto",
    "--model",
    "a/b",
    "--pure",
    "--prompt=--not a flag",
  ]);
  assert.match(password, /^[0-9a-f]{48}$/);
  assert.equal(env["OPENCODE_SERVER_PASSWORD"], password);
  assert.equal(env["TMPDIR"], `${dirs.launchDir}/tmp`);
  assert.ok(files.some(({ path }) => path.startsWith(`${dirs.launchDir}/tmp/`)));
  assert.deepEqual(JSON.parse(env["OPENCODE_CONFIG_CONTENT"] ?? ""), {
    mcp: { kasmos: { type: "local", command: ["kas", "mcp"], enabled: true, timeout: 60000 } },
    permission: { "kasmos_*": "allow" },
  });
  assert.equal(env["SECRET"], undefined);
});

Deno.test("R22: opencodeHarness.render() gives a run its task on stdin", async () => {
  await using dirs = await testDirs();
  const launch = await opencodeHarness.render(testRequest(dirs, {
    program: ["opencode"],
    mode: "run",
    task: '- a "list"',
    outputFormat: "stream-json",
    resume: "ses_1",
    maxTurns: 4,
  }));
  assert.deepEqual(launch.argv, [
    "opencode",
    "run",
    "--format",
    "json",
    "--auto",
    "--session=ses_1",
  ]);
  assert.equal(launch.stdin, '- a "list"');
  assert.equal(launch.env["OPENCODE_SERVER_PASSWORD"], undefined);
  const { agent } = JSON.parse(launch.env["OPENCODE_CONFIG_CONTENT"] ?? "");
  assert.deepEqual(agent, { build: { steps: 4 } });
  assert.equal(launch.notes.length, 1);
});

Deno.test("opencodeHarness.render() says when a first prompt cannot be given", async () => {
  await using dirs = await testDirs();
  const changes = { program: ["opencode"], resume: "last", permission: "ask" } as const;
  const { argv, notes } = await opencodeHarness.render(testRequest(dirs, changes));
  assert.equal(argv.at(-1), "--continue");
  assert.match(notes.join(), /no first prompt/);
});

/** The settings a launch passes. */
async function contentOf(dirs: TestDirs, changes: TestChanges): Promise<{
  readonly text: string;
  readonly content: Record<string, unknown>;
}> {
  const { env } = await opencodeHarness.render(testRequest(dirs, changes));
  const text = env["OPENCODE_CONFIG_CONTENT"] ?? "";
  return { text, content: JSON.parse(text) };
}

Deno.test("opencodeHarness.render() keeps the settings the user passes the same way", async () => {
  await using dirs = await testDirs();
  const given = {
    theme: "dark",
    mcp: { mine: { type: "remote", url: "http://127.0.0.1", headers: { A: "{env:KEY}" } } },
    permission: { edit: "ask", bash: { "git status": "allow", "*": "allow" } },
    agent: { build: { temperature: 0 } },
    instructions: ["a.md"],
  };
  const { content, text } = await contentOf(dirs, {
    permission: "auto",
    effort: "high",
    env: { OPENCODE_CONFIG_CONTENT: JSON.stringify(given) },
    parts: { soul: "Be kind." },
  });
  assert.equal(content.theme, "dark");
  assert.deepEqual(Object.keys(content.mcp ?? {}), ["mine", "kasmos"]);
  assert.ok(text.includes("{env:KEY}"));
  assert.deepEqual(content.agent, { build: { temperature: 0, variant: "high" } });
  assert.deepEqual(content.instructions, ["a.md", `${dirs.launchDir}/soul.md`]);
  assert.deepEqual(content.permission, {
    edit: "ask",
    bash: { "*": "ask", "git status": "allow" },
    "kasmos_*": "allow",
    external_directory: {
      [`${dirs.launchDir}/*`]: "allow",
      [`${dirs.launchDir}/agent/*`]: "allow",
    },
  });
  // the last match wins in opencode, so the order is part of the meaning
  const { bash } = content.permission as { bash: object };
  assert.deepEqual(Object.keys(bash), ["*", "git status"]);
});

Deno.test("opencodeHarness.render() asks about edits under ask, and takes raw rules", async () => {
  await using dirs = await testDirs();
  const rules = async (changes: TestChanges) => (await contentOf(dirs, changes)).content.permission;
  const notes = { type: "stdio", command: "n", args: [], env: {} } as const;
  const ask = await rules({ permission: "ask", parts: { mcpServers: { "my.notes": notes } } });
  assert.deepEqual(ask, {
    "my_notes_*": "ask",
    "kasmos_*": "allow",
    edit: { "*": "ask" },
    webfetch: "ask",
    websearch: "ask",
    bash: { "*": "ask" },
    external_directory: {
      [`${dirs.launchDir}/*`]: "allow",
      [`${dirs.launchDir}/agent/*`]: "allow",
    },
  });
  assert.deepEqual(await rules({ permissionRaw: "deny" }), { "*": "deny", "kasmos_*": "allow" });
  assert.deepEqual(await rules({ permissionRaw: '{"bash":"deny"}' }), {
    bash: "deny",
    "kasmos_*": "allow",
  });
});

Deno.test("opencodeHarness.render() fills in servers, skills and commands, and nothing else", async () => {
  await using dirs = await testDirs();
  const command = `${dirs.root}/lint.md`;
  await Deno.writeTextFile(
    command,
    "\ufeff---\r\ndescription: Lints {env:HOME}\r\n---\r\nLint $1 {file:/etc/passwd}\r\n",
  );
  const { content, text } = await contentOf(dirs, {
    env: { KEY: 'a "secret" {env:HOME}' },
    kasServer: null,
    parts: {
      skills: { greeting: "/agent/skills/greeting" },
      commands: { lint: command },
      mcpServers: {
        notes: { type: "stdio", command: "n", args: ["-k", "${KEY}"], env: { K: "${KEY}" } },
        far: { type: "http", url: "https://x", headers: { A: "Bearer ${KEY}" } },
      },
    },
  });
  const key = 'a "secret" {env:HOME}';
  assert.deepEqual(content.mcp, {
    notes: {
      type: "local",
      command: ["n", "-k", key],
      environment: { K: key },
      enabled: true,
      timeout: 60000,
    },
    far: {
      type: "remote",
      url: "https://x",
      headers: { A: `Bearer ${key}` },
      enabled: true,
      timeout: 60000,
    },
  });
  assert.deepEqual(content.skills, { paths: [`${dirs.launchDir}/agent/skills`] });
  assert.deepEqual(content.command, {
    lint: { template: "Lint $1 {file:/etc/passwd}\n", description: "Lints {env:HOME}" },
  });
  // opencode would fill these in before it parses the text
  assert.equal(/\{(env|file):/.test(text), false);
});

Deno.test("R3: opencodeHarness.render() leaves the user's settings out when strict", async () => {
  await using dirs = await testDirs();
  const given = '{"theme":"dark"}';
  const { env } = await opencodeHarness.render(testRequest(dirs, {
    strict: true,
    hostEnv: { HOME: dirs.home, OPENCODE_CONFIG: "/c", OPENCODE_CONFIG_CONTENT: given },
  }));
  assert.equal(env["OPENCODE_CONFIG"], "");
  assert.equal(env["XDG_CONFIG_HOME"], `${dirs.launchDir}/config`);
  assert.equal(env["OPENCODE_DISABLE_PROJECT_CONFIG"], "1");
  assert.equal(env["OPENCODE_CONFIG_CONTENT"]?.includes("dark"), false);
  const own = { strict: true, env: { OPENCODE_CONFIG_CONTENT: given } };
  assert.equal((await contentOf(dirs, own)).content.theme, "dark");
});

Deno.test("opencodeHarness.render() refuses settings it cannot merge", async () => {
  await using dirs = await testDirs();
  const request = testRequest(dirs, { env: { OPENCODE_CONFIG_CONTENT: "{ // a comment" } });
  await assert.rejects(
    opencodeHarness.render(request),
    (error) => error instanceof KasError && /OPENCODE_CONFIG_CONTENT/.test(error.message),
  );
});

Deno.test("opencodeHarness.state() asks the agent's own server", async () => {
  await using dirs = await testDirs();
  const { port, password } = await started(dirs);
  const query = { launchDir: dirs.launchDir, cwd: "/w", pid: 1, title: "", hostEnv: {} };
  const state = async () => {
    const { activity, evidence } = await opencodeHarness.state(query);
    return `${activity}: ${evidence.replace(String(port), "P")}`;
  };
  assert.equal(await state(), "starting: server on port P: no answer");

  const answers: Record<string, unknown> = {
    "/session/status": {},
    "/permission": [],
    "/question": [],
    "/session": [],
  };
  await using _server = Deno.serve({ hostname: "127.0.0.1", port, onListen() {} }, (request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (request.headers.get("authorization") !== `Basic ${btoa(`opencode:${password}`)}`) {
      return new Response(null, { status: 401 });
    }
    return searchParams.get("directory") === "/w"
      ? Response.json(answers[pathname])
      : new Response("<html>", { headers: { "content-type": "text/html" } });
  });
  assert.equal(await state(), "starting: server on port P: no session yet");
  answers["/session/status"] = { ses_1: { type: "busy" } };
  assert.equal(await state(), "busy: server on port P: busy");
  answers["/session/status"] = { ses_1: { type: "retry" } };
  assert.equal(await state(), "busy: server on port P: retry");
  answers["/permission"] = [{ permission: "bash" }];
  assert.equal(await state(), "asking: server on port P: permission bash");
  answers["/permission"] = [];
  answers["/question"] = [{ id: "q" }];
  assert.equal(await state(), "asking: server on port P: question");
  Object.assign(answers, {
    "/question": [],
    "/session/status": {},
    "/session": [{ id: "ses_1" }],
  });
  assert.equal(await state(), "idle: server on port P: idle");
});

Deno.test("opencodeHarness.state() is unknown for a launch it did not render", async () => {
  await using dirs = await testDirs();
  const query = { launchDir: dirs.launchDir, cwd: "/w", pid: 1, title: "", hostEnv: {} };
  assert.equal((await opencodeHarness.state(query)).activity, "unknown");
});
