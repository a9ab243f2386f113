import { KasError, messageOf } from "../errors.ts";

/** Largest program that is unpacked, in bytes. */
const MOST = 1024 * 1024 * 1024;
const BLOCK = 512;

/**
 * Takes one file out of a gzip'd tar: the regular file `kas`, at the top or in one folder. Nothing of
 * the archive is written anywhere, so names in it can do no harm.
 * @throws KasError "guard" when the archive is damaged or has no such file
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html, "ustar Interchange Format"
 */
export async function unpackProgram(archive: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const tar = await inflate(archive);
  for (let at = 0; at + BLOCK <= tar.length;) {
    const header = tar.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) break;
    if (!hasChecksum(header)) throw damaged("a header is not what it was");
    const size = octal(header, 124, 12);
    const end = at + BLOCK + size;
    if (end > tar.length) throw damaged("it ends too soon");
    const type = String.fromCharCode(header[156] ?? 0);
    if ((type === "0" || type === "\0") && /^(?:\.\/)?(?:[^/]+\/)?kas$/.test(nameOf(header))) {
      return tar.subarray(at + BLOCK, end);
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  throw damaged("it holds no program kas");
}

async function inflate(archive: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  try {
    for await (
      const part of new Blob([archive]).stream().pipeThrough(new DecompressionStream("gzip"))
    ) {
      size += part.length;
      if (size > MOST) throw damaged(`it unpacks to more than ${MOST} bytes`);
      parts.push(part);
    }
  } catch (error) {
    throw error instanceof KasError ? error : damaged(messageOf(error), error);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function nameOf(header: Uint8Array): string {
  const prefix = text(header, 345, 155);
  const name = text(header, 0, 100);
  return prefix === "" ? name : `${prefix}/${name}`;
}

function text(header: Uint8Array, from: number, length: number): string {
  const field = header.subarray(from, from + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

function octal(header: Uint8Array, from: number, length: number): number {
  const digits = text(header, from, length).trim();
  if (!/^[0-7]{1,11}$/.test(digits)) throw damaged("a size is no number");
  return parseInt(digits, 8);
}

function hasChecksum(header: Uint8Array): boolean {
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  return sum === octal(header, 148, 8);
}

function damaged(why: string, cause?: unknown): KasError {
  return new KasError("guard", `Cannot unpack the archive of kas: ${why}`, {
    hint: "Nothing was changed; try again",
    cause,
  });
}
