import assert from "node:assert/strict";
import { filePiece, isBrokenToml, linkPiece, tomlKey, tomlTable } from "./pieces.ts";
import { BrokenFile } from "./types.ts";

const table = tomlTable("c.toml", "server", ["mcp_servers", "kasmos"], {
  command: "kas",
  args: ["mcp"],
});

Deno.test("tomlTable() goes to the end and out again; comments stay", async () => {
  for (const text of ["", '# mine\nmodel = "x" # why\n', "[mcp_servers.other]\ncommand = 'y'\n"]) {
    const written = await table.write(text);
    assert.ok(written !== null);
    assert.ok(written.text.startsWith(text), written.text);
    assert.equal(table.read(written.text), table.wanted);
    assert.equal(await table.erase(written.text, written.extra), text);
  }
});

Deno.test("tomlTable() replaces an older one", async () => {
  const text = '[mcp_servers.kasmos]\ncommand = "old"\n\n[z]\na = 1\n';
  const next = (await table.write(text))?.text ?? "";
  assert.equal(table.read(next), table.wanted);
  assert.ok(next.includes("[z]\na = 1\n"));
});

Deno.test("tomlKey() takes its empty table with it", async () => {
  const key = tomlKey("c.toml", ["agents", "coder", "program"], "codex");
  const text = "# mine\n[ui]\nauto_advance = false\n";
  const written = (await key.write(text))?.text ?? "";
  assert.ok(written.includes('[agents.coder]\nprogram = "codex"\n'));
  assert.equal(await key.erase(written, 0), text);
});

Deno.test("toml pieces name the place of what is broken", () => {
  assert.throws(() => table.read('a = 1\nb = "\n'), (error) => {
    assert.ok(error instanceof BrokenFile);
    assert.equal(error.line, 2);
    return true;
  });
  assert.equal(isBrokenToml("a ="), true);
  assert.equal(isBrokenToml("a = 1"), false);
});

Deno.test("filePiece() takes line ends of a checkout for no edit, linkPiece() its target", () => {
  assert.equal(filePiece("a", "b", "x\ny\n").read("x\r\ny\r\n"), "x\ny\n");
  assert.equal(filePiece("a", "b", "x\n").read("z\n"), "z\n");
  assert.equal(linkPiece("a", "b", "../c").read("../d"), "../d");
});
