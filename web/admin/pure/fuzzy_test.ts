import assert from "node:assert/strict";
import { fuzzyScore, rank } from "./fuzzy.ts";

Deno.test("fuzzyScore() wants the letters in order", () => {
  assert.equal(fuzzyScore("xyz", "yxz"), null);
  assert.notEqual(fuzzyScore("adt", "add-tests"), null);
});

Deno.test("rank() prefers whole words, then starts of words", () => {
  const names = ["remote-board", "go to board", "b-o-a-r-d", "unrelated"];
  assert.deepEqual(
    rank("board", names, (name) => name, 10),
    [
      "go to board",
      "remote-board",
      "b-o-a-r-d",
    ],
  );
  assert.equal(rank("board", names, (name) => name, 10).at(-1), "b-o-a-r-d");
});

Deno.test("rank() keeps the order when nothing is typed, and stops at the limit", () => {
  assert.deepEqual(rank("", ["b", "a", "c"], (name) => name, 2), ["b", "a"]);
});
