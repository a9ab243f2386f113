import { isThere } from "../files/there.ts";
import assert from "node:assert/strict";
import { inScene, local, type Scene, skillFile } from "./_fixture.ts";
import { namesIn } from "./_files.ts";
import { auditSkills } from "./audit.ts";
import { type SkillLayer, skillLayers } from "./harnesses.ts";
import { removeSkills } from "./remove.ts";
import { scanLayer } from "./scan.ts";
import { syncSkills } from "./sync.ts";

const TWO = { "skills/a/SKILL.md": skillFile("a"), "skills/b/SKILL.md": skillFile("b") };

function layerOf(scene: Scene, programs: readonly string[] = ["claude", "codex"]): SkillLayer {
  const [layer] = skillLayers({
    home: null,
    repoRoot: scene.base,
    claudeDir: null,
    isInstalled: ({ program }) => programs.includes(program),
  });
  assert.ok(layer);
  return layer;
}

async function claude(scene: Scene, options: Parameters<typeof syncSkills>[1] = {}) {
  const results = await syncSkills(layerOf(scene), options);
  const found = results.find(({ harness }) => harness === "claude");
  assert.ok(found);
  return found;
}

async function standings(scene: Scene): Promise<Record<string, string>> {
  const { rows } = auditSkills([await scanLayer(layerOf(scene))]);
  return Object.fromEntries(
    rows.filter(({ harness }) => ["claude", "skills"].includes(harness))
      .map(({ skill, state }) => [skill, state]),
  );
}

const noLinks = () => Promise.reject(new Deno.errors.PermissionDenied("no links here"));

async function withTwo(test: (scene: Scene, folder: string) => Promise<void>): Promise<void> {
  await inScene(async (scene) => {
    await scene.write(`${scene.tmp}/s`, TWO);
    await scene.add(local(`${scene.tmp}/s`));
    await test(scene, `${scene.base}/.claude/skills`);
  });
}

Deno.test("syncSkills: relative links for claude, nothing for who reads the skills itself", async () => {
  await withTwo(async (scene, folder) => {
    assert.deepEqual(await standings(scene), { a: "missing", b: "missing" });
    const results = await syncSkills(layerOf(scene));
    assert.deepEqual(results.map(({ harness, state }) => [harness, state]), [
      ["claude", "ok"],
      ["codex", "ok"],
      ["opencode", "skip"],
      ["copilot", "skip"],
      ["gemini", "skip"],
    ]);
    assert.deepEqual(results[0]?.linked, ["a", "b"]);
    assert.equal(await Deno.readLink(`${folder}/a`), "../../.agents/skills/a");
    assert.equal(await Deno.readTextFile(`${folder}/a/SKILL.md`), skillFile("a"));
    assert.deepEqual(await standings(scene), { a: "synced", b: "synced" });
    assert.deepEqual((await claude(scene)).linked, []);
    assert.deepEqual((await namesIn(scene.base)).sort(), [".agents", ".claude"]);
  });
});

Deno.test("syncSkills: links of skills that are gone go; those of others stay", async () => {
  await withTwo(async (scene, folder) => {
    await claude(scene);
    await scene.write(scene.tmp, { "other/SKILL.md": "x" });
    await scene.write(folder, {
      "theirs": `-> ${scene.tmp}/other`,
      "dangling": "-> ../nowhere",
      "own/SKILL.md": "mine",
    });
    await removeSkills(scene.home, ["a"]);
    assert.deepEqual(await standings(scene), { a: "orphan", b: "synced", dangling: "broken" });
    const result = await claude(scene);
    assert.deepEqual(result.removed, ["a"]);
    assert.equal(result.state, "failed");
    assert.match(result.problems[0] ?? "", /dangling: a link to \.\.\/nowhere/);
    assert.deepEqual(await namesIn(folder), ["b", "dangling", "own", "theirs"]);
  });
});

Deno.test("syncSkills: what stands in the way is left and said", async () => {
  await withTwo(async (scene, folder) => {
    await scene.write(folder, { "a/SKILL.md": "mine", "b/SKILL.md": skillFile("b") });
    assert.deepEqual(await standings(scene), { a: "edited", b: "copy" });
    const result = await claude(scene);
    assert.deepEqual(result.problems, ["a: a folder with other content"]);
    assert.equal(await Deno.readTextFile(`${folder}/a/SKILL.md`), "mine");
  });
});

