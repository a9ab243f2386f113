import assert from "node:assert/strict";
import { removeTomlValue, setTomlValue } from "./edit.ts";

const SOURCE = `# top
name = "x" # mine
keep = 1

# about the runtime
[runtime] # table
default = 'claude'
model = "opus" # dear

[runtime.codex]
extra_args = ["a"]
`;

Deno.test("removeTomlValue() takes out one key and leaves the rest as it is", async () => {
  assert.equal(
    await removeTomlValue(SOURCE, ["runtime", "model"]),
    SOURCE.replace(`model = "opus" # dear\n`, ""),
  );
  assert.equal(await removeTomlValue(`a = 1\n\n[b]\nc = 2\n`, ["a"]), "[b]\nc = 2\n");
  // comments stay, those above the key too
  assert.equal(
    await removeTomlValue(`# a\n\n# b\nx = 1\n\n# c\n[t]\n`, ["x"]),
    "# a\n\n# b\n\n# c\n[t]\n",
  );
  assert.equal(await removeTomlValue(`# a\nx = 1`, ["x"]), "# a");
  assert.equal(await removeTomlValue(`x = [\n  1,\n]\ny = 2\n`, ["x"]), "y = 2\n");
  assert.equal(await removeTomlValue(`t = { x = 1, y = 2 }\n`, ["t", "x"]), "t = { y = 2 }\n");
  assert.equal(await removeTomlValue(SOURCE, ["runtime", "nope"]), SOURCE);
  assert.equal(await removeTomlValue(SOURCE, ["name", "x"]), SOURCE);
});

Deno.test("setTomlValue() undoes removeTomlValue() as far as values go", async () => {
  const without = await removeTomlValue(SOURCE, ["runtime", "default"]);
  assert.ok(without !== null && !without.includes("claude") && without.includes("# table"));
  const again = await setTomlValue(without, ["runtime", "default"], "claude");
  assert.match(again ?? "", /default = "claude"/);
});
