import assert from "node:assert/strict";
import { commandLine, literalFormat, quoteArgument } from "./quote.ts";

Deno.test("quoteArgument() escapes what tmux expands and keeps everything on one line", () => {
  assert.equal(quoteArgument(""), '""');
  assert.equal(quoteArgument('a"b\\c$d'), '"a\\"b\\\\c\\$d"');
  assert.equal(quoteArgument("~/x"), '"\\~/x"');
  assert.equal(quoteArgument("a\nb\x1b\x7fé;"), '"a\\012b\\033\\177é;"');
  assert.throws(() => quoteArgument("a\0b"), { code: "invalid" });
});

Deno.test("commandLine() quotes every word", () => {
  assert.equal(commandLine(["send-keys", "a b"]), '"send-keys" "a b"');
});

Deno.test("literalFormat() doubles the mark of a format", () => {
  assert.equal(literalFormat("/a#{pid}"), "/a##{pid}");
});
