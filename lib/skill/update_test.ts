import { isThere } from "../files/there.ts";
import assert from "node:assert/strict";
import { inScene, local, rejects, remote, type Scene, skillFile } from "./_fixture.ts";
import { readSkill } from "./home.ts";
import { readManifest } from "./manifest.ts";
import { updateSkills } from "./update.ts";

const TWO = { "skills/a/SKILL.md": skillFile("a"), "skills/b/SKILL.md": skillFile("b") };

async function update(scene: Scene, names: string[], options: { force?: boolean } = {}) {
  return await updateSkills(scene.home, names, { ...options, git: scene.git, home: null });
}

async function body(scene: Scene, name: string): Promise<string> {
  return (await Deno.readTextFile(`${scene.home.path}/${name}/SKILL.md`)).split("\n\n")[1] ?? "";
}

Deno.test("R9: update fetches the requested ref again", async () => {
  await inScene(async (scene) => {
    const repo = await scene.repo("src", TWO);
    const first = await scene.run(repo, "rev-parse", "HEAD");
    await scene.run(repo, "switch", "-q", "-c", "release/1");
    await scene.add(remote(repo, "release/1"));
    assert.equal((await update(scene, ["a"]))[0]?.state, "current");
    const second = await scene.commit(repo, { "skills/a/SKILL.md": skillFile("a", "second\n") });
    await scene.run(repo, "switch", "-q", "main");
    await scene.commit(repo, { "skills/a/SKILL.md": skillFile("a", "main\n") });
    const [change] = await update(scene, ["a"]);
    assert.deepEqual(
      [change?.state, change?.from, change?.to, change?.ref, change?.backup],
      ["updated", first, second, "release/1", null],
    );
    assert.equal(await body(scene, "a"), "second\n");
    const { manifest } = await readSkill(scene.home, "a");
    assert.equal(manifest?.requestedRef, "release/1");
    assert.equal(manifest?.commit, second);
    // The other skill has nothing new in it, but its record moves on.
    assert.equal((await update(scene, ["b"]))[0]?.state, "current");
    assert.equal((await readSkill(scene.home, "b")).manifest?.commit, second);
  });
});

Deno.test("R9: without a ref the default branch is followed, and a pinned commit stays", async () => {
  await inScene(async (scene) => {
    const repo = await scene.repo("src", { "skills/a/SKILL.md": skillFile("a") });
    const first = await scene.run(repo, "rev-parse", "HEAD");
    await scene.add(remote(repo));
    await scene.commit(repo, { "skills/a/SKILL.md": skillFile("a", "new\n") });
    assert.equal((await update(scene, ["a"]))[0]?.state, "updated");
    assert.equal(await body(scene, "a"), "new\n");
    await scene.add(remote(repo, first), { force: true });
    assert.equal((await update(scene, ["a"]))[0]?.state, "current");
    assert.equal(await body(scene, "a"), "Do it well.\n");
  });
});

Deno.test("R9: a local work tree is copied again, a local ref checked out again", async () => {
  await inScene(async (scene) => {
    const repo = await scene.repo("src", { "skills/a/SKILL.md": skillFile("a") });
    await scene.add(local(`${repo}/skills/a`));
    await scene.write(repo, { "skills/a/SKILL.md": skillFile("a", "edited\n") });
    await update(scene, ["a"]);
    assert.equal(await body(scene, "a"), "edited\n");
    await scene.add(local(`${repo}/skills/a`, "main"), { force: true });
    assert.equal(await body(scene, "a"), "Do it well.\n");
    await scene.commit(repo, { "skills/a/SKILL.md": skillFile("a", "committed\n") });
    await update(scene, ["a"]);
    assert.equal(await body(scene, "a"), "committed\n");
  });
});

Deno.test("R6: what is gone at the source goes away, with update and with --force", async () => {
  await inScene(async (scene) => {
    const repo = await scene.repo("src", { ...TWO, "skills/a/old.md": "x", "skills/a/d/x": "x" });
    await scene.add(remote(repo));
    await scene.commit(repo, { "skills/a/new.md": "x" }, ["skills/a/old.md", "skills/a/d"]);
    await update(scene, ["a"]);
    const names = async () => Object.keys(await scene.files(`${scene.home.path}/a`)).sort();
    assert.deepEqual(await names(), [".kas-skill.json", "SKILL.md", "new.md"]);
    await scene.commit(repo, {}, ["skills/a/new.md"]);
    await scene.add(remote(repo), { force: true });
    assert.deepEqual(await names(), [".kas-skill.json", "SKILL.md"]);
  });
});

