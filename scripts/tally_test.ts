import assert from "node:assert/strict";
import { countTests } from "./tally.ts";
import { ROOT } from "./run.ts";

Deno.test("countTests() adds up the closing lines of several runs", () => {
  const output = [
    "running 2 tests from ./a_test.ts",
    "not ok | 1 passed | 9 failed",
    "",
    "ok | 5 passed (3 steps) | 0 failed | 1 ignored (102ms)",
    "FAILED | 6 passed | 1 failed (3 steps) (2s)",
    "  ok | 7 passed | 7 failed (indented: printed by a test)",
  ].join("\n");
  assert.deepEqual(countTests(output), { passed: 11, failed: 1 });
  assert.deepEqual(countTests("error: Module not found"), { passed: 0, failed: 0 });
});

Deno.test("the version of Deno is the same wherever it is written", async () => {
  const files = [".ci/run", ".github/workflows/ci.yml", ".github/workflows/release.yml"];
  const texts = await Promise.all(
    [...files, "README.md", "CONTRIBUTING.md"].map((file) => Deno.readTextFile(`${ROOT}/${file}`)),
  );
  const said = texts.flatMap((text) => [
    ...text.matchAll(/(?:deno@|deno_version=|deno-version: )v?(\d+\.\d+\.\d+)/g),
  ]).map(([, version]) => version);
  assert.ok(said.length >= files.length, `found only ${said.length}`);
  assert.deepEqual([...new Set(said)], ["2.9.6"]);
});
