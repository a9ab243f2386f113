import assert from "node:assert/strict";
import { type Block, parseMarkdown } from "./markdown.ts";
import { partsOf } from "./markdown_parts.ts";

const kinds = (parts: readonly (readonly Block[])[]): string[][] =>
  parts.map((part) => part.map(({ kind }) => kind));

Deno.test("partsOf() keeps a short document in one part, and an empty one in none", () => {
  const blocks = parseMarkdown("# A\n\ntext\n\n- a\n- b\n");
  assert.deepEqual(partsOf(blocks), [blocks]);
  assert.deepEqual(partsOf([]), []);
});

Deno.test("partsOf() begins a part where the one before is full, and loses nothing", () => {
  const blocks = parseMarkdown("a\n\n".repeat(7));
  const parts = partsOf(blocks, 3);
  assert.deepEqual(parts.map(({ length }) => length), [3, 3, 1]);
  assert.deepEqual(parts.flat(), blocks);
});

Deno.test("partsOf() cuts code, tables, lists and quotes that are longer than a part", () => {
  const code = partsOf(parseMarkdown("```ts\n1\n2\n3\n4\n5\n```"), 2);
  assert.deepEqual(code.flat().map((block) => block.kind === "code" ? block.text : ""), [
    "1\n2",
    "3\n4",
    "5",
  ]);
  const table = partsOf(parseMarkdown(`| a |\n|--|\n${"| 1 |\n".repeat(5)}`), 2);
  assert.deepEqual(
    table.flat().map((block) => block.kind === "table" ? block.rows.length : 0),
    [2, 2, 1],
  );
  assert.deepEqual(kinds(partsOf(parseMarkdown("> a\n>\n> b\n>\n> c"), 2)), [["quote"], ["quote"]]);
});

Deno.test("partsOf() counts on in a numbered list, and goes into a heavy item", () => {
  const list = partsOf(parseMarkdown("7. a\n8. b\n9. c"), 4);
  assert.deepEqual(list.flat().map((block) => block.kind === "list" ? block.start : 0), [7, 9]);
  const nested = partsOf(parseMarkdown(`- [x] a\n${"  - b\n".repeat(9)}`), 4);
  assert.ok(nested.length > 1);
  const boxes = nested.flat().flatMap((block) =>
    block.kind === "list" ? block.items.map(({ checked }) => checked) : []
  );
  assert.equal(boxes.filter((checked) => checked !== null).length, 1);
});
