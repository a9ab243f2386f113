import { ScriptError } from "../run.ts";

const BLOCK = 512;

/** A file of an archive; its folders are made from its path. */
export interface TarFile {
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly executable: boolean;
}

/**
 * Writes a tar archive that says nothing of the machine it was made on: owner 0, plain modes, one
 * time stamp. tar(1) of Linux and macOS do not agree on how to be told that.
 * @param epoch time stamp in seconds since 1970
 * @throws ScriptError at a path of more than 100 bytes
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06
 */
export function tar(files: readonly TarFile[], epoch: number): Blob {
  const parts: BlobPart[] = [];
  const made = new Set<string>();
  for (const file of files.toSorted((a, b) => a.path < b.path ? -1 : 1)) {
    for (const folder of foldersOf(file.path)) {
      if (made.has(folder)) continue;
      made.add(folder);
      parts.push(header(folder, 0, 0o755, "5", epoch));
    }
    parts.push(header(file.path, file.bytes.length, file.executable ? 0o755 : 0o644, "0", epoch));
    parts.push(file.bytes, new Uint8Array(-file.bytes.length & (BLOCK - 1)));
  }
  parts.push(new Uint8Array(2 * BLOCK));
  return new Blob(parts);
}

/** `a/`, `a/b/` of `a/b/c`. */
function foldersOf(path: string): string[] {
  const words = path.split("/").slice(0, -1);
  return words.map((_, index) => `${words.slice(0, index + 1).join("/")}/`);
}

function header(
  path: string,
  size: number,
  mode: number,
  kind: "0" | "5",
  epoch: number,
): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK);
  const put = (at: number, text: string) => block.set(new TextEncoder().encode(text), at);
  const octal = (at: number, digits: number, value: number) =>
    put(at, value.toString(8).padStart(digits, "0"));
  if (new TextEncoder().encode(path).length > 100) {
    throw new ScriptError(`The path "${path}" is too long for the archive`);
  }
  put(0, path);
  octal(100, 7, mode);
  octal(108, 7, 0);
  octal(116, 7, 0);
  octal(124, 11, size);
  octal(136, 11, epoch);
  put(148, " ".repeat(8));
  put(156, kind);
  put(257, "ustar\x0000");
  // The sum is taken with spaces where it will stand.
  octal(148, 6, block.reduce((sum, byte) => sum + byte, 0));
  block[154] = 0;
  return block;
}
