import { KasError } from "../../errors.ts";
import { quote } from "../../names.ts";
import { setAside } from "./set_aside.ts";

/** What SQLite or the file system refuses, in the terms a user can act on. */
export type Fault =
  | "busy"
  | "full"
  | "readonly"
  | "io"
  | "cannot_open"
  | "corrupt"
  | "dangling"
  | "closed";

/** Primary result codes (https://www.sqlite.org/rescode.html); 15 is a lost race for the WAL index. */
const BY_CODE: Readonly<Record<number, Fault>> = {
  5: "busy",
  6: "busy",
  8: "readonly",
  10: "io",
  11: "corrupt",
  13: "full",
  14: "cannot_open",
  15: "busy",
  26: "corrupt",
};
const FOREIGN_KEY = 787;

/** `exec()` and the constructor of node:sqlite give no code, so the text has to do. */
const BY_MESSAGE: readonly (readonly [string, Fault])[] = [
  ["database is locked", "busy"],
  ["database table is locked", "busy"],
  ["locking protocol", "busy"],
  ["readonly database", "readonly"],
  ["disk I/O error", "io"],
  ["malformed", "corrupt"],
  ["file is not a database", "corrupt"],
  ["database or disk is full", "full"],
  ["unable to open database file", "cannot_open"],
  ["FOREIGN KEY constraint failed", "dangling"],
  ["database is not open", "closed"],
];

/** The fault behind a thrown value, or null when it is none of them (then it is a bug of kas). */
export function faultOf(error: unknown): Fault | null {
  if (!(error instanceof Error)) return null;
  const code = "errcode" in error && typeof error.errcode === "number" ? error.errcode : null;
  if (code === FOREIGN_KEY) return "dangling";
  const known = code === null ? undefined : BY_CODE[code & 0xff];
  if (known !== undefined) return known;
  return BY_MESSAGE.find(([text]) => error.message.includes(text))?.[1] ?? null;
}

/** The longest a statement waits for another process, in milliseconds. */
export const BUSY_TIMEOUT_MS = 5000;

/**
 * What to throw for an error of SQLite on the file at `path`: a KasError that says what, where and
 * what next, or the error itself when it is not a known fault. A corrupt file is copied aside first.
 * @param doing verb phrase, as in "Cannot <doing> the store"
 */
export function explain(error: unknown, path: string, doing: string): unknown {
  if (error instanceof KasError) return error;
  const fault = faultOf(error);
  if (fault === null) return error;
  if (fault === "corrupt") return corrupt(path, error);
  const [why, hint] = WORDS[fault];
  return new KasError(
    fault === "dangling" ? "not_found" : "store_unavailable",
    `Cannot ${doing} the store ${quote(path, 300)}: ${why}`,
    { hint, cause: error, context: { path, fault } },
  );
}

const WORDS: Readonly<Record<Exclude<Fault, "corrupt">, readonly [string, string]>> = {
  busy: [
    "another process keeps it locked",
    'Try again; if it persists, find the process with "fuser -v" on that file and stop it',
  ],
  full: [
    "the disk is full",
    "Free some space and try again; nothing was changed",
  ],
  readonly: [
    "it is read-only",
    "Give your user write permission on the file and its folder, or set KASMOS_DB to another file",
  ],
  io: [
    "the disk reports an I/O error",
    "Check the disk and that the folder is still mounted, then try again",
  ],
  cannot_open: [
    "the file or its folder cannot be opened",
    "Give your user read and write permission on the file and its folder",
  ],
  dangling: [
    "the change names a project, task or session that is not there any more",
    "Read the state again and repeat the change if it still applies",
  ],
  closed: ["it is closed already", "Open it again"],
};

/** Copies a corrupt store aside and returns the error that says so. The original is left as it is. */
export function corrupt(path: string, cause: unknown): KasError {
  const copy = setAside(path);
  return new KasError("store_corrupt", `Cannot read the store ${quote(path, 300)}: it is damaged`, {
    hint: `${
      copy.ok ? `A copy is kept as ${quote(copy.path, 300)}` : `No copy could be made (${copy.why})`
    }. Put a backup in its place, or salvage it with "sqlite3 OLD .recover | sqlite3 NEW", or move it away to begin with an empty store`,
    cause,
    context: { path, ...(copy.ok ? { copy: copy.path } : {}) },
  });
}

/** True for an error of the operating system, which Deno marks with its errno name. */
function isOsError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}

/** Like {@link explain}, for an error of Deno's file functions. */
export function explainFile(error: unknown, path: string, doing: string): unknown {
  if (!isOsError(error)) return error;
  const hints: Readonly<Record<string, string>> = {
    ENOSPC: WORDS.full[1],
    EDQUOT: WORDS.full[1],
    EROFS: WORDS.readonly[1],
    EACCES: WORDS.cannot_open[1],
    EPERM: WORDS.cannot_open[1],
    ENOTDIR: "A part of the path is a file; move it away or choose another path",
    EEXIST: "A part of the path is a file; move it away or choose another path",
  };
  return new KasError(
    "store_unavailable",
    `Cannot ${doing} the store ${quote(path, 300)}: ${error.message}`,
    {
      hint: hints[error.code] ?? "Check the path, or set KASMOS_DB to another file",
      cause: error,
      context: { path, errno: error.code },
    },
  );
}
