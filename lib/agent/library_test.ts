import assert from "node:assert/strict";
import { inScene, refuses, SMALL } from "./_fixture.ts";
import {
  agentDirectory,
  agentPlaces,
  inspectAgent,
  listAgents,
  loadAgent,
  loadProfile,
} from "./library.ts";

Deno.test("listAgents() lets the project win over the user and both over the built-in ones", () =>
  inScene(async ({ places, agent }) => {
    await agent("global", "coder");
    await agent("project", "coder", { "agent.toml": `runtime.default = "codex"\n` });
    await agent("global", "scout", { "agent.toml": `runtime.default = 3\n` });
    // Neither is an agent: one has no settings, the other no legal name.
    await agent("global", "half", { "soul.md": "x" });
    await agent("global", ".new-x", SMALL);
    const agents = await listAgents(places);
    assert.deepEqual(
      agents.filter(({ name }) => name === "coder").map((one) => [one.scope, one.shadowed]),
      [["project", false], ["global", true], ["builtin", true]],
    );
    assert.deepEqual(agents.map(({ name }) => name).filter((name, i, all) => name !== all[i - 1]), [
      "architect",
      "chat",
      "coder",
      "fixer",
      "master",
      "planner",
      "reviewer",
      "scout",
    ]);
    assert.match(
      agents.find(({ name }) => name === "scout")?.error ?? "",
      /agent\.toml:1:1: .*"3"/,
    );
    assert.equal((await loadProfile(places, "coder")).runtime, "codex");
    assert.equal(
      (await loadProfile(agentPlaces({ configDir: "/nope" }, null), "coder")).scope,
      "builtin",
    );
  }));

Deno.test("loadAgent() reads everything an agent brings", () =>
  inScene(async ({ places, agent }) => {
    const path = await agent("project", "scout", {
      "agent.toml": `name = "scout"
description = "finds"
strict = true
[runtime]
default = "claude-code"
model = "opus"
[runtime.claude-code]
permission_mode_raw = "plan"
program = ["claude", "--x"]
[defaults]
permission_mode = "auto"
max_turns = 7
timeout_minutes = 5
[env]
pass = ["AWS_*"]
set.LANG = "C"
secret.TOKEN = "file:gh"
secret.OTHER = "keychain:svc/me/you"
`,
      "soul.md": "\ufeff---\r\nname: x\r\nmodel: y\r\n---\r\n\r\nYou are\r\nscout.\r\n",
      "skills/find/SKILL.md": "---\nname: find\n---\n",
      "skills/find/.kman-skill.json": "{}",
      "commands/go.md": "Go.",
      "hooks/hooks.json": JSON.stringify({
        hooks: {
          Stop: [{
            matcher: "*",
            hooks: [{
              type: "command",
              command: '"${CLAUDE_PLUGIN_ROOT}/scripts/x.sh" a',
              timeout: 3,
            }],
          }],
        },
      }),
      "scripts/x.sh!": "#!/bin/sh\n",
      "bin/scout-go!": "#!/bin/sh\n",
      "mcp.json": `{"mcpServers": {"a": {"command": "x"}, "b": {"url": "https://x/y"}}}`,
    });
    const { profile, parts } = await loadAgent(places, "scout");
    assert.deepEqual(profile, {
      name: "scout",
      scope: "project",
      directory: path,
      description: "finds",
      runtime: "claude",
      model: "opus",
      effort: null,
      perRuntime: {
        claude: {
          program: ["claude", "--x"],
          model: null,
          effort: null,
          permissionRaw: "plan",
          extraArgs: [],
        },
      },
      soulFile: `${path}/soul.md`,
      permission: "auto",
      outputFormat: null,
      maxTurns: 7,
      timeoutMinutes: 5,
      passEnv: ["AWS_*"],
      setEnv: { LANG: "C" },
      secrets: {
        TOKEN: { kind: "file", name: "gh" },
        OTHER: { kind: "keychain", service: "svc", account: "me/you" },
      },
      strict: true,
    });
    assert.deepEqual(parts, {
      soul: "You are\nscout.\n",
      skills: { find: `${path}/skills/find` },
      commands: { go: `${path}/commands/go.md` },
      hooks: {
        Stop: [{
          matcher: "*",
          hooks: [{
            type: "command",
            command: '"${CLAUDE_PLUGIN_ROOT}/scripts/x.sh" a',
            timeout: 3,
          }],
        }],
      },
      mcpServers: {
        a: { type: "stdio", command: "x", args: [], env: {} },
        b: { type: "http", url: "https://x/y", headers: {} },
      },
      scriptsDir: `${path}/scripts`,
      binDir: `${path}/bin`,
    });
    assert.deepEqual((await inspectAgent(places, "scout")).map(({ id }) => id), [
      "soul.frontmatter",
    ]);
  }));

Deno.test("loadAgent() gives each role a built-in agent with a soul", async () => {
  const places = agentPlaces({ configDir: "/nope" }, null);
  for (const { name, scope } of await listAgents(places)) {
    const { profile, parts } = await loadAgent(places, name);
    assert.deepEqual([scope, profile.directory, profile.permission], ["builtin", null, null]);
    assert.match(parts.soul, /^You /);
    assert.deepEqual(await inspectAgent(places, name), []);
  }
});

