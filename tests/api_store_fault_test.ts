import assert from "node:assert/strict";
import { inApi } from "../lib/api/_testing.ts";

/** A database that another process keeps locked. */

/** Locks the file it is given until its stdin ends. */
const LOCKER = `const { DatabaseSync } = await import("node:sqlite");
const db = new DatabaseSync(Deno.args[0]);
db.exec("BEGIN IMMEDIATE");
console.log("locked");
await Deno.stdin.read(new Uint8Array(1));`;

Deno.test("while another process locks the database a write is refused, reads go on", () =>
  inApi(async (api) => {
    await api.task("a");
    const before = await api.store.lastEventId();
    const other = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-config", LOCKER, api.paths.database],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const reader = other.stdout.getReader();
    try {
      await reader.read();
      const body = { name: "late" };
      const refused = await api.refused("POST P/tasks", "store_unavailable", { body });
      assert.equal(refused.status, 503);
      assert.match(refused.detail, /locked/);
      assert.equal((await api.ask("GET P/tasks/a", { as: "read" })).status, 200);
    } finally {
      await other.stdin.close();
      await other.status;
      await reader.cancel();
    }
    assert.equal(await api.store.lastEventId(), before);
    assert.equal((await api.ask("POST P/tasks", { body: { name: "late" } })).status, 201);
  }));
