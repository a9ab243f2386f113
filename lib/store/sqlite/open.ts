import { DatabaseSync } from "node:sqlite";
import { KasError } from "../../errors.ts";
import { quote } from "../../names.ts";
import { Db } from "./db.ts";
import { BUSY_TIMEOUT_MS, corrupt, explain, explainFile, faultOf } from "./faults.ts";
import { APPLICATION_ID, MIGRATIONS } from "./migrations.ts";
import { type Header, headerOf, isTorn } from "./header.ts";
import { statOrNull } from "./set_aside.ts";

export interface OpenOptions {
  /** Never writes, not even a migration. @default false */
  readOnly?: boolean;
  /** How long a statement waits for other processes. @default 5000 */
  timeoutMs?: number;
  /** Schema steps, for tests of upgrades. @default MIGRATIONS */
  migrations?: readonly string[];
}

/**
 * Opens or creates the database file at `path` and brings its schema up to date.
 * @throws KasError "store_unavailable", "store_newer" or "store_corrupt"; the file is unchanged then
 */
export async function openDb(path: string, options: OpenOptions = {}): Promise<Db> {
  const readOnly = options.readOnly ?? false;
  const migrations = options.migrations ?? MIGRATIONS;
  const timeout = options.timeoutMs ?? BUSY_TIMEOUT_MS;
  const header = inspect(path, readOnly);
  if (header === null && !readOnly) createFile(path);
  if (header !== null) {
    checkOwner(path, header.applicationId);
    checkVersion(path, header.version, migrations.length);
  }
  let db: DatabaseSync | undefined;
  try {
    db = connect(path, readOnly, timeout);
    const version = pragma(db, "user_version");
    checkVersion(path, version, migrations.length);
    if (readOnly) {
      requireVersion(path, version, migrations.length);
    } else {
      if (version === 0) checkEmpty(path, db);
      await enterWal(path, db, timeout);
      if (version < migrations.length) migrate(path, db, version, migrations);
    }
    return new Db(db, path);
  } catch (error) {
    if (db?.isOpen) db.close();
    throw explain(error, path, "open");
  }
}

/** Looks at the file without SQLite, which would touch it. Null: there is none, or it is empty. */
function inspect(path: string, readOnly: boolean): Header | null {
  let header: Header | null | "foreign";
  try {
    const info = statOrNull(path);
    if (info?.isDirectory) {
      throw new KasError(
        "store_unavailable",
        `Cannot open the store ${quote(path, 300)}: it is a folder`,
        { hint: "Set KASMOS_DB to a file" },
      );
    }
    if (info === null && readOnly) {
      throw new KasError(
        "store_unavailable",
        `Cannot open the store ${quote(path, 300)}: there is none yet`,
        { hint: "Create a task first, or check the path" },
      );
    }
    if (info === null) return null;
    header = headerOf(path);
    // A writer that closes meanwhile can show a file that is half checkpointed: look twice.
    if (isTorn(header) && isTorn(headerOf(path))) header = "foreign";
  } catch (error) {
    throw explainFile(error, path, "open");
  }
  if (header === "foreign") throw corrupt(path, "not a whole SQLite database");
  return header;
}

function createFile(path: string): void {
  const folder = path.replace(/[^/\\]*$/, "");
  try {
    if (folder !== "") Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
    // SQLite gives -wal and -shm the mode of the file, but would create that with the umask's.
    Deno.openSync(path, { create: true, append: true, mode: 0o600 }).close();
  } catch (error) {
    throw explainFile(error, path, "create");
  }
}

function connect(path: string, readOnly: boolean, timeout: number): DatabaseSync {
  const db = new DatabaseSync(literal(path), { readOnly, timeout });
  try {
    db.exec("PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL; SELECT 1 FROM sqlite_schema");
    return db;
  } catch (error) {
    db.close();
    // WAL wants to create -shm beside the file; where it may not and nobody writes, read it as it is.
    const sealed = ["cannot_open", "readonly"].includes(faultOf(error) ?? "");
    if (!readOnly || !sealed || statOrNull(`${path}-wal`)?.size) throw error;
    return new DatabaseSync(immutableUrl(path), { readOnly, timeout });
  }
}

