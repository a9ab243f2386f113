import assert from "node:assert/strict";
import type { Presentation } from "../data/types.ts";
import { countsOf, gist, merged, sinceOf, type Turn } from "./merge.ts";

function turn(number: number, text: string, id = `t${number}`): Turn {
  return {
    id,
    number,
    started_at: null,
    completed_at: null,
    interrupted: false,
    tool_count: 0,
    rows: [{
      kind: "prose",
      text,
      tool_name: null,
      timestamp: null,
      is_error: false,
      is_cut: false,
    }],
  };
}

function shown(turns: readonly Turn[], is_cut = false): Presentation {
  return { supported: true, reason: null, captured_at: "2026-01-02T03:04:05Z", is_cut, turns };
}

Deno.test("turns that were read later replace the last one and follow it", () => {
  const known = shown([turn(1, "a"), turn(2, "b")]);
  assert.equal(sinceOf(known), 2);
  const after = merged(known, shown([turn(2, "b, longer"), turn(3, "c")]));
  assert.deepEqual(after?.turns.map(({ rows }) => rows[0]?.text), ["a", "b, longer", "c"]);
  assert.equal(after?.turns[0], known.turns[0]);
});

Deno.test("another conversation, or one that is cut, is taken as a whole", () => {
  const known = shown([turn(1, "a"), turn(2, "b")]);
  assert.equal(merged(known, shown([])), null);
  assert.equal(merged(known, shown([turn(2, "x", "other")])), null);
  const cut = shown([turn(1, "y")], true);
  assert.equal(merged(known, cut), cut);
  assert.deepEqual([sinceOf(cut), sinceOf(null), sinceOf(shown([]))], [null, null, null]);
  assert.equal(merged(cut, known), known);
});

Deno.test("rows are counted by kind, and a long text has a gist", () => {
  assert.deepEqual([...countsOf([turn(1, "a"), turn(2, "b")])], [["prose", 2]]);
  assert.deepEqual(gist("\n one\ntwo"), { line: "one", more: true });
  assert.deepEqual(gist("one\n"), { line: "one", more: false });
  assert.deepEqual(gist(""), { line: "", more: false });
  assert.equal(gist("x".repeat(300)).more, true);
});
