import assert from "node:assert/strict";
import { parse } from "smol-toml";
import { tomlString, tomlStrings, tomlTable, tomlTexts } from "./toml.ts";

Deno.test("tomlString() gives back what went in, and a mark for what is no character", () => {
  for (
    const text of ['a "b" \\ c', "line\r\nline\ttab", "\x00\x1f\x7f", "é 🙂 \u2028", "'''\"\"\""]
  ) {
    assert.equal(parse(`x = ${tomlString(text)}`).x, text);
  }
  assert.equal(parse(`x = ${tomlString("a\ud800b")}`).x, "a\ufffdb");
});

Deno.test("tomlTable() keeps keys with dots and quotes whole", () => {
  const table = tomlTable({ 'a.b "c"': tomlStrings(["x", "y"]), d: tomlTexts({ "e.f": "g" }) });
  const back = JSON.stringify(parse(`x = ${table}`).x);
  assert.equal(back, JSON.stringify({ 'a.b "c"': ["x", "y"], d: { "e.f": "g" } }));
});
