import assert from "node:assert/strict";
import { checkSizes, findCycles } from "./check_structure.ts";

Deno.test("findCycles() returns a cycle as a path and leaves shared modules alone", () => {
  const graph = new Map([
    ["main", ["a", "b"]],
    ["a", ["shared", "b"]],
    ["b", ["shared", "c"]],
    ["c", ["a"]],
    ["shared", []],
  ]);
  assert.deepEqual(findCycles(graph), [["a", "b", "c", "a"]]);
  assert.deepEqual(findCycles(new Map([["a", ["b", "c"]], ["b", ["c"]], ["c", []]])), []);
  assert.deepEqual(findCycles(new Map([["a", ["a"]]])), [["a", "a"]]);
});

Deno.test("checkSizes() reports what is too long and allowances that are not needed", () => {
  const lines = new Map([["short", 400], ["long", 401], ["known", 450], ["shrunk", 399], [
    "a_test.ts",
    500,
  ]]);
  assert.deepEqual(checkSizes(lines, { known: 450, shrunk: 420 }), [
    "long has 401 lines; 400 are allowed",
    "shrunk needs its allowance in scripts/check_structure.ts no more",
  ]);
  assert.deepEqual(checkSizes(new Map([["known", 451]]), { known: 450 }), [
    "known has 451 lines; 450 are allowed",
  ]);
});
