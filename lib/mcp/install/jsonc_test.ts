import assert from "node:assert/strict";
import fc from "fast-check";
import { JsonProblem, parseJsonc, removeJson, setJson } from "./jsonc.ts";

const PATH = ["mcpServers", "kasmos"];
const VALUE = { command: "kas", args: ["mcp"] };

function set(text: string, value: unknown = VALUE): string {
  const out = setJson(text, parseJsonc(text, true), PATH, value);
  assert.notEqual(out, null);
  return out ?? "";
}

function remove(text: string): string {
  return removeJson(text, parseJsonc(text, true), PATH);
}

Deno.test("setJson() adds a member and keeps everything else as it is", () => {
  assert.equal(
    set("{}\n"),
    '{\n  "mcpServers": {\n    "kasmos": {\n      "command": "kas",\n' +
      '      "args": [\n        "mcp"\n      ]\n    }\n  }\n}\n',
  );
  const text = `{
    // mine
    "theme": "dark", // nice
    "mcpServers": {
        "other": { "command": "x" }, /* keep */
    },
}
`;
  assert.equal(
    set(text, 1),
    `{
    // mine
    "theme": "dark", // nice
    "mcpServers": {
        "other": { "command": "x" }, /* keep */
        "kasmos": 1,
    },
}
`,
  );
});

Deno.test("setJson() follows a file that is written in one line, with tabs, or with CRLF", () => {
  assert.equal(set('{"a": 1}', 2), '{"a": 1, "mcpServers": {"kasmos":2}}');
  assert.equal(
    set('{\n\t"a": 1\n}', 2),
    '{\n\t"a": 1,\n\t"mcpServers": {\n\t\t"kasmos": 2\n\t}\n}',
  );
  assert.equal(set('{\r\n  "a": 1\r\n}\r\n', 2).replaceAll("\r\n", "").includes("\n"), false);
  assert.equal(set('\ufeff{\n  "a": 1\n}', 2).startsWith("\ufeff{"), true);
  assert.equal(
    set('{\n  "a": 1 // last\n}', 2),
    '{\n  "a": 1, // last\n  "mcpServers": {\n    "kasmos": 2\n  }\n}',
  );
});

Deno.test("setJson() replaces a value, and refuses to walk through what is no object", () => {
  assert.equal(
    set('{"mcpServers": {"kasmos": [1, 2], "b": 3}}', 2),
    '{"mcpServers": {"kasmos": 2, "b": 3}}',
  );
  const text = '{"mcpServers": []}';
  assert.equal(setJson(text, parseJsonc(text, true), PATH, 1), null);
});

Deno.test("removeJson() takes one member out with its comma", () => {
  const around = (inner: string) => `{\n  "mcpServers": {${inner}}\n}\n`;
  assert.equal(remove(around('\n    "kasmos": 1\n  ')), around(""));
  assert.equal(
    remove(around('\n    "a": 1, // one\n    "kasmos": 2\n  ')),
    around('\n    "a": 1 // one\n  '),
  );
  assert.equal(
    remove(around('\n    "kasmos": 2,\n    "a": 1\n  ')),
    around('\n    "a": 1\n  '),
  );
  assert.equal(remove('{"a": 1}'), '{"a": 1}');
});

Deno.test("removeJson() leaves comments beside the member where they were", () => {
  const cases = [
    ['{\n  // c\n  "m": {"x": 1}\n}\n', ["m"], "{\n  // c\n}\n"],
    ['{ /* c */ "m": 1 }', ["m"], "{ /* c */ }"],
    ['{ // c\n "m": 1}', ["m"], "{ // c\n}"],
    ['{\n  "a": 1, // c\n  "m": 1,\n}\n', ["m"], '{\n  "a": 1, // c\n}\n'],
    ['{\n  "a": 1, // c\n  "m": 1\n}\n', ["m"], '{\n  "a": 1 // c\n}\n'],
    ['{\n  "m": 1,\n}', ["m"], "{}"],
  ] as const;
  for (const [text, path, wants] of cases) {
    assert.equal(removeJson(text, parseJsonc(text, true), path), wants);
    parseJsonc(wants, true);
  }
});

Deno.test("setJson() and removeJson() change one value of any text", () => {
  const members = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(fc.property(members, members, fc.constantFrom(0, 2, "\t"), (outer, inner, space) => {
    const { mcpServers: _old, ...rest } = outer;
    const { kasmos: _own, ...others } = inner;
    const before = JSON.stringify({ ...rest, mcpServers: others }, null, space);
    const after = setJson(before, parseJsonc(before, false), PATH, VALUE);
    assert.ok(after !== null);
    const wanted = { ...rest, mcpServers: { ...others, kasmos: VALUE } };
    assert.deepEqual(JSON.parse(after), JSON.parse(JSON.stringify(wanted)));
    const again = removeJson(after, parseJsonc(after, false), PATH);
    assert.deepEqual(JSON.parse(again), JSON.parse(before));
  }));
});

Deno.test("parseJsonc() says where a text is broken", () => {
  const wrong: [string, boolean, number, number][] = [
    ["{", false, 1, 2],
    ['{\n  "a": 1,\n}', false, 3, 1],
    ['{\n  // no\n  "a": 1}', false, 2, 3],
    ['{"a": tru}', true, 1, 7],
    ['{"a": 01}', true, 1, 7],
    ["{'a': 1}", true, 1, 2],
    ['{"a" 1}', true, 1, 6],
    ["{} {}", true, 1, 4],
    ["", true, 1, 1],
    ["/* no end", true, 1, 1],
    ['{"a": "\\x"}', true, 1, 7],
  ];
  for (const [text, comments, line, column] of wrong) {
    assert.throws(() => parseJsonc(text, comments), (error) => {
      assert.ok(error instanceof JsonProblem, text);
      assert.deepEqual([error.line, error.column], [line, column], text);
      return true;
    });
  }
  assert.throws(() => parseJsonc("[".repeat(100), false), /nest deeper/);
});
