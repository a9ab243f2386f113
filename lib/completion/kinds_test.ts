import assert from "node:assert/strict";
import { kindOf } from "./kinds.ts";

function offered(path: string): readonly string[] {
  const kind = kindOf(path, "runtime", { type: "string" });
  return kind.kind === "words" ? kind.words : [];
}

Deno.test("kindOf() offers no runtime that the command refuses", () => {
  const refused = {
    "kas run": ["demo"],
    "kas chat": ["demo"],
    "kas setup": ["command"],
    "kas mcp install": ["demo", "command"],
    "kas mcp uninstall": ["demo", "command"],
    "kas mcp config": ["demo", "command"],
  };
  for (const [path, words] of Object.entries(refused)) {
    const all = offered(path);
    assert.ok(all.includes("claude"), path);
    for (const word of words) assert.ok(!all.includes(word), `${path} ${word}`);
  }
  assert.ok(offered("kas run").includes("command"));
  assert.ok(offered("kas setup").includes("demo"));
});
