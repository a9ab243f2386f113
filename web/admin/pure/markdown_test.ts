import assert from "node:assert/strict";
import { type Block, type Inline, parseMarkdown } from "./markdown.ts";
import { parseInline, safeHref } from "./markdown_inline.ts";

function plain(nodes: readonly Inline[]): string {
  return nodes.map((node) => {
    if (node.kind === "break") return "\n";
    return "text" in node ? node.text : plain(node.children);
  }).join("");
}
const only = (text: string): Block => {
  const [block, ...rest] = parseMarkdown(text);
  assert.ok(block !== undefined);
  assert.equal(rest.length, 0);
  return block;
};

Deno.test("parseMarkdown() reads headings, with marks and underlined", () => {
  const blocks = parseMarkdown("# One\n\n### Three ###\n\nTwo\n---\n");
  assert.deepEqual(
    blocks.map((block) => block.kind === "heading" ? [block.level, plain(block.text)] : null),
    [[1, "One"], [3, "Three"], [2, "Two"]],
  );
});

Deno.test("parseMarkdown() keeps headings in fences as code, with the language", () => {
  assert.deepEqual(only("```ts title=x\n## Wave 9\n```"), {
    kind: "code",
    language: "ts",
    text: "## Wave 9",
  });
});

Deno.test("parseMarkdown() takes a fence that never closes to the end", () => {
  assert.deepEqual(only("~~~\na\nb"), {
    kind: "code",
    language: "",
    text: "a\nb",
  });
});

Deno.test("parseMarkdown() nests lists and reads boxes", () => {
  const list = only("- [x] a\n  - b\n- [ ] c\n\n  more\n");
  assert.ok(list.kind === "list");
  assert.deepEqual(list.items.map((item) => item.checked), [true, false]);
  assert.deepEqual(list.items[0]?.blocks.map((block) => block.kind), [
    "paragraph",
    "list",
  ]);
  assert.deepEqual(list.items[1]?.blocks.map((block) => block.kind), [
    "paragraph",
    "paragraph",
  ]);
});

Deno.test("parseMarkdown() keeps the first number of an ordered list", () => {
  const list = only("3. a\n4. b");
  assert.ok(list.kind === "list");
  assert.equal(list.start, 3);
  assert.equal(list.items.length, 2);
});

Deno.test("parseMarkdown() reads tables with alignment and escaped bars", () => {
  const table = only("| a | b |\n|:--|--:|\n| 1 \\| 2 | `x` |");
  assert.ok(table.kind === "table");
  assert.deepEqual(table.align, ["left", "right"]);
  assert.equal(plain(table.rows[0]?.[0] ?? []), "1 | 2");
});

Deno.test("parseMarkdown() reads quotes with what is in them", () => {
  const quote = only("> a\n> - b\n");
  assert.ok(quote.kind === "quote");
  assert.deepEqual(quote.blocks.map((block) => block.kind), [
    "paragraph",
    "list",
  ]);
});

Deno.test("parseMarkdown() leaves HTML as text", () => {
  const block = only("<img src=x onerror=alert(1)>");
  assert.ok(block.kind === "paragraph");
  assert.deepEqual(block.text, [{
    kind: "text",
    text: "<img src=x onerror=alert(1)>",
  }]);
});

Deno.test("parseMarkdown() ends for deeply nested and for very long input", () => {
  parseMarkdown(">".repeat(5_000));
  parseMarkdown("- ".repeat(5_000));
  parseMarkdown("*".repeat(19_000));
  parseMarkdown("[".repeat(19_000));
  parseMarkdown("`a".repeat(9_000));
});

Deno.test("parseInline() reads emphasis, code and strikethrough", () => {
  assert.deepEqual(
    parseInline("a **b *c*** `d` ~~e~~").map((node) => node.kind),
    [
      "text",
      "strong",
      "text",
      "code",
      "text",
      "del",
    ],
  );
});

Deno.test("parseInline() keeps fields that stand one a line apart", () => {
  const kinds = parseInline("**Goal:** a\n**Size:** b\nc").map((node) => node.kind);
  assert.deepEqual(kinds, ["strong", "text", "break", "strong", "text"]);
});

Deno.test("parseInline() leaves snake_case and lone marks alone", () => {
  assert.deepEqual(parseInline("a_b_c 2 * 3 * 4"), [{
    kind: "text",
    text: "a_b_c 2 * 3 * 4",
  }]);
});

Deno.test("parseInline() makes links of web and mail addresses only", () => {
  const [link] = parseInline("[docs](https://example.org/a_(b))");
  assert.ok(link?.kind === "link");
  assert.equal(link.href, "https://example.org/a_(b)");
  for (
    const address of [
      "javascript:alert(1)",
      "data:text/html,x",
      "//evil",
      "/admin/x",
    ]
  ) {
    assert.deepEqual(
      parseInline(`[x](${address.replace(/[()]/g, "")})`).map((n) => n.kind),
      [
        "text",
      ],
    );
  }
});

Deno.test("parseInline() finds bare addresses without the punctuation after them", () => {
  const [, link, rest] = parseInline("see https://example.org/x.");
  assert.ok(link?.kind === "link");
  assert.equal(link.href, "https://example.org/x");
  assert.deepEqual(rest, { kind: "text", text: "." });
});

Deno.test("safeHref() refuses what is no http(s) or mail address", () => {
  assert.equal(safeHref("JaVaScRiPt:alert(1)"), null);
  assert.equal(safeHref(" https://a b"), null);
  assert.equal(safeHref("mailto:a@b.c"), "mailto:a@b.c");
});
