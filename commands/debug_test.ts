import assert from "node:assert/strict";
import { inWorld } from "./_testing.ts";

const PLANTED = "pl4nted-s3cret-value";

Deno.test("kas debug holds what a report needs, and none of the secrets around it", () =>
  inWorld(async (world) => {
    await Deno.writeTextFile(
      world.paths.userConfig,
      `default_program = "claude --api-key ${PLANTED}1"\n[agents.coder]\nprogram = "claude"\n` +
        `flags = ["--auth-token", "${PLANTED}2"]\n[agents.coder.env]\nMY_SETTING = "${PLANTED}3"\n`,
    );
    await Deno.mkdir(world.paths.stateDir, { recursive: true, mode: 0o700 });
    const line = (message: string) => JSON.stringify({ at: "2026-01-31T12:00:00Z", message });
    await Deno.writeTextFile(
      world.paths.daemonLog,
      [
        line(`push to https://ann:${PLANTED}4@example.org/r.git failed`),
        line(`a tool printed ${PLANTED}5 and ${PLANTED}6`),
        line("harmless line"),
      ].join("\n"),
    );
    await world.run(["secret", "set", "deploy"], { stdin: `${PLANTED}5\n` });
    await world.ok("task", "create", "add-login", "--description", "x");
    const { stdout, stderr, code } = await world.command(["debug", "--json"], {
      env: { SOME_TOKEN: `${PLANTED}6`, ORDINARY: `${PLANTED}7` },
    }).output();
    const text = new TextDecoder().decode(stdout);
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    assert.ok(!text.includes(PLANTED), text.split("\n").find((part) => part.includes(PLANTED)));
    const report = JSON.parse(text);
    assert.ok(report.log.some((entry: string) => entry.endsWith("harmless line")));
    assert.ok(report.log[0].includes("https://***@example.org/r.git"), report.log[0]);
    assert.ok(report.environment.includes("SOME_TOKEN"));
    assert.deepEqual(report.store.tasks, { ready: 1 });
    assert.equal(report.places.database.startsWith("~/"), true);
    const flags = report.settings.find(({ key }: { key: string }) =>
      key === "agents.coder.env.MY_SETTING"
    );
    assert.equal(flags.value, "(hidden)");
    assert.ok(report.findings.some((f: { message: string }) => f.message.startsWith("kas ")));
  }));

Deno.test("kas debug --out writes a new private file", () =>
  inWorld(async (world) => {
    const file = `${world.dir}/report.txt`;
    assert.equal(await world.ok("debug", "--out", file), "");
    const text = await Deno.readTextFile(file);
    for (const part of ["# kas debug", "## findings", "## settings", "## store", "## log"]) {
      assert.ok(text.includes(part), part);
    }
    assert.equal(((await Deno.stat(file)).mode ?? 0) & 0o777, 0o600);
    const again = await world.kas("debug", "--out", file);
    assert.equal(again.code, 1);
    assert.match(again.err, /is there already/);
  }));

Deno.test("kas debug says what it cannot read", () =>
  inWorld(async (world) => {
    await Deno.writeTextFile(world.paths.userConfig, "x = = 1\n");
    const report = await world.json<{ settings: { key: string }[] }>("debug");
    assert.equal(report.settings[0]?.key, "(unreadable)");
  }));
