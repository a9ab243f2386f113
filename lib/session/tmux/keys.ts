import { KasError } from "../../errors.ts";
import { quote } from "../../names.ts";

// deno-fmt-ignore
const NAMED = new Set([
  "Enter", "Escape", "Tab", "BTab", "Space", "BSpace", "Up", "Down", "Left", "Right", "Home", "End",
  "PageUp", "PageDown", "IC", "DC", "C-Space", "M-Enter", "S-Up", "S-Down", "S-Left", "S-Right",
  ...Array.from({ length: 12 }, (_, n) => `F${n + 1}`),
]);

/** One letter or digit, alone (to answer a menu) or with Ctrl or Alt. */
const CHORD = /^(?:(?:[CM]-)?[a-z]|[A-Z0-9])$/;

/**
 * Checks names of keys as send-keys of tmux(1) knows them.
 * @throws KasError "invalid" for an unknown one, which tmux would type as text
 */
export function checkKeys(keys: readonly string[]): void {
  for (const key of keys) {
    if (NAMED.has(key) || CHORD.test(key)) continue;
    throw new KasError("invalid", `Cannot press ${quote(key)}: it is not the name of a key`, {
      hint: `Use names such as "Escape", "Enter", "C-c", "Up", "F1", or one letter or digit`,
    });
  }
}
