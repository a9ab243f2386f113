import assert from "node:assert/strict";
import type { DoctorFinding } from "../lib/doctor/types.ts";
import { harnessFor } from "../lib/harness/mod.ts";
import { holdFolder, launchPath } from "../lib/launch/folder.ts";
import { inWorld, type World } from "./_testing.ts";
import { report } from "./doctor.ts";

const CLAUDE = `#!/bin/sh\necho "2.1.329 (Claude Code)"\n`;

/** A program that says it is claude, chosen for every role. */
async function withClaude(world: World, script = CLAUDE): Promise<string> {
  const path = `${world.dir}/claude`;
  await Deno.writeTextFile(path, script, { mode: 0o755 });
  await settings(world, `default_program = "${path}"\n`);
  return path;
}

async function settings(world: World, text: string): Promise<void> {
  await Deno.mkdir(`${world.repo}/.kasmos`, { recursive: true });
  await Deno.writeTextFile(`${world.repo}/.kasmos/config.toml`, text);
}

async function doctor(
  world: World,
  ...argv: string[]
): Promise<{ code: number; findings: DoctorFinding[]; err: string }> {
  const { code, out, err } = await world.kas("doctor", "--json", ...argv);
  const findings: DoctorFinding[] = out === "" ? [] : JSON.parse(out).findings;
  return { code, findings, err };
}

function find(findings: readonly DoctorFinding[], id: string): DoctorFinding {
  const found = findings.find((finding) => finding.id === id);
  assert.ok(found, `no finding ${id}`);
  return found;
}

Deno.test("R27: kas doctor names version, minimum and abilities of the runtime that is used", () =>
  inWorld(async (world) => {
    await withClaude(world);
    const { code, findings } = await doctor(world);
    const claude = find(findings, "runtime.claude");
    assert.match(claude.message, /^claude 2\.1\.329 \(at least 2\.1\.197\); needed by .*coder/);
    assert.match(claude.detail ?? "", /soul: .*permissions: ask auto yolo.*skills: yes/);
    assert.equal(code, 0, JSON.stringify(findings.filter((f) => f.severity === "error")));
    const text = await world.ok("doctor", "-v");
    assert.match(text, /^system\n {2}✓ kas /);
    assert.match(text, /checks: in order|warning/);
  }));

/** A claude whose help is that of the real one, as far as kas looks at it. */
function talking(world: World): string {
  const help = harnessFor("claude").probes?.flatMap((probe) => Object.values(probe.words).flat());
  const lines = [...new Set(help)].map((word) => `  ${word}  text`).join("\n");
  return `#!/bin/sh
echo "$1" >> "${world.dir}/asked"
case "$1" in
  --version) echo "2.1.329 (Claude Code)";;
  --help) cat <<'END'
${lines}
END
esac
`;
}

Deno.test("R27: kas doctor asks a runtime for its options, once", () =>
  inWorld(async (world) => {
    await withClaude(world, talking(world));
    await Deno.mkdir(world.paths.stateDir, { recursive: true, mode: 0o700 });
    const { code, findings } = await doctor(world);
    assert.equal(code, 0, JSON.stringify(findings.filter((f) => f.severity === "error")));
    const { capabilities, detail } = find(findings, "runtime.claude");
    assert.match(detail ?? "", /found in its help: start, soul, model, /);
    assert.deepEqual(capabilities?.model, { declared: true, probed: "found" });
    assert.deepEqual(capabilities?.maxTurns, { declared: true, probed: null });
    const others = findings.filter(({ id }) => id.startsWith("runtime.claude."));
    assert.deepEqual(
      others.map(({ id }) => id),
      Deno.build.os === "darwin" ? [] : ["runtime.claude.login"],
    );
    const again = await doctor(world);
    assert.deepEqual(find(again.findings, "runtime.claude").capabilities, capabilities);
    const asked = await Deno.readTextFile(`${world.dir}/asked`);
    assert.deepEqual(asked.split("\n").sort(), ["", "--help", "--version", "--version"]);
  }));

