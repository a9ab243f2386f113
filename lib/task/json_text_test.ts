import assert from "node:assert/strict";
import fc from "fast-check";
import { placesOf, readJson } from "./json_text.ts";

const parses = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
};

Deno.test("readJson() accepts exactly what JSON.parse() accepts", () => {
  const token = fc.constantFrom(
    ...[
      '{"a":',
      "}",
      "[",
      "]",
      ",",
      '"x"',
      '"\\u00e9"',
      '"\\q"',
      "1",
      "-0.5e3",
      "01",
      "1.",
      "-",
      "true",
    ],
    ...[
      "null",
      "nul",
      " ",
      "\n",
      '"a":',
      '"',
      "\\",
      "\u0001",
      "\uFEFF",
      "{}",
      "[]",
      '"\u007f\ud800"',
    ],
  );
  const text = fc.oneof(
    fc.json({ maxDepth: 5 }),
    fc.array(token, { maxLength: 12 }).map((parts) => parts.join("")),
    fc.tuple(fc.json(), fc.nat()).map(([json, at]) => json.slice(0, at % (json.length + 1))),
  );
  fc.assert(
    fc.property(text, (json) => {
      const read = readJson(json);
      assert.equal(read.ok, parses(json), json);
      if (read.ok) assert.deepEqual(read.value, JSON.parse(json));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("readJson() points at values, duplicate keys and the first syntax error", () => {
  const text = '{\n  "a": [1, {"b.c": 2}],\n  "a": 3\n}';
  const read = readJson(text);
  assert.ok(read.ok);
  const place = placesOf(text);
  assert.deepEqual(place(read.offsetOf(["a", 1, "b.c"])), { line: 2, column: 20 });
  assert.deepEqual(place(read.offsetOf(["a", 1, "none", 4])), { line: 2, column: 12 });
  assert.deepEqual(read.duplicates.map((d) => [d.key, place(d.offset)]), [
    ["a", { line: 3, column: 3 }],
  ]);
  const bad: [string, number][] = [["", 0], ['{"a":}', 5], ["[1 2]", 3], ['"\n"', 1], ["[1]x", 3]];
  for (const [json, offset] of bad) {
    const result = readJson(json);
    assert.equal(result.ok ? null : result.offset, offset, json);
  }
});

Deno.test("readJson() reads long strings and refuses deep nesting", () => {
  assert.equal(readJson(JSON.stringify("\\x".repeat(500_000))).ok, true);
  const deep = readJson("[".repeat(500_000));
  assert.match(deep.ok ? "" : deep.message, /nest deeper than 64/);
});
