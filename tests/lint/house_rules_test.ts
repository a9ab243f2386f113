import assert from "node:assert/strict";
import plugin from "./house_rules.ts";

/** The rules a source breaks, in order. */
function broken(file: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, file, source).map(({ id }) => id.replace("house/", ""));
}

const CASES: Record<string, [file: string, source: string, rules: string[]][]> = {
  "node-modules": [
    ["lib/git/run.ts", `import { join } from "node:path"; join();`, ["node-modules"]],
    ["lib/git/run.ts", `const fs = await import("node:fs"); fs;`, ["node-modules"]],
    ["lib/git/run.ts", `export { join } from "node:path";`, ["node-modules"]],
    ["lib/git/run.ts", `import type { Stats } from "node:fs"; export type S = Stats;`, []],
    ["lib/git/run_test.ts", `import assert from "node:assert/strict"; assert;`, []],
    ["lib/git/run.ts", `import assert from "node:assert/strict"; assert;`, ["node-modules"]],
    ["lib/store/sqlite/db.ts", `import { DatabaseSync } from "node:sqlite"; DatabaseSync;`, []],
    ["lib/store/mod.ts", `import { DatabaseSync } from "node:sqlite";`, ["node-modules"]],
  ],
  "room-order": [
    ["lib/engine/a.ts", `import { x } from "../store/mod.ts"; x;`, []],
    ["lib/engine/a.ts", `import { x } from "./b.ts"; x;`, []],
    ["lib/engine/a.ts", `import { hono } from "hono"; hono;`, []],
    ["lib/store/a.ts", `import { x } from "../engine/mod.ts"; x;`, ["room-order"]],
    ["lib/store/a.ts", `import type { X } from "../engine/mod.ts";`, ["room-order"]],
    ["lib/store/a.ts", `const { x } = await import("../engine/mod.ts"); x;`, ["room-order"]],
    ["lib/git/a.ts", `import { x } from "../session/tmux/mod.ts"; x;`, ["room-order"]],
    ["lib/api/app.ts", `import type { X } from "../daemon/x.ts"; export type Y = X;`, []],
    ["lib/engine/a.ts", `import { x } from "../../commands/task.ts"; x;`, ["room-order"]],
    ["lib/errors.ts", `import { x } from "./task/types.ts"; x;`, ["room-order"]],
    ["lib/git/a.ts", `import { x } from "../../tests/support/x.ts"; x;`, ["room-order"]],
    ["lib/git/a_test.ts", `import { x } from "../../tests/support/x.ts"; x;`, []],
    ["commands/task.ts", `import { x } from "../lib/api/json.ts"; x;`, []],
  ],
  "pure-rooms": [
    ["lib/task/a.ts", `Deno.cwd();`, ["pure-rooms"]],
    ["lib/names.ts", `Deno.cwd();`, ["pure-rooms"]],
    ["lib/self.ts", `Deno.cwd();`, []],
    ["lib/task/a_test.ts", `Deno.cwd();`, []],
    ["lib/lifecycle/a.ts", `import type { X } from "../store/types.ts"; export type Y = X;`, []],
    ["lib/lifecycle/a.ts", `import { type X } from "../store/types.ts"; export type Y = X;`, []],
    ["lib/lifecycle/a.ts", `import { X } from "../store/types.ts"; X;`, ["pure-rooms"]],
    ["lib/prompt/a.ts", `import { X } from "../names.ts"; X;`, []],
    ["lib/prompt/a.ts", `import { X } from "../self.ts"; X;`, ["pure-rooms"]],
  ],
  "no-empty-catch": [
    ["lib/git/a.ts", `try { x(); } catch { /* fine */ }`, ["no-empty-catch"]],
    ["lib/git/a.ts", `try { x(); } catch (error) { if (error !== 1) throw error; }`, []],
    ["lib/git/a.ts", `x().catch(() => {});`, ["no-empty-catch"]],
    ["lib/git/a.ts", `x().catch((error) => report(error));`, []],
    ["lib/git/a_test.ts", `x().catch(function () {});`, ["no-empty-catch"]],
  ],
  "no-shell": [
    ["lib/git/a.ts", `new Deno.Command("sh", { args: ["-c", x] });`, ["no-shell"]],
    ["lib/git/a.ts", `new Deno.Command("/bin/bash");`, ["no-shell"]],
    ["lib/git/a.ts", `run(["sh", "-c", x]);`, ["no-shell"]],
    ["lib/git/a.ts", `run(["sh", "-c", LAUNCHER, "name", x]);`, []],
    ["lib/git/a.ts", `new Deno.Command("git", { args: ["-c", x] });`, []],
    ["lib/git/a_test.ts", `new Deno.Command("sh", { args: ["-c", x] });`, []],
  ],
  "no-console": [
    ["commands/task.ts", `console.log(1);`, ["no-console"]],
    ["scripts/compile.ts", `console.log(1);`, []],
    ["bench/mod.ts", `console.log(1);`, []],
  ],
  "function-size": [
    ["lib/git/a.ts", `function f() {${"\n".repeat(60)}}`, ["function-size"]],
    ["lib/git/a.ts", `function f() {${"\n".repeat(59)}}`, []],
    ["lib/git/a.ts", `function f() { function g() {${"\n".repeat(58)}} g(); return [\n\n] }`, []],
    [
      "lib/git/a.ts",
      `function f() { function g() {${"\n".repeat(5)}}${"\n".repeat(60)} g(); }`,
      ["function-size"],
    ],
    ["lib/git/a.ts", `class C { m() {${"\n".repeat(60)}} }`, ["function-size"]],
    ["lib/git/a_test.ts", `const f = () => {${"\n".repeat(99)}};`, []],
  ],
};

for (const [rule, cases] of Object.entries(CASES)) {
  Deno.test(`house/${rule} finds what it is for and nothing else`, () => {
    for (const [file, source, rules] of cases) {
      assert.deepEqual(broken(file, source), rules, `${file}: ${source}`);
    }
  });
}

Deno.test("house rules are all tested", () => {
  assert.deepEqual(Object.keys(CASES).sort(), Object.keys(plugin.rules).sort());
});
