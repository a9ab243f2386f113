import assert from "node:assert/strict";
import { loginOf } from "./login.ts";

async function inHome(body: (home: string) => Promise<void>): Promise<void> {
  const home = await Deno.makeTempDir({ prefix: "kas-login-" });
  try {
    await body(home);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test("loginOf() says no in an empty home, except where that cannot be seen", () =>
  inHome(async (HOME) => {
    const env = { HOME };
    const all = ["claude", "codex", "opencode", "copilot", "gemini"] as const;
    const on = async (os: string) => await Promise.all(all.map((name) => loginOf(name, env, os)));
    assert.deepEqual(await on("linux"), ["no", "no", "unknown", "unknown", "no"]);
    assert.deepEqual(await on("darwin"), ["unknown", "unknown", "unknown", "unknown", "no"]);
  }));

Deno.test("loginOf() sees variables and files, and settings that may name another way", () =>
  inHome(async (home) => {
    assert.equal(await loginOf("claude", { HOME: home, ANTHROPIC_API_KEY: "k" }, "linux"), "yes");
    const env = { HOME: "/nowhere", CLAUDE_CONFIG_DIR: home, CODEX_HOME: home };
    await Deno.writeTextFile(`${home}/settings.json`, '{"apiKeyHelper":"x"}');
    assert.equal(await loginOf("claude", env, "linux"), "unknown");
    await Deno.writeTextFile(`${home}/config.toml`, "model_provider = 'mine'\n");
    assert.equal(await loginOf("codex", env, "linux"), "unknown");
    await Deno.writeTextFile(`${home}/.credentials.json`, "{}");
    assert.equal(await loginOf("claude", env, "linux"), "unknown", "an empty object is no login");
    await Deno.writeTextFile(`${home}/.credentials.json`, '{"claudeAiOauth":{}}');
    assert.equal(await loginOf("claude", env, "linux"), "yes");
  }));
