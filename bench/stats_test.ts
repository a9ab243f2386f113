import assert from "node:assert/strict";
import { limited, number, percentile, table } from "./stats.ts";

Deno.test("percentile() takes the sample at a share of the sorted samples", () => {
  const samples = [5, 1, 4, 2, 3];
  assert.deepEqual([0, 0.5, 0.99, 1].map((share) => percentile(samples, share)), [1, 3, 5, 5]);
  assert.throws(() => percentile([], 0.5), RangeError);
});

Deno.test("number() keeps three digits that matter", () => {
  assert.deepEqual([0.012345, 1.5, 123.4, 51234.5].map(number), ["0.0123", "1.5", "123", "51,235"]);
});

Deno.test("table() aligns columns and marks missed targets", () => {
  const rows = [limited("start", 1.2, 1.6, "×"), limited("memory", 130, 120, "MB")];
  assert.equal(
    table([...rows, { what: "rate", value: "9 /s" }]),
    [
      "measure  value   target",
      "───────  ──────  ────────  ──────",
      "start    1.2 ×   ≤ 1.6 ×   ok",
      "memory   130 MB  ≤ 120 MB  MISSED",
      "rate     9 /s",
    ].join("\n"),
  );
});
