import assert from "node:assert/strict";
import fc from "fast-check";
import { jsonItem, jsonValue } from "./json_pieces.ts";
import { BrokenFile, type Piece } from "./types.ts";

const server = jsonValue({ path: "x.json", what: "server", key: ["mcpServers", "kasmos"] }, {
  command: "kas",
  args: ["mcp"],
});
const allow = jsonItem(
  { path: "x.json", what: "leave", key: ["permissions", "allow"] },
  "mcp__kas",
);

async function roundTrip(piece: Piece, text: string): Promise<string> {
  const written = await piece.write(text);
  assert.ok(written !== null, text);
  assert.equal(piece.read(written.text), piece.wanted, text);
  return await piece.erase(written.text, written.extra) ?? "";
}

Deno.test("jsonValue() and jsonItem() leave no trace in files that are written in any way", async () => {
  const texts = [
    "{}\n",
    '{\n  "a": 1\n}\n',
    '{\n  // mine\n  "mcpServers": { "x": { "command": "y" } }, // last\n  "b": [1, 2,],\n}\n',
    '{"mcpServers":{"x":1}}',
    '{\n\t"permissions": {\n\t\t"deny": ["Bash"]\n\t}\n}\n',
  ];
  for (const text of texts) {
    for (const piece of [server, allow]) assert.equal(await roundTrip(piece, text), text);
  }
});

Deno.test("jsonItem() joins a list as it is written, and leaves it", async () => {
  const lists = [
    '{ "permissions": { "allow": ["Read", "Edit"] } }\n',
    '{\n  "permissions": {\n    "allow": [\n      "Read",\n      "Edit"\n    ]\n  }\n}\n',
    '{"permissions":{"allow":["mcp__kas_other"]}}',
  ];
  for (const text of lists) assert.equal(await roundTrip(allow, text), text);
  const inline = (await allow.write(lists[0] ?? ""))?.text;
  assert.equal(inline, '{ "permissions": { "allow": ["Read", "Edit", "mcp__kas"] } }\n');
});

Deno.test("jsonItem() adds objects to lists, once", async () => {
  const hook = { matcher: "Bash", hooks: [{ type: "command", command: "kas tool-guard" }] };
  const piece = jsonItem({ path: "x", what: "ban", key: ["hooks", "PreToolUse"] }, hook);
  const text = '{\n  "hooks": {\n    "PreToolUse": [\n      { "matcher": "Edit" }\n    ]\n  }\n}\n';
  const written = (await piece.write(text))?.text ?? "";
  assert.deepEqual(JSON.parse(written), { hooks: { PreToolUse: [{ matcher: "Edit" }, hook] } });
  assert.equal(piece.read(written), piece.wanted);
  const left = await piece.erase(written, 2) ?? "";
  assert.deepEqual(JSON.parse(left), JSON.parse(text));
});

Deno.test("jsonItem() and jsonValue() do not write through what is no object or list", async () => {
  assert.equal(await allow.write('{"permissions": {"allow": "all"}}'), null);
  assert.equal(await server.write('{"mcpServers": []}'), null);
});

Deno.test("json pieces name the place of what is broken", () => {
  assert.throws(() => server.read('{\n  "a": tru\n}'), (error) => {
    assert.ok(error instanceof BrokenFile);
    assert.deepEqual([error.line, error.column], [2, 8]);
    return true;
  });
  assert.throws(() => server.read("[]"), BrokenFile);
});

Deno.test("json pieces keep every other value of any text", async () => {
  const members = fc.dictionary(fc.string(), fc.jsonValue());
  const space = fc.constantFrom(0, 2, "\t");
  await fc.assert(
    fc.asyncProperty(members, fc.array(fc.string()), space, async (rest, list, gap) => {
      const own = list.filter((item) => item !== "mcp__kas");
      const text = JSON.stringify({ ...rest, permissions: { allow: own } }, null, gap);
      const before = JSON.parse(text);
      const written = await allow.write(text);
      assert.ok(written !== null);
      assert.deepEqual(JSON.parse(written.text), {
        ...before,
        permissions: { allow: [...own, "mcp__kas"] },
      });
      if (own.length === 0) return;
      assert.deepEqual(JSON.parse(await allow.erase(written.text, written.extra) ?? ""), before);
    }),
  );
});
