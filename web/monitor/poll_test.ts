import assert from "node:assert/strict";
import { COLLAPSED_MS, EXPANDED_MS, type Later, LONGEST_MS, Poller, waitFor } from "./poll.ts";

/** A clock that is wound by hand. */
class HandClock {
  readonly waits = new Map<number, { work: () => void; ms: number }>();
  #next = 1;

  readonly later: Later = (work, ms) => {
    const timer = this.#next++;
    this.waits.set(timer, { work, ms });
    return () => this.waits.delete(timer);
  };

  /** How long each timer waits. */
  get times(): number[] {
    return [...this.waits.values()].map(({ ms }) => ms);
  }

  /** Lets the one timer there is go off, and what follows from it happen. */
  async ring(): Promise<void> {
    const [entry, ...others] = [...this.waits];
    assert.ok(entry !== undefined && others.length === 0);
    this.waits.delete(entry[0]);
    entry[1].work();
    await settled();
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("waitFor() doubles with each error up to half a minute, and never while hidden", () => {
  const open = { visible: true, expanded: true };
  assert.deepEqual(
    [0, 1, 2, 3, 4, 50].map((failures) => waitFor(open, failures)),
    [EXPANDED_MS, 5_000, 10_000, 20_000, LONGEST_MS, LONGEST_MS],
  );
  const folded = { visible: true, expanded: false };
  assert.deepEqual([0, 1, 5].map((n) => waitFor(folded, n)), [
    COLLAPSED_MS,
    LONGEST_MS,
    LONGEST_MS,
  ]);
  assert.equal(waitFor({ visible: false, expanded: true }, 0), null);
});

Deno.test("a poller looks again after each look, later after errors, and stops for good", async () => {
  const clock = new HandClock();
  let works = true;
  let looks = 0;
  const poller = new Poller(() => {
    looks += 1;
    return Promise.resolve(works);
  }, clock.later);
  poller.start();
  assert.deepEqual([looks, clock.times], [0, [EXPANDED_MS]]);
  await clock.ring();
  works = false;
  await clock.ring();
  await clock.ring();
  assert.deepEqual([looks, clock.times], [3, [4 * EXPANDED_MS]]);
  works = true;
  await clock.ring();
  assert.deepEqual(clock.times, [EXPANDED_MS]);
  poller.stop();
  await poller.now();
  assert.deepEqual([looks, clock.times], [4, []]);
});

Deno.test("a poller never looks twice at a time", async () => {
  const clock = new HandClock();
  const waiting: ((worked: boolean) => void)[] = [];
  const poller = new Poller(() => new Promise((resolve) => waiting.push(resolve)), clock.later);
  const first = poller.now();
  await poller.now();
  poller.see({ expanded: false });
  poller.see({ expanded: true });
  assert.deepEqual([waiting.length, clock.times], [1, []]);
  waiting[0]?.(true);
  await first;
  assert.deepEqual([waiting.length, clock.times], [1, [EXPANDED_MS]]);
});

Deno.test("a poller sleeps while hidden, and looks at once when it is seen again", async () => {
  const clock = new HandClock();
  let looks = 0;
  const poller = new Poller(() => {
    looks += 1;
    return Promise.resolve(true);
  }, clock.later);
  poller.start();
  poller.see({ visible: false });
  assert.deepEqual([looks, clock.times], [0, []]);
  poller.see({ expanded: false });
  assert.deepEqual([looks, clock.times], [0, []]);
  poller.see({ visible: true });
  await settled();
  assert.deepEqual([looks, clock.times], [1, [COLLAPSED_MS]]);
  poller.see({ expanded: true });
  await settled();
  assert.deepEqual([looks, clock.times], [2, [EXPANDED_MS]]);
  poller.see({ expanded: false });
  assert.deepEqual([looks, clock.times], [2, [COLLAPSED_MS]]);
});
