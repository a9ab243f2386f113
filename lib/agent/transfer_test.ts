import assert from "node:assert/strict";
import { filesBelow, inScene, refuses, SMALL } from "./_fixture.ts";
import { loadAgent } from "./library.ts";
import { exportAgent, importAgent } from "./transfer.ts";

/** As kman makes it. */
const KMAN = {
  "agent.toml": `name = "researcher"
description = "Reads papers"

[runtime]
default = "claude-code"

[runtime.claude-code]
permission_mode_raw = "acceptEdits"

[soul]
prompt_file = "soul.md"

[defaults]
permission_mode = "ask"
`,
  "soul.md": "# researcher\r\n\r\nYou read papers.\r\n",
  "mcp.json": `{ "mcpServers": {} }`,
  "skills/cite/SKILL.md": "---\nname: cite\ndescription: cites\n---\n",
  "skills/cite/.kman-skill.json": `{"source": "github:o/r"}`,
  "hooks/hooks.json": JSON.stringify({
    hooks: {
      Stop: [{ hooks: [{ type: "command", command: "${CLAUDE_PLUGIN_ROOT}/scripts/a.sh" }] }],
    },
  }),
  "scripts/a.sh!": "#!/bin/sh\n",
  "commands/read.md": "Read.",
  "bin/": "",
  "logs/agent.log": "noise",
  ".git/config": "noise",
};

Deno.test("importAgent() takes a kman agent as it is", () =>
  inScene(async ({ places, dir, write }) => {
    const from = `${dir}/kman/researcher`;
    await write(from, KMAN);
    await Deno.symlink("SKILL.md", `${from}/skills/cite/README.md`);
    const imported = await importAgent(places, from, { scope: "global" });
    assert.deepEqual(
      [imported.name, imported.path, imported.findings],
      ["researcher", `${places.global}/researcher`, []],
    );
    const {
      "scripts/a.sh!": script,
      "bin/": _bin,
      "logs/agent.log": _log,
      ".git/config": _git,
      ...kept
    } = KMAN;
    assert.deepEqual(
      await filesBelow(imported.path),
      Object.fromEntries(
        Object.entries({
          ...kept,
          "scripts/a.sh": script,
          "skills/cite/README.md": KMAN["skills/cite/SKILL.md"],
        }).sort(([a], [b]) => a < b ? -1 : 1),
      ),
    );
    const { profile, parts } = await loadAgent(places, "researcher");
    assert.deepEqual([profile.runtime, profile.perRuntime.claude?.permissionRaw], [
      "claude",
      "acceptEdits",
    ]);
    assert.deepEqual([parts.soul, Object.keys(parts.skills), parts.binDir], [
      "# researcher\n\nYou read papers.\n",
      ["cite"],
      `${imported.path}/bin`,
    ]);
    const mode = (await Deno.stat(`${imported.path}/scripts/a.sh`)).mode ?? 0;
    assert.equal(mode & 0o777, 0o700);
  }));

Deno.test("importAgent() renames, replaces only with force, and says what is missing", () =>
  inScene(async ({ places, dir, agent, write }) => {
    const path = await agent("global", "scout", { ...SMALL, "old.txt": "old" });
    const from = `${dir}/in/Some Agent`;
    await write(from, { "agent.toml": "" });
    await refuses(importAgent(places, from, { scope: "global" }), "invalid", /Try "some-agent"/);
    const options = { scope: "global", name: "scout" } as const;
    await refuses(importAgent(places, from, options), "exists", /scout/);
    assert.deepEqual(await filesBelow(path), { ...SMALL, "old.txt": "old" });
    const { findings, files } = await importAgent(places, from, { ...options, force: true });
    assert.deepEqual([files, findings.map(({ id }) => id)], [1, ["soul.unusable"]]);
    assert.deepEqual(await filesBelow(path), { "agent.toml": "" });
    assert.deepEqual([...Deno.readDirSync(places.global)].map(({ name }) => name), ["scout"]);
  }));

