import { isThere } from "../files/there.ts";
import assert from "node:assert/strict";
import { inScene, local, rejects, remote, type Scene, skillFile } from "./_fixture.ts";
import { namesIn } from "./_files.ts";
import { listSkills, readSkill, skillState } from "./home.ts";
import { installSkills, placeOf, planInstall } from "./install.ts";
import { locked } from "./lock.ts";
import { recover } from "./transaction.ts";

const TWO = { "skills/a/SKILL.md": skillFile("a"), "skills/b/SKILL.md": skillFile("b") };

async function skillsOf(scene: Scene, path: string) {
  const source = await scene.open(local(path));
  return source.skills.map((candidate) => ({ candidate, source }));
}

/** What is beside the home, apart from the lock. */
async function leftovers(scene: Scene): Promise<string[]> {
  return (await namesIn(placeOf(scene.home.path).work))
    .filter((name) => !["lock", ".gitignore"].includes(name));
}

Deno.test("installSkills: files and record of a fetched skill", async () => {
  await inScene(async (scene) => {
    const repo = await scene.repo("src", { ...TWO, "skills/a/run.sh": "x" });
    await scene.run(repo, "tag", "v1");
    const commit = await scene.run(repo, "rev-parse", "HEAD");
    await scene.add(remote(repo, "v1"));
    const skill = await readSkill(scene.home, "a");
    assert.equal(skill.manifest?.source, `git+file://${repo}`);
    assert.equal(skill.manifest?.sourceUrl, `file://${repo}`);
    assert.equal(skill.manifest?.requestedRef, "v1");
    assert.equal(skill.manifest?.commit, commit);
    assert.equal(skill.manifest?.folder, "skills/a");
    assert.deepEqual(Object.keys(skill.manifest?.files ?? {}), ["SKILL.md", "run.sh"]);
    assert.equal((await skillState(skill)).kind, "untouched");
    assert.deepEqual((await listSkills(scene.home)).map(({ name }) => name), ["a", "b"]);
    assert.deepEqual(await leftovers(scene), []);
  });
});

Deno.test("R11: a ref of a local repository is really checked out; without one the work tree counts", async () => {
  await inScene(async (scene) => {
    const repo = await scene.repo("src", { "skills/a/SKILL.md": skillFile("a", "one\n") });
    const commit = await scene.run(repo, "rev-parse", "HEAD");
    await scene.run(repo, "tag", "v1");
    await scene.commit(repo, { "skills/a/SKILL.md": skillFile("a", "two\n") });
    await scene.write(repo, { "skills/a/SKILL.md": skillFile("a", "three\n") });
    await scene.add(local(repo, "v1"));
    const pinned = await readSkill(scene.home, "a");
    assert.equal(await Deno.readTextFile(`${pinned.path}/SKILL.md`), skillFile("a", "one\n"));
    assert.equal(pinned.manifest?.commit, commit);
    assert.equal(pinned.manifest?.requestedRef, "v1");
    // A folder inside the repository is found there at that ref, too.
    await scene.add(local(`${repo}/skills/a`, "v1"), { force: true });
    assert.equal((await readSkill(scene.home, "a")).manifest?.folder, "skills/a");
    await scene.add(local(repo), { force: true });
    const copied = await readSkill(scene.home, "a");
    assert.equal(await Deno.readTextFile(`${copied.path}/SKILL.md`), skillFile("a", "three\n"));
    assert.equal(copied.manifest?.commit, null);
    assert.equal(copied.manifest?.requestedRef, null);
    await scene.write(`${scene.tmp}/plain`, TWO);
    await rejects(scene.open(local(`${scene.tmp}/plain`, "v1")), "usage", /Cannot take "v1"/);
  });
});

Deno.test("R16: when one of several is there already, none is installed", async () => {
  await inScene(async (scene) => {
    await scene.write(`${scene.tmp}/s`, TWO);
    await scene.write(scene.home.path, { "b/SKILL.md": "mine" });
    const skills = await skillsOf(scene, `${scene.tmp}/s`);
    await rejects(installSkills(scene.home, skills), "exists", /Cannot add "b"/);
    await rejects(planInstall(scene.home, skills), "exists", /Cannot add "b"/);
    assert.deepEqual(await scene.files(scene.home.path), { "b/SKILL.md": "mine" });
    assert.deepEqual(await leftovers(scene), []);
  });
});