/** SQLite reads a leading "file:" as a URI. */
function literal(path: string): string {
  return path.startsWith("file:") ? `./${path}` : path;
}

/** https://www.sqlite.org/uri.html */
function immutableUrl(path: string): string {
  const full = /^([/\\]|[A-Za-z]:)/.test(path) ? path : `${Deno.cwd()}/${path}`;
  const url = full.replaceAll("\\", "/").split("/").map(encodeURIComponent).join("/");
  return `file:${url.startsWith("/") ? "" : "/"}${url}?immutable=1`;
}

function pragma(db: DatabaseSync, name: "user_version" | "application_id"): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
}

function checkOwner(path: string, applicationId: number): void {
  if (applicationId !== 0 && applicationId !== APPLICATION_ID) throw stranger(path);
}

/** A database without a version is ours to fill only if there is nothing in it. */
function checkEmpty(path: string, db: DatabaseSync): void {
  const tables = db.prepare("SELECT count(*) AS n FROM sqlite_schema").get()?.n;
  // Another process may have created the schema since the version was read.
  if (tables !== 0 && pragma(db, "application_id") !== APPLICATION_ID) throw stranger(path);
}

function stranger(path: string): KasError {
  return new KasError(
    "store_unavailable",
    `Cannot open the store ${quote(path, 300)}: it is the database of another program`,
    {
      hint: "Move the file away, or set KASMOS_DB to another file; nothing was changed",
      context: { path },
    },
  );
}

function checkVersion(path: string, found: number, supported: number): void {
  if (found <= supported) return;
  throw new KasError(
    "store_newer",
    `Cannot open the store ${
      quote(path, 300)
    }: its schema has version ${found}, this kas knows up to ${supported}`,
    {
      hint: "Update kas, or set KASMOS_DB to another file; nothing was changed",
      context: { path, found, supported },
    },
  );
}

function requireVersion(path: string, found: number, supported: number): void {
  if (found === supported) return;
  throw new KasError(
    "store_unavailable",
    `Cannot read the store ${
      quote(path, 300)
    }: its schema has version ${found}, this kas needs ${supported}`,
    {
      hint: "Run a command that writes, such as one that creates a task: it upgrades the store",
      context: { path, found, supported },
    },
  );
}

/** Changing the journal mode ignores the busy timeout, so waiting is done here. */
async function enterWal(path: string, db: DatabaseSync, timeout: number): Promise<void> {
  const deadline = Date.now() + timeout;
  for (;;) {
    try {
      const mode = db.prepare("PRAGMA journal_mode = WAL").get()?.journal_mode;
      if (mode === "wal") return;
      throw new KasError(
        "store_unavailable",
        `Cannot open the store ${quote(path, 300)}: its file system has no shared memory`,
        { hint: "A network drive? Set KASMOS_DB to a file on a local disk" },
      );
    } catch (error) {
      if (faultOf(error) !== "busy" || Date.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function migrate(path: string, db: DatabaseSync, from: number, steps: readonly string[]): void {
  if (from > 0) backUp(path, db, from);
  db.exec("BEGIN IMMEDIATE");
  try {
    // Another process may have been first: go on from where the file is now.
    const found = pragma(db, "user_version");
    checkVersion(path, found, steps.length);
    for (const step of steps.slice(found)) db.exec(step);
    db.exec(`PRAGMA user_version = ${steps.length}; PRAGMA application_id = ${APPLICATION_ID}`);
    db.exec("COMMIT");
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

/** Copies the database to `<path>.v<version>.bak`, unless another process has upgraded it meanwhile. */
function backUp(path: string, db: DatabaseSync, version: number): void {
  const target = `${path}.v${version}.bak`;
  const draft = `${target}.${crypto.randomUUID().slice(0, 8)}`;
  try {
    Deno.openSync(draft, { createNew: true, write: true, mode: 0o600 }).close();
    db.prepare("VACUUM INTO ?").run(draft);
    const copied = headerOf(draft);
    if (copied !== "foreign" && copied?.version === version) Deno.renameSync(draft, target);
  } catch (error) {
    throw explainFile(explain(error, path, "back up"), path, "back up");
  } finally {
    if (statOrNull(draft) !== null) Deno.removeSync(draft);
  }
}
