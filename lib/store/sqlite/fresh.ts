import type { Db } from "./db.ts";

/** Rows beyond this are read anew. */
const MAX_ROWS = 1_000;

/**
 * Rows that were read before, for as long as nobody has written to the database: SQLite itself tells
 * of others, the connection of itself. Clients look at one task again and again, and a look at the
 * version takes a sixth of reading its row.
 * @see https://sqlite.org/pragma.html#pragma_data_version
 */
export class Fresh<T extends object> {
  readonly #rows = new Map<string, T>();
  #version = -1;
  #writes = -1;

  /** The row of a key, which nobody may change; read where it is not known, or not to be fresh. */
  read(db: Db, key: string, find: () => T | null): T | null {
    const version = db.version();
    if (version !== this.#version || db.writes !== this.#writes) {
      this.#rows.clear();
      this.#version = version;
      this.#writes = db.writes;
    }
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const row = find();
    if (row === null) return null;
    if (this.#rows.size >= MAX_ROWS) this.#rows.clear();
    this.#rows.set(key, Object.freeze(row));
    return row;
  }
}
