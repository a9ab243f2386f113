import assert from "node:assert/strict";
import { KasError } from "../errors.ts";
import { HARNESS_NAMES, harnessFor } from "./mod.ts";

Deno.test("harnessFor() gives each adapter under its own name", () => {
  for (const name of HARNESS_NAMES) assert.equal(harnessFor(name).name, name);
});

Deno.test("harnessFor() lists the names when there is none", () => {
  assert.throws(
    () => harnessFor("cursor"),
    (error) =>
      error instanceof KasError && error.code === "invalid" &&
      error.hint?.includes("claude, codex, opencode") === true,
  );
});
