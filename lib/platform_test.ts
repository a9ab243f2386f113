import assert from "node:assert/strict";
import { KasError } from "./errors.ts";
import { requireUnix } from "./platform.ts";

Deno.test("requireUnix() lets Linux and macOS pass and sends Windows to its Linux, with status 4", () => {
  requireUnix("linux");
  requireUnix("darwin");
  assert.throws(() => requireUnix("windows"), (error) => {
    assert.ok(error instanceof KasError);
    assert.equal(error.exitCode, 4);
    assert.match(error.message, /tmux/);
    assert.match(error.hint ?? "", /wsl --install/);
    return true;
  });
});
