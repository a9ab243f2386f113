import assert from "node:assert/strict";
import { commandOf, refusalOf } from "./tool_guard.ts";

Deno.test("refusalOf() finds banned programs wherever a command begins", () => {
  const banned = [
    "grep x y",
    "cat a | grep x",
    "cd b && sed -i s/a/b/ c",
    "/usr/bin/awk '{print}'",
    "sudo find . -name x",
    "A=1 env grep x",
    "ls; find .",
    "if grep -q x y; then echo; fi",
    "echo $(grep x y)",
    "ls | xargs grep x",
    "true\ngrep x",
  ];
  for (const line of banned) assert.notEqual(refusalOf(line), null, line);
});

Deno.test("refusalOf() lets other commands and texts pass", () => {
  const fine = [
    "rg x",
    "git grep x",
    "echo 'grep | sed'",
    'git commit -m "use grep; sed"',
    "npm run find",
    "./grepper",
    "",
    "cat grep",
  ];
  for (const line of fine) assert.equal(refusalOf(line), null, line);
  assert.match(refusalOf("grep x | sed y") ?? "", /instead of grep use rg; instead of sed/);
});

Deno.test("commandOf() reads what runtimes hand to a hook", () => {
  const event = JSON.stringify({ tool_name: "Bash", tool_input: { command: "ls" } });
  assert.equal(commandOf(event), "ls");
  for (const other of ["", "{}", "[]", "null", '{"tool_input":{"command":1}}', "{"]) {
    assert.equal(commandOf(other), null, other);
  }
});
