import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { now } from "./now.ts";
import { isAbsent } from "./there.ts";

/** Largest text that is read, in bytes: settings, souls, manifests. */
export const MAX_TEXT = 1024 * 1024;

/**
 * The text of a file as it is, a byte order mark included; null when there is none.
 * @param what names it in errors, in front of its path: "the settings in "
 * @throws KasError "invalid" when it is no file, too large, not UTF-8 or cannot be read
 */
export async function readBoundedText(path: string, what = ""): Promise<string | null> {
  const unreadable = (why: string, cause?: unknown): KasError =>
    new KasError("invalid", `Cannot read ${what}${quote(path, 200)}: ${why}`, {
      hint: "Correct or remove the file",
      cause,
    });
  let bytes: Uint8Array;
  try {
    // A pipe or a device would be read for ever, so this comes first.
    const { size, isFile } = await now.stat(path);
    if (!isFile) throw unreadable("it is not a file");
    if (size > MAX_TEXT) throw unreadable(`it has ${size} bytes, at most ${MAX_TEXT} are read`);
    bytes = await now.readFile(path);
  } catch (error) {
    if (isAbsent(error)) return null;
    if (error instanceof KasError) throw error;
    throw unreadable("no permission, or a broken disk", error);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw unreadable("it is not UTF-8 text", error);
  }
}
