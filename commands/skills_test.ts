import assert from "node:assert/strict";
import { inWorld, type World } from "./_testing.ts";

const SKILL = (name: string) => `---\nname: ${name}\ndescription: How to ${name}\n---\n\nText\n`;

interface Listed {
  name: string;
  state: string;
  requested_ref: string | null;
}

/** A source with two skills, as a repository with the tag v1. */
async function source(world: World): Promise<string> {
  const path = `${world.dir}/source`;
  for (const name of ["a", "b"]) {
    await Deno.mkdir(`${path}/skills/${name}`, { recursive: true });
    await Deno.writeTextFile(`${path}/skills/${name}/SKILL.md`, SKILL(name));
  }
  await world.git(["init", "-q", "-b", "main"], path);
  await world.git(["add", "--all"], path);
  await world.git(["commit", "-q", "-m", "one"], path);
  await world.git(["tag", "v1"], path);
  return path;
}

async function there(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, (error) => {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  });
}

Deno.test("skills add: to the project, with the ref that was asked for; list and show tell", async () => {
  await inWorld(async (world) => {
    const path = await source(world);
    const { code, out, err } = await world.kas("skills", "add", path, "--all", "--ref", "v1");
    assert.equal(code, 0, err);
    const home = `${world.repo}/.agents/skills`;
    assert.equal(out, `added: a (${home}/a)\nadded: b (${home}/b)\n`);
    assert.match(err, /kas skills sync/);
    await Deno.writeTextFile(`${home}/b/notes.md`, "mine");
    const rows = await world.json<Listed[]>("skills", "list");
    assert.deepEqual(rows.map(({ name, state, requested_ref }) => [name, state, requested_ref]), [
      ["a", "clean", "v1"],
      ["b", "edited", "v1"],
    ]);
    assert.match(
      await world.ok("sk", "ls"),
      /^NAME +STATE +SOURCE +DESCRIPTION\na +clean +\/.*@v1/,
    );
    const shown = await world.ok("skills", "show", "b");
    assert.match(shown, /edits +notes\.md added/);
    assert.match(shown, /commit +[0-9a-f]{40}/);
  });
});

Deno.test("R15: --skill with --all, and a name that does not exist, end with 2 and add nothing", async () => {
  await inWorld(async (world) => {
    const path = await source(world);
    for (
      const [argv, message] of [
        [["--skill", "a", "--all"], /--skill and --all together/],
        [["--skill", "a", "--skill", "typo"], /Cannot find the skill "typo"[\s\S]*It has a, b/],
        [[], /the source has "a", "b"[\s\S]*--skill, or use --all/],
      ] as const
    ) {
      const { code, out, err } = await world.kas("skills", "add", path, ...argv);
      assert.deepEqual([code, out], [2, ""], err);
      assert.match(err, message);
    }
    assert.equal((await world.kas("skills", "update", "a", "--all")).code, 2);
    assert.equal((await world.kas("skills", "update")).code, 2);
    assert.equal(await there(`${world.repo}/.agents`), false);
  });
});

Deno.test("skills add: the source as an option, a dry run, and one place at a time", async () => {
  await inWorld(async (world) => {
    const path = await source(world);
    const dry = await world.ok("skills", "add", "--source", path, "--skill", "a", "--dry-run");
    assert.equal(dry, `would add: a (${world.repo}/.agents/skills/a)\n`);
    assert.equal(await there(`${world.repo}/.agents`), false);
    assert.equal((await world.kas("skills", "add", path, "--source", path)).code, 2);
    assert.equal((await world.kas("skills", "add")).code, 2);
    const both = await world.kas("skills", "add", path, "--all", "--user", "--project");
    assert.equal(both.code, 2);
    await world.ok("skills", "add", path, "--all", "--user");
    assert.equal(await there(`${world.dir}/.agents/skills/a/SKILL.md`), true);
    const again = await world.kas("skills", "add", path, "--all", "--user");
    assert.equal(again.code, 1);
    assert.match(again.err, /Cannot add "a", "b": the user has it already/);
    const outside = await world.run(["skills", "list"], { cwd: world.dir });
    assert.equal(outside.code, 2);
    const project = await world.run(["skills", "list", "--project"], { cwd: world.dir });
    assert.equal(project.code, 1);
  });
});

Deno.test("R17: an agent that does not exist gets no folder", async () => {
  await inWorld(async (world) => {
    const path = await source(world);
    const { code, err } = await world.kas("skills", "add", path, "--all", "-a", "ghost");
    assert.equal(code, 1);
    assert.match(err, /Cannot find the agent "ghost"/);
    assert.equal(await there(`${world.paths.configDir}/agents/ghost`), false);
    const bad = await world.kas("skills", "add", path, "--all", "-a", "../../x");
    assert.equal(bad.code, 2);
    const agent = `${world.repo}/.kasmos/agents/real`;
    await Deno.mkdir(agent, { recursive: true });
    await Deno.writeTextFile(`${agent}/agent.toml`, 'name = "real"\n');
    await world.ok("skills", "add", path, "--all", "-a", "real");
    assert.equal(await there(`${agent}/skills/a/SKILL.md`), true);
    assert.equal(await there(`${world.repo}/.agents`), false);
    assert.match(await world.ok("skills", "list", "-a", "real"), /^a +clean/m);
  });
});

