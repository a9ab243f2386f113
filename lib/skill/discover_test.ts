import assert from "node:assert/strict";
import { inScene, local, rejects, remote, type Scene, skillFile } from "./_fixture.ts";
import { discoverSkills, selectSkills } from "./discover.ts";

async function found(scene: Scene, subpath: string | null = null) {
  const root = `${scene.tmp}/s`;
  return await discoverSkills({ root, subpath, sourceName: "src", topIsNameless: true });
}

Deno.test("discoverSkills: a skill at the top is the only one", async () => {
  await inScene(async (scene) => {
    await scene.write(`${scene.tmp}/s`, {
      "SKILL.md": skillFile("top"),
      "skills/a/SKILL.md": skillFile("a"),
    });
    assert.deepEqual((await found(scene)).map(({ name, folder }) => [name, folder]), [["top", ""]]);
    const below = await found(scene, "skills");
    assert.deepEqual(below.map(({ name, folder }) => [name, folder]), [["a", "skills/a"]]);
  });
});

Deno.test("discoverSkills: the first usual place counts, then all down to four levels", async () => {
  await inScene(async (scene) => {
    const root = `${scene.tmp}/s`;
    await scene.write(root, {
      "x/y/z/deep/SKILL.md": skillFile("deep"),
      "x/y/z/v/deeper/SKILL.md": skillFile("deeper"),
      "node_modules/m/SKILL.md": skillFile("m"),
      "linked": "-> x",
    });
    assert.deepEqual((await found(scene)).map(({ folder }) => folder), ["x/y/z/deep"]);
    await scene.write(root, { ".claude/skills/c/SKILL.md": skillFile("c") });
    assert.deepEqual((await found(scene)).map(({ name }) => name), ["c"]);
    await scene.write(root, { "skills/s/SKILL.md": skillFile("s") });
    assert.deepEqual((await found(scene)).map(({ name }) => name), ["s"]);
    await scene.write(root, { "b/SKILL.md": "no frontmatter", "a/SKILL.md": skillFile("a") });
    const direct = await found(scene);
    assert.deepEqual(direct.map(({ name }) => name), ["a", "b"]);
    assert.equal(direct[0]?.description, "How to a");
    assert.equal(direct[1]?.findings[0]?.code, "missing_frontmatter");
  });
});

Deno.test("discoverSkills: what is not there, or not inside, is refused", async () => {
  await inScene(async (scene) => {
    await scene.write(`${scene.tmp}/s`, { "docs/x": "x", "out": `-> ${scene.tmp}` });
    await rejects(found(scene), "not_found", /Cannot find a skill in "src"/);
    await rejects(found(scene, "nope"), "not_found", /the folder "nope"/);
    await rejects(found(scene, "docs/x"), "not_found", /the folder/);
    await rejects(found(scene, "../place"), "invalid", /as a folder/);
    await rejects(found(scene, "out"), "guard", /leaves the source/);
  });
});

Deno.test("discoverSkills: a head that is too long is told from none", async () => {
  await inScene(async (scene) => {
    const long = `---\nname: a\ndescription: d\nnotes: |\n${
      "  words of the author: ä\n".repeat(20_000)
    }---\n`;
    await scene.write(`${scene.tmp}/s`, {
      "skills/a/SKILL.md": long,
      "skills/b/SKILL.md": `\uFEFF${long}`,
      "skills/c/SKILL.md": `Text\n${"words\n".repeat(60_000)}`,
      "skills/d/SKILL.md": "---\nname: d\n",
    });
    const codes = (await found(scene)).map(({ findings }) => findings.map(({ code }) => code));
    const none = ["missing_frontmatter"];
    assert.deepEqual(codes, [["long_frontmatter"], ["long_frontmatter"], none, none]);
  });
});

Deno.test("discoverSkills: a SKILL.md that points elsewhere is not read", async () => {
  await inScene(async (scene) => {
    await scene.write(scene.tmp, { "secret": skillFile("secret") });
    await scene.write(`${scene.tmp}/s`, { "a/SKILL.md": `-> ${scene.tmp}/secret` });
    const [skill] = await found(scene);
    assert.equal(skill?.description, null);
    assert.equal(skill?.findings[0]?.code, "missing_skill_file");
  });
});

Deno.test("R12: a skill that is a whole repository is named by itself, or by the repository", async () => {
  await inScene(async (scene) => {
    const named = await scene.repo("some-repo", { "SKILL.md": skillFile("review") });
    assert.deepEqual((await scene.open(remote(named))).skills.map(({ name }) => name), ["review"]);
    assert.deepEqual((await scene.open(local(named))).skills.map(({ name }) => name), ["review"]);
    const nameless = await scene.repo("my-repo", { "SKILL.md": "---\nname: Not a name!\n---\n" });
    assert.deepEqual((await scene.open(remote(nameless))).skills.map(({ name }) => name), [
      "my-repo",
    ]);
    await scene.add(remote(nameless));
    const files = Object.keys(await scene.files(scene.home.path));
    assert.deepEqual(files.sort(), ["my-repo/.kas-skill.json", "my-repo/SKILL.md"]);
  });
});

Deno.test("R12: a local folder that is no repository keeps its name", async () => {
  await inScene(async (scene) => {
    await scene.write(`${scene.tmp}/folder`, { "SKILL.md": skillFile("other") });
    const [skill] = (await scene.open(local(`${scene.tmp}/folder`))).skills;
    assert.equal(skill?.name, "folder");
    assert.equal(skill?.findings[0]?.code, "other_name");
  });
});

Deno.test("R15: a name that does not exist among others that do refuses all of them", async () => {
  await inScene(async (scene) => {
    await scene.write(`${scene.tmp}/s`, {
      "a/SKILL.md": skillFile("a"),
      "b/SKILL.md": skillFile("b"),
    });
    const skills = await found(scene);
    assert.deepEqual(selectSkills(skills, ["b", "b"]).map(({ name }) => name), ["b"]);
    assert.throws(() => selectSkills(skills, ["a", "typo"]), (error) => {
      assert.ok(error instanceof Error && "exitCode" in error && "hint" in error);
      assert.equal(error.exitCode, 2);
      assert.equal(error.hint, "It has a, b");
      return true;
    });
  });
});

Deno.test("selectSkills: a name borne by two is settled by their folders", async () => {
  await inScene(async (scene) => {
    await scene.write(`${scene.tmp}/s`, {
      "x/one/a/SKILL.md": skillFile("a"),
      "x/two/a/SKILL.md": skillFile("a"),
    });
    const skills = await found(scene);
    assert.throws(() => selectSkills(skills, ["a"]), { code: "usage" });
    const [only] = selectSkills(skills, ["x/two/a"]);
    assert.equal(only?.folder, "x/two/a");
  });
});
