import assert from "node:assert/strict";
import fc from "fast-check";
import { readBlocks } from "./plan_blocks.ts";

const line = fc.constantFrom(
  ...[
    "# a",
    "## b",
    "text",
    "",
    "",
    "- x",
    "  y",
    "* z",
    "1. n",
    "2) m",
    "> q",
    "```",
    "~~~",
    "===",
    "---",
  ],
  ...[
    "    code",
    "<!-- c",
    "-->",
    "<div>",
    "[a]: b",
    "'title",
    "end'",
    "[c",
    "d]: e",
    "\tt",
    "- - -",
    "\uFEFF# m",
  ],
);

Deno.test("readBlocks() finds the same blocks in windows of any size", () => {
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 40 }),
      fc.integer({ min: 1, max: 400 }),
      (lines, size) => {
        const text = "x\n\n" + lines.join("\n");
        assert.deepEqual(readBlocks(text, size), readBlocks(text, 1_000_000));
      },
    ),
    { numRuns: 400 },
  );
});

Deno.test("readBlocks() gives whole lines, the place and the level of a block", () => {
  assert.deepEqual(readBlocks("a\n\n  ## b ##\r\n- c\n").blocks, [
    { type: "paragraph", level: 0, start: 0, end: 2, line: 1, column: 1 },
    { type: "heading", level: 2, start: 3, end: 14, line: 3, column: 3 },
    { type: "list", level: 0, start: 14, end: 18, line: 4, column: 1 },
  ]);
});
