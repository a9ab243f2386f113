import assert from "node:assert/strict";
import { type KeyPath, locate } from "./locate.ts";

const SOURCE = `# "a = 1" in a comment
top = "x # [no]" # tail
  indented = 1
a.b . "c.d" = true

[ui] # [not]
text = """
[fake]
key = 1
""""
after = '''one'''

[agents.coder]
flags = [
  "--a b", # ]
  "--c",
]
env = { HOME = "/x", "ODD KEY" = 1, deep = { z = [1, 2] } }
[[hooks]]
type = "command"
[[hooks]]
type = "webhook"
[hooks.headers]
x = 1
`;

Deno.test("locate() finds keys, elements and tables", () => {
  const find = locate(SOURCE);
  const cases: readonly (readonly [KeyPath, string])[] = [
    [["top"], "2:1"],
    [["indented"], "3:3"],
    [["a", "b", "c.d"], "4:1"],
    [["ui"], "6:2"],
    [["ui", "text"], "7:1"],
    [["ui", "after"], "11:1"],
    [["agents", "coder"], "13:2"],
    [["agents", "coder", "flags"], "14:1"],
    [["agents", "coder", "flags", 1], "16:3"],
    [["agents", "coder", "env", "HOME"], "18:9"],
    [["agents", "coder", "env", "ODD KEY"], "18:22"],
    [["agents", "coder", "env", "deep", "z", 1], "18:54"],
    [["hooks", 1, "type"], "22:1"],
    [["hooks", 1, "headers", "x"], "24:1"],
  ];
  for (const [path, at] of cases) {
    const { line, column } = find(path);
    assert.equal(`${line}:${column}`, at, path.join("."));
  }
});

Deno.test("locate() falls back to the nearest parent", () => {
  const find = locate(SOURCE);
  assert.deepEqual(find(["ui", "missing", "deep"]), { line: 6, column: 2 });
  assert.deepEqual(find(["missing"]), { line: 1, column: 1 });
});

Deno.test("locate() ends on any text and survives CRLF and a byte order mark", () => {
  for (const text of ["", "[", "= = =", "a = [", 'a = "', "]]", "a", "{}{}", "a = {b = [1", "'x"]) {
    locate(text)(["a"]);
  }
  assert.deepEqual(locate("\ufeffa = 1\r\n[t]\r\nb = 2\r\n")(["t", "b"]), { line: 3, column: 1 });
});
