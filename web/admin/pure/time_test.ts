import assert from "node:assert/strict";
import { ago, between, duration } from "./time.ts";

Deno.test("duration() uses at most two units and leaves out a zero", () => {
  const cases: [number, string][] = [
    [0, "0s"],
    [-5, "0s"],
    [8_400, "8s"],
    [250_000, "4m 10s"],
    [3_600_000, "1h"],
    [10_920_000, "3h 2m"],
    [1_051_200_000, "12d 4h"],
  ];
  for (const [ms, text] of cases) assert.equal(duration(ms), text);
});

Deno.test("ago() gives one unit, and nothing for a moment that is not known", () => {
  const now = Date.parse("2026-01-02T00:00:00Z");
  assert.equal(ago("2026-01-01T23:59:58Z", now), "now");
  assert.equal(ago("2026-01-01T23:55:50Z", now), "4m");
  assert.equal(ago(null, now), "");
  assert.equal(ago("nonsense", now), "");
  assert.equal(ago("2027-01-01T00:00:00Z", now), "now");
});

Deno.test("between() counts to now while there is no end", () => {
  const now = Date.parse("2026-01-01T00:01:00Z");
  assert.equal(between("2026-01-01T00:00:00Z", null, now), "1m");
  assert.equal(
    between("2026-01-01T00:00:00Z", "2026-01-01T00:00:03Z", now),
    "3s",
  );
  assert.equal(between(null, null, now), "");
});
