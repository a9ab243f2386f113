import assert from "node:assert/strict";
import { KasError } from "../errors.ts";
import { opencodeHarness } from "./opencode.ts";
import { type TestDirs, testDirs, testRequest } from "./test_request.ts";

async function serverOf(dirs: TestDirs): Promise<{ port: number; password: string }> {
  return JSON.parse(await Deno.readTextFile(`${dirs.sessionDir}/opencode.json`));
}

Deno.test("opencodeHarness.prepare() gives port, password and settings", async () => {
  await using dirs = await testDirs();
  const request = testRequest(dirs, {
    program: ["opencode"],
    model: "a/b",
    flags: ["--pure"],
    prompt: "--not a flag",
  });
  const { argv, env } = await opencodeHarness.prepare(request);
  const { port, password } = await serverOf(dirs);
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
  assert.equal(((await Deno.stat(`${dirs.sessionDir}/opencode.json`)).mode ?? 0) & 0o777, 0o600);
  assert.deepEqual(JSON.parse(env["OPENCODE_CONFIG_CONTENT"] ?? ""), {
    mcp: {
      kasmos: {
        type: "local",
        command: ["kas", "mcp"],
        environment: { KASMOS_PROJECT: "shop" },
        enabled: true,
        timeout: 60000,
      },
    },
    permission: { "kasmos_*": "allow" },
  });
  assert.equal(env["SECRET"], undefined);
});

Deno.test("opencodeHarness.prepare() keeps the settings the user passes the same way", async () => {
  await using dirs = await testDirs();
  const given = {
    theme: "dark",
    mcp: { mine: { type: "remote", url: "http://127.0.0.1" } },
    permission: { edit: "ask", bash: { "*": "allow", "git status": "allow" } },
    agent: { build: { temperature: 0 } },
  };
  const { argv, env } = await opencodeHarness.prepare(testRequest(dirs, {
    permission: "prompt",
    effort: "high",
    env: { OPENCODE_CONFIG_CONTENT: JSON.stringify(given) },
  }));
  const content = JSON.parse(env["OPENCODE_CONFIG_CONTENT"] ?? "");
  assert.equal(argv.includes("--auto"), false);
  assert.equal(content.theme, "dark");
  assert.deepEqual(Object.keys(content.mcp), ["mine", "kasmos"]);
  assert.deepEqual(content.agent, { build: { temperature: 0, variant: "high" } });
  assert.deepEqual(content.permission, {
    edit: "ask",
    bash: { "*": "ask", "git status": "allow" },
    "kasmos_*": "allow",
    external_directory: { [`${dirs.sessionDir}/*`]: "allow" },
  });
  // the last match wins in opencode, so the order is part of the meaning
  assert.deepEqual(Object.keys(content.permission.bash), ["*", "git status"]);
});

Deno.test("opencodeHarness.prepare() refuses settings it cannot merge", async () => {
  await using dirs = await testDirs();
  const request = testRequest(dirs, { env: { OPENCODE_CONFIG_CONTENT: "{ // a comment" } });
  await assert.rejects(
    opencodeHarness.prepare(request),
    (error) => error instanceof KasError && /OPENCODE_CONFIG_CONTENT/.test(error.message),
  );
});

Deno.test("opencodeHarness.state() asks the agent's own server", async () => {
  await using dirs = await testDirs();
  await opencodeHarness.prepare(testRequest(dirs));
  const { port, password } = await serverOf(dirs);
  const query = { sessionDir: dirs.sessionDir, cwd: "/w", pid: 1, title: "", hostEnv: {} };
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

Deno.test("opencodeHarness.state() is unknown for a session it did not prepare", async () => {
  await using dirs = await testDirs();
  const query = { sessionDir: dirs.sessionDir, cwd: "/w", pid: 1, title: "", hostEnv: {} };
  assert.equal((await opencodeHarness.state(query)).activity, "unknown");
});
