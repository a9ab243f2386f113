import assert from "node:assert/strict";
import { screenOf } from "../lib/engine/talk.ts";
import { KasError } from "../lib/errors.ts";
import { TmuxServer } from "../lib/session/tmux/mod.ts";
import { inWorld } from "./_testing.ts";

/** A server whose session ends between a look whether it is there and the look at its screen. */
function endingServer(): TmuxServer {
  let looks = 0;
  return Object.create(TmuxServer.prototype, {
    has: { value: () => Promise.resolve(++looks === 1) },
    capture: { value: () => Promise.reject(new KasError("not_found", "it does not exist")) },
  });
}

Deno.test("the screen of an instance that ends just then is the one that was kept", () =>
  inWorld(async (world) => {
    const { paths, store } = world;
    const row = await world.session({ key: "a", title: "worker-1" });
    await store.commit([{ kind: "session", id: row.id, patch: { status: "running" } }]);
    const session = await store.session(row.id);
    assert.ok(session !== null);
    await Deno.mkdir(`${paths.sessionsDir}/${row.id}`, { recursive: true });
    await Deno.writeTextFile(`${paths.sessionsDir}/${row.id}/screen.txt`, "its last words\n");
    const home = { store, paths, tmux: endingServer() };
    assert.deepEqual(await screenOf(home, session), { screen: "its last words\n", live: false });
  }));
