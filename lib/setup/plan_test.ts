import assert from "node:assert/strict";
import { parse } from "smol-toml";
import { KasError } from "../errors.ts";
import { type ClientName, CLIENTS } from "../mcp/install/clients.ts";
import { install, type InstallOptions } from "../mcp/install/install.ts";
import { inRepo, type Repo } from "./_testing.ts";
import type { FileChange, SetupPlan } from "./types.ts";

function change(plan: SetupPlan, path: string): FileChange {
  const found = plan.changes.find((one) => one.path === path);
  assert.ok(found, `${path} is not in the plan`);
  return found;
}

function busy(plan: SetupPlan): string[] {
  return plan.changes.filter(({ kind }) => kind !== "keep").map(({ path, kind }) =>
    `${kind} ${path}`
  );
}

Deno.test("planSetup() writes nothing, and what it plans is there afterwards", () =>
  inRepo(async (repo) => {
    const plan = await repo.plan();
    assert.deepEqual(await repo.tree(), {});
    await repo.apply(plan);
    const tree = await repo.tree();
    for (const { path, after, isLink } of plan.changes) {
      assert.equal(tree[path], isLink ? `-> ${after}` : after, path);
    }
    assert.equal(tree[".claude/skills/kas-coder"], "-> ../../.agents/skills/kas-coder");
    assert.ok(tree[".codex/config.toml"]?.includes('default_tools_approval_mode = "approve"'));
    assert.equal(tree["opencode.json"], undefined);
    const exclude = await repo.read(".git/info/exclude");
    for (const line of [".worktrees/", ".kasmos/backup/"]) assert.ok(exclude.includes(line));
  }));

Deno.test("planSetup() has nothing to do the second time", () =>
  inRepo(async (repo) => {
    await repo.setup();
    const before = await repo.tree();
    const plan = await repo.plan();
    assert.deepEqual(busy(plan), []);
    assert.deepEqual((await repo.apply(plan)).changed, []);
    assert.deepEqual(await repo.tree(), before);
  }));

Deno.test("planRemoval() leaves the repository as it was", () =>
  inRepo(async (repo) => {
    const before = {
      "AGENTS.md": "# Mine",
      ".mcp.json": '{"mcpServers": {"x": {"command": "y"}}}\n',
      ".claude/settings.json": '{\n  "permissions": {\n    "allow": ["Read"]\n  }\n}\n',
      ".codex/config.toml": '# mine\nmodel = "m"\n',
      ".kasmos/config.toml": "# mine\n[ui]\nauto_advance = false\n",
      "CLAUDE.md": "See @AGENTS.md\n",
    };
    for (const [path, text] of Object.entries(before)) await repo.write(path, text);
    const start = await repo.tree();
    const exclude = await repo.read(".git/info/exclude");
    await repo.setup();
    assert.notDeepEqual(await repo.tree(), start);
    await repo.uninstall();
    const tree = Object.fromEntries(
      Object.entries(await repo.tree()).filter(([path]) => !path.startsWith(".kasmos/backup/")),
    );
    assert.deepEqual(tree, start);
    // old texts are still there, and still none of git's business
    const kept = (await repo.read(".git/info/exclude")).replace(".kasmos/backup/\n", "");
    assert.equal(kept, exclude);
  }));

Deno.test("planSetup() keeps what was edited by hand, and says so", () =>
  inRepo(async (repo) => {
    await repo.setup();
    const skill = ".agents/skills/kas-coder/SKILL.md";
    await repo.write(skill, `${await repo.read(skill)}\nMine.\n`);
    await repo.write("AGENTS.md", (await repo.read("AGENTS.md")).replace("team", "TEAM"));
    const settings = await repo.read(".kasmos/config.toml");
    await repo.write(".kasmos/config.toml", `${settings}\n[unknown]\nkey = 1 # mine\n`);
    const before = await repo.tree();
    const plan = await repo.plan();
    assert.deepEqual(busy(plan), []);
    assert.match(change(plan, skill).why.join(), /edited by hand; left as it is/);
    await repo.apply(plan);
    assert.deepEqual(await repo.tree(), before);

    const forced = await repo.setup({ force: true });
    assert.deepEqual(forced.changed.toSorted(), [skill, "AGENTS.md"]);
    assert.ok(!(await repo.read(skill)).includes("Mine."));
    assert.ok((await repo.read(`${forced.backup}/${skill}`)).includes("Mine."));
  }));

