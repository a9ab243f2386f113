import assert from "node:assert/strict";
import { inWorld, type World } from "./_testing.ts";

const write = async (path: string, text: string, mode = 0o644): Promise<void> => {
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  await Deno.writeTextFile(path, text);
  await Deno.chmod(path, mode);
};

const agents = ({ dir }: World) => `${dir}/home/agents`;

Deno.test("kas agent create, list, show and path agree", () =>
  inWorld(async (world) => {
    const soul = `${world.dir}/soul.md`;
    await write(soul, "You are scout.\n");
    const made = await world.json(
      ...["agent", "create", "scout", "--runtime", "codex", "--permission", "auto"],
      ...["--description", "Finds its way", "--soul", soul],
    );
    const path = `${agents(world)}/scout`;
    assert.deepEqual(made, { name: "scout", scope: "global", path, hides: null, hidden_by: null });
    assert.equal(await world.ok("agent", "path", "scout"), `${path}\n`);
    const list = await world.ok("agent", "list");
    assert.match(list, /^scout +global +codex +- +Finds its way$/m);
    assert.match(list, /^coder +builtin +- +- +\S/m);
    const shown = await world.json("agent", "show", "scout");
    assert.deepEqual(shown.findings, []);
    const text = await world.ok("agent", "show", "scout");
    assert.match(text, /^permission: +auto$/m);
    assert.match(text, /^soul: +15 characters$/m);
    assert.equal(await Deno.readTextFile(`${path}/soul.md`), "You are scout.\n");
    const again = await world.kas("agent", "create", "scout");
    assert.deepEqual([again.code, again.out], [1, ""]);
    assert.match(again.err, /"scout": it exists/);
  }));

Deno.test("kas agent list and show name the model that a launch would take", () =>
  inWorld(async (world) => {
    await world.ok("agent", "create", "scout");
    await write(
      `${agents(world)}/scout/agent.toml`,
      '[runtime]\ndefault = "claude"\nmodel = "opus"\neffort = "low"\n' +
        '[runtime.claude]\nmodel = "haiku"\n[runtime.codex]\neffort = "high"\n',
    );
    const text = await world.ok("agent", "show", "scout");
    assert.match(text, /^model: +haiku\neffort: +low$/m);
    assert.match(text, /^runtimes: +claude \(model haiku\), codex \(effort high\)$/m);
    assert.match(await world.ok("agent", "list"), /^scout +global +claude +haiku +-$/m);
    const { profile } = await world.json("agent", "show", "scout");
    assert.partialDeepStrictEqual(profile, {
      model: "opus",
      runtimes: { claude: { model: "haiku" } },
    });
  }));

Deno.test("kas agent create --project wins over the user's and says so", () =>
  inWorld(async (world) => {
    await world.ok("agent", "create", "coder");
    const made = await world.json("agent", "create", "coder", "--project");
    assert.deepEqual([made.path, made.hides], [`${world.repo}/.kasmos/agents/coder`, "global"]);
    const rows = await world.json<{ name: string; scope: string; shadowed: boolean }[]>(
      ...["agent", "list", "--all"],
    );
    assert.deepEqual(
      rows.filter(({ name }) => name === "coder").map(({ scope, shadowed }) => [scope, shadowed]),
      [["project", false], ["global", true], ["builtin", true]],
    );
    const outside = await world.run(["agent", "create", "x", "--project"], { cwd: world.dir });
    assert.equal(outside.code, 1);
    assert.match(outside.err, /outside a git repository/);
  }));

Deno.test("kas agent create takes [defaults], and flags win over them", () =>
  inWorld(async (world) => {
    await world.ok("config", "set", "--user", "defaults.runtime", "claude");
    await world.ok("config", "set", "--user", "defaults.max_turns", "40");
    await world.ok("config", "set", "defaults.model", "opus");
    await world.ok("config", "set", "defaults.permission_mode", "auto");
    await world.ok("agent", "create", "scout", "--permission", "ask");
    const { profile } = await world.json("agent", "show", "scout");
    assert.partialDeepStrictEqual(profile, {
      runtime: "claude",
      model: "opus",
      permission: "ask",
      max_turns: 40,
      output_format: null,
    });
  }));

Deno.test("R34: broken settings stop kas agent create before anything is made", () =>
  inWorld(async (world) => {
    const config = `${world.dir}/home/config.toml`;
    await write(config, `[defaults]\nmax_turns = 0\nfuture = 1\n`);
    const { code, err } = await world.kas("agent", "create", "scout");
    assert.equal(code, 2);
    assert.match(err, /config\.toml:2:1: .*"0" for defaults\.max_turns/);
    await assert.rejects(Deno.lstat(`${agents(world)}/scout`), Deno.errors.NotFound);
    await world.ok("config", "set", "--user", "defaults.max_turns", "3");
    // Only what was set is written, and nothing else is lost.
    assert.equal(await Deno.readTextFile(config), `[defaults]\nmax_turns = 3\nfuture = 1\n`);
  }));

