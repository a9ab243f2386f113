import { KasError } from "../../lib/errors.ts";
import { MAX_SECRET } from "../../lib/secret/mod.ts";

/** A terminal, as far as a hidden question needs one. */
export interface Keyboard {
  readonly readable: ReadableStream<Uint8Array>;
  setRaw(on: boolean): void;
  write(text: string): void;
}

const terminal: Keyboard = {
  get readable() {
    return Deno.stdin.readable;
  },
  setRaw: (on) => Deno.stdin.setRaw(on),
  write: (text) => void Deno.stderr.writeSync(new TextEncoder().encode(text)),
};

/**
 * The value of a secret: what is piped in, or what a person types without it being shown.
 * @throws KasError "usage" when it was called off, "invalid" for what is too large or not UTF-8
 */
export async function readSecret(name: string): Promise<string> {
  if (Deno.stdin.isTerminal()) return await askHidden(`Value of ${name}: `, terminal);
  const { readStdin } = await import("../../lib/cli/stdin.ts");
  const example = `some-program | kas secret set ${name}`;
  return await readStdin({ what: `the secret ${name}`, example, max: MAX_SECRET });
}

/**
 * Asks for one line and shows nothing of it. Backspace and Ctrl-U work; Ctrl-C and Ctrl-D call it off.
 * @throws KasError "usage" when it was called off
 */
export async function askHidden(question: string, keyboard: Keyboard): Promise<string> {
  keyboard.write(question);
  keyboard.setRaw(true);
  const reader = keyboard.readable.pipeThrough(new TextDecoderStream()).getReader();
  let typed: string[] = [];
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return typed.join("");
      for (const key of value) {
        if (key === "\r" || key === "\n") return typed.join("");
        if (key === "\x03" || key === "\x04") throw calledOff();
        if (key === "\x7f" || key === "\b") typed.pop();
        else if (key === "\x15") typed = [];
        else if (key >= " ") typed.push(key);
      }
    }
  } finally {
    keyboard.setRaw(false);
    keyboard.write("\n");
    await reader.cancel();
  }
}

function calledOff(): KasError {
  return new KasError("usage", "No secret was given", { hint: "Nothing was stored" });
}
