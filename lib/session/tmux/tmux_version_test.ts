import assert from "node:assert/strict";
import { isSupported, requireTmux } from "./tmux_version.ts";

Deno.test("isSupported() draws the line at 3.2", () => {
  for (const version of ["3.2", "3.3a", "3.10", "4.0", "next-3.4", "master", "openbsd-7.6"]) {
    assert.ok(isSupported(version), version);
  }
  for (const version of ["3.1c", "2.9a", "1.8", "next-3.1"]) {
    assert.ok(!isSupported(version), version);
  }
});

Deno.test("requireTmux() finds the installed tmux", async () => {
  assert.match((await requireTmux()).version, /^\d+\.\d+|^master|^openbsd/);
});
