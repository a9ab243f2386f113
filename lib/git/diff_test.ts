import assert from "node:assert/strict";
import { inRepo } from "./_fixture.ts";
import { parseFiles, parsePatch } from "./diff.ts";
import { discoverRepo } from "./discover.ts";
import { GitRepo } from "./repo.ts";

Deno.test("parseFiles() reads sizes, renames and odd names", () => {
  const files = parseFiles([
    ":100644 100644 a b M",
    "a\tb.txt",
    ":100644 100644 a b R090",
    "old",
    "new",
    ":000000 100644 a b A",
    "pic",
    "1\t2\ta\tb.txt",
    "3\t4\t",
    "old",
    "new",
    "-\t-\tpic",
  ]);
  assert.deepEqual(files.map((f) => [f.path, f.oldPath, f.status, f.insertions, f.binary]), [
    ["a\tb.txt", null, "modified", 1, false],
    ["new", "old", "renamed", 3, false],
    ["pic", null, "added", 0, true],
  ]);
});

Deno.test("parsePatch() is not fooled by lines that look like its own", () => {
  const diff = parsePatch(
    "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1,2 @@ fn()\n-a\n+@@ -1 +1 @@\n+--- b\n" +
      "@@ -9 +10 @@\n-c\n+d\n\\ No newline at end of file\n",
  );
  assert.deepEqual(diff.hunks.map((hunk) => hunk.lines), [
    ["-a", "+@@ -1 +1 @@", "+--- b"],
    ["-c", "+d", "\\ No newline at end of file"],
  ]);
  assert.equal(diff.hunks[0]?.heading, "fn()");
});

Deno.test("parsePatch() stops at a limit and cuts long lines", () => {
  const body = Array.from({ length: 6_000 }, () => `+${"x".repeat(3_000)}`).join("\n");
  const diff = parsePatch(`@@ -0,0 +1,6000 @@\n${body}\n`);
  assert.equal(diff.truncated, true);
  assert.equal(diff.hunks[0]?.lines.length, 5_000);
  assert.equal(diff.hunks[0]?.lines[0]?.length, 2_001);
});

Deno.test("diffFiles() and diffFile() compare commits of a real repository", () =>
  inRepo(async ({ root, git, options }) => {
    const name = `:(glob)*;$(x) 日本`;
    await Deno.writeTextFile(`${root}/keep.txt`, "one\ntwo\nthree\n".repeat(5));
    await Deno.writeTextFile(`${root}/${name}`, "a\nb\n");
    await git(["add", "-A"]);
    await git(["commit", "-q", "-m", "before"]);
    const before = await git(["rev-parse", "HEAD"]);
    await Deno.rename(`${root}/keep.txt`, `${root}/moved.txt`);
    await Deno.writeTextFile(`${root}/${name}`, "a\nB\n");
    await Deno.writeFile(`${root}/pic.bin`, new Uint8Array([0, 1, 2, 0]));
    await git(["add", "-A"]);
    await git(["commit", "-q", "-m", "after"]);
    const repo = GitRepo.open(await discoverRepo(root, options), options);
    const files = await repo.diffFiles(before.trim(), "HEAD");
    assert.deepEqual(files.map((f) => [f.path, f.oldPath, f.status, f.binary]).sort(), [
      [name, null, "modified", false],
      ["moved.txt", "keep.txt", "renamed", false],
      ["pic.bin", null, "added", true],
    ]);
    const one = { path: name, oldPath: null, context: 3 };
    const { hunks } = await repo.diffFile(before.trim(), "HEAD", one);
    assert.deepEqual(hunks.map((hunk) => hunk.lines), [[" a", "-b", "+B"]]);
    const other = { path: "pic.bin", oldPath: null, context: 3 };
    assert.equal((await repo.diffFile(before.trim(), "HEAD", other)).binary, true);
  }));
