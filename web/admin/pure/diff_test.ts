import assert from "node:assert/strict";
import { type Hunk, linesOf, pairsOf } from "./diff.ts";

const hunk: Hunk = {
  old_start: 10,
  new_start: 20,
  heading: "",
  lines: [
    " a",
    "-const x = 1;",
    "+const x = 25;",
    "+b",
    " c",
    "\\ No newline at end of file",
  ],
};

Deno.test("linesOf() counts both sides", () => {
  assert.deepEqual(
    linesOf(hunk).map(({ kind, old, new: now }) => [kind, old, now]),
    [
      ["same", 10, 20],
      ["removed", 11, null],
      ["added", null, 21],
      ["added", null, 22],
      ["same", 12, 23],
      ["note", null, null],
    ],
  );
});

Deno.test("linesOf() marks what changed inside a replaced line", () => {
  const lines = linesOf({
    ...hunk,
    lines: ["-const x = 1;", "+const x = 25;"],
  });
  const [removed, added] = lines.map((line) => line.text.slice(line.from, line.to));
  assert.equal(removed, "1");
  assert.equal(added, "25");
});

Deno.test("linesOf() marks nothing when the lines have little in common", () => {
  const lines = linesOf({ ...hunk, lines: ["-abcdefgh", "+zyxwvuts"] });
  assert.ok(lines.every((line) => line.from === 0 && line.to === 0));
});

Deno.test("pairsOf() puts removed beside added and keeps the rest of the longer side", () => {
  const pairs = pairsOf(linesOf(hunk)).map((
    { left, right },
  ) => [left?.text, right?.text]);
  assert.deepEqual(pairs, [
    ["a", "a"],
    ["const x = 1;", "const x = 25;"],
    [undefined, "b"],
    ["c", "c"],
    ["No newline at end of file", "No newline at end of file"],
  ]);
});

Deno.test("pairsOf() takes empty and one-sided hunks", () => {
  assert.deepEqual(pairsOf([]), []);
  const pairs = pairsOf(linesOf({ ...hunk, lines: ["-a", "-b"] }));
  assert.ok(pairs.every((pair) => pair.right === null));
});
