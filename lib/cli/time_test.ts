import assert from "node:assert/strict";
import { formatDuration, formatRelative } from "./time.ts";

Deno.test("formatDuration() uses at most two units", () => {
  const texts = [0, 850, 12_400, 185_000, 7_620_000, 356_400_000].map(formatDuration);
  assert.deepEqual(texts, ["0ms", "850ms", "12s", "3m 05s", "2h 07m", "4d 03h"]);
});

Deno.test("formatRelative() tells past from future", () => {
  const now = 1_000_000_000;
  assert.equal(formatRelative(now - 200, now), "just now");
  assert.equal(formatRelative(now - 12_000, now), "12s ago");
  assert.equal(formatRelative(now - 180_000, now), "3m ago");
  assert.equal(formatRelative(now + 7_200_000, now), "in 2h");
  assert.equal(formatRelative(now - 432_000_000, now), "5d ago");
});
