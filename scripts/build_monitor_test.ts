import assert from "node:assert/strict";
import { assetsText, buildMonitor, MONITOR_ASSETS, usedTokens } from "./build_monitor.ts";

Deno.test("lib/mcp/monitor_assets.json is what its sources give", async () => {
  const built = assetsText(await buildMonitor());
  const kept = await Deno.readTextFile(MONITOR_ASSETS);
  assert.ok(built === kept, "run scripts/build_monitor.ts");
});

Deno.test("the page is small, and holds nothing that would end its parts", async () => {
  const { script, style } = await buildMonitor();
  assert.ok(script.length + style.length < 19_000, `${script.length} + ${style.length}`);
  assert.doesNotMatch(`${script}${style}`, /<\/(?:script|style)|<!--/i);
  const used = [...style.matchAll(/var\((--[\w-]+)/g)].map(([, name = ""]) => name);
  assert.ok(used.length > 20);
  for (const name of used) {
    // The host sets this one.
    if (name !== "--insets") assert.ok(style.includes(`${name}:`), name);
  }
});

Deno.test("usedTokens() keeps the tokens a sheet uses", () => {
  const tokens = ":root {\n  --a: 1px;\n  --b: 2px,\n    3px;\n  --c: 4px;\n}\n";
  assert.equal(usedTokens(tokens, "p { margin: var(--b) }"), ":root {\n  --b: 2px,\n    3px;\n}\n");
});