Deno.test("R16: when one of several cannot be taken, or moved, none is installed", async () => {
  await inScene(async (scene) => {
    await scene.write(`${scene.tmp}/s`, { ...TWO, "skills/b/bad": "-> ../../../.." });
    const bad = await skillsOf(scene, `${scene.tmp}/s`);
    await rejects(installSkills(scene.home, bad), "guard", /leaves the skill/);
    assert.deepEqual(await listSkills(scene.home), []);
    await Deno.remove(`${scene.tmp}/s/skills/b/bad`);
    await scene.write(scene.home.path, { "a/SKILL.md": "mine" });
    const good = await skillsOf(scene, `${scene.tmp}/s`);
    const failing = installSkills(scene.home, good, {
      force: true,
      onStep: (step) => {
        if (step === "old a" || step === "new b") throw new Error(`at ${step}`);
      },
    });
    await assert.rejects(failing, /at old a/);
    assert.deepEqual(await scene.files(scene.home.path), { "a/SKILL.md": "mine" });
    const later = installSkills(scene.home, good, {
      force: true,
      onStep: (step) => {
        if (step === "new b") throw new Error(`at ${step}`);
      },
    });
    await assert.rejects(later, /at new b/);
    assert.deepEqual(await scene.files(scene.home.path), { "a/SKILL.md": "mine" });
    assert.deepEqual(await leftovers(scene), []);
  });
});

Deno.test("R16: killed at any step, the next command finds all old or makes all new", async () => {
  await inScene(async (scene) => {
    await scene.write(`${scene.tmp}/old`, TWO);
    await scene.write(`${scene.tmp}/new`, {
      "skills/a/SKILL.md": skillFile("a", "new\n"),
      "skills/b/SKILL.md": skillFile("b", "new\n"),
      "skills/c/SKILL.md": skillFile("c", "new\n"),
    });
    const script = new URL("./testdata/crash.ts", import.meta.url).pathname;
    for (const step of ["staged", "journal", "old a", "new a", "old b", "new c", "done"]) {
      await Deno.remove(`${scene.base}/.agents`, { recursive: true }).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
      await scene.add(local(`${scene.tmp}/old`));
      const { signal } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", "--no-check", script, scene.base, `${scene.tmp}/new`, step],
      }).output();
      assert.equal(signal, "SIGKILL", step);
      const place = placeOf(scene.home.path);
      await locked(place.work, () => recover(place));
      const skills = await listSkills(scene.home);
      const texts = await Promise.all(
        skills.map(({ path }) => Deno.readTextFile(`${path}/SKILL.md`)),
      );
      const isNew = step !== "staged";
      assert.equal(skills.length, isNew ? 3 : 2, step);
      assert.ok(texts.every((text) => text.endsWith("new\n") === isNew), step);
      for (const skill of skills) assert.equal((await skillState(skill)).kind, "untouched", step);
      assert.deepEqual(await leftovers(scene), [], step);
    }
  });
});

Deno.test("installSkills: two at once both end, one after the other", async () => {
  await inScene(async (scene) => {
    await scene.write(`${scene.tmp}/s`, TWO);
    const skills = await skillsOf(scene, `${scene.tmp}/s`);
    await Promise.all(
      Array.from({ length: 4 }, () => installSkills(scene.home, skills, { force: true })),
    );
    const found = await listSkills(scene.home);
    assert.deepEqual(found.map(({ name }) => name), ["a", "b"]);
    for (const skill of found) assert.equal((await skillState(skill)).kind, "untouched");
    assert.deepEqual(await leftovers(scene), []);
    const place = placeOf(scene.home.path);
    await locked(place.work, async () => {
      const waiting = locked(place.work, () => Promise.resolve(), { waitMs: 0 });
      await rejects(waiting, "conflict", /Cannot change the skills/);
    });
  });
});

Deno.test("installSkills: of processes that start at once, each puts all of its skills in place", async () => {
  await inScene(async (scene) => {
    const script = new URL("./testdata/crash.ts", import.meta.url).pathname;
    const runs = ["one", "two", "three"].map(async (word) => {
      const files = ["a", "b", "c"].map((name) => [
        `skills/${name}/SKILL.md`,
        skillFile(name, `${word}\n`),
      ]);
      await scene.write(`${scene.tmp}/${word}`, Object.fromEntries(files));
      return await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", "--no-check", script, scene.base, `${scene.tmp}/${word}`],
      }).output();
    });
    for (const { code, stderr } of await Promise.all(runs)) {
      assert.equal(code, 0, new TextDecoder().decode(stderr));
    }
    const skills = await listSkills(scene.home);
    const texts = await Promise.all(
      skills.map(({ path }) => Deno.readTextFile(`${path}/SKILL.md`)),
    );
    assert.equal(texts.length, 3);
    assert.equal(new Set(texts.map((text) => text.split("\n\n")[1])).size, 1);
    assert.deepEqual(await leftovers(scene), []);
  });
});

