/** `kas setup` and `kas check` as somebody types them, without a terminal. */
import assert from "node:assert/strict";
import { SetupStage } from "./support/setup_stage.ts";

async function onStage(
  programs: readonly string[],
  test: (stage: SetupStage) => Promise<void>,
): Promise<void> {
  await using stage = await SetupStage.open(programs);
  await test(stage);
}

Deno.test("kas setup --yes sets up, kas check is content, --uninstall takes it back", () =>
  onStage(["claude", "codex"], async (stage) => {
    const setup = await stage.kas(["setup", "--yes"]);
    assert.equal(setup.code, 0, setup.err);
    assert.match(setup.err, /kas task create/);
    const files = await stage.untracked();
    for (const path of ["AGENTS.md", ".mcp.json", ".codex/config.toml", ".kasmos/setup.json"]) {
      assert.ok(files.includes(path), path);
    }
    assert.ok(!files.some((path) => /opencode|github|gemini|backup/.test(path)));
    assert.deepEqual([...Deno.readDirSync(stage.home)], [], "something is in the home folder");

    const check = await stage.kas(["check", "--json"]);
    assert.equal(check.code, 0, check.err);
    assert.equal(JSON.parse(check.out).health, 100);

    const again = await stage.kas(["init", "--yes", "--json"]);
    const kinds = JSON.parse(again.out).changes.map(({ kind }: { kind: string }) => kind);
    assert.deepEqual([...new Set(kinds)], ["keep"]);

    const back = await stage.kas(["setup", "--uninstall", "--yes"]);
    assert.equal(back.code, 0, back.err);
    assert.deepEqual(await stage.untracked(), []);
  }));

Deno.test("kas setup asks nothing without a terminal, and names the flags", () =>
  onStage(["claude"], async (stage) => {
    for (const args of [[], ["--json"], ["--uninstall"]]) {
      if (args[0] === "--uninstall") assert.equal((await stage.kas(["setup", "--yes"])).code, 0);
      const { code, err } = await stage.kas(["setup", ...args]);
      assert.equal(code, 2, err);
      assert.match(err, /--yes/);
      if (args.length === 0) assert.match(err, /--runtime claude[\s\S]*--agent reviewer=codex/);
    }
  }));

