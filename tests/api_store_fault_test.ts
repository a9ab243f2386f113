import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { inApi } from "../lib/api/_testing.ts";

/** A database that another program keeps locked. */

Deno.test("while another process locks the database a write is refused, reads go on", () =>
  inApi(async (api) => {
    await api.task("a");
    const before = await api.store.lastEventId();
    const other = new DatabaseSync(api.paths.database);
    try {
      other.exec("BEGIN IMMEDIATE");
      const refused = await api.refused("POST P/tasks", "store_unavailable", {
        body: { name: "late" },
      });
      assert.equal(refused.status, 503);
      assert.match(refused.detail, /locked/);
      assert.equal((await api.ask("GET P/tasks/a")).status, 200);
    } finally {
      other.exec("ROLLBACK");
      other.close();
    }
    assert.equal(await api.store.lastEventId(), before);
    assert.equal((await api.ask("POST P/tasks", { body: { name: "late" } })).status, 201);
  }));
