import assert from "node:assert/strict";
import { distance, nearest } from "./suggest.ts";

Deno.test("distance() counts edits and adjacent swaps", () => {
  assert.equal(distance("task", "task"), 0);
  assert.equal(distance("tsak", "task"), 1);
  assert.equal(distance("", "abc"), 3);
  assert.equal(distance("kitten", "sitting"), 3);
});

Deno.test("nearest() names a near word and stays silent on far ones", () => {
  const words = ["task", "signal", "status", "max_review_fix_cycles"];
  assert.equal(nearest("tsk", words), "task");
  assert.equal(nearest("SIGNL", words), "signal");
  assert.equal(nearest("max_review_cycles", words), "max_review_fix_cycles");
  assert.equal(nearest("stat", words), "status");
  assert.equal(nearest("banana", words), null);
  assert.equal(nearest("x", words), null);
});
