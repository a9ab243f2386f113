import type { DatabaseSync, SQLOutputValue, StatementSync } from "node:sqlite";
import { explain } from "./faults.ts";

/** What may be bound. Booleans and lists are encoded first, see {@link encode}. */
export type Value = string | number | null;
/** A row as the driver gives it. */
export type Row = Record<string, SQLOutputValue>;

/** Patches make many shapes of UPDATE; beyond this the cache starts over. */
const MAX_STATEMENTS = 400;

/** One connection: cached statements, transactions and errors that explain themselves. */
export class Db {
  readonly #db: DatabaseSync;
  readonly #cache = new Map<string, StatementSync>();
  #writes = 0;

  constructor(db: DatabaseSync, readonly path: string) {
    this.#db = db;
  }

  /** The first row, or null. */
  get(sql: string, ...args: Value[]): Row | null {
    return this.#try("read", () => this.#prepare(sql).get(...args.map(storable)) ?? null);
  }

  /** Every row. */
  all(sql: string, ...args: Value[]): Row[] {
    return this.#try("read", () => this.#prepare(sql).all(...args.map(storable)));
  }

  /** Runs a statement; `changes` counts rows, `id` is the last row id inserted. */
  run(sql: string, ...args: Value[]): { changes: number; id: number } {
    this.#writes += 1;
    return this.#try("write to", () => {
      const done = this.#prepare(sql).run(...args.map(storable));
      return { changes: Number(done.changes), id: Number(done.lastInsertRowid) };
    });
  }

  /** Statements that were run; it grows with every write of this connection. */
  get writes(): number {
    return this.#writes;
  }

  /** A number that changes when another connection has written. */
  version(): number {
    return Number(this.get("PRAGMA data_version")?.["data_version"]);
  }

  /** Runs `work` in one write transaction: all or nothing. It must not await. */
  write<T>(work: () => T): T {
    this.run("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.run("COMMIT");
      return result;
    } catch (error) {
      // A full disk ends the transaction by itself.
      if (this.#db.isTransaction) this.run("ROLLBACK");
      throw error;
    }
  }

  /** The SQL of every statement in use; for tests of the query plans. */
  statements(): string[] {
    return [...this.#cache.keys()];
  }

  /** Closing twice is allowed. */
  close(): void {
    this.#cache.clear();
    if (this.#db.isOpen) this.#db.close();
  }

  #prepare(sql: string): StatementSync {
    const cached = this.#cache.get(sql);
    if (cached !== undefined) return cached;
    if (this.#cache.size >= MAX_STATEMENTS) this.#cache.clear();
    const statement = this.#db.prepare(sql);
    this.#cache.set(sql, statement);
    return statement;
  }

  #try<T>(doing: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw explain(error, this.path, doing);
    }
  }
}

/**
 * No text column may hold U+0000: the driver reads up to it and PostgreSQL refuses it. It becomes
 * U+FFFD, as in CommonMark (https://spec.commonmark.org/0.31.2/#insecure-characters).
 */
function storable(value: Value): Value {
  return typeof value === "string" && value.includes("\0")
    ? value.replaceAll("\0", "\ufffd")
    : value;
}

/** Encodes a field for a column: booleans as 0 and 1, lists and objects as JSON. */
export function encode(value: unknown): Value {
  if (typeof value === "string" || typeof value === "number" || value === null) return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  return JSON.stringify(value);
}

/** Column of each field a patch may carry. */
export type Columns<P> = { readonly [K in keyof P]-?: string };

/** The `SET` list of a patch and its values, for the fields it has. */
export function assignments<P extends object>(
  columns: Columns<P>,
  patch: P,
): { sets: string[]; values: Value[] } {
  const sets: string[] = [];
  const values: Value[] = [];
  for (const field of Object.keys(columns) as (keyof P)[]) {
    const value = patch[field];
    if (value === undefined) continue;
    sets.push(`${columns[field]} = ?`);
    values.push(encode(value));
  }
  return { sets, values };
}

/** Collects the conditions of a query. A list is bound as one JSON value, so that its length makes no new statement. */
export class Where {
  readonly #terms: string[] = [];
  readonly values: Value[] = [];

  /** Adds `sql` with its value unless that is undefined. */
  and(sql: string, value: Value | readonly Value[] | undefined): this {
    if (value === undefined) return this;
    this.#terms.push(sql);
    this.values.push(typeof value === "object" && value !== null ? JSON.stringify(value) : value);
    return this;
  }

  /** `column IN (list)`; an empty list matches nothing. A single value lets an index give the order too. */
  in(column: string, list: readonly Value[] | undefined): this {
    if (list?.length === 1) return this.and(`${column} = ?`, list[0]);
    return this.and(`${column} IN (SELECT value FROM json_each(?))`, list);
  }

  /** The clause with a leading space, or nothing. */
  toString(): string {
    return this.#terms.length === 0 ? "" : ` WHERE ${this.#terms.join(" AND ")}`;
  }
}
