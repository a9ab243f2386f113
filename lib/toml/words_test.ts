import assert from "node:assert/strict";
import { KasError } from "../errors.ts";
import { commandWords } from "./words.ts";

Deno.test("commandWords() splits by quotes and backslashes and expands nothing", () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["", []],
    ["  claude \t --x\n", ["claude", "--x"]],
    [`a "b c" d\\ e 'f "g"'`, ["a", "b c", "d e", 'f "g"']],
    [`x"y"'z'`, ["xyz"]],
    [`'' ""`, ["", ""]],
    [String.raw`"a\"b\\c\d"`, [String.raw`a"b\c\d`]],
    ["$HOME ~ *.ts `id` $(id) a;b && c # d", [
      ..."$HOME ~ *.ts `id` $(id) a;b && c # d".split(" "),
    ]],
    ["one \\\n two", ["one", "two"]],
  ];
  for (const [text, words] of cases) assert.deepEqual(commandWords(text), words, text);
});

Deno.test("commandWords() refuses open quotes, a trailing backslash and a NUL", () => {
  for (const text of ["'a", '"a', "a\\", "a\0b", "'a\0b'"]) {
    assert.throws(
      () => commandWords(text),
      (error) => error instanceof KasError && error.code === "invalid",
      JSON.stringify(text),
    );
  }
});