Deno.test("planSetup() brings what kas wrote up to date", () =>
  inRepo(async (repo) => {
    await repo.setup();
    const skill = ".agents/skills/kas-cli/SKILL.md";
    const now = await repo.read(skill);
    const old = "---\nname: kas-cli\ndescription: old\n---\n";
    await repo.write(skill, old);
    const { hashOf, parseManifest, manifestText } = await import("./manifest.ts");
    const manifest = parseManifest(await repo.read(".kasmos/setup.json"), "x");
    const hash = await hashOf(old);
    const entries = manifest.entries.map((entry) =>
      entry.path === skill ? { ...entry, hash } : entry
    );
    await repo.write(".kasmos/setup.json", manifestText({ ...manifest, entries }));
    assert.deepEqual(busy(await repo.plan()), [`update ${skill}`]);
    await repo.setup();
    assert.equal(await repo.read(skill), now);
  }));

Deno.test("planSetup() takes away what is not wanted any more", () =>
  inRepo(async (repo) => {
    await repo.setup();
    await repo.setup({ runtimes: ["claude"], parts: ["mcp"] });
    const paths = Object.keys(await repo.tree()).filter((path) => !path.includes("backup"));
    assert.deepEqual(
      paths.filter((path) => !path.endsWith("/")).toSorted(),
      [".claude/settings.json", ".kasmos/config.toml", ".kasmos/setup.json", ".mcp.json"],
    );
  }));

Deno.test("planSetup() leaves what is somebody else's, unless it is forced", () =>
  inRepo(async (repo) => {
    const own = '{"mcpServers": {"kasmos": {"command": "other"}}}\n';
    await repo.write(".mcp.json", own);
    await repo.write(".agents/skills/kas-coder/SKILL.md", "mine\n");
    const plan = await repo.plan();
    assert.equal(change(plan, ".mcp.json").kind, "conflict");
    assert.equal(change(plan, ".agents/skills/kas-coder/SKILL.md").kind, "conflict");
    await repo.apply(plan);
    assert.equal(await repo.read(".mcp.json"), own);
    await repo.uninstall();
    assert.equal(await repo.read(".mcp.json"), own);
    assert.equal(await repo.read(".agents/skills/kas-coder/SKILL.md"), "mine\n");
  }));

Deno.test("setup and kas mcp install take each other's entry for kas's own", () =>
  inRepo(async (repo) => {
    const at = (client: ClientName): InstallOptions => ({
      client,
      scope: "project",
      place: { env: {}, home: repo.home, repoRoot: repo.root },
      lockFile: `${repo.home}/lock`,
    });
    for (const client of CLIENTS) await install(at(client), false);
    const plan = await repo.plan({ runtimes: CLIENTS });
    assert.deepEqual(plan.changes.filter(({ kind }) => kind === "conflict"), []);
    await repo.apply(plan);
    assert.match(await repo.read(".codex/config.toml"), /default_tools_approval_mode = "approve"/);
    assert.equal(
      JSON.parse(await repo.read(".gemini/settings.json")).mcpServers.kasmos.trust,
      true,
    );
    for (const client of CLIENTS) {
      const { state, changed } = await install(at(client), false);
      assert.deepEqual([client, state, changed], [client, "current", false]);
    }
    const again = await repo.plan({ runtimes: CLIENTS });
    assert.deepEqual(again.changes.filter(({ before, after }) => before !== after), []);
  }));

Deno.test("planSetup() does not write through links", () =>
  inRepo(async (repo) => {
    const outside = `${repo.home}/outside`;
    await Deno.mkdir(outside);
    await Deno.symlink(outside, `${repo.root}/.codex`);
    await repo.write("docs/agents.md", "# Mine\n");
    await Deno.symlink("docs/agents.md", `${repo.root}/AGENTS.md`);
    await Deno.mkdir(`${repo.root}/.claude`);
    await Deno.mkdir(`${repo.root}/.agents/skills`, { recursive: true });
    await Deno.symlink("../.agents/skills", `${repo.root}/.claude/skills`);
    const plan = await repo.plan();
    assert.equal(change(plan, ".codex/config.toml").kind, "conflict");
    assert.equal(change(plan, "AGENTS.md").kind, "conflict");
    assert.ok(!plan.changes.some(({ path }) => path.startsWith(".claude/skills/")));
    await repo.apply(plan);
    assert.deepEqual([...Deno.readDirSync(outside)], []);
    assert.equal(await repo.read("docs/agents.md"), "# Mine\n");
  }));