Deno.test("importAgent() refuses what it must not take, and leaves nothing behind", () =>
  inScene(async ({ places, dir, write }) => {
    const from = `${dir}/in/scout`;
    const go = () => importAgent(places, from, { scope: "project" });
    await refuses(go(), "not_found", /Cannot find the folder/);
    await write(from, { "soul.md": "" });
    await refuses(go(), "not_found", /it has no agent\.toml/);
    await write(from, { "agent.toml": `runtime.default = "pi"\n` });
    const error = await refuses(go(), "invalid", /"pi" for runtime\.default/);
    assert.ok(error.message.startsWith(`${from}/agent.toml:1:1`));
    assert.match(error.hint ?? "", /--runtime claude/);
    await write(from, SMALL);
    await Deno.writeTextFile(`${dir}/secret`, "hunter2");
    await Deno.symlink(`${dir}/secret`, `${from}/notes.md`);
    await refuses(go(), "guard", /"notes\.md" is a link that leaves/);
    assert.deepEqual([...Deno.readDirSync(`${dir}/repo`)], []);
  }));

Deno.test("exportAgent() copies an agent, and never a secret", () =>
  inScene(async ({ places, dir, agent, write }) => {
    await write(`${dir}/home/secrets`, { gh: "hunter2" });
    await agent("global", "scout", {
      ...KMAN,
      "agent.toml": `env.secret.GH = "file:gh"\nenv.set.MODE = "x"\n`,
    });
    await refuses(exportAgent(places, "scout", `${dir}/no/out`), "not_found", /folder/);
    await refuses(exportAgent(places, "ghost", `${dir}/out`), "not_found", /ghost/);
    const inside = exportAgent(places, "scout", `${places.global}/scout/skills/out`);
    await refuses(inside, "invalid", /in the agent itself/);
    await Deno.mkdir(`${dir}/out`);
    const exported = await exportAgent(places, "scout", `${dir}/out`);
    assert.deepEqual(exported, {
      name: "scout",
      path: `${dir}/out`,
      files: [
        "agent.toml",
        "commands/read.md",
        "hooks/hooks.json",
        "mcp.json",
        "scripts/a.sh",
        "skills/cite/.kman-skill.json",
        "skills/cite/SKILL.md",
        "soul.md",
      ],
      secrets: ["GH"],
      values: ["MODE"],
    });
    const files = await filesBelow(`${dir}/out`);
    assert.deepEqual(Object.keys(files), exported.files);
    assert.doesNotMatch(JSON.stringify([files, exported]), /hunter2/);
    await refuses(exportAgent(places, "scout", `${dir}/out`), "exists", /not empty/);
    // What was exported can be imported.
    await Deno.rename(`${dir}/out`, `${dir}/ranger`);
    assert.deepEqual(
      (await importAgent(places, `${dir}/ranger`, { scope: "project" })).findings,
      [],
    );
  }));

Deno.test("exportAgent() writes a built-in agent out, to go on from", () =>
  inScene(async ({ places, dir }) => {
    const { parts: { soul } } = await loadAgent(places, "reviewer");
    await exportAgent(places, "reviewer", `${dir}/reviewer`);
    await importAgent(places, `${dir}/reviewer`, { scope: "project" });
    const { profile, parts } = await loadAgent(places, "reviewer");
    assert.deepEqual([profile.scope, parts.soul], ["project", soul]);
    assert.match(profile.description ?? "", /Reviews/);
  }));

Deno.test("importAgent() gives an agent of an unknown runtime another one, and keeps comments", () =>
  inScene(async ({ places, dir, write }) => {
    const from = `${dir}/in/scout`;
    await write(from, { ...SMALL, "agent.toml": `[runtime] # which\ndefault = "pi" # era\n` });
    const { path } = await importAgent(places, from, { scope: "global", runtime: "codex" });
    assert.equal(
      await Deno.readTextFile(`${path}/agent.toml`),
      `[runtime] # which\ndefault = "codex" # era\n`,
    );
    await write(from, { "agent.toml": "= broken" });
    const broken = importAgent(places, from, { scope: "global", name: "x", runtime: "codex" });
    await refuses(broken, "invalid", /agent\.toml:1:1: Cannot read it as TOML/);
  }));