Deno.test("skills update: what was fetched anew, and what was edited", async () => {
  await inWorld(async (world) => {
    const path = await source(world);
    await world.ok("skills", "add", path, "--all", "--ref", "main");
    assert.equal(await world.ok("skills", "update", "--all"), "up to date: a\nup to date: b\n");
    await Deno.writeTextFile(`${path}/skills/a/SKILL.md`, `${SKILL("a")}more\n`);
    await world.git(["commit", "-q", "-a", "-m", "two"], path);
    assert.match(
      await world.ok("skills", "update", "a"),
      /^updated: a \([0-9a-f]{10} to [0-9a-f]{10}\)\n$/,
    );
    const file = `${world.repo}/.agents/skills/a/SKILL.md`;
    await Deno.writeTextFile(file, "mine");
    const refused = await world.kas("skills", "update", "--all");
    assert.equal(refused.code, 3);
    assert.match(refused.err, /a \(SKILL\.md changed\)/);
    const forced = await world.kas("skills", "update", "--all", "--force");
    assert.equal(forced.code, 0, forced.err);
    const kept = /The old folder of a is kept as (.*)/.exec(forced.err)?.[1] ?? "";
    assert.equal(await Deno.readTextFile(`${kept}/SKILL.md`), "mine");
    assert.equal(await Deno.readTextFile(file), `${SKILL("a")}more\n`);
    assert.equal(await world.git(["status", "--porcelain"]), "?? .agents/");
    await world.git(["add", ".agents"]);
    assert.doesNotMatch(await world.git(["diff", "--cached", "--name-only"]), /\.kas-skills/);
  });
});

Deno.test("R1: skills remove needs a yes and a legal name, and takes nothing else", async () => {
  await inWorld(async (world) => {
    const path = await source(world);
    await world.ok("skills", "add", path, "--all");
    const unasked = await world.kas("skills", "remove", "a");
    assert.deepEqual([unasked.code, unasked.out], [2, ""]);
    assert.match(unasked.err, /--yes/);
    for (const name of ["..", ".", "../../x", "a/../.."]) {
      assert.equal((await world.kas("skills", "remove", "--yes", "--force", name)).code, 2, name);
    }
    assert.equal((await world.kas("skills", "remove", "--yes", "a", "ghost")).code, 1);
    assert.equal(await there(`${world.repo}/.agents/skills/a`), true);
    assert.equal(await world.ok("skills", "rm", "a", "--yes"), "removed: a\n");
    assert.equal(await world.ok("skills", "detach", "b"), "detached: b\n");
    assert.equal((await world.kas("skills", "remove", "b", "--yes")).code, 3);
    await world.ok("skills", "remove", "b", "--yes", "--force");
    assert.equal(await world.ok("skills", "list"), "no skills found\n");
  });
});

Deno.test("skills: an agent may change the project's skills, and no others", async () => {
  await inWorld(async (world) => {
    const path = await source(world);
    const as = (...argv: string[]) =>
      world.run(["skills", "add", path, "--all", ...argv], { session: "1" });
    assert.equal((await as("--user")).code, 3);
    assert.equal((await as("-a", "coder")).code, 3);
    assert.equal((await as()).code, 0);
  });
});

Deno.test("skills sync and check: links for claude, and health that says what is missing", async () => {
  await inWorld(async (world) => {
    await world.ok("skills", "add", await source(world), "--all");
    const bin = `${world.dir}/bin`;
    await Deno.mkdir(bin);
    await Deno.writeTextFile(`${bin}/claude`, "#!/bin/sh\n", { mode: 0o755 });
    const kas = async (...argv: string[]) => {
      const env = { PATH: `${bin}:${world.env.PATH}`, CLAUDE_CONFIG_DIR: "" };
      const { code, stdout, stderr } = await world.command(["skills", ...argv], { env }).output();
      const decoder = new TextDecoder();
      return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
    };
    const before = await kas("check");
    assert.equal(before.code, 1);
    assert.match(before.out, /✗ +project +claude +a +missing/);
    assert.match(before.out, /^Health: \d+\/\d+ OK \(\d+%\)$/m);
    const synced = await kas("sync");
    assert.equal(synced.code, 0, synced.err);
    assert.match(synced.out, /^OK +project +claude {2}\(linked a, b\)$/m);
    assert.equal(
      await Deno.readLink(`${world.repo}/.claude/skills/a`),
      "../../.agents/skills/a",
    );
    const after = await kas("check", "-v");
    assert.equal(after.code, 0, after.err);
    assert.match(after.out, /✓ +project +claude +a +synced/);
    assert.match(after.out, /\(100%\)/);
    await Deno.remove(`${world.repo}/.claude/skills/a`);
    await Deno.mkdir(`${world.repo}/.claude/skills/a`);
    const failed = await kas("sync", "--project");
    assert.equal(failed.code, 1);
    assert.match(failed.out, /^FAILED +project +claude/m);
    assert.match(failed.err, /a: a folder with other content/);
  });
});

Deno.test("skills sync: a program that stands in for claude's own name is installed", async () => {
  await inWorld(async (world) => {
    await world.ok("skills", "add", await source(world), "--all");
    const own = `${world.dir}/my-claude`;
    await Deno.writeTextFile(own, "#!/bin/sh\n", { mode: 0o755 });
    const sync = async (program: string) => {
      const env = { PATH: "/usr/bin:/bin", CLAUDE_CONFIG_DIR: "", KASMOS_CLAUDE_BIN: program };
      const command = world.command(["skills", "sync", "--project"], { env });
      return new TextDecoder().decode((await command.output()).stdout);
    };
    assert.match(await sync(""), /^SKIP +project +claude/m);
    assert.match(await sync(own), /^OK +project +claude {2}\(linked a, b\)$/m);
  });
});