async function refusal(repo: Repo): Promise<KasError> {
  const before = await repo.tree();
  const error = await repo.setup().then(() => null, (error: unknown) => error);
  assert.ok(error instanceof KasError, String(error));
  assert.deepEqual(await repo.tree(), before);
  return error;
}

Deno.test("planSetup() refuses broken files with line, column and what it would add", () =>
  inRepo(async (repo) => {
    await repo.write(".mcp.json", '{\n  "mcpServers": {\n    oops\n}\n');
    await repo.write(".codex/config.toml", "a = 1\nb = = 2\n");
    await repo.write("AGENTS.md", "# Mine\n<!-- kas:begin -->\n");
    const { message, hint, code } = await refusal(repo);
    assert.equal(code, "invalid");
    assert.match(message, /\.mcp\.json:3:5: /);
    assert.match(message, /\.codex\/config\.toml:2:5: /);
    assert.match(message, /AGENTS\.md:2:1: .*a begin without an end/);
    assert.match(hint ?? "", /"command": "kas"/);
    assert.match(hint ?? "", /\[mcp_servers\.kasmos\]/);
  }));

Deno.test("planSetup() changes keys of settings and keeps the rest", () =>
  inRepo(async (repo) => {
    const text = '# mine\ndefault_program = "claude" # why\n\n[agents.coder]\nprogram = "codex"\n' +
      "\n[ui]\nauto_advance = false\n";
    await repo.write(".kasmos/config.toml", text);
    await repo.setup();
    assert.equal(await repo.read(".kasmos/config.toml"), text);
    await repo.setup({ agentFlags: ["reviewer=codex:gpt-5", "coder=claude"] });
    const next = await repo.read(".kasmos/config.toml");
    assert.ok(next.startsWith('# mine\ndefault_program = "claude" # why\n'));
    const agents = parse(next)["agents"];
    assert.deepEqual(JSON.parse(JSON.stringify(agents)), {
      coder: { program: "claude" },
      reviewer: { program: "codex", model: "gpt-5" },
    });
    await repo.setup({ clean: true });
    assert.ok((await repo.read(".kasmos/config.toml")).startsWith("# Settings of kas"));
  }));

Deno.test("planRemoval() leaves a file as it was that took the place of one of kas", () =>
  inRepo(async (repo) => {
    await repo.setup(); // AGENTS.md is all kas's
    for (const text of ["# Mine\r\n\r\ntext\r\n", "# Mine"]) {
      await repo.write("AGENTS.md", text);
      await repo.setup();
      assert.notEqual(await repo.read("AGENTS.md"), text);
      await repo.uninstall();
      assert.equal(await repo.read("AGENTS.md"), text);
      await repo.setup();
    }
  }));

/** Files as people and programs leave them, each of which a plain edit would bring back otherwise. */
const ODD_FILES: Readonly<Record<string, readonly string[]>> = {
  ".mcp.json": [
    "",
    "\n",
    "{ }",
    "{\n}\n",
    "{\r\n}\r\n",
    "{\n  // mine\n}\n",
    '{\n  "a": 1, // mine\n}\n',
    '\ufeff{"a": 1}\n',
    '{"mcpServers": {\n}}',
  ],
  ".claude/settings.json": [
    '{"permissions":{"allow":[]}}',
    '{"permissions":{"allow":["Read",]}}',
    '{"enabledMcpjsonServers":[], "permissions": {"allow": [ ]}}',
  ],
  ".codex/config.toml": [
    "",
    "\n\n",
    "# mine",
    "a = 1",
    "a = 1\n\n\n",
    "a = 1\r\n\r\n",
    "a=1\n[b]\nc=1",
  ],
  ".kasmos/config.toml": ["# mine\n\n# ours\n[ui]\nauto_advance = false", "\n", "agents = {}\n"],
  "AGENTS.md": ["", "\n", "\ufeff# Mine\n", "# Mine\r\n\r\n"],
};

