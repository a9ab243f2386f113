import { now } from "../files/now.ts";
import { KasError } from "../errors.ts";
import { quote } from "../names.ts";

/** Largest text of an agent that is read, in bytes: souls, settings, manifests. */
export const MAX_TEXT = 1024 * 1024;

/**
 * A text of an agent with LF line ends and without a byte order mark; null when there is no file.
 * @throws KasError "invalid" when it is no file, too large, not UTF-8 or cannot be read
 */
export async function readText(path: string): Promise<string | null> {
  const text = await readRawText(path);
  return text === null ? null : text.replace(/^\ufeff/, "").replaceAll("\r\n", "\n");
}

/** The same with everything left as it is. @throws KasError as {@link readText} */
export async function readRawText(path: string): Promise<string | null> {
  let bytes: Uint8Array;
  try {
    // A pipe or a device would be read for ever, so this comes first.
    const info = await now.stat(path);
    if (!info.isFile) throw unreadable(path, "it is not a file");
    if (info.size > MAX_TEXT) {
      throw unreadable(path, `it has ${info.size} bytes, at most ${MAX_TEXT} are read`);
    }
    bytes = await now.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return null;
    }
    if (error instanceof KasError) throw error;
    throw unreadable(path, "no permission, or a broken disk", error);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw unreadable(path, "it is not UTF-8 text", error);
  }
}

function unreadable(path: string, why: string, cause?: unknown): KasError {
  return new KasError("invalid", `Cannot read ${quote(path, 200)}: ${why}`, {
    hint: "Correct or remove the file",
    cause,
  });
}
