import assert from "node:assert/strict";
import { checkKeys } from "./keys.ts";

Deno.test("checkKeys() takes names of keys and refuses text", () => {
  checkKeys(["Escape", "C-c", "M-b", "Enter", "F12", "y", "1"]);
  for (const bad of ["escape", "", "-l", "yes", "C-", "F13", ";", "é"]) {
    assert.throws(() => checkKeys([bad]), { code: "invalid" }, bad);
  }
});