Deno.test("R1: no name leads out of the folders of agents", () =>
  inScene(async ({ places, agent, dir }) => {
    await agent("global", "coder");
    await Deno.writeTextFile(`${dir}/home/agent.toml`, "");
    for (const name of ["..", ".", "", "../coder", "a/b", "/etc", "-x", ".hidden", "a\0b", "x\n"]) {
      await refuses(agentDirectory(places, name), "invalid", /as a agent name|as an agent name/);
      await refuses(loadAgent(places, name), "invalid", /agent name/);
    }
    await Deno.symlink(`${dir}/home`, `${places.global}/evil`);
    await refuses(agentDirectory(places, "evil"), "guard", /symbolic link/);
    assert.match(
      (await listAgents(places)).find(({ name }) => name === "evil")?.error ?? "",
      /link/,
    );
  }));

Deno.test("R17: an agent that is not there is said so, with the nearest name, and nothing is made", () =>
  inScene(async ({ places, agent, dir }) => {
    await agent("global", "researcher");
    await refuses(agentDirectory(places, "reseacher"), "not_found", /Did you mean "researcher"\?/);
    await refuses(agentDirectory(places, "ghost"), "not_found", /kas agent create ghost/);
    await refuses(agentDirectory(places, "coder"), "not_found", /it is built in/);
    assert.deepEqual([...Deno.readDirSync(places.global)].map(({ name }) => name), ["researcher"]);
    assert.deepEqual([...Deno.readDirSync(`${dir}/repo`)], []);
  }));

Deno.test("findAgent() refuses a project's folder of agents that leads elsewhere", () =>
  inScene(async ({ places, agent, dir }) => {
    await agent("global", "scout");
    await Deno.mkdir(`${dir}/repo/.kasmos`);
    await Deno.symlink(places.global, `${dir}/repo/.kasmos/agents`);
    await refuses(loadProfile(places, "scout"), "guard", /symbolic link/);
    await refuses(listAgents(places), "guard", /symbolic link/);
  }));

Deno.test("a link that leads back to itself is no agent, and hides none", () =>
  inScene(async ({ places, agent }) => {
    await agent("global", "scout");
    await Deno.symlink("loop", `${places.global}/loop`);
    const own = (await listAgents(places)).filter(({ scope }) => scope === "global");
    assert.deepEqual(own.map(({ name }) => name), ["scout"]);
    await refuses(loadProfile(places, "ghost"), "not_found", /kas agent create ghost/);
  }));

Deno.test("R5: loadAgent() refuses links that leave the agent's folder, and takes those that stay", () =>
  inScene(async ({ places, agent, dir }) => {
    await Deno.writeTextFile(`${dir}/outside.md`, "x");
    const path = await agent("global", "scout", { ...SMALL, "skills/a/SKILL.md": "a" });
    await Deno.symlink("a", `${path}/skills/b`);
    await Deno.symlink("SKILL.md", `${path}/skills/a/L.md`);
    assert.deepEqual(Object.keys((await loadAgent(places, "scout")).parts.skills), ["a", "b"]);
    for (
      const [target, why] of [
        [`${dir}/outside.md`, /"skills\/a\/out" is a link that leaves/],
        ["../../../../../outside.md", /leaves/],
        ["nothing", /leads to nothing/],
        [`${dir}/not-yet`, /leads to nothing/],
        ["../..", /leaves|folder it is in/],
        ["..", /a folder it is in/],
      ] as const
    ) {
      await Deno.symlink(target, `${path}/skills/a/out`);
      const error = await refuses(loadAgent(places, "scout"), "guard", why);
      assert.equal(error.exitCode, 3);
      const findings = await inspectAgent(places, "scout");
      assert.deepEqual(findings.map(({ id, severity }) => [id, severity]), [[
        "tree.refused",
        "error",
      ]]);
      await Deno.remove(`${path}/skills/a/out`);
    }
    await Deno.remove(`${path}/agent.toml`);
    await Deno.symlink(`${dir}/outside.md`, `${path}/agent.toml`);
    await refuses(loadProfile(places, "scout"), "guard", /symbolic link/);
  }));

Deno.test("loadAgent() refuses pipes in an agent's folder instead of waiting for them", () =>
  inScene(async ({ places, agent }) => {
    const path = await agent("global", "scout");
    await Deno.remove(`${path}/soul.md`);
    await new Deno.Command("mkfifo", { args: [`${path}/soul.md`] }).output();
    await refuses(loadAgent(places, "scout"), "guard", /neither a file nor a folder/);
  }));

Deno.test("inspectAgent() says all that is wrong at once", () =>
  inScene(async ({ places, agent }) => {
    await agent("global", "scout", {
      "agent.toml": `name = "other"\nmodle = "x"\n[soul]\nprompt_file = "gone.md"\n`,
      "skills": "a file",
      "commands/x.txt": "",
      "commands/sub/": "",
      "hooks/hooks.json": "{",
      "mcp.json": `{"mcpServers": []}`,
      "scripts": "",
      "bin/git!": "",
      "bin/x": "",
    });
    const findings = await inspectAgent(places, "scout");
    assert.deepEqual(findings.map(({ id, severity }) => `${severity} ${id}`), [
      "warning profile.other_name",
      "warning profile.unknown_key",
      "error soul.unusable",
      "error skills.invalid",
      "warning commands.stray_file",
      "warning commands.stray_file",
      "error hooks.invalid",
      "error mcp.invalid",
      "error scripts.invalid",
      "warning bin.shadows",
      "warning bin.not_executable",
    ]);
    await refuses(loadAgent(places, "scout"), "invalid", /gone\.md|skills|hooks|mcp|scripts/);
  }));
