import assert from "node:assert/strict";
import { addTable, removeTable } from "./toml_entry.ts";

const PATH = ["mcp_servers", "kasmos"];
const VALUE = { command: "kas", args: ["mcp"] };
const ENTRY = '[mcp_servers.kasmos]\ncommand = "kas"\nargs = [ "mcp" ]\n';

Deno.test("addTable() writes to the end and touches nothing else", async () => {
  const text = `# my settings
model = "x" # the good one

[projects."/repo"]
trust_level = "trusted"

# servers
[mcp_servers.other]
command = 'other'
`;
  const added = await addTable(text, PATH, VALUE);
  assert.equal(added, `${text}\n${ENTRY}`);
  assert.equal(await removeTable(added ?? "", PATH), text);
  assert.equal(await addTable("", PATH, VALUE), ENTRY);
  assert.equal(await removeTable(ENTRY, PATH), "");
  assert.equal(
    await addTable("a = 1\r\n", PATH, VALUE),
    `a = 1\r\n\r\n${ENTRY.replaceAll("\n", "\r\n")}`,
  );
});

Deno.test("removeTable() leaves the comments and tables around it", async () => {
  const text = `[mcp_servers.kasmos]
command = "kas"
# of the entry
env_vars = [
  "A",
]

[mcp_servers.kasmos.env]
A = "[mcp_servers.x]"

# about the next
[tui]
theme = "dark"
`;
  assert.equal(
    await removeTable(text, PATH),
    `# about the next
[tui]
theme = "dark"
`,
  );
});

Deno.test("removeTable() takes out entries that are written in another way", async () => {
  const inline = 'mcp_servers = { kasmos = { command = "kas" }, b = { command = "b" } } # two\n';
  assert.match(await removeTable(inline, PATH) ?? "", /^mcp_servers = \{ ?b = .*# two\n$/);
  const dotted = 'a = 1\nmcp_servers.kasmos.command = "kas"\n# end\n';
  const gone = await removeTable(dotted, PATH);
  assert.ok(gone !== null);
  assert.doesNotMatch(gone, /kasmos/);
  assert.match(gone, /^a = 1\n[^]*# end\n/);
});

Deno.test("addTable() joins tables that are written in one line", async () => {
  const text = "# one\nmcp_servers = { b = { command = 'b' } }\n";
  const added = await addTable(text, PATH, VALUE);
  assert.match(added ?? "", /^# one\nmcp_servers = \{ b = .*kasmos = .*\n$/);
  assert.equal(await removeTable(added ?? "", PATH), text);
});