Deno.test("kas setup --dry-run shows every difference and writes nothing", () =>
  onStage(["claude"], async (stage) => {
    await Deno.writeTextFile(`${stage.repo}/AGENTS.md`, "# Mine\n");
    const { code, out } = await stage.kas(["setup", "--dry-run"]);
    assert.equal(code, 0);
    assert.match(out, /--- a\/AGENTS\.md\n\+\+\+ b\/AGENTS\.md\n@@ -1 \+1,\d+ @@\n # Mine\n/);
    assert.match(out, /link \.claude\/skills\/kas-cli -> /);
    assert.deepEqual(await stage.untracked(), ["AGENTS.md"]);
  }));

Deno.test("kas setup says what to install when no agent program is there", () =>
  onStage([], async (stage) => {
    const { code, err } = await stage.kas(["setup", "--yes"]);
    assert.equal(code, 4, err);
    assert.match(err, /npm install -g @anthropic-ai\/claude-code/);
    assert.match(err, /kas setup --runtime demo/);
    assert.deepEqual(await stage.untracked(), []);
    const demo = await stage.kas(["setup", "--yes", "--runtime", "demo"]);
    assert.equal(demo.code, 0, demo.err);
    const settings = await Deno.readTextFile(`${stage.repo}/.kasmos/config.toml`);
    assert.match(settings, /^default_program = "demo"$/m);
  }));

Deno.test("kas setup refuses where it cannot work, and leaves nothing", () =>
  onStage(["claude"], async (stage) => {
    const cases: { args?: string[]; cwd?: string; env?: Record<string, null>; wants: RegExp }[] = [
      { cwd: stage.home, wants: /within a git repository[\s\S]*Change to a repository/ },
      { env: { HOME: null }, wants: /neither HOME nor XDG_CONFIG_HOME is set/ },
      { args: ["--runtime", "clade"], wants: /Did you mean "claude"/ },
      { args: ["--agent", "coder"], wants: /role=runtime/ },
      { args: ["--agent", "codr=claude"], wants: /Did you mean coder/ },
      { args: ["--mcp", "--no-mcp"], wants: /--mcp and --no-mcp together/ },
    ];
    for (const { args = [], cwd = stage.repo, env = {}, wants } of cases) {
      const { code, err } = await stage.kas(["setup", "--yes", ...args], { cwd, env });
      assert.ok(code === 1 || code === 2, `${args}: ${code} ${err}`);
      assert.match(err, wants);
    }
    assert.deepEqual(await stage.untracked(), []);
    assert.deepEqual([...Deno.readDirSync(stage.home)], []);
  }));

Deno.test("kas setup never overwrites what it cannot read", () =>
  onStage(["claude"], async (stage) => {
    await Deno.writeTextFile(`${stage.repo}/.mcp.json`, '{\n  "mcpServers": oops\n}\n');
    await Deno.mkdir(`${stage.repo}/.kasmos`);
    await Deno.writeTextFile(`${stage.repo}/.kasmos/config.toml`, "a = = 1\n");
    const { code, err } = await stage.kas(["setup", "--yes"]);
    assert.equal(code, 2, err);
    assert.match(err, /\.mcp\.json:2:17: /);
    assert.match(err, /\.kasmos\/config\.toml:1:5: /);
    assert.match(err, /"kasmos": \{/);
    assert.deepEqual(await stage.untracked(), [".kasmos/config.toml", ".mcp.json"]);
  }));

Deno.test("kas setup takes everything back in a repository it may not write to", () =>
  onStage(["claude"], async (stage) => {
    await Deno.mkdir(`${stage.repo}/.claude`);
    await Deno.chmod(`${stage.repo}/.claude`, 0o500);
    try {
      const { code, err } = await stage.kas(["setup", "--yes"]);
      // root may write anywhere
      if (Deno.uid() === 0) assert.equal(code, 0, err);
      else {
        assert.notEqual(code, 0);
        assert.match(err, /Cannot/);
        assert.deepEqual(await stage.untracked(), []);
      }
    } finally {
      await Deno.chmod(`${stage.repo}/.claude`, 0o700);
    }
  }));

Deno.test("kas setup --user registers outside of the repository, and only then", () =>
  onStage(["claude", "codex"], async (stage) => {
    const { code, err } = await stage.kas(["setup", "--yes", "--user", "-r", "codex"]);
    assert.equal(code, 0, err);
    const path = `${stage.home}/.codex/config.toml`;
    assert.match(await Deno.readTextFile(path), /\[mcp_servers\.kasmos\]/);
    const back = await stage.kas(["setup", "--uninstall", "--yes", "--user"]);
    assert.equal(back.code, 0, back.err);
    assert.equal((await Deno.readTextFile(path)).trim(), "");
  }));

Deno.test("kas check finds what is wrong, and --fix mends what is not edited", () =>
  onStage(["claude"], async (stage) => {
    await stage.kas(["setup", "--yes"]);
    await Deno.remove(`${stage.repo}/AGENTS.md`);
    await Deno.remove(`${stage.repo}/.claude/skills/kas-coder`);
    const edited = `${stage.repo}/.agents/skills/kas-cli/SKILL.md`;
    const text = await Deno.readTextFile(edited);
    await Deno.writeTextFile(edited, `${text}\nMine.\n`);
    const check = await stage.kas(["check"]);
    assert.equal(check.code, 1);
    for (const wanted of [/missing/, /edited/, /AGENTS\.md \(section\)/, /Health: \d+\/\d+ OK/]) {
      assert.match(check.out, wanted);
    }
    const unasked = await stage.kas(["check", "--fix"]);
    assert.equal(unasked.code, 2);
    const fix = await stage.kas(["check", "--fix", "--yes"]);
    assert.equal(fix.code, 1, "an edited file is still not as it should be");
    assert.ok((await Deno.readTextFile(edited)).endsWith("Mine.\n"));
    await Deno.writeTextFile(edited, text);
    const healthy = await stage.kas(["check", "-v"]);
    assert.equal(healthy.code, 0, healthy.out);
    assert.match(healthy.out, /Health: .*100%/);
  }));

Deno.test("kas setup --enforce-tools bans shell tools for the project alone", () =>
  onStage(["claude"], async (stage) => {
    await stage.kas(["setup", "--yes"]);
    const path = `${stage.repo}/.claude/settings.json`;
    assert.ok(!(await Deno.readTextFile(path)).includes("tool-guard"));
    await stage.kas(["setup", "--yes", "--enforce-tools"]);
    const { hooks } = JSON.parse(await Deno.readTextFile(path));
    assert.deepEqual(hooks.PreToolUse, [
      { matcher: "Bash", hooks: [{ type: "command", command: "kas tool-guard" }] },
    ]);
    const all = ["opencode", "copilot", "gemini", "codex"].flatMap((name) => ["-r", name]);
    const { code, err } = await stage.kas(["setup", "--yes", "--enforce-tools", ...all]);
    assert.equal(code, 0, err);
    assert.match(err, /codex is not kept from banned tools/);
    for (const file of [".gemini/settings.json", ".github/hooks/kas-tool-guard.json"]) {
      assert.match(
        await Deno.readTextFile(`${stage.repo}/${file}`),
        /"kas tool-guard( --json \|\| true)?"/,
      );
    }
    await Deno.stat(`${stage.repo}/.opencode/plugins/kas-tool-guard.js`);
    assert.ok(!(await Deno.readTextFile(`${stage.repo}/.codex/config.toml`)).includes("hooks"));
    assert.deepEqual([...Deno.readDirSync(stage.home)], []);
  }));
