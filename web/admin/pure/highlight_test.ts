import assert from "node:assert/strict";
import { languageOf, splitTokens, tokenize } from "./highlight.ts";

Deno.test("tokenize() gives back exactly the line", () => {
  const lines = [
    `const a = "x\\"y" + 0xff; // no`,
    "  * part of a comment",
    "# only a comment",
    "`never closed",
    "",
    "<!-- a --> <b>",
    "select 1 -- c",
    "\u{1f600} ü \\",
  ];
  for (
    const name of [
      "a.ts",
      "b.py",
      "c.html",
      "d.sql",
      "e.css",
      "f.json",
      "g.unknown",
    ]
  ) {
    for (const line of lines) {
      assert.equal(
        tokenize(line, languageOf(name)).map(({ text }) => text).join(""),
        line,
      );
    }
  }
});

Deno.test("tokenize() finds keywords, strings, numbers and comments", () => {
  const kinds = tokenize(`return "a" + 12; // b`, languageOf("x.ts"))
    .filter(({ kind }) => kind !== "plain").map(({ kind, text }) => `${kind} ${text}`);
  assert.deepEqual(kinds, [
    "keyword return",
    `string "a"`,
    "number 12",
    "comment // b",
  ]);
});

Deno.test("tokenize() does not take a hash for a comment in TypeScript", () => {
  assert.ok(
    tokenize("this.#x = 1", languageOf("x.ts")).every(({ kind }) => kind !== "comment"),
  );
});

Deno.test("tokenize() leaves very long lines plain", () => {
  const line = "return ".repeat(1_000);
  assert.deepEqual(tokenize(line, languageOf("x.ts")), [{
    kind: "plain",
    text: line,
  }]);
});

Deno.test("languageOf() takes file names and words of fences", () => {
  assert.equal(languageOf("lib/a.test.TS"), languageOf("typescript"));
  assert.equal(languageOf("Makefile"), languageOf("sh"));
  assert.equal(languageOf("LICENSE"), null);
});

Deno.test("splitTokens() marks a part across tokens", () => {
  const parts = splitTokens(
    [{ kind: "plain", text: "abc" }, { kind: "string", text: "def" }],
    2,
    4,
  );
  assert.deepEqual(parts.map(({ text, marked }) => [text, marked]), [
    ["ab", false],
    ["c", true],
    ["d", true],
    ["ef", false],
  ]);
});
