import assert from "node:assert/strict";
import { KasError } from "../errors.ts";
import { isOlder, programVersion } from "./version.ts";

const env = { PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin" };

function missing(pattern: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof KasError && error.code === "missing_program" && pattern.test(error.message);
}

Deno.test("programVersion() finds the version in what the program prints", async () => {
  assert.match(await programVersion(["git"], env), /^\d+\.\d+\.\d+$/);
});

Deno.test("programVersion() says what is wrong with a program", async () => {
  await assert.rejects(programVersion([], env), missing(/no program/));
  await assert.rejects(programVersion(["kas-no-such-program"], env), missing(/Cannot run/));
  await assert.rejects(programVersion(["false"], env), missing(/exit 1/));
  const broken = ["sh", "-c", "echo 'settings: not JSON' >&2; echo more >&2; exit 52"];
  await assert.rejects(programVersion(broken, env), missing(/exit 52, "settings: not JSON"$/));
  await assert.rejects(programVersion(["echo"], env), missing(/Cannot find a version/));
});

Deno.test("programVersion() ends a program that hangs, with the child that holds its output", async () => {
  // without an end of the child, this would wait for ten minutes
  const hangs = ["sh", "-c", "sleep 600; true"];
  await assert.rejects(programVersion(hangs, env, 300), missing(/no answer in 0\.3 s$/));
  const endless = ["sh", "-c", "while :; do printf %1000s x; done"];
  await assert.rejects(programVersion(endless, env), missing(/prints more than 256 KiB$/));
});

Deno.test("isOlder() compares numbers, not text", () => {
  assert.equal(isOlder("2.1.99", "2.1.329"), true);
  assert.equal(isOlder("2.1.329", "2.1.329"), false);
  assert.equal(isOlder("3.0.0", "2.9.9"), false);
});