Deno.test("R14: edits are found by content: changed, added and deleted files, never by time", async () => {
  await inScene(async (scene) => {
    const files = { "skills/a/SKILL.md": skillFile("a"), "skills/a/x.md": "x" };
    const repo = await scene.repo("src", files);
    await scene.add(remote(repo));
    const at = `${scene.home.path}/a`;
    // Touched, but the same: no edit.
    await Deno.utime(`${at}/x.md`, new Date(Date.now() + 60_000), new Date(Date.now() + 60_000));
    await Deno.chmod(`${at}/x.md`, 0o600);
    await update(scene, ["a"]);
    const { mtime } = await Deno.stat(`${at}/.kas-skill.json`);
    await Deno.writeTextFile(`${at}/x.md`, "y");
    await Deno.utime(`${at}/x.md`, mtime ?? 0, new Date(0));
    await rejects(update(scene, ["a"]), "guard", /a \(x\.md changed\)/);
    await Deno.remove(`${at}/x.md`);
    await rejects(update(scene, ["a"]), "guard", /x\.md deleted/);
    await Deno.writeTextFile(`${at}/x.md`, "x");
    await update(scene, ["a"]);
    await Deno.writeTextFile(`${at}/mine.md`, "mine");
    const error = await rejects(update(scene, ["a"]), "guard", /mine\.md added/);
    assert.equal(error.exitCode, 3);
    assert.equal(await Deno.readTextFile(`${at}/mine.md`), "mine");
    const [change] = await update(scene, ["a"], { force: true });
    assert.equal(await Deno.readTextFile(`${change?.backup}/mine.md`), "mine");
    assert.equal(await isThere(`${at}/mine.md`), false);
  });
});

Deno.test("R16: one that cannot be updated leaves all as they are", async () => {
  await inScene(async (scene) => {
    const repo = await scene.repo("src", TWO);
    await scene.add(remote(repo));
    await scene.commit(repo, { "skills/a/SKILL.md": skillFile("a", "new\n") }, ["skills/b"]);
    await scene.commit(repo, { "skills/c/SKILL.md": skillFile("c") });
    const error = await rejects(update(scene, ["a", "b"]), "not_found", /Cannot find "b" in/);
    assert.match(error.hint ?? "", /It has a, c/);
    assert.equal(await body(scene, "a"), "Do it well.\n");
    await scene.write(scene.home.path, { "b/x.md": "mine" });
    await rejects(update(scene, ["a", "b"]), "guard", /b \(x\.md added\)/);
    assert.equal(await body(scene, "a"), "Do it well.\n");
  });
});

Deno.test("updateSkills: a skill that moved is found by name, and a sole one whatever its name", async () => {
  await inScene(async (scene) => {
    const repo = await scene.repo("src", { "skills/a/SKILL.md": skillFile("a") });
    await scene.add(remote(repo));
    await scene.commit(repo, { "pack/a/SKILL.md": skillFile("a", "2\n") }, ["skills"]);
    await update(scene, ["a"]);
    assert.equal(await body(scene, "a"), "2\n");
    await scene.commit(repo, { "pack/z/SKILL.md": skillFile("z", "3\n") }, ["pack/a"]);
    await update(scene, ["a"]);
    assert.equal(await body(scene, "a"), "3\n");
  });
});

Deno.test("updateSkills: a skill of another program needs --force, since it kept no checksums", async () => {
  await inScene(async (scene) => {
    const repo = await scene.repo("src", TWO);
    const commit = await scene.run(repo, "rev-parse", "HEAD");
    const record = {
      source: `git+file://${repo}`,
      source_url: repo,
      ref: commit,
      installed_at: "x",
    };
    await scene.write(scene.home.path, {
      "a/SKILL.md": "old",
      "a/.kman-skill.json": JSON.stringify(record),
    });
    const manifest = await readManifest(`${scene.home.path}/a`);
    assert.equal(manifest?.requestedRef, null);
    assert.equal(manifest?.commit, commit);
    await rejects(update(scene, ["a"]), "guard", /kas did not write it/);
    const [change] = await update(scene, ["a"], { force: true });
    assert.equal(await Deno.readTextFile(`${change?.backup}/SKILL.md`), "old");
    assert.deepEqual(Object.keys(await scene.files(`${scene.home.path}/a`)).sort(), [
      ".kas-skill.json",
      "SKILL.md",
    ]);
  });
});

Deno.test("updateSkills: without a record, or with a broken one, it says so", async () => {
  await inScene(async (scene) => {
    await rejects(update(scene, ["a"]), "not_found", /Cannot find the skill "a"/);
    assert.equal(await isThere(scene.home.path), false);
    await scene.write(scene.home.path, {
      "a/SKILL.md": skillFile("a"),
      "b/SKILL.md": skillFile("b"),
      "b/.kas-skill.json": "{",
      "c/.kas-skill.json": `{"version":1,"source":5}`,
    });
    await rejects(update(scene, ["a"]), "invalid", /does not know where it is from/);
    await rejects(update(scene, ["b"]), "invalid", /it is not JSON/);
    await rejects(update(scene, ["c"]), "invalid", /source/);
    await rejects(update(scene, ["../a"]), "invalid", /as a skill name/);
  });
});
