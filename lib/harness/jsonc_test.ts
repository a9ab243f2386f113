import assert from "node:assert/strict";
import { KasError } from "../errors.ts";
import { parseWithComments } from "./jsonc.ts";

Deno.test("parseWithComments() leaves comments out and strings alone", () => {
  const text = '\uFEFF// a "comment"\n{ "url": "http://x/*y*/", /* { */ "a\\"//b": [1] } // end';
  assert.deepEqual(parseWithComments(text, "it"), { url: "http://x/*y*/", 'a"//b': [1] });
  assert.deepEqual(parseWithComments("// nothing yet\n", "it"), {});
});

Deno.test("parseWithComments() refuses what is no object", () => {
  for (const text of ["{", "[]", "{ 'a': 1 }", "null"]) {
    assert.throws(
      () => parseWithComments(text, '"settings.json"'),
      (error) => error instanceof KasError && error.code === "invalid",
    );
  }
});