Deno.test("kas doctor says which runtime is not logged in, from its files and variables", () =>
  inWorld(async (world) => {
    await withClaude(world, talking(world));
    const login = async (): Promise<boolean> =>
      (await doctor(world)).findings.some(({ id }) => id === "runtime.claude.login");
    // the keychain of macOS is not looked into
    assert.equal(await login(), Deno.build.os !== "darwin");
    const config = `${world.repo}/.kasmos/config.toml`;
    const keys = '\n[agents.coder]\nenv = { ANTHROPIC_API_KEY = "k" }\n';
    await Deno.mkdir(`${world.dir}/.claude`);
    await Deno.writeTextFile(`${world.dir}/.claude/.credentials.json`, '{"claudeAiOauth":{}}');
    assert.equal(await login(), false);
    await Deno.remove(`${world.dir}/.claude`, { recursive: true });
    await Deno.writeTextFile(config, keys, { append: true });
    assert.equal(await login(), false);
  }));

Deno.test("kas doctor says which option of a runtime is missing, and which agents need it", () =>
  inWorld(async (world) => {
    const lean = talking(world).replace("  --model  text\n", "");
    await withClaude(world, lean);
    const one = await doctor(world);
    assert.equal(one.code, 0);
    const warning = find(one.findings, "runtime.claude.missing");
    assert.equal(warning.severity, "warning");
    assert.match(warning.message, /^claude 2\.1\.329 does not list .*: --model \(model\)$/);
    assert.match(warning.hint ?? "", /^Update it: npm install -g @anthropic-ai\/claude-code/);
    const text = await world.ok("doctor");
    assert.match(text, /! claude 2\.1\.329 does not list .*--model/);
    // there was no folder of state, and a look makes none
    await assert.rejects(Deno.stat(world.paths.stateDir), Deno.errors.NotFound);
    await Deno.writeTextFile(
      `${world.repo}/.kasmos/config.toml`,
      `\n[agents.coder]\nmodel = "opus"\n`,
      { append: true },
    );
    const other = await doctor(world);
    assert.equal(other.code, 4, JSON.stringify(other.findings));
    const error = find(other.findings, "runtime.claude.missing");
    assert.match(error.message, /--model \(model\); needed by coder$/);
    assert.equal(error.severity, "error");
  }));

Deno.test("kas doctor goes on with a runtime that says nothing of itself", () =>
  inWorld(async (world) => {
    await withClaude(world, `#!/bin/sh\n[ "$1" = --version ] && echo 2.1.329 || exit 9\n`);
    const { code, findings } = await doctor(world);
    assert.equal(code, 0);
    const { severity, message } = find(findings, "runtime.claude.unknown");
    assert.equal(severity, "warning");
    assert.match(message, /it ends with 9; needed by .*coder/);
  }));

Deno.test("kas doctor ends with 4 when a runtime that is needed is missing or too old", () =>
  inWorld(async (world) => {
    const path = await withClaude(world, `#!/bin/sh\necho 1.0.0\n`);
    const old = await doctor(world);
    assert.equal(old.code, 4);
    assert.match(find(old.findings, "runtime.claude").message, /1\.0\.0, at least 2\.1\.197/);
    await Deno.remove(path);
    await Deno.mkdir(path);
    const folder = await doctor(world);
    assert.equal(folder.code, 4);
    assert.match(find(folder.findings, "runtime.claude").message, /is a folder/);
  }));

Deno.test("kas doctor says when the program an agent itself names cannot be started", () =>
  inWorld(async (world) => {
    await withClaude(world);
    const agents = `${world.paths.configDir}/agents`;
    for (const [name, program] of [["odd", world.dir], ["fine", "/bin/sh"]] as const) {
      await Deno.mkdir(`${agents}/${name}`, { recursive: true });
      const toml = `[runtime]\ndefault = "command"\n[runtime.command]\nprogram = ["${program}"]\n`;
      await Deno.writeTextFile(`${agents}/${name}/agent.toml`, toml);
      await Deno.writeTextFile(`${agents}/${name}/soul.md`, "You are odd.\n");
    }
    const { code, findings } = await doctor(world);
    const { severity, message } = find(findings, "agent.odd.program");
    assert.deepEqual([code, severity], [0, "warning"]);
    assert.match(message, /is a folder/);
    assert.equal(find(findings, "agent.fine").severity, "ok");
    const asked = await doctor(world, "--agent", "odd");
    assert.equal(find(asked.findings, "agent.odd.program").severity, "error");
  }));

