import assert from "node:assert/strict";
import { launchHooks, mergeHooks, shellWord } from "./hooks.ts";

Deno.test("launchHooks() puts kas's own behind the agent's", () => {
  const own = [{ hooks: [{ type: "command" as const, command: "mine" }] }];
  assert.deepEqual(launchHooks({ hooks: { Stop: own } }, null), { Stop: own });
  const { Stop, UserPromptSubmit, PermissionRequest } = launchHooks(
    { hooks: { Stop: own } },
    ["/a b/kas", "hook"],
  );
  const commands = Stop?.flatMap(({ hooks }) => hooks.map(({ command }) => command));
  assert.deepEqual(commands, ["mine", "'/a b/kas' hook Stop"]);
  assert.deepEqual([UserPromptSubmit?.length, PermissionRequest?.length], [1, 1]);
});

Deno.test("mergeHooks() changes neither table", () => {
  const [a, b] = [{ x: [1] }, { x: [2], y: [3] }];
  assert.deepEqual(mergeHooks(a, b), { x: [1, 2], y: [3] });
  assert.deepEqual([a, b], [{ x: [1] }, { x: [2], y: [3] }]);
});

Deno.test("shellWord() is one word to a shell", async () => {
  const words = ["plain", "a b", "it's", '"$HOME" `x`', "", "a\nb", "*"];
  const { stdout } = await new Deno.Command("/bin/sh", {
    args: ["-c", `printf '%s\\0' ${words.map(shellWord).join(" ")}`],
  }).output();
  assert.deepEqual(new TextDecoder().decode(stdout).split("\0").slice(0, -1), words);
});
