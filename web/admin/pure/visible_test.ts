import assert from "node:assert/strict";
import { visible } from "./visible.ts";

Deno.test("what turns text around is named, everything else stays", () => {
  assert.equal(visible("if (a\u202e) { \u2066b\u2069"), "if (a⟨U+202E⟩) { ⟨U+2066⟩b⟨U+2069⟩");
  const fine = "שלום, 日本 👩‍💻 é\t\u00a0";
  assert.equal(visible(fine), fine);
});
