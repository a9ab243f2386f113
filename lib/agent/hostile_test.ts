import assert from "node:assert/strict";
import fc from "fast-check";
import { KasError } from "../errors.ts";
import { ignore } from "./findings.ts";
import { splitFrontmatter } from "./frontmatter.ts";
import { parseHooks } from "./hooks_file.ts";
import { JsonFile } from "./json_file.ts";
import { parseMcpServers } from "./mcp_file.ts";
import { checkProfile } from "./profile_file.ts";
import { stringify } from "smol-toml";

/** Whatever stands in an agent's files, what comes out is a value or an error kas can explain. */

const PLACE = { name: "x", scope: "project", directory: "/nowhere/x" } as const;

/** Words that mean something to one of the readers, and some that should not. */
const word = fc.oneof(
  fc.constantFrom(
    ...["runtime", "default", "claude", "env", "set", "secret", "pass", "soul", "prompt_file"],
    ...["mcpServers", "command", "args", "url", "type", "headers", "hooks", "matcher", "timeout"],
    ...["__proto__", "constructor", "toString", "file:a", "http://x", "stdio", "${X}", "\0", ""],
  ),
  fc.string({ maxLength: 8 }),
);
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    word,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(word, tie("value"), { maxKeys: 4 }),
  ),
})).value;

async function explained(work: () => unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof KasError)) throw error;
    assert.match(error.message, /^\/nowhere\/x\/f\.json:\d+:\d+: Cannot/);
  }
}

Deno.test("parseMcpServers() and parseHooks() explain any JSON and any text", () =>
  fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.dictionary(fc.constantFrom("mcpServers", "hooks"), json).map((it) => JSON.stringify(it)),
        json.map((it) => JSON.stringify(it)),
        fc.string(),
      ),
      async (text) => {
        const parse = () => JsonFile.parse(text, "/nowhere/x/f.json", ignore);
        await explained(() => parseMcpServers(parse(), ignore));
        await explained(() => parseHooks(parse(), "/nowhere/x", ignore));
      },
    ),
    { numRuns: 300 },
  ));

Deno.test("checkProfile() takes any text, and a profile it gives is whole", () =>
  fc.assert(
    fc.property(
      fc.oneof(
        fc.dictionary(word, json, { maxKeys: 5 }).map((table) => {
          try {
            return stringify(table);
          } catch (error) {
            // Not everything can be written as TOML, such as null in a list.
            if (error instanceof Error) return "";
            throw error;
          }
        }),
        fc.string(),
      ),
      (source) => {
        const { profile, findings } = checkProfile(source, PLACE);
        assert.equal(profile === null, findings.some(({ level }) => level === "error"));
        for (const { line, column } of findings) assert.ok(line >= 1 && column >= 1);
        if (profile !== null) assert.equal(profile.name, "x");
      },
    ),
    { numRuns: 300 },
  ));

Deno.test("splitFrontmatter() loses nothing of a text but its head", () =>
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("---", "name: x", "", "prose", "- a", "# b"), { maxLength: 8 }),
      (lines) => {
        const text = lines.join("\n");
        const { head, body } = splitFrontmatter(text);
        if (head === null) assert.equal(body, text);
        else {
          assert.ok(text.startsWith(`---\n${head}\n---`) && text.endsWith(body));
          assert.match(head, /^[^-]*name: x/);
        }
      },
    ),
  ));
