import assert from "node:assert/strict";
import { KasError } from "../lib/errors.ts";
import { commaList, isAgent, parseChoices, parseId, parseTime, userName } from "./_shared.ts";

const refuses = (code: string) => (error: unknown) =>
  error instanceof KasError && error.code === code;

Deno.test("userName() is the local user's", () => {
  const of = (env: Record<string, string>) => userName((name) => env[name]);
  assert.equal(of({ USER: "ann" }), "cli:ann");
  assert.equal(of({ USER: "", LOGNAME: "bob" }), "cli:bob");
  assert.equal(of({}), "cli:unknown");
});

Deno.test("isAgent() goes by what kas gives its agents", () => {
  const of = (env: Record<string, string>) => isAgent((name) => env[name]);
  assert.deepEqual([of({}), of({ KASMOS_SESSION: "", KASMOS_IDENTITY: "" })], [false, false]);
  assert.deepEqual([of({ KASMOS_SESSION: "7" }), of({ KASMOS_IDENTITY: "kas_x" })], [true, true]);
  assert.equal(of({ KASMOS_MANAGED: "1" }), true);
});

Deno.test("parseTime() reads RFC 3339 with fractions and rounds up below a millisecond", () => {
  const base = Date.UTC(2026, 0, 2, 3, 4, 5);
  assert.equal(parseTime("--after", "2026-01-02T03:04:05Z"), base);
  assert.equal(parseTime("--after", "2026-01-02t03:04:05z"), base);
  assert.equal(parseTime("--after", "2026-01-02 03:04:05Z"), base);
  assert.equal(parseTime("--after", "2026-01-02T05:04:05+02:00"), base);
  assert.equal(parseTime("--after", "2026-01-02T03:04:05.5Z"), base + 500);
  assert.equal(parseTime("--after", "2026-01-02T03:04:05.123000Z"), base + 123);
  assert.equal(parseTime("--after", "2026-01-02T03:04:05.123000001Z"), base + 124);
  for (const text of ["", "1", "2026-01-02", "2026-02-30T25:00:00Z", "2026-01-02T03:04:05"]) {
    assert.throws(() => parseTime("--after", text), refuses("usage"), text);
  }
});

Deno.test("parseId() takes row numbers only", () => {
  assert.equal(parseId("signal", "17"), 17);
  for (const text of ["0", "-1", "1.5", "", "1e3", "9".repeat(20)]) {
    assert.throws(() => parseId("signal", text), refuses("usage"), text);
  }
});

Deno.test("commaList() and parseChoices() split at commas", () => {
  assert.deepEqual(commaList(undefined), []);
  assert.deepEqual(commaList(["a, b", ",", "c"]), ["a", "b", "c"]);
  assert.deepEqual(parseChoices("status", ["b,a"], ["a", "b"] as const), ["b", "a"]);
  assert.throws(() => parseChoices("status", ["c"], ["a"] as const), refuses("invalid"));
});
