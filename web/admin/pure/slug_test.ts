import assert from "node:assert/strict";
import { parseTaskName } from "../../../lib/names.ts";
import { slugOf } from "./slug.ts";

Deno.test("slugOf() makes a name that a task may have", () => {
  const cases: [string, string][] = [
    ["Add a --json switch to the report command", "add-a-json-switch-to-the"],
    ["Größe ändern!", "gro-e-andern"],
    ["../../etc/passwd", "etc-passwd"],
  ];
  for (const [text, name] of cases) {
    assert.equal(slugOf(text), name);
    assert.equal(parseTaskName(name), name);
  }
});

Deno.test("slugOf() has no name for a text without letters", () => {
  assert.equal(slugOf(" ... "), "");
  assert.equal(slugOf(""), "");
});

Deno.test("slugOf() is never longer than 48 and never ends in a hyphen", () => {
  const name = slugOf(`${"a".repeat(47)} b`);
  assert.equal(name, "a".repeat(47));
});
