import assert from "node:assert/strict";
import fc from "fast-check";
import { checkSkill, readHead } from "./frontmatter.ts";

function head(body: string): { name: string | null; description: string | null } | null {
  return readHead(`---\n${body}\n---\n# Text\n`);
}

Deno.test("readHead: plain, quoted, folded and literal scalars", () => {
  assert.deepEqual(head("name: a\ndescription: Does it: well # really"), {
    name: "a",
    description: "Does it: well",
  });
  assert.deepEqual(head(`name: 'it''s'\ndescription: "a \\"b\\" \\u00e9"`), {
    name: "it's",
    description: `a "b" é`,
  });
  assert.deepEqual(head("name: a\ndescription: >-\n  one\n  two\n\n  three"), {
    name: "a",
    description: "one two\nthree",
  });
  assert.equal(head("description: |\n  one\n    two")?.description, "one\n  two");
  assert.equal(head("description: one\n  two\n  three")?.description, "one two three");
  assert.equal(head("description: C# and F#")?.description, "C# and F#");
});

Deno.test("readHead: CRLF and a byte order mark are fine", () => {
  assert.deepEqual(readHead("\uFEFF---\r\nname: a\r\ndescription: b\r\n---\r\n"), {
    name: "a",
    description: "b",
  });
});

Deno.test("readHead: an empty field does not take the next line", () => {
  assert.deepEqual(head("name:\ndescription: b"), { name: null, description: "b" });
});

Deno.test("readHead: a rule at the top is no frontmatter", () => {
  assert.equal(readHead("---\n# Title\n"), null);
  assert.equal(readHead("# Title\n---\nname: a\n---\n"), null);
  assert.equal(readHead(""), null);
});

Deno.test("readHead: fields of other fields are not its own; lists and maps are no text", () => {
  assert.deepEqual(head("metadata:\n  name: inner\nname: outer"), {
    name: "outer",
    description: null,
  });
  assert.equal(head("name: [a, b]")?.name, null);
  assert.equal(head("name:\n  - a")?.name, null);
  assert.equal(head("name:\n  first: a")?.name, null);
});

Deno.test("readHead: any text is read without failing", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    head(text);
    readHead(text);
  }));
});

Deno.test("checkSkill: what agents would stumble over", () => {
  const codes = (text: string | null) => checkSkill(text, "a").map(({ code }) => code);
  assert.deepEqual(codes(null), ["missing_skill_file"]);
  assert.deepEqual(codes("# A"), ["missing_frontmatter"]);
  assert.deepEqual(codes("---\n---\n"), ["missing_name", "missing_description"]);
  assert.deepEqual(codes("---\nname: b\ndescription: x\n---\n"), ["other_name"]);
  assert.deepEqual(codes("---\nname: ../b\ndescription: x\n---\n"), ["illegal_name"]);
  assert.deepEqual(codes(`---\nname: a\ndescription: ${"x".repeat(1025)}\n---\n`), [
    "long_description",
  ]);
  assert.deepEqual(codes("---\nname: a\ndescription: x\n---\n"), []);
});
