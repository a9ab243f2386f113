import assert from "node:assert/strict";
import { DISPATCH_LIMITS } from "./dispatch/types.ts";
import { CLIENTS } from "./install/clients.ts";
import { PROMPTS } from "./prompts.ts";
import { TEMPLATES } from "./resources.ts";
import { argumentNames, toolList } from "./tool_list.ts";
import { TOOLS } from "./tools.ts";

/** The page without what a formatter may change. */
async function page(): Promise<string> {
  const text = await Deno.readTextFile(new URL("../../docs/mcp.md", import.meta.url));
  return text.replaceAll(/[ \t]+/g, " ").replaceAll(/\n(?! ?[|#\n-])/g, " ");
}

/** A row of the reference: name, arguments with the required ones first, scope, who, what. */
function row(name: string): string {
  const tool = TOOLS.find((one) => one.name === name);
  const listed = toolList(false).find((one) => one.name === name);
  assert.ok(tool && listed);
  const required = listed.inputSchema["required"];
  assert.ok(Array.isArray(required));
  const names = argumentNames(tool).filter((one) => one !== "project");
  const optional = names.filter((one) => !required.includes(one)).map((one) => `\`[${one}]\``);
  const args = [...names.filter((one) => required.includes(one)).map((one) => `\`${one}\``)];
  const who = tool.people ? "people" : "all";
  return `| \`${name}\` | ${[...args, ...optional].join(" ")} | ${tool.scope} | ${who} |`
    .replaceAll(/ +/g, " ");
}

Deno.test("docs/mcp.md lists every tool with its arguments, scope and who may call it", async () => {
  const text = await page();
  for (const { name } of TOOLS) assert.ok(text.includes(row(name)), row(name));
  const listed = [...text.matchAll(/\n\| `([a-z_]+)` \|/g)].map(([, name]) => name);
  const known = new Set(TOOLS.map(({ name }) => name));
  assert.deepEqual(listed.filter((name) => name !== undefined && !known.has(name)), []);
});

Deno.test("docs/mcp.md names every resource, prompt, program and limit", async () => {
  const text = await page();
  for (const { uriTemplate } of TEMPLATES) assert.ok(text.includes(`\`${uriTemplate}\``));
  for (const { name } of PROMPTS) assert.ok(text.includes(`\`${name}\``), name);
  for (const name of CLIENTS) assert.ok(text.includes(`kas mcp install ${name}`), name);
  const { depth, concurrent, perCaller, perTree, runMs } = DISPATCH_LIMITS;
  for (
    const line of [
      `| agents above a run | ${depth} |`,
      `| runs of one caller at a time | ${concurrent} |`,
      `| runs of one agent over its life | ${perCaller} |`,
      `| runs below one agent over its life | ${perTree} |`,
      `| length of a run | ${runMs / 60_000} minutes |`,
    ]
  ) assert.ok(text.includes(line), line);
});
