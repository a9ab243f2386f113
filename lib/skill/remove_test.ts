import { isThere } from "../files/there.ts";
import assert from "node:assert/strict";
import { inScene, local, rejects, type Scene, skillFile } from "./_fixture.ts";
import { readSkill } from "./home.ts";
import { detachSkills, removeSkills } from "./remove.ts";

const TWO = { "skills/a/SKILL.md": skillFile("a"), "skills/b/SKILL.md": skillFile("b") };

async function withTwo(test: (scene: Scene) => Promise<void>): Promise<void> {
  await inScene(async (scene) => {
    await scene.write(`${scene.tmp}/s`, TWO);
    await scene.add(local(`${scene.tmp}/s`));
    await test(scene);
  });
}

Deno.test("R1: remove takes names of skills, and nothing that leads elsewhere", async () => {
  await withTwo(async (scene) => {
    await scene.write(scene.base, { "keep.md": "x" });
    const before = await scene.files(scene.base);
    for (const name of ["..", ".", "", "../..", "a/..", "a/../..", "/", "a\0", "-rf", "*", "~"]) {
      const error = await rejects(
        removeSkills(scene.home, [name], { force: true }),
        "invalid",
        /as a skill name/,
      );
      assert.equal(error.exitCode, 2);
      await rejects(detachSkills(scene.home, [name]), "invalid", /as a skill name/);
    }
    await rejects(removeSkills(scene.home, ["a", "ghost"]), "not_found", /"ghost"/);
    assert.deepEqual(await scene.files(scene.base), before);
  });
});

Deno.test("R1: of a link only the link is removed", async () => {
  await withTwo(async (scene) => {
    await scene.write(`${scene.tmp}/other`, { "SKILL.md": skillFile("other") });
    await Deno.symlink(`${scene.tmp}/other`, `${scene.home.path}/other`);
    assert.deepEqual(await removeSkills(scene.home, ["other"]), [
      { name: "other", path: `${scene.home.path}/other`, backup: null },
    ]);
    assert.equal(await isThere(`${scene.tmp}/other/SKILL.md`), true);
    assert.equal(await isThere(`${scene.home.path}/other`), false);
  });
});

Deno.test("removeSkills: what kas wrote goes; what somebody wrote needs force, and is kept", async () => {
  await withTwo(async (scene) => {
    await scene.write(scene.home.path, { "b/mine.md": "mine", "own/SKILL.md": "own" });
    await rejects(removeSkills(scene.home, ["a", "b"]), "guard", /b \(mine\.md added\)/);
    await rejects(removeSkills(scene.home, ["own"]), "guard", /own \(kas did not write it\)/);
    assert.equal(await isThere(`${scene.home.path}/a`), true);
    const removed = await removeSkills(scene.home, ["a", "b", "own"], { force: true });
    assert.equal(removed[0]?.backup, null);
    assert.equal(await Deno.readTextFile(`${removed[1]?.backup}/mine.md`), "mine");
    assert.equal(await Deno.readTextFile(`${removed[2]?.backup}/SKILL.md`), "own");
    assert.deepEqual(await scene.files(scene.home.path), {});
  });
});

Deno.test("detachSkills: the record goes, the files stay", async () => {
  await withTwo(async (scene) => {
    assert.deepEqual(await detachSkills(scene.home, ["a"]), ["a"]);
    const { manifest } = await readSkill(scene.home, "a");
    assert.equal(manifest, null);
    assert.equal(await Deno.readTextFile(`${scene.home.path}/a/SKILL.md`), skillFile("a"));
    await rejects(detachSkills(scene.home, ["b", "a"]), "invalid", /kas does not look after it/);
    assert.notEqual((await readSkill(scene.home, "b")).manifest, null);
    await scene.write(scene.home.path, { "c/SKILL.md": "x", "c/.kas-skill.json": "{" });
    assert.deepEqual(await detachSkills(scene.home, ["c"]), ["c"]);
  });
});
