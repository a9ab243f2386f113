import assert from "node:assert/strict";
import { readDraft, standingOf } from "./draft.ts";

const draft = (text: string) => ({ etag: '"1"', base: "a", text });

Deno.test("standingOf() knows who changed what", () => {
  assert.equal(standingOf(draft("a"), '"1"', "a"), "clean");
  assert.equal(standingOf(draft("b"), '"1"', "a"), "ahead");
  assert.equal(standingOf(draft("a"), '"2"', "c"), "behind");
  assert.equal(standingOf(draft("b"), '"2"', "c"), "conflict");
});

Deno.test("standingOf() has no conflict when both wrote the same, or nothing", () => {
  assert.equal(standingOf(draft("c"), '"2"', "c"), "clean");
  assert.equal(standingOf(draft("b"), '"2"', "a"), "ahead");
});

Deno.test("readDraft() takes what was kept and nothing else", () => {
  assert.deepEqual(readDraft(JSON.stringify(draft("b"))), draft("b"));
  for (
    const kept of [
      null,
      "",
      "{",
      "null",
      "[]",
      '{"etag":1,"base":"","text":""}',
    ]
  ) {
    assert.equal(readDraft(kept), null);
  }
});
