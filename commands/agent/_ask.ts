import { note } from "../../lib/cli/mod.ts";
import { KasError } from "../../lib/errors.ts";

/**
 * Asks a yes-or-no question on stderr. No answer is no.
 * @param instead the command that needs no question, for the hint
 * @throws KasError "usage" when nobody is at the keyboard
 */
export async function confirmed(question: string, instead: string): Promise<boolean> {
  if (!Deno.stdin.isTerminal()) {
    throw new KasError("usage", `Cannot ask "${question}": stdin is no terminal`, {
      hint: `Run: ${instead}`,
    });
  }
  note(`${question} [y/N]`);
  const reader = Deno.stdin.readable.pipeThrough(new TextDecoderStream()).getReader();
  try {
    let line = "";
    while (!line.includes("\n")) {
      const { done, value } = await reader.read();
      if (done) break;
      line += value;
    }
    return /^\s*y(es)?\s*$/i.test(line.split("\n", 1)[0] ?? "");
  } finally {
    await reader.cancel();
  }
}