Deno.test("installSkills: what is in the way of the home is explained", async () => {
  await inScene(async (scene) => {
    await scene.write(`${scene.tmp}/s`, TWO);
    await scene.write(scene.base, { ".agents": "a file" });
    const skills = await skillsOf(scene, `${scene.tmp}/s`);
    await rejects(
      installSkills(scene.home, skills),
      "invalid",
      /Cannot add skills to the project: /,
    );
  });
});

Deno.test("installSkills: with force what somebody wrote is kept, what kas wrote is not", async () => {
  await inScene(async (scene) => {
    await scene.write(`${scene.tmp}/s`, TWO);
    await scene.add(local(`${scene.tmp}/s`));
    await scene.write(scene.home.path, { "b/notes.md": "mine" });
    const changes = await installSkills(scene.home, await skillsOf(scene, `${scene.tmp}/s`), {
      force: true,
    });
    assert.equal(changes[0]?.backup, null);
    const backup = changes[1]?.backup ?? "";
    assert.equal(await Deno.readTextFile(`${backup}/notes.md`), "mine");
    assert.equal(await isThere(`${scene.home.path}/b/notes.md`), false);
    assert.equal(await Deno.readTextFile(`${placeOf(scene.home.path).work}/.gitignore`), "*\n");
  });
});

Deno.test("installSkills: names that differ only in case do not stand side by side", async () => {
  await inScene(async (scene) => {
    await scene.write(`${scene.tmp}/s`, TWO);
    await scene.write(scene.home.path, { "A/SKILL.md": "mine" });
    const skills = await skillsOf(scene, `${scene.tmp}/s`);
    await rejects(installSkills(scene.home, skills), "exists", /Cannot add "A"/);
    await rejects(installSkills(scene.home, skills, { force: true }), "exists", /Cannot add "A"/);
  });
});

Deno.test("installSkills: an illegal folder name, or two of one name, are refused", async () => {
  await inScene(async (scene) => {
    await scene.write(`${scene.tmp}/s`, { "skills/my skill/SKILL.md": skillFile("x") });
    const bad = await skillsOf(scene, `${scene.tmp}/s`);
    await rejects(installSkills(scene.home, bad), "invalid", /as a skill name/);
    await scene.write(`${scene.tmp}/t`, {
      "x/one/a/SKILL.md": skillFile("a"),
      "x/two/a/SKILL.md": skillFile("a"),
    });
    const twins = await skillsOf(scene, `${scene.tmp}/t`);
    await rejects(installSkills(scene.home, twins), "usage", /two skills/);
    assert.equal(await isThere(scene.home.path), false);
  });
});

Deno.test("installSkills: a home that leads out of its place is refused, and nothing made there", async () => {
  await inScene(async (scene) => {
    await scene.write(`${scene.tmp}/s`, TWO);
    await Deno.mkdir(`${scene.tmp}/elsewhere`);
    await Deno.symlink(`${scene.tmp}/elsewhere`, `${scene.base}/.agents`);
    const skills = await skillsOf(scene, `${scene.tmp}/s`);
    await rejects(installSkills(scene.home, skills), "guard", /Cannot use/);
    await rejects(listSkills(scene.home), "guard", /Cannot use/);
    assert.deepEqual(await namesIn(`${scene.tmp}/elsewhere`), []);
  });
});

Deno.test("recover: a journal that is not about this home is not followed", async () => {
  await inScene(async (scene) => {
    await scene.write(`${scene.tmp}/s`, TWO);
    await scene.add(local(`${scene.tmp}/s`));
    const place = placeOf(scene.home.path);
    const txn = `txn-${crypto.randomUUID()}`;
    for (
      const journal of [
        "no json",
        JSON.stringify({ version: 1, home: "other", txn, moves: [] }),
        JSON.stringify({ version: 1, home: "skills", txn: "../x", moves: [] }),
        JSON.stringify({
          version: 1,
          home: "skills",
          txn,
          moves: [{ name: "..", staged: false, keepAs: null }],
        }),
      ]
    ) {
      await Deno.writeTextFile(`${place.work}/journal.json`, journal);
      await rejects(recover(place), "guard", /cut off/);
    }
    assert.equal((await listSkills(scene.home)).length, 2);
  });
});