Deno.test("kas agent create refuses mistyped words with status 2", () =>
  inWorld(async (world) => {
    const cases: [string[], RegExp][] = [
      [["scout", "--runtime", "cluade"], /Did you mean "claude"/],
      [["scout", "--permission", "yoloo"], /Did you mean "yolo"/],
      [["scout", "--output", "xml"], /Choose from: text, json, stream-json/],
      [["scout", "--max-turns", "0"], /at least 1/],
      [["../scout"], /agent name/],
      [[], /agent/],
    ];
    for (const [words, pattern] of cases) {
      const { code, err } = await world.kas("agent", "create", ...words);
      assert.equal(code, 2, words.join(" "));
      assert.match(err, pattern);
    }
    await assert.rejects(Deno.lstat(agents(world)), Deno.errors.NotFound);
    const missing = await world.kas("agent", "create", "scout", "--soul", "/nope.md");
    assert.equal(missing.code, 1);
  }));

Deno.test("kas agent show prints a broken agent as far as it can be read", () =>
  inWorld(async (world) => {
    await write(`${agents(world)}/scout/agent.toml`, `strict = true\nenv.set.MODE = "hidden"\n`);
    await write(`${agents(world)}/scout/mcp.json`, "{");
    const shown = await world.json<{ profile: { strict: boolean }; parts: null; findings: [] }>(
      ...["agent", "show", "scout"],
    );
    assert.deepEqual([shown.profile.strict, shown.parts, shown.findings.length], [true, null, 2]);
    const text = await world.ok("agent", "show", "scout");
    assert.match(text, /^error: .*soul is missing/m);
    assert.match(text, /^error: .*mcp\.json:1:2/m);
    assert.match(text, /^sets: +MODE$/m);
    assert.doesNotMatch(text + JSON.stringify(shown), /hidden/);
    await write(`${agents(world)}/scout/agent.toml`, `strict = 3\n`);
    assert.match(await world.ok("agent", "show", "scout"), /error: .*agent\.toml:1:1/);
    assert.match(await world.ok("agent", "list"), /^scout .*cannot be read: /m);
    const ghost = await world.kas("agent", "show", "scuot");
    assert.equal(ghost.code, 1);
    assert.match(ghost.err, /Did you mean "scout"/);
  }));

Deno.test("kas agent edit sets keys and takes a soul from stdin", () =>
  inWorld(async (world) => {
    await world.ok("agent", "create", "scout");
    const edit = ["agent", "edit", "scout", "--set", "runtime.model=a=b", "--unset", "name"];
    const { code, out } = await world.run([...edit, "--soul", "-"], { stdin: "New.\n" });
    assert.equal(code, 0);
    assert.match(out, /agent\.toml, .*soul\.md/);
    assert.equal(
      await Deno.readTextFile(`${agents(world)}/scout/agent.toml`),
      `[runtime]\nmodel = "a=b"\n`,
    );
    await write(`${world.dir}/big.md`, "x".repeat(1_100_000));
    for (
      const [words, pattern] of [
        [["--set", "strict=true", "--soul", `${world.dir}/big.md`], /soul of 1100000 bytes/],
        [["--set", "x"], /as key=value/],
        [["--set", "runtim.model=x"], /did you mean runtime/],
        [["--set", "strict=x", "--open", "soul"], /at the same time/],
        [["--open", "souls"], /Did you mean "soul"/],
        [[], /stdin is no terminal/],
      ] as const
    ) {
      const refused = await world.kas("agent", "edit", "scout", ...words);
      assert.equal(refused.code, 2, words.join(" "));
      assert.match(refused.err, pattern);
    }
    assert.doesNotMatch(await Deno.readTextFile(`${agents(world)}/scout/agent.toml`), /strict/);
  }));

