import assert from "node:assert/strict";
import { checkLaunch } from "./launch.ts";

const good = { cwd: "/tmp", argv: ["true"], env: { A_1: "x" }, marker: "/tmp/m" };

Deno.test("checkLaunch() takes what the system can run", () => {
  checkLaunch(good);
  checkLaunch({ ...good, argv: ["true", "é".repeat(65_535)] });
});

Deno.test("checkLaunch() refuses what would fail inside the pane", () => {
  const bad = [
    { cwd: "tmp" },
    { marker: "m" },
    { argv: [] },
    { argv: ["-x"] },
    { argv: ["true", "a\0b"] },
    { argv: ["true", "é".repeat(65_536)] },
    { argv: ["true", ...Array<string>(9).fill("x".repeat(110_000))] },
    { env: { "A=B": "x" } },
    { env: { "A\nB": "x" } },
    { env: { A: "x\0" } },
  ];
  for (const change of bad) {
    assert.throws(() => checkLaunch({ ...good, ...change }), { code: "invalid" });
  }
});
