import assert from "node:assert/strict";
import fc from "fast-check";
import { unifiedDiff } from "./diff.ts";

Deno.test("unifiedDiff() shows a change with three lines around it", () => {
  const before = ["1", "2", "3", "4", "5", "6", "7", "8", "9"].join("\n") + "\n";
  assert.equal(
    unifiedDiff("a/b", before, before.replace("5\n", "five\nand\n")),
    "--- a/a/b\n+++ b/a/b\n@@ -2,7 +2,8 @@\n 2\n 3\n 4\n-5\n+five\n+and\n 6\n 7\n 8",
  );
});

Deno.test("unifiedDiff() shows new and removed files, and a missing last line break", () => {
  assert.equal(unifiedDiff("x", null, "a\n"), "--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a");
  assert.equal(unifiedDiff("x", "a\n", null), "--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-a");
  assert.ok(unifiedDiff("x", "a", "a\n").includes("\\ No newline at end of file"));
  assert.equal(unifiedDiff("x", "a", "a"), "");
});

Deno.test("unifiedDiff() is what patch takes", async () => {
  const text = fc.array(fc.constantFrom("a", "b", "c", ""), { maxLength: 25 })
    .map((lines) => lines.map((line) => `${line}\n`).join(""));
  await fc.assert(
    fc.asyncProperty(text, text, async (before, after) => {
      if (before === after || before === "" || after === "") return;
      const dir = await Deno.makeTempDir({ prefix: "kas-diff-" });
      try {
        await Deno.writeTextFile(`${dir}/x`, before);
        await Deno.writeTextFile(`${dir}/p`, `${unifiedDiff("x", before, after)}\n`);
        const { code, stderr } = await new Deno.Command("git", {
          args: ["apply", "--unsafe-paths", "p"],
          cwd: dir,
          env: { GIT_CEILING_DIRECTORIES: dir.slice(0, dir.lastIndexOf("/")) },
        }).output();
        assert.equal(code, 0, new TextDecoder().decode(stderr));
        assert.equal(await Deno.readTextFile(`${dir}/x`), after);
      } finally {
        await Deno.remove(dir, { recursive: true });
      }
    }),
    { numRuns: 25 },
  );
});