Deno.test("syncSkills: copies where links cannot be made; they follow the skill", async () => {
  await withTwo(async (scene, folder) => {
    assert.deepEqual((await claude(scene, { link: noLinks })).copied, ["a", "b"]);
    assert.equal((await Deno.lstat(`${folder}/a`)).isDirectory, true);
    assert.deepEqual(await standings(scene), { a: "copy", b: "copy" });
    await Deno.writeTextFile(`${scene.home.path}/a/SKILL.md`, skillFile("a", "new\n"));
    await Deno.writeTextFile(`${scene.home.path}/b/SKILL.md`, skillFile("b", "new\n"));
    await Deno.writeTextFile(`${folder}/b/SKILL.md`, "mine");
    assert.deepEqual(await standings(scene), { a: "outdated", b: "edited" });
    assert.deepEqual((await claude(scene, { link: noLinks })).copied, ["a"]);
    assert.equal(await Deno.readTextFile(`${folder}/a/SKILL.md`), skillFile("a", "new\n"));
    assert.equal(await Deno.readTextFile(`${folder}/b/SKILL.md`), "mine");
    await removeSkills(scene.home, ["a", "b"], { force: true });
    assert.deepEqual(await standings(scene), { a: "orphan", b: "orphan" });
    const result = await claude(scene);
    assert.deepEqual(result.removed, ["a"]);
    assert.match(result.problems[0] ?? "", /b: a copy of a skill that is gone was edited/);
    assert.deepEqual(await namesIn(folder), ["b"]);
  });
});

Deno.test("syncSkills: a folder that is itself a link to the skills needs none", async () => {
  await withTwo(async (scene) => {
    await Deno.mkdir(`${scene.base}/.claude`);
    await Deno.symlink("../.agents/skills", `${scene.base}/.claude/skills`);
    assert.deepEqual(await standings(scene), { a: "synced", b: "synced" });
    const result = await claude(scene);
    assert.deepEqual([result.state, result.linked], ["ok", []]);
    assert.deepEqual((await namesIn(scene.home.path)).sort(), ["a", "b"]);
  });
});

Deno.test("syncSkills: a folder that leads out of the repository is refused", async () => {
  await withTwo(async (scene) => {
    await Deno.mkdir(`${scene.tmp}/elsewhere`);
    await Deno.symlink(`${scene.tmp}/elsewhere`, `${scene.base}/.claude`);
    const result = await claude(scene);
    assert.equal(result.state, "failed");
    assert.match(result.problems[0] ?? "", /Cannot use/);
    assert.deepEqual(await namesIn(`${scene.tmp}/elsewhere`), []);
    assert.deepEqual(await standings(scene), { a: "missing", b: "missing" });
  });
});

Deno.test("syncSkills: without skills nothing is made", async () => {
  await inScene(async (scene) => {
    assert.equal((await claude(scene)).state, "ok");
    assert.deepEqual(await namesIn(scene.base), []);
  });
});

Deno.test("syncSkills: links in the canonical folder are somebody else's", async () => {
  await withTwo(async (scene, folder) => {
    await scene.write(scene.base, { "src/x/SKILL.md": skillFile("x") });
    await Deno.symlink("../../src/x", `${scene.home.path}/x`);
    await Deno.symlink("../../src/gone", `${scene.home.path}/gone`);
    await claude(scene);
    assert.deepEqual(await namesIn(folder), ["a", "b"]);
    const { rows } = auditSkills([await scanLayer(layerOf(scene))]);
    const of = (skill: string) =>
      rows.filter((row) => row.skill === skill).map(({ harness, state }) => `${harness} ${state}`);
    assert.deepEqual(of("x").slice(0, 2), ["claude skipped", "codex synced"]);
    assert.deepEqual(of("gone"), ["skills broken"]);
  });
});

Deno.test("skillLayers: the user's layer, with claude's own folder when it is set", async () => {
  await inScene(async ({ tmp, write }) => {
    const layers = skillLayers({
      home: tmp,
      repoRoot: null,
      claudeDir: `${tmp}/conf`,
      isInstalled: () => true,
    });
    assert.equal(layers.length, 1);
    await write(`${tmp}/.agents/skills`, { "a/SKILL.md": skillFile("a") });
    for (const layer of layers) await syncSkills(layer);
    assert.equal(await Deno.readLink(`${tmp}/conf/skills/a`), "../../.agents/skills/a");
    assert.equal(await isThere(`${tmp}/.claude`), false);
  });
});
