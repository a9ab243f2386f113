import assert from "node:assert/strict";
import { Round } from "./round.ts";

Deno.test("run() works one at a time, and once more for all who asked meanwhile", async () => {
  let rounds = 0;
  let at = 0;
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const round = new Round(async () => {
    assert.equal(++at, 1);
    await gates[rounds++]?.promise;
    at--;
  });
  const first = round.run();
  const others = [round.run(), round.run()];
  assert.equal(rounds, 1);
  gates[0]?.resolve();
  gates[1]?.resolve();
  await Promise.all([first, ...others]);
  assert.equal(rounds, 2);
  await round.run();
  assert.equal(rounds, 3);
});

Deno.test("run() passes a failure on and works again", async () => {
  let rounds = 0;
  const round = new Round(() => {
    if (rounds++ === 0) return Promise.reject(new Error("once"));
    return Promise.resolve();
  });
  await assert.rejects(round.run(), /once/);
  await round.run();
  assert.equal(rounds, 2);
});
