import assert from "node:assert/strict";
import { withoutPasteEnd } from "./paste.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("withoutPasteEnd() disarms every end of a paste and nothing else", () => {
  const end = "\x1b[201~";
  assert.deepEqual(withoutPasteEnd(bytes(`a${end}${end}b${end}`)), bytes("a␛[201~␛[201~b␛[201~"));
  assert.deepEqual(withoutPasteEnd(bytes(`\x1b\x1b${end}`)), bytes("\x1b\x1b␛[201~"));
  const harmless = new Uint8Array([0, 255, 0x1b, 0x5b, 0x32, 0x30, 0x31]);
  assert.equal(withoutPasteEnd(harmless), harmless);
});
