/** What ends a bracketed paste (xterm's control sequences). */
const PASTE_END = new TextEncoder().encode("\x1b[201~");
const VISIBLE_ESCAPE = new TextEncoder().encode("␛");

/**
 * Replaces the ESC of each end-of-paste sequence by "␛": whatever followed it would act as keys
 * pressed by a person. All other bytes stay.
 */
export function withoutPasteEnd(bytes: Uint8Array): Uint8Array {
  const ends: number[] = [];
  for (let at = bytes.indexOf(0x1b); at >= 0; at = bytes.indexOf(0x1b, at + 1)) {
    if (PASTE_END.every((byte, offset) => bytes[at + offset] === byte)) ends.push(at);
  }
  if (ends.length === 0) return bytes;
  const out = new Uint8Array(bytes.length + ends.length * (VISIBLE_ESCAPE.length - 1));
  let from = 0;
  let to = 0;
  for (const end of [...ends, bytes.length]) {
    out.set(bytes.subarray(from, end), to);
    to += end - from;
    if (end < bytes.length) out.set(VISIBLE_ESCAPE, to);
    to += VISIBLE_ESCAPE.length;
    from = end + 1;
  }
  return out;
}