Deno.test("kas agent edit keeps what could not be saved as a draft", () =>
  inWorld(async (world) => {
    await world.ok("agent", "create", "scout");
    const file = `${agents(world)}/scout/agent.toml`;
    const before = await Deno.readTextFile(file);
    // The runner's process has no EDITOR of its own: a program named vi stands in for it.
    const edit = async (script: string) => {
      await write(`${world.dir}/bin/vi`, `#!/bin/sh\n${script}\n`, 0o755);
      const path = `${world.dir}/bin:${world.env.PATH}`;
      const run = `import { main } from "${import.meta.resolve("./mod.ts")}";
        Deno.stdin.isTerminal = () => true;
        Deno.exit(await main(["agent", "edit", "scout"]));`;
      const output = await new Deno.Command(Deno.execPath(), {
        args: [
          "eval",
          "--quiet",
          `--config=${new URL("../deno.json", import.meta.url).pathname}`,
          run,
        ],
        cwd: world.repo,
        env: { ...world.env, PATH: path },
        clearEnv: true,
        stdin: "null",
      }).output();
      return { code: output.code, err: new TextDecoder().decode(output.stderr) };
    };
    const broken = await edit(`echo 'runtime = 3' > "$1"`);
    assert.equal(broken.code, 2);
    assert.match(broken.err, /agent\.toml:1:1/);
    assert.equal(await Deno.readTextFile(file), before);
    const draft = /(\/\S+\/drafts\/\S+-scout\.agent\.toml)/.exec(broken.err)?.[1] ?? "";
    assert.equal(await Deno.readTextFile(draft), "runtime = 3\n");
    assert.equal(((await Deno.stat(draft)).mode ?? 0) & 0o777, 0o600);
    assert.equal((await edit(`echo 'strict = true # mine' >> "$1"`)).code, 0);
    assert.equal(await Deno.readTextFile(file), `${before}strict = true # mine\n`);
    const failed = await edit("exit 3");
    assert.equal(failed.code, 2);
    assert.match(failed.err, /"vi" ended with 3/);
  }));

Deno.test("kas agent delete asks, and takes no answer for no", () =>
  inWorld(async (world) => {
    await world.ok("agent", "create", "scout");
    const remove = ["agent", "delete", "scout"];
    const refused = await world.kas(...remove);
    assert.equal(refused.code, 2);
    assert.match(refused.err, /kas agent delete scout --yes/);
    for (const stdin of ["", "n\n", "\n", "yessir\n"]) {
      const kept = await world.run([...remove, "--json"], { tty: true, stdin });
      assert.deepEqual([kept.code, JSON.parse(kept.out).deleted], [0, false]);
      assert.match(kept.err, /^Delete ".*\/agents\/scout" and all in it\? \[y\/N\]$/m);
    }
    assert.equal((await world.run(remove, { tty: true, stdin: "y\n" })).code, 0);
    assert.deepEqual([...Deno.readDirSync(agents(world))], []);
    assert.equal((await world.kas(...remove, "--yes")).code, 1);
    assert.equal((await world.kas("agent", "delete", "..", "--yes")).code, 2);
  }));

Deno.test("kas agent rename and delete name the settings that still speak of the agent", () =>
  inWorld(async (world) => {
    await world.ok("agent", "create", "scout");
    await world.ok("config", "set", "phases.planning", "scout");
    await world.ok("config", "set", "agents.scout.model", "opus");
    const renamed = await world.kas("agent", "rename", "scout", "ranger");
    assert.equal(renamed.code, 0);
    assert.match(renamed.err, /still name "scout": phases\.planning \(project\)/);
    assert.match(renamed.err, /still name "scout": \[agents\.scout\] \(project\)/);
    assert.match(await world.ok("agent", "path", "ranger"), /agents\/ranger\n$/);
  }));

Deno.test("kas agent import and export carry an agent from one place to another", () =>
  inWorld(async (world) => {
    const from = `${world.dir}/kman/agents/scout`;
    await write(
      `${from}/agent.toml`,
      `name = "scout"\nruntime.default = "claude-code"\nextra = 1\n`,
    );
    const imported = await world.kas("agent", "import", from, "--project");
    assert.equal(imported.code, 0);
    assert.match(imported.err, /cannot be launched so: .*soul is missing/);
    assert.match(imported.err, /Unknown key "extra"/);
    assert.equal((await world.kas("agent", "import", from, "--project")).code, 1);
    await write(`${from}/soul.md`, "You.");
    await world.ok("agent", "import", from, "--project", "--force");
    const out = await world.ok("agent", "export", "scout", "../copy");
    assert.match(out, /^exported: .*\n {2}agent\.toml\n {2}soul\.md\n$/);
    assert.equal(await Deno.readTextFile(`${world.dir}/copy/soul.md`), "You.");
  }));

Deno.test("kas agent leaves changes to people", () =>
  inWorld(async (world) => {
    await world.ok("agent", "create", "scout");
    for (
      const words of [
        ["create", "x"],
        ["edit", "scout", "--set", "defaults.permission_mode=yolo"],
        ["rename", "scout", "x"],
        ["delete", "scout", "--yes"],
        ["import", `${agents(world)}/scout`, "--name", "x"],
      ]
    ) {
      const { code, err } = await world.run(["agent", ...words], { session: "1" });
      assert.equal(code, 3, words.join(" "));
      assert.match(err, /only a person may/);
    }
    assert.equal((await world.run(["agent", "show", "scout"], { session: "1" })).code, 0);
  }));
