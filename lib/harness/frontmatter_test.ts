import assert from "node:assert/strict";
import { bodyOf } from "./frontmatter.ts";

Deno.test("bodyOf() takes the block off, whatever the line breaks", () => {
  assert.equal(bodyOf("---\nname: x\n---\n\nBody\n---\nmore\n"), "Body\n---\nmore\n");
  assert.equal(bodyOf("\ufeff---\r\nname: x\r\n---\r\nBody\r\n"), "Body\n");
});

Deno.test("R25: bodyOf() leaves a rule and a block without an end alone", () => {
  assert.equal(bodyOf("---\nJust a rule\n"), "---\nJust a rule\n");
  assert.equal(bodyOf("Text\n---\nname: x\n---\n"), "Text\n---\nname: x\n---\n");
  assert.equal(bodyOf(""), "");
});
