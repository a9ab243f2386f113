import { KasError } from "../errors.ts";

/** What {@link readStdin} expects. */
export interface ReadStdinOptions {
  /** Largest size in bytes; default 4 MiB. */
  max?: number;
  /** What is read, for messages: "plan content". */
  what: string;
  /** A command line that pipes it in, for the hint: "cat plan.md | kas task update-content add-login". */
  example: string;
  /** Where to read instead of the real stdin (tests). */
  source?: { readable: ReadableStream<Uint8Array>; isTerminal(): boolean };
}

const MAX = 4 * 1024 * 1024;

/**
 * Reads all of stdin as UTF-8 text. A terminal is refused at once instead of waiting for ever.
 * @throws KasError "usage" on a terminal; "invalid" when it is too large or not UTF-8
 */
export async function readStdin(options: ReadStdinOptions): Promise<string> {
  const source = options.source ?? Deno.stdin;
  const max = options.max ?? MAX;
  if (source.isTerminal()) {
    throw new KasError("usage", `Cannot read ${options.what}: stdin is a tty`, {
      hint: `Pipe it in: ${options.example}`,
    });
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source.readable) {
    size += chunk.length;
    if (size > max) {
      throw new KasError("invalid", `Cannot read ${options.what}: it is larger than ${max} bytes`, {
        hint: "Pipe a smaller input",
      });
    }
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new KasError("invalid", `Cannot read ${options.what}: it is not UTF-8 text`, {
      hint: "Convert it to UTF-8 first",
      cause,
    });
  }
}
