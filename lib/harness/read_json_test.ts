import assert from "node:assert/strict";
import { jsonLines, numberOr, textOr } from "./read_json.ts";

Deno.test("jsonLines() takes objects from lines, one document or a list, and drops noise", () => {
  assert.deepEqual(jsonLines('warning\n{"a":1}\n\n[1]\n{"b":2}\n{"c":'), [{ a: 1 }, { b: 2 }]);
  assert.deepEqual(jsonLines('{\n  "a": 1\n}\n'), [{ a: 1 }]);
  assert.deepEqual(jsonLines('[{"a":1}, 2, {"b":2}]'), [{ a: 1 }, { b: 2 }]);
  assert.deepEqual(jsonLines(""), []);
});

Deno.test("textOr() and numberOr() take nothing for something", () => {
  assert.deepEqual([textOr("a"), textOr(1), textOr(undefined)], ["a", null, null]);
  assert.deepEqual([numberOr(1), numberOr("1"), numberOr(NaN)], [1, null, null]);
});
