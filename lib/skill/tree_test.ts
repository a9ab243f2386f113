import assert from "node:assert/strict";
import { inScene, rejects, skillFile } from "./_fixture.ts";
import {
  compareDigests,
  copySkill,
  describeEdits,
  digestSkill,
  digestTree,
  scanSkill,
} from "./tree.ts";

Deno.test("R5: links inside the skill come as relative links, whatever they were", async () => {
  await inScene(async ({ tmp, write, files }) => {
    await write(`${tmp}/s`, {
      "SKILL.md": skillFile("s"),
      "docs/a.md": "a",
      "docs/self.md": "-> a.md",
      "README.md": "-> docs/self.md",
      "deep/er/up.md": "-> ../../docs/a.md",
      "absolute.md": `-> ${tmp}/s/docs/a.md`,
      "folder": "-> docs",
    });
    const tree = await scanSkill(`${tmp}/s`);
    const digests = await copySkill(tree, `${tmp}/copy`);
    await Deno.remove(`${tmp}/s`, { recursive: true });
    assert.deepEqual(await files(`${tmp}/copy`), {
      "SKILL.md": skillFile("s"),
      "docs/a.md": "a",
      "docs/self.md": "-> a.md",
      "README.md": "-> docs/a.md",
      "deep/er/up.md": "-> ../../docs/a.md",
      "absolute.md": "-> docs/a.md",
      "folder": "-> docs",
    });
    assert.equal(await Deno.readTextFile(`${tmp}/copy/deep/er/up.md`), "a");
    assert.deepEqual(await digestSkill(`${tmp}/copy`), digests);
  });
});

Deno.test("R5: a link that leaves the skill is refused", async () => {
  await inScene(async ({ tmp, write }) => {
    await write(tmp, { "secret": "x", "other/x": "x" });
    const cases: readonly [link: string, why: RegExp][] = [
      ["../secret", /leaves the skill/],
      ["/etc/passwd", /leaves the skill/],
      ["../other", /leaves the skill/],
      ["nowhere", /leads nowhere/],
      ["bad", /leads nowhere/],
      [".", /a folder it lies in/],
      [".git/config", /not copied/],
    ];
    for (const [i, [target, why]] of cases.entries()) {
      const root = `${tmp}/s${i}`;
      await write(root, { "SKILL.md": "x", ".git/config": "x", "bad": `-> ${target}` });
      const error = await rejects(scanSkill(root), "guard", why);
      assert.equal(error.exitCode, 3);
    }
  });
});

Deno.test("R5: devices and pipes, unsafe names, twins and giants are refused", async () => {
  await inScene(async ({ tmp, write }) => {
    await write(`${tmp}/pipe`, { "SKILL.md": "x" });
    await new Deno.Command("mkfifo", { args: [`${tmp}/pipe/p`] }).output();
    await rejects(scanSkill(`${tmp}/pipe`), "guard", /neither a file nor a folder/);
    await write(`${tmp}/names`, { "a\nb": "x" });
    await rejects(scanSkill(`${tmp}/names`), "guard", /its name is unsafe/);
    await write(`${tmp}/bidi`, { "a\u202eb": "x" });
    await rejects(scanSkill(`${tmp}/bidi`), "guard", /its name is unsafe/);
    await write(`${tmp}/twins`, { "docs/Read.md": "x", "docs/read.md": "x" });
    await rejects(scanSkill(`${tmp}/twins`), "guard", /only in case/);
    await write(`${tmp}/many`, { a: "x", b: "x", c: "xxxxxxxx" });
    await rejects(scanSkill(`${tmp}/many`, { files: 2, bytes: 99 }), "guard", /at most 2 files/);
    await rejects(scanSkill(`${tmp}/many`, { files: 9, bytes: 9 }), "guard", /at most 9 bytes/);
  });
});

Deno.test("copySkill: git's own and the manifest stay behind; only the right to execute is kept", async () => {
  await inScene(async ({ tmp, write, files }) => {
    await write(`${tmp}/s`, {
      "SKILL.md": "x",
      "run.sh": "x",
      "sub/.git": "gitdir: /x",
      ".git/config": "x",
      ".kas-skill.json": "{}",
      ".kman-skill.json": "{}",
      "sub/.kas-skill.json": "kept",
      "sub/__pycache__/x.pyc": "x",
    });
    await Deno.chmod(`${tmp}/s/run.sh`, 0o4777);
    const tree = await scanSkill(`${tmp}/s`);
    const digests = await copySkill(tree, `${tmp}/copy`);
    assert.deepEqual(Object.keys(await files(`${tmp}/copy`)).sort(), [
      "SKILL.md",
      "run.sh",
      "sub/.kas-skill.json",
    ]);
    const mode = async (name: string) =>
      ((await Deno.stat(`${tmp}/copy/${name}`)).mode ?? 0) & 0o7777;
    assert.equal(await mode("run.sh") & 0o7100, 0o100);
    assert.equal(await mode("SKILL.md") & 0o111, 0);
    assert.deepEqual(await digestTree(tree), digests);
  });
});

Deno.test("compareDigests and describeEdits: what changed, came and went", () => {
  const edits = compareDigests({ a: "1", b: "1", c: "1" }, { a: "1", b: "2", d: "1" });
  assert.deepEqual(edits, { changed: ["b"], added: ["d"], deleted: ["c"] });
  assert.equal(describeEdits(edits), "b changed, d added, c deleted");
  assert.equal(describeEdits(edits, 1), "b changed, 2 more");
});
