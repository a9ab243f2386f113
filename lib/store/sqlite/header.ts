import { statOrNull } from "./set_aside.ts";

/** What the first 100 bytes of a database file say (https://www.sqlite.org/fileformat2.html#the_database_header). */
export interface Header {
  readonly version: number;
  readonly applicationId: number;
  /** Bytes the file should have, or 0 when the header does not tell. */
  readonly expectedSize: number;
  readonly size: number;
  /** Bytes in the write-ahead log beside it, before and after the header was read. */
  readonly logSize: number;
}

const MAGIC = "SQLite format 3\0";

/**
 * Reads the header of a file that exists. Null for an empty file; "foreign" for one that is no SQLite
 * database, or an empty one with a filled log (SQLite would delete that log).
 * @throws the errors of Deno.open
 */
export function headerOf(path: string): Header | null | "foreign" {
  const logBefore = statOrNull(`${path}-wal`)?.size ?? 0;
  const bytes = new Uint8Array(100);
  let filled = 0;
  using file = Deno.openSync(path);
  for (let n: number | null = 0; n !== null && filled < bytes.length; filled += n ?? 0) {
    n = file.readSync(bytes.subarray(filled));
  }
  const size = file.statSync().size;
  const logSize = Math.max(logBefore, statOrNull(`${path}-wal`)?.size ?? 0);
  if (size === 0) return logSize === 0 ? null : "foreign";
  if (filled < bytes.length || new TextDecoder().decode(bytes.subarray(0, 16)) !== MAGIC) {
    return "foreign";
  }
  const view = new DataView(bytes.buffer);
  const page = view.getUint16(16);
  // The page count is valid only if it was written together with the change counter.
  const trusted = view.getUint32(24) === view.getUint32(92);
  return {
    version: view.getUint32(60),
    applicationId: view.getUint32(68),
    expectedSize: trusted ? (page === 1 ? 65536 : page) * view.getUint32(28) : 0,
    size,
    logSize,
  };
}

/** True when the file is shorter than it says and no log could hold the rest. */
export function isTorn(header: Header | null | "foreign"): boolean {
  return header !== null && header !== "foreign" && header.logSize === 0 &&
    header.size < header.expectedSize;
}