Deno.test("planRemoval() restores every byte of a file that only setup has changed", () =>
  inRepo(async (repo) => {
    const most = Math.max(...Object.values(ODD_FILES).map((texts) => texts.length));
    for (let round = 0; round < most; round++) {
      const files = Object.entries(ODD_FILES).flatMap(([path, texts]) =>
        texts.slice(round, round + 1).map((text) => [path, text] as const)
      );
      for (const [path, text] of files) await repo.write(path, text);
      await repo.setup({ agentFlags: ["reviewer=codex"] });
      await repo.setup({ agentFlags: ["coder=codex:m", "reviewer=claude"] });
      for (const [path, text] of files) assert.notEqual(await raw(repo, path), text);
      const { changes } = await repo.uninstall();
      for (const [path, text] of files) {
        assert.equal(await raw(repo, path), text, `${path}: ${JSON.stringify(text)}`);
        const why = changes.find((one) => one.path === path)?.why;
        assert.deepEqual(why, ["as it was before kas setup"]);
        await Deno.remove(`${repo.root}/${path}`);
      }
    }
  }));

/** With a byte order mark. */
async function raw(repo: Repo, path: string): Promise<string> {
  const bytes = await Deno.readFile(`${repo.root}/${path}`);
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

Deno.test("planRemoval() leaves what was written since, and notes nothing long of a file", () =>
  inRepo(async (repo) => {
    const secret = "s3cret".repeat(40);
    await repo.write(".claude/settings.json", `{"permissions":{"allow":["${secret}",]}}`);
    await repo.write(".mcp.json", "{ }");
    await repo.setup();
    assert.ok(!(await repo.read(".kasmos/setup.json")).includes(secret));
    await repo.write(".mcp.json", (await repo.read(".mcp.json")).replace("{", '{\n  "mine": 1,'));
    await repo.uninstall();
    assert.deepEqual(JSON.parse(await repo.read(".mcp.json")), { mine: 1 });
    assert.ok((await repo.read(".claude/settings.json")).includes(secret));
  }));

Deno.test("planRemoval() believes no way back that leads elsewhere", () =>
  inRepo(async (repo) => {
    await repo.write(".mcp.json", "{ }");
    await repo.setup();
    const { manifestText, parseManifest } = await import("./manifest.ts");
    const manifest = parseManifest(await repo.read(".kasmos/setup.json"), "x");
    const undo = manifest.undo.map((one) => ({
      ...one,
      edits: one.edits.map((edit) => ({ ...edit, put: '"evil": 1' })),
    }));
    await repo.write(".kasmos/setup.json", manifestText({ ...manifest, undo }));
    await repo.uninstall();
    assert.equal(await repo.read(".mcp.json"), "{}");
    // one of an older kas has none
    await repo.setup();
    const { undo: _undo, ...old } = JSON.parse(await repo.read(".kasmos/setup.json"));
    await repo.write(".kasmos/setup.json", JSON.stringify(old));
    await repo.setup();
    await repo.uninstall();
    assert.equal(await repo.read(".mcp.json"), "{}");
  }));

Deno.test("planRemoval() needs a record, and believes it only about what kas writes", () =>
  inRepo(async (repo) => {
    await assert.rejects(repo.uninstall(), /there is no \.kasmos\/setup\.json/);
    const { hashOf, manifestText } = await import("./manifest.ts");
    await repo.write("src/main.ts", "mine\n");
    const entry = {
      path: "src/main.ts",
      id: "file",
      hash: await hashOf("mine\n"),
      extra: 0,
      created: true,
    };
    const manifest = {
      runtimes: [],
      parts: [],
      entries: [entry],
      undo: [],
      folders: ["src"],
      excluded: [],
    };
    await repo.write(".kasmos/setup.json", manifestText(manifest));
    await repo.uninstall();
    assert.equal(await repo.read("src/main.ts"), "mine\n");
    const escaping = { ...entry, path: "../home/x" };
    await repo.write(".kasmos/setup.json", manifestText({ ...manifest, entries: [escaping] }));
    await assert.rejects(repo.uninstall(), /no record of kas setup at entries\.0\.path/);
  }));
