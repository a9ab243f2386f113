import assert from "node:assert/strict";
import { inScene, local, rejects, remote, type Scene, skillFile } from "./_fixture.ts";
import { namesIn } from "./_files.ts";
import { readSkill } from "./home.ts";
import { installSkills } from "./install.ts";
import { openSource } from "./open_source.ts";
import { parseSource } from "./source.ts";
import { updateSkills } from "./update.ts";

/** git settings under which two forges are folders of this machine. */
async function forges(scene: Scene) {
  const config = `${scene.tmp}/gitconfig`;
  const sections = ["github", "gitlab"].map((name) =>
    `[url "file://${scene.tmp}/${name}/"]\n\tinsteadOf = https://${name}.com/\n`
  );
  await Deno.writeTextFile(config, sections.join(""));
  return { env: { ...scene.git.env, GIT_CONFIG_GLOBAL: config } };
}

/** Adds all skills of an address, as it is typed. */
async function add(scene: Scene, text: string) {
  const git = await forges(scene);
  await using source = await openSource(parseSource(text, { home: null, cwd: "/" }), git);
  const skills = source.skills.map((candidate) => ({ candidate, source }));
  await installSkills(scene.home, skills, { force: true });
  const [first] = source.skills;
  assert.ok(first);
  return await readSkill(scene.home, first.name);
}

async function branchy(scene: Scene, name: string): Promise<string> {
  const repo = await scene.repo(name, { "skills/a/SKILL.md": skillFile("a", "main\n") });
  await scene.run(repo, "switch", "-q", "-c", "feature/x");
  await scene.commit(repo, { "skills/a/SKILL.md": skillFile("a", "feature\n") });
  await scene.run(repo, "switch", "-q", "main");
  return repo;
}

Deno.test("R13: addresses with a ref that holds slashes fetch that ref", async () => {
  await inScene(async (scene) => {
    await branchy(scene, "github/o/r.git");
    for (
      const text of [
        "https://github.com/o/r/tree/feature/x/skills/a",
        "https://github.com/o/r/tree/feature/x",
        "https://github.com/o/r@feature/x",
        "o/r/skills@feature/x",
      ]
    ) {
      const { path, manifest } = await add(scene, text);
      assert.match(await Deno.readTextFile(`${path}/SKILL.md`), /feature/, text);
      assert.equal(manifest?.requestedRef, "feature/x", text);
      assert.equal(manifest?.folder, "skills/a", text);
    }
    const git = await forges(scene);
    const gone = parseSource("https://github.com/o/r/tree/nope/skills", { home: null, cwd: "/" });
    await rejects(openSource(gone, git), "not_found", /at the start of "nope\/skills"/);
  });
});

Deno.test("R10: a GitLab skill is updated, from a group within a group, too", async () => {
  await inScene(async (scene) => {
    const repo = await branchy(scene, "gitlab/g/s/r.git");
    const { manifest } = await add(scene, "https://gitlab.com/g/s/r/-/tree/feature/x/skills");
    assert.equal(manifest?.source, "gitlab:g/s/r.git/skills");
    assert.equal(manifest?.sourceUrl, "https://gitlab.com/g/s/r.git");
    await scene.run(repo, "switch", "-q", "feature/x");
    const next = await scene.commit(repo, { "skills/a/SKILL.md": skillFile("a", "next\n") });
    const git = await forges(scene);
    const [change] = await updateSkills(scene.home, ["a"], { git, home: null });
    assert.deepEqual([change?.state, change?.to, change?.ref], ["updated", next, "feature/x"]);
    assert.match(await Deno.readTextFile(`${scene.home.path}/a/SKILL.md`), /next/);
  });
});

Deno.test("openSource: a bare repository of this machine is fetched", async () => {
  await inScene(async (scene) => {
    const repo = await scene.repo("src", { "skills/a/SKILL.md": skillFile("a") });
    await scene.run(repo, "clone", "-q", "--bare", repo, `${scene.tmp}/bare.git`);
    const source = await scene.open(local(`${scene.tmp}/bare.git`));
    assert.equal(source.commit, await scene.run(repo, "rev-parse", "HEAD"));
    assert.deepEqual(source.skills.map(({ name }) => name), ["a"]);
  });
});

Deno.test("openSource: what was fetched is gone when it is done, and a source without skills is said", async () => {
  await inScene(async (scene) => {
    const repo = await scene.repo("src", { "README.md": "no skill" });
    await rejects(openSource(remote(repo), scene.git), "not_found", /Cannot find a skill in "src"/);
    await rejects(openSource(local(`${scene.tmp}/gone`)), "not_found", /Cannot find the folder/);
    await scene.commit(repo, { "a/SKILL.md": skillFile("a") });
    let path: string;
    {
      await using source = await openSource(remote(repo), scene.git);
      path = source.skills[0]?.path ?? "";
      assert.equal((await Deno.stat(path)).isDirectory, true);
    }
    await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
  });
});

Deno.test("openSource: transports that start programs are refused", async () => {
  await inScene(async (scene) => {
    const evil = { kind: "git", url: `ext::touch ${scene.tmp}/x`, ref: null } as const;
    await rejects(openSource(evil, scene.git), "guard", /does not use this transport/);
    assert.deepEqual((await namesIn(scene.tmp)).includes("x"), false);
  });
});
