import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { type ErrorCode, KasError } from "../../errors.ts";
import { openStore } from "../mod.ts";
import { openDb } from "./open.ts";
import { APPLICATION_ID, MIGRATIONS } from "./migrations.ts";
import { openSqliteStore, SqliteStore } from "./store.ts";

const REPO = { root: "/nowhere/app", rootCommit: "abc" };

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function refused(promise: Promise<unknown>, code: ErrorCode): Promise<KasError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof KasError, `not a KasError: ${error}`);
    assert.equal(error.code, code, error.message);
    assert.ok(error.hint);
    return error;
  }
  assert.fail(`expected "${code}"`);
}

/** A store file with a project in it, closed. */
async function storeFile(folder: string, projects = 1): Promise<string> {
  const path = `${folder}/store.db`;
  await using store = await openStore(path);
  for (let n = 0; n < projects; n++) {
    await store.ensureProject({ root: `/nowhere/${n}/app`, rootCommit: `${n}` });
  }
  return path;
}

/** Runs SQL on a file past kas. */
function raw(path: string, sql: string): void {
  using db = new DatabaseSync(path);
  db.exec(sql);
}

/** Names of the files in a folder, sorted. */
async function names(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder), (entry) => entry.name)).sort();
}

/** Asserts that `work` leaves the file's bytes as they were. */
async function unchanged<T>(path: string, work: () => Promise<T>): Promise<T> {
  const before = await Deno.readFile(path);
  const result = await work();
  assert.deepEqual(await Deno.readFile(path), before);
  return result;
}

Deno.test("openStore() creates a private folder and file", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a/b/store.db`;
    const mode = async (name: string) => ((await Deno.stat(name)).mode ?? 0) & 0o777;
    await using store = await openStore(path);
    await store.ensureProject(REPO);
    assert.equal(await mode(`${folder}/a/b`), 0o700);
    for (const suffix of ["", "-wal", "-shm"]) assert.equal(await mode(path + suffix), 0o600);
    const db = await openDb(path);
    const pragma = (name: string) => Object.values(db.get(`PRAGMA ${name}`) ?? {})[0];
    assert.deepEqual(
      ["journal_mode", "synchronous", "foreign_keys", "user_version", "application_id"].map(pragma),
      ["wal", 1, 1, MIGRATIONS.length, APPLICATION_ID],
    );
    assert.equal(Object.values(db.get("PRAGMA busy_timeout") ?? {})[0], 5000);
    db.close();
  }));

Deno.test("openStore() takes names that look like a URI", () =>
  inFolder(async (folder) => {
    const path = `${folder}/file:a?mode=memory&b#c%20d.db`;
    await using store = await openStore(path);
    await store.ensureProject(REPO);
    assert.ok((await names(folder)).includes("file:a?mode=memory&b#c%20d.db"));
  }));

Deno.test("openStore() says what is wrong with a path", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    const below = await refused(openStore(`${folder}/file/store.db`), "store_unavailable");
    assert.ok(below.message.includes(`${folder}/file/store.db`));
    const dir = await refused(openStore(folder), "store_unavailable");
    assert.match(dir.message, /is a folder/);
    const missing = openStore(`${folder}/none/store.db`, { readOnly: true });
    assert.match((await refused(missing, "store_unavailable")).message, /none yet/);
    assert.deepEqual(await names(folder), ["file"]);
  }));

