import assert from "node:assert/strict";
import { readFileLine, readFileList, readLabels } from "./plan_fields.ts";

Deno.test("readFileList() finds the path of each item and no other code", () => {
  const cases: [string, string[]][] = [
    ["- Modify: `a/b.ts`", ["a/b.ts"]],
    ["- Create: `a.ts:12-40`", ["a.ts"]],
    ["- `a.ts`, `b.ts` and `c.ts` (calls `run()`)", ["a.ts", "b.ts", "c.ts"]],
    ["- **Test:** `a b.ts`", ["a b.ts"]],
    ["- Modify `a.ts` as in `b.ts`", ["a.ts"]],
    ["- [x] lib/__init__.py", ["lib/__init__.py"]],
    ["- Modify: a.ts, b/c.ts", ["a.ts", "b/c.ts"]],
    ["- none", []],
    ["- see the notes in `a.ts`", []],
    ["- Modify:\n  - `a.ts`\n  - Makefile.in", ["a.ts", "Makefile.in"]],
    ["1. `Makefile`", ["Makefile"]],
  ];
  for (const [source, expected] of cases) assert.deepEqual(readFileList(source), expected, source);
});

Deno.test("readFileLine() reads paths behind the label", () => {
  assert.deepEqual(readFileLine("`a.ts`, b"), ["a.ts"]);
  assert.deepEqual(readFileLine("a.ts, b.ts"), ["a.ts", "b.ts"]);
  assert.deepEqual(readFileLine(""), []);
});

Deno.test("readLabels() reads labels at line starts only", () => {
  assert.deepEqual(readLabels("**Goal:** a **b:** c\n**Size**: d\n  **not** a label\n"), [
    { name: "goal", value: "a **b:** c" },
    { name: "size", value: "d **not** a label" },
  ]);
  assert.deepEqual(readLabels("text\n**Goal:** a\n"), []);
});
