import assert from "node:assert/strict";
import { KasError } from "../errors.ts";
import { readStdin } from "./stdin.ts";

const ask = { what: "plan content", example: "cat plan.md | kas x" };
const source = (bytes: Uint8Array<ArrayBuffer>, tty = false) => ({
  readable: new Blob([bytes]).stream(),
  isTerminal: () => tty,
});
const bytes = (text: string) => new TextEncoder().encode(text);

function failsWith(code: string, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof KasError);
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };
}

Deno.test("readStdin() returns the whole text", async () => {
  const text = "ä\n".repeat(50_000);
  assert.equal(await readStdin({ ...ask, source: source(bytes(text)) }), text);
});

Deno.test("readStdin() refuses a terminal, too much, and what is not UTF-8", async () => {
  await assert.rejects(
    readStdin({ ...ask, source: source(bytes(""), true) }),
    failsWith("usage", /^Cannot read plan content: stdin is a tty$/),
  );
  await assert.rejects(
    readStdin({ ...ask, max: 3, source: source(bytes("four")) }),
    failsWith("invalid", /larger than 3 bytes/),
  );
  await assert.rejects(
    readStdin({ ...ask, source: source(new Uint8Array([0xff, 0xfe])) }),
    failsWith("invalid", /not UTF-8/),
  );
});