Deno.test("openStore() fills an empty file", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/store.db`, "");
    await using store = await openStore(`${folder}/store.db`);
    await store.ensureProject(REPO);
  }));

Deno.test("openStore() copies what is no database aside, once", () =>
  inFolder(async (folder) => {
    const path = `${folder}/store.db`;
    await Deno.writeTextFile(path, "not a database, but long enough to be one\n".repeat(200));
    await Deno.writeTextFile(`${path}-wal`, "log");
    const error = await unchanged(path, () => refused(openStore(path), "store_corrupt"));
    const copy = String(error.context.copy);
    assert.ok(copy.startsWith(`${path}.corrupt-`) && error.hint?.includes(copy));
    assert.deepEqual(await Deno.readFile(copy), await Deno.readFile(path));
    await Deno.writeTextFile(copy, "being salvaged");
    await unchanged(path, () => refused(openStore(path, { readOnly: true }), "store_corrupt"));
    assert.equal(await Deno.readTextFile(copy), "being salvaged");
    assert.equal(await Deno.readTextFile(`${copy}-wal`), "log");
    assert.equal((await names(folder)).length, 4);
  }));

Deno.test("openStore() reports a file that was cut off", () =>
  inFolder(async (folder) => {
    const path = await storeFile(folder);
    const { size } = await Deno.stat(path);
    await Deno.truncate(path, size - 4096);
    await unchanged(path, () => refused(openStore(path), "store_corrupt"));
    await Deno.truncate(path, 50);
    await unchanged(path, () => refused(openStore(path), "store_corrupt"));
    // SQLite would take this for a new database and delete the log.
    await Deno.truncate(path, 0);
    await Deno.writeTextFile(`${path}-wal`, "log");
    await refused(openStore(path), "store_corrupt");
    assert.equal(await Deno.readTextFile(`${path}-wal`), "log");
  }));

Deno.test("openStore() reports damage that shows in use", () =>
  inFolder(async (folder) => {
    const path = await storeFile(folder, 400);
    const bytes = await Deno.readFile(path);
    bytes.fill(0xff, bytes.length - 10 * 4096);
    await Deno.writeFile(path, bytes);
    await using store = await openStore(path);
    const error = await unchanged(path, () => refused(store.projects(), "store_corrupt"));
    assert.deepEqual(await Deno.readFile(String(error.context.copy)), bytes);
  }));

Deno.test("openStore() reports a schema that cannot be read", () =>
  inFolder(async (folder) => {
    const path = await storeFile(folder);
    const bytes = await Deno.readFile(path);
    bytes.fill(0xff, 100, 4096);
    await Deno.writeFile(path, bytes);
    await unchanged(path, () => refused(openStore(path), "store_corrupt"));
  }));

Deno.test("openStore() leaves the file of a newer kas alone", () =>
  inFolder(async (folder) => {
    const path = await storeFile(folder);
    raw(path, "PRAGMA user_version = 99");
    const error = await unchanged(path, () => refused(openStore(path), "store_newer"));
    assert.ok(error.message.includes("99") && error.message.includes(`${MIGRATIONS.length}`));
    await unchanged(path, () => refused(openStore(path, { readOnly: true }), "store_newer"));
    assert.deepEqual(await names(folder), ["store.db"]);
  }));

Deno.test("openStore() sees a newer version that is only in the log", () =>
  inFolder(async (folder) => {
    const path = await storeFile(folder);
    using other = new DatabaseSync(path);
    other.exec("PRAGMA user_version = 99");
    await unchanged(path, () => refused(openStore(path), "store_newer"));
  }));

Deno.test("openStore() leaves the database of another program alone", () =>
  inFolder(async (folder) => {
    const path = `${folder}/store.db`;
    raw(path, "CREATE TABLE tasks (id INTEGER); INSERT INTO tasks VALUES (1)");
    const error = await unchanged(path, () => refused(openStore(path), "store_unavailable"));
    assert.match(error.message, /another program/);
    raw(path, "PRAGMA application_id = 7");
    await unchanged(path, () => refused(openStore(path), "store_unavailable"));
    assert.deepEqual(await names(folder), ["store.db"]);
  }));

Deno.test("a write says when another process keeps the store locked", () =>
  inFolder(async (folder) => {
    const path = await storeFile(folder);
    await using store = await openSqliteStore(path, { timeoutMs: 20 });
    using other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    const error = await refused(store.ensureProject(REPO), "store_unavailable");
    assert.match(error.message, /locked/);
    assert.equal((await store.projects()).length, 1); // readers go on
    other.exec("ROLLBACK");
    await store.ensureProject(REPO);
  }));

Deno.test("openStore() says when another process keeps a new file locked", () =>
  inFolder(async (folder) => {
    const path = `${folder}/store.db`;
    using other = new DatabaseSync(path);
    other.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    const opening = openSqliteStore(path, { timeoutMs: 20 });
    assert.match((await refused(opening, "store_unavailable")).message, /locked/);
  }));

Deno.test("a full disk undoes the write and leaves the store usable", () =>
  inFolder(async (folder) => {
    const path = await storeFile(folder);
    const db = await openDb(path);
    await using store = new SqliteStore(db);
    const pages = Number(db.get("PRAGMA page_count")?.page_count);
    db.get(`PRAGMA max_page_count = ${pages}`);
    const [project] = await store.projects();
    const before = await store.lastEventId();
    const event = {
      projectId: project?.id ?? 0,
      kind: "note",
      actor: "kas",
      message: "x".repeat(10_000),
    };
    const error = await refused(store.commit([{ kind: "event", event }]), "store_unavailable");
    assert.match(error.message, /disk is full/);
    assert.equal(await store.lastEventId(), before);
    db.get("PRAGMA max_page_count = 100000");
    await store.commit([{ kind: "event", event }]);
  }));

const NEXT = [...MIGRATIONS, "ALTER TABLE project ADD COLUMN colour TEXT"];

Deno.test("openDb() upgrades an older schema after a backup", () =>
  inFolder(async (folder) => {
    const path = await storeFile(folder);
    await Deno.writeTextFile(`${path}.v${MIGRATIONS.length}.bak`, "of an earlier try");
    const db = await openDb(path, { migrations: NEXT });
    assert.equal(db.get("SELECT colour, key FROM project")?.key, "app");
    db.close();
    const backup = `${path}.v${MIGRATIONS.length}.bak`;
    assert.deepEqual(await names(folder), ["store.db", backup.slice(folder.length + 1)]);
    assert.equal(((await Deno.stat(backup)).mode ?? 0) & 0o777, 0o600);
    await using old = await openStore(backup);
    assert.equal((await old.projects()).length, 1);
    await refused(openStore(path), "store_newer");
  }));

Deno.test("openDb() undoes an upgrade that fails", () =>
  inFolder(async (folder) => {
    const path = await storeFile(folder);
    await assert.rejects(
      openDb(path, { migrations: [...NEXT, "ALTER TABLE absent ADD COLUMN x"] }),
      /no such table/,
    );
    await using store = await openStore(path);
    assert.equal((await store.projects()).length, 1);
  }));

Deno.test("openDb() reads no older schema without the right to upgrade it", () =>
  inFolder(async (folder) => {
    const path = await storeFile(folder);
    const error = await unchanged(
      path,
      () => refused(openDb(path, { migrations: NEXT, readOnly: true }), "store_unavailable"),
    );
    assert.match(error.message, new RegExp(`needs ${NEXT.length}`));
  }));

Deno.test("openStore() with readOnly reads beside a writer and refuses to write", () =>
  inFolder(async (folder) => {
    const path = await storeFile(folder);
    await using writer = await openStore(path);
    await using reader = await openStore(path, { readOnly: true });
    await writer.ensureProject(REPO);
    assert.equal((await reader.projects()).length, 2);
    const other = { root: "/nowhere/other", rootCommit: "o" };
    const error = await refused(reader.ensureProject(other), "store_unavailable");
    assert.match(error.message, /read-only/);
  }));
