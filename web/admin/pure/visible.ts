/** Characters that are not seen but turn around what is. Pure. */

/** The marks, embeddings, overrides and isolates of the bidirectional algorithm (UAX #9). */
const TURNING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Names such characters instead of obeying them: code must be read as it runs (CVE-2021-42574). */
export function visible(text: string): string {
  return text.replace(
    TURNING,
    (one) => `⟨U+${one.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`,
  );
}
