import assert from "node:assert/strict";
import { defineCommand, defineGroup } from "../../lib/cli/define.ts";
import { VARIABLES } from "../../lib/agent/variables.ts";
import { RUNTIMES } from "../../lib/agent/types.ts";
import { SIGNAL_TYPES } from "../../lib/signal/types.ts";
import { ScriptError } from "../run.ts";
import { cliReference, slug } from "./cli_reference.ts";
import { argumentRows, commandTree, leaves, usageOf } from "./commands.ts";
import { configReference, staleMeanings } from "./config_reference.ts";
import { kasLines, shellBlocks } from "./examples.ts";
import { code, plain, table } from "./markdown.ts";
import { DOCS } from "./references.ts";
import { fillRegions, formatted } from "./regions.ts";
import { escapeHtml, renderMarkdown } from "./render.ts";
import { checkSite } from "./site_check.ts";
import { signalReference } from "./signal_reference.ts";
import { linkFrom } from "./site.ts";

const render = (markdown: string) =>
  renderMarkdown("docs/x.md", markdown, {
    link: (url) => url,
    image: (url) => `<img src="${url}">`,
  });

const command = defineCommand({
  description: "Do a <thing>",
  args: {
    task: { type: "positional", description: "Name | of it" },
    dryRun: { type: "boolean", short: "n", description: "Only look" },
    limit: { type: "number", default: 50, metavar: "n", description: "How many" },
    ghost: { type: "string", hidden: true },
  },
  examples: [["kas do it", "Once"]],
  run() {},
});
const tree = () =>
  commandTree(defineGroup({
    description: "x",
    commands: {
      do: { summary: "Do it", aliases: ["d"], load: () => Promise.resolve({ default: command }) },
      hush: { summary: "-", hidden: true, load: () => Promise.resolve({ default: command }) },
    },
  }));

Deno.test("commandTree() loads every command with its aliases", async () => {
  const all = leaves(await tree());
  assert.deepEqual(all.map(({ path, aliases, hidden }) => [path, aliases, hidden]), [
    ["kas do", ["d"], false],
    ["kas hush", [], true],
  ]);
  assert.equal(all.map(usageOf)[0], "kas do <task> [options]");
});

Deno.test("argumentRows() has arguments first, defaults, and nothing hidden", () => {
  assert.deepEqual(argumentRows(command), [
    { name: "<task>", meaning: "Name | of it", fallback: "" },
    { name: "-n, --dry-run", meaning: "Only look", fallback: "" },
    { name: "--limit <n>", meaning: "How many", fallback: "50" },
  ]);
});

