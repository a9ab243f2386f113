import { KasError } from "../../errors.ts";
import { quote } from "../../names.ts";

/** Characters that tmux's parser would expand or end a double-quoted string at. */
// deno-fmt-ignore
const SPECIAL = new Set(['"', "\\", "$", "~"]);

/**
 * Quotes one argument for tmux's command parser (tmux(1), PARSING SYNTAX), always in double quotes.
 * Control bytes become octal, so that an argument never spans two lines of a control client.
 * @throws KasError "invalid" for a NUL, which no argument can carry
 */
export function quoteArgument(value: string): string {
  let out = '"';
  for (const char of value) {
    const code = char.charCodeAt(0);
    if (code === 0) {
      throw new KasError("invalid", `Cannot pass ${quote(value)} to tmux: it contains a NUL byte`, {
        hint: "Remove the NUL byte",
      });
    }
    if (code < 0x20 || code === 0x7f) out += `\\${code.toString(8).padStart(3, "0")}`;
    else out += SPECIAL.has(char) ? `\\${char}` : char;
  }
  return out + '"';
}

/**
 * One command line for a control client from an argv.
 * @throws KasError "invalid" for a NUL in an argument
 */
export function commandLine(argv: readonly string[]): string {
  return argv.map(quoteArgument).join(" ");
}

/** Makes a value literal where tmux expands formats, as it does with start directories and file names. */
export function literalFormat(value: string): string {
  return value.replaceAll("#", "##");
}
