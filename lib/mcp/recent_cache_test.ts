import assert from "node:assert/strict";
import { RecentCache } from "./recent_cache.ts";

Deno.test("RecentCache gives the same answer for a second, and not a failed one", async () => {
  let time = 5_000;
  let made = 0;
  const cache = new RecentCache<number>(() => time);
  const make = () => Promise.resolve(++made);
  assert.deepEqual(await Promise.all([cache.get("a", make), cache.get("a", make)]), [1, 1]);
  assert.equal(await cache.get("b", make), 2);
  time = 5_999;
  assert.equal(await cache.get("a", make), 1);
  time = 6_000;
  assert.equal(await cache.get("a", make), 3);
  time = 4_000;
  assert.equal(await cache.get("a", make), 4);
  const failing = () => Promise.reject(new Error("locked"));
  await assert.rejects(cache.get("c", failing), /locked/);
  assert.equal(await cache.get("c", make), 5);
});
