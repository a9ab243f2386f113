import { readBoundedText } from "../files/text.ts";

export { MAX_TEXT } from "../files/text.ts";

/**
 * A text of an agent with LF line ends and without a byte order mark; null when there is no file.
 * @throws KasError "invalid" when it is no file, too large, not UTF-8 or cannot be read
 */
export async function readText(path: string): Promise<string | null> {
  const text = await readRawText(path);
  return text === null ? null : text.replace(/^\ufeff/, "").replaceAll("\r\n", "\n");
}

/** The same with everything left as it is. @throws KasError as {@link readText} */
export function readRawText(path: string): Promise<string | null> {
  return readBoundedText(path);
}
