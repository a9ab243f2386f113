import assert from "node:assert/strict";
import { until, withServer } from "./_testing.ts";
import { Screens, type ScreenState, typing } from "./screens.ts";

Deno.test("typing() sends ASCII as numbers and the rest as text", () => {
  assert.deepEqual(typing("%1", "a\x1b[Aé日\r"), [
    ["send-keys", "-t", "%1", "-H", "61", "1b", "5b", "41"],
    ["send-keys", "-t", "%1", "-l", "--", "é日"],
    ["send-keys", "-t", "%1", "-H", "d"],
  ]);
  assert.equal(typing("%1", "x".repeat(1000)).length, 3);
  assert.deepEqual(typing("%1", ""), []);
});

Deno.test("Screens shows what a program writes, types into it and tells its end", () =>
  withServer(async ({ socket, sh }) => {
    await sh(
      "kas-1",
      `printf '\\033[31mhello\\033[0m\\n'; read -r line; echo "got:$line"; read -r x`,
    );
    await using screens = new Screens({ socket });
    let screen: ScreenState | null = null;
    let ended = "";
    const stop = screens.watch("kas-1", {
      changed: (now) => screen = now,
      ended: (reason) => ended = reason,
    });
    const text = () => (screen as ScreenState | null)?.text ?? "";
    await until(() => Promise.resolve(text().includes("hello")));
    assert.ok(text().includes("\x1b[31mhello"));
    await screens.type("kas-1", "é;'$(x)\r");
    await until(() => Promise.resolve(text().includes("got:é;'$(x)")));
    await screens.type("kas-1", "\r");
    await until(() => Promise.resolve(ended !== ""));
    stop();
    await assert.rejects(screens.type("kas-9", "x"), /does not exist/);
  }));
