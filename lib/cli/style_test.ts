import assert from "node:assert/strict";
import { colorAllowed, createStyle } from "./style.ts";

Deno.test("createStyle() paints or stays out of the way", () => {
  assert.equal(createStyle(true).red("x"), "\x1b[31mx\x1b[39m");
  assert.equal(createStyle(true).red(""), "");
  assert.equal(createStyle(false).red("x"), "x");
});

Deno.test("colorAllowed() needs a terminal and no NO_COLOR", () => {
  const tty = { isTerminal: () => true };
  const allowed = (env: Record<string, string>, stream = tty) =>
    colorAllowed(stream, (name) => env[name]);
  assert.equal(allowed({}), true);
  assert.equal(allowed({ NO_COLOR: "" }), true);
  assert.equal(allowed({ NO_COLOR: "0" }), false);
  assert.equal(allowed({ TERM: "dumb" }), false);
  assert.equal(allowed({}, { isTerminal: () => false }), false);
});
