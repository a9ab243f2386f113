import assert from "node:assert/strict";
import { soulText } from "./soul.ts";

Deno.test("R25: soulText() keeps every line of a soul, and no byte order mark or CR", () => {
  const soul = "\ufeff---\r\nA rule, not frontmatter.\r\nname:\r\ndescription: kept\r\n\r\n";
  assert.equal(
    soulText({ soul }),
    "---\nA rule, not frontmatter.\nname:\ndescription: kept\n",
  );
});

Deno.test("R21: soulText() of an empty soul is none at all", () => {
  for (const soul of ["", "\ufeff", " \r\n\t"]) assert.equal(soulText({ soul }), null);
});
