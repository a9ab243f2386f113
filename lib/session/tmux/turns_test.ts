import assert from "node:assert/strict";
import { Turns } from "./turns.ts";

Deno.test("Turns.take() does one piece of work at a time for a key, failures included", async () => {
  const turns = new Turns();
  const seen: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = turns.take("a", async () => {
    await gate.promise;
    seen.push("first");
    throw new Error("broken");
  });
  const second = turns.take("a", () => Promise.resolve(seen.push("second")));
  await turns.take("b", () => Promise.resolve(seen.push("other")));
  gate.resolve();
  await assert.rejects(first, /broken/);
  await second;
  assert.deepEqual(seen, ["other", "first", "second"]);
});
