import type { Store } from "./types.ts";

export interface OpenStoreOptions {
  /** Never writes, not even a migration; works on a read-only file or folder. @default false */
  readOnly?: boolean;
}

/**
 * Opens the store in the file at `path`, creating it and its folder when there is none. The driver is
 * loaded only now: a command that needs no store does not pay for it.
 * @throws KasError "store_unavailable" (missing, locked, read-only, disk full, another program's),
 * "store_newer" (written by a newer kas) or "store_corrupt" (a copy is kept aside); the file stays as
 * it was in each case
 */
export async function openStore(path: string, options: OpenStoreOptions = {}): Promise<Store> {
  const { openSqliteStore } = await import("./sqlite/store.ts");
  return await openSqliteStore(path, options);
}