Deno.test("R33: kas doctor takes MCP servers by URL, and says where mcp.json is wrong", () =>
  inWorld(async (world) => {
    await withClaude(world);
    await world.ok("agent", "create", "webby");
    const file = `${world.paths.configDir}/agents/webby/mcp.json`;
    await Deno.writeTextFile(
      file,
      '{"mcpServers":{"a":{"type":"http","url":"http://127.0.0.1:1"}}}',
    );
    assert.equal((await doctor(world, "-a", "webby")).code, 0);
    await Deno.writeTextFile(file, '{"mcpServers":\n  [');
    const { code, findings } = await doctor(world, "-a", "webby");
    assert.equal(code, 1);
    assert.match(find(findings, "agent.webby.mcp.invalid").message, /mcp\.json/);
  }));

Deno.test("kas doctor tells of settings that cannot be read, and goes on", () =>
  inWorld(async (world) => {
    await settings(world, "default_program = 7\n");
    const { code, findings } = await doctor(world);
    assert.ok(code === 1 || code === 4);
    assert.match(find(findings, "settings.1").message, /config\.toml/);
    find(findings, "store");
  }));

Deno.test("kas doctor --fix shows its plan, asks, and does no more than that", () =>
  inWorld(async (world) => {
    await withClaude(world);
    const launch = launchPath(world.paths.stateDir, "coder");
    await Deno.mkdir(launch, { recursive: true });
    await Deno.writeTextFile(`${launch}/owner`, "4194303 1\n");
    await using held = await holdFolder(launchPath(world.paths.stateDir, "coder"));
    await Deno.chmod(world.paths.database, 0o644);
    const asked = await world.kas("doctor", "--fix");
    assert.equal(asked.code, 2);
    assert.match(
      asked.err,
      /plan:\n {2}- close .*\n(.*\n)*.*remove the folder .*\/runtime\/coder\//,
    );
    assert.match(asked.err, /hint: Give --yes/);
    assert.ok((await Deno.stat(launch)).isDirectory);
    assert.equal((await world.run(["doctor", "--fix", "--yes"], { session: "7" })).code, 3);
    const fixed = await world.kas("doctor", "--fix", "--yes");
    assert.equal(fixed.code, 0, fixed.err);
    assert.equal(((await Deno.stat(world.paths.database)).mode ?? 0) & 0o777, 0o600);
    await assert.rejects(Deno.stat(launch), Deno.errors.NotFound);
    assert.ok((await Deno.stat(held.path)).isDirectory);
    assert.match((await world.kas("doctor", "--fix", "--yes")).err, /nothing to repair/);
  }));

Deno.test("kas doctor works outside a repository and without a store", () =>
  inWorld(async (world) => {
    const { code, out } = await world.run(["doctor", "--json"], { cwd: world.dir });
    assert.ok([0, 4].includes(code));
    assert.equal(JSON.parse(out).findings.some((f: DoctorFinding) => f.id === "settings"), true);
  }));

Deno.test("kas doctor --fix ends with 0 only when nothing is left that is wrong", () =>
  inWorld(async (world) => {
    await withClaude(world, `#!/bin/sh\necho 1.0.0\n`);
    assert.equal((await world.kas("doctor", "--fix", "--yes")).code, 4);
  }));

Deno.test("report() keeps to the width of a terminal, and leaves lines whole in a pipe", () => {
  const words = Array.from({ length: 40 }, (_, i) => `word${i}`).join(" ");
  const finding: DoctorFinding = {
    id: "x",
    section: "system",
    severity: "error",
    message: words,
    detail: words,
    hint: `${words}\nsecond`,
  };
  const text = report([finding], false, 80);
  assert.ok(text.split("\n").every((line) => line.length <= 80), text);
  assert.match(text, /\n {6}hint: word0 .*\n {12}word/);
  assert.match(text, /\n {12}second\n/);
  assert.equal(report([finding], false, null).split("\n").length, 7);
});