Deno.test("cliReference() escapes what the commands say and keeps hidden ones apart", async () => {
  const text = cliReference(await tree());
  assert.match(text, /^Do a \\<thing\\>\.$/m);
  assert.ok(text.includes("| `<task>` | Name \\| of it | "));
  assert.match(text, /# Once\nkas do it\n/);
  assert.ok(text.indexOf("kas hush") > text.indexOf("## Called by other programs"));
});

Deno.test("configReference() explains every setting, and none that is gone", () => {
  assert.deepEqual(staleMeanings(), []);
  const tables = configReference();
  assert.match(tables["config-policy"] ?? "", /`ui\.max_review_fix_cycles` \| [^|]+ \| `5` \|/);
});

Deno.test("signalReference() has every type", () => {
  const types = signalReference()["signal-types"] ?? "";
  for (const type of SIGNAL_TYPES) assert.ok(types.includes(`| \`${type}\` |`), type);
});

Deno.test("fillRegions() replaces what stands between the marks and nothing else", () => {
  const page = "a\n\n<!-- generated: x -->\n\nold\n\n<!-- end: x -->\n\nb\n";
  const filled = fillRegions(page, { x: "new" });
  assert.equal(filled, page.replace("old", "new"));
  assert.equal(fillRegions(filled, { x: "new" }), filled);
  assert.throws(() => fillRegions(page, {}), ScriptError);
  assert.throws(() => fillRegions("<!-- generated: x -->\n", { x: "" }), ScriptError);
});

Deno.test("formatted() writes markdown as deno fmt would", async () => {
  assert.equal(
    await formatted("| a | b |\n|-|-|\n| 1 | 22 |\n"),
    "| a | b  |\n| - | -- |\n| 1 | 22 |\n",
  );
});

Deno.test("table(), code() and plain() escape", () => {
  assert.equal(table(["a"], []), "");
  assert.match(table(["a"], [["x|y\nz"]]), /\| x\\\|y z \|/);
  assert.equal(code("a`b"), "``a`b``");
  assert.equal(plain("<a> [b] *c*"), "\\<a\\> \\[b\\] \\*c\\*");
});

Deno.test("renderMarkdown() escapes text, code and addresses", () => {
  const { html } = render('# T\n\na < b & "c" `<i>`\n\n[x](https://e.org/?a="b)\n');
  assert.match(html, /a &lt; b &amp; &quot;c&quot; <code>&lt;i&gt;<\/code>/);
  assert.match(html, /href="https:\/\/e\.org\/\?a=&quot;b"/);
  assert.equal(escapeHtml("'"), "&#39;");
});

Deno.test("renderMarkdown() refuses HTML, and leaves comments out", () => {
  assert.throws(() => render("# T\n\n<script>alert(1)</script>\n"), ScriptError);
  assert.throws(() => render("# T\n\na <b onclick=x>c</b>\n"), ScriptError);
  assert.doesNotMatch(render("# T\n\n<!-- note -->\n").html, /note/);
});

Deno.test("renderMarkdown() numbers headings of the same text and fills the search", () => {
  const { headings, sections, title } = render("# T\n\n## A b\n\nsome text\n\n## A b\n");
  assert.equal(title, "T");
  assert.deepEqual(headings.map(({ id }) => id), ["a-b", "a-b-1"]);
  assert.equal(sections[1]?.text, "some text ");
});

Deno.test("slug() is the anchor that sites make", () => {
  assert.equal(slug("`[agents.<name>]`"), "agentsname");
  assert.equal(slug("kas task create"), "kas-task-create");
});

Deno.test("linkFrom() leads to pages of the site, and takes links to code away", () => {
  assert.equal(linkFrom("docs/a.md", "plans.md#findings"), "plans.html#findings");
  assert.equal(linkFrom("CONTRIBUTING.md", "docs/cli.md"), "cli.html");
  assert.equal(linkFrom("docs/a.md", "../CONTRIBUTING.md"), "contributing.html");
  assert.equal(linkFrom("docs/a.md", "../deno.json"), null);
  assert.equal(linkFrom("docs/a.md", "https://e.org/"), "https://e.org/");
});

Deno.test("checkSite() finds dead links, missing anchors, things from outside and broken HTML", () => {
  const found = (html: string): string[] =>
    checkSite(new Map([["a.html", html], ["b.html", '<p id="x">b</p>']]));
  assert.deepEqual(found('<p><a href="b.html#x">b</a></p>'), []);
  assert.match(found('<a href="c.html">c</a>').join(), /leads nowhere/);
  assert.match(found('<a href="b.html#y">c</a>').join(), /names no heading/);
  assert.match(found('<img src="https://e.org/x.png">').join(), /loads https/);
  assert.match(found('<script src="//e.org/x.js"></script>').join(), /loads \/\//);
  assert.match(found("<p><b>x</p>").join(), /ends <b>/);
  assert.match(found("<p>a < b</p>").join(), /stray markup/);
  assert.match(found('<p id="x"></p><p id="x"></p>').join(), /two elements/);
});

Deno.test("shellBlocks() knows which may be run", () => {
  const page = "```sh\nkas status\n```\n\n```sh no-run: a reason\nx\n```\n\n```text\ny\n```\n";
  assert.deepEqual(shellBlocks(page), [
    { line: 1, text: "kas status", noRun: null },
    { line: 5, text: "x", noRun: "a reason" },
  ]);
});

Deno.test("kasLines() finds commands behind pipes, in loops and in quotes", () => {
  assert.deepEqual(
    kasLines(
      "# kas no\nkas run --task 'a | b' | kas run x  # note\nfor a in *; do kas agent import \"$a\"; done",
    ),
    ["kas run --task 'a | b'", "kas run x", 'kas agent import "$a"'],
  );
  assert.deepEqual(kasLines("kas task update-content x < plan.md"), ["kas task update-content x"]);
  assert.deepEqual(kasLines("curl x/kas y"), []);
});

Deno.test("files-and-environment.md names every variable agents get and every program variable", async () => {
  const page = await Deno.readTextFile(`${DOCS}/files-and-environment.md`);
  const programs = RUNTIMES.filter((name) => name !== "command" && name !== "demo")
    .map((name) => `KASMOS_${name.toUpperCase()}_BIN`);
  const missing = [...Object.values(VARIABLES), ...programs]
    .filter((name) => !page.includes(`\`${name}\``));
  assert.deepEqual(missing, []);
});
