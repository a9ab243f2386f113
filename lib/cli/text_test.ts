import assert from "node:assert/strict";
import { displayWidth, pad, tame, truncate, wrap } from "./text.ts";

Deno.test("displayWidth() counts cells of wide, combining and coloured text", () => {
  assert.equal(displayWidth("abc"), 3);
  assert.equal(displayWidth("日本"), 4);
  assert.equal(displayWidth("e\u0301"), 1);
  assert.equal(displayWidth("👩‍💻"), 2);
  assert.equal(displayWidth("\x1b[31mred\x1b[39m"), 3);
});

Deno.test("truncate() cuts at cells and never splits a cluster", () => {
  assert.equal(truncate("abcdef", 4), "abc…");
  assert.equal(truncate("日本語", 4), "日…");
  assert.equal(truncate("abc", 3), "abc");
  assert.equal(truncate("abc", 0), "");
});

Deno.test("pad() aligns by cells", () => {
  assert.equal(pad("日", 4), "日  ");
  assert.equal(pad("7", 3, "right"), "  7");
});

Deno.test("tame() disarms escape sequences and direction overrides", () => {
  assert.equal(tame("a\x1b[2Jb\nc\u202ed"), "a␛[2Jb cd");
  assert.equal(tame("a\nb\r", { multiline: true }), "a\nb␍");
  assert.equal(tame("\x9b2J\x7f"), "\ufffd2J␡");
});

Deno.test("wrap() breaks at spaces and keeps long words whole", () => {
  assert.deepEqual(wrap("one two three", 8), ["one two", "three"]);
  assert.deepEqual(wrap("incomprehensible a", 5), ["incomprehensible", "a"]);
  assert.deepEqual(wrap("", 5), [""]);
});
