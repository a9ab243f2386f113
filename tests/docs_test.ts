import assert from "node:assert/strict";
import { root } from "../commands/mod.ts";
import type { Command, Group } from "../lib/cli/define.ts";
import { parseWords } from "../lib/cli/parse.ts";
import { selfArgv } from "../lib/self.ts";
import { commandWords } from "../lib/toml/words.ts";
import { kasLines, shellBlocks } from "../scripts/docs/examples.ts";
import { DOCS, findDrift, pageNames } from "../scripts/docs/references.ts";
import { ROOT } from "../scripts/run.ts";
import { checkSite } from "../scripts/docs/site_check.ts";
import { siteFiles } from "../scripts/docs/site.ts";
import { Lab } from "./support/lab.ts";

const page = (name: string): Promise<string> => Deno.readTextFile(`${DOCS}/${name}.md`);

Deno.test("The generated parts of docs/ are what the code says", async () => {
  const drift = await findDrift();
  assert.deepEqual(drift.map(({ path }) => path), [], "run deno task docs");
});

Deno.test("Every link of the site leads somewhere, nothing comes from outside, HTML is whole", async () => {
  assert.deepEqual(checkSite(await siteFiles()), []);
});

/** The command a line means, and the words behind it. */
async function commandOf(words: readonly string[]): Promise<[Command, string, string[]]> {
  let node: Command | Group = root;
  let path = "kas";
  const rest = [...words];
  while (node.kind === "group") {
    const group: Group = node;
    const word = rest[0]?.startsWith("-") === false ? rest.shift() ?? "" : group.fallback ?? "";
    const found = [...group.commands].find(([name, entry]) =>
      name === word || ("aliases" in entry && entry.aliases?.includes(word) === true)
    );
    assert.ok(found, `${path} has no "${word}"`);
    const [name, entry] = found;
    node = "load" in entry ? (await entry.load()).default : entry;
    path = `${path} ${name}`;
  }
  return [node, path, rest];
}

/** Parses a line as kas would, and runs nothing. */
async function understand(line: string): Promise<void> {
  const [, ...words] = commandWords(
    line.replaceAll(/<[a-z-]+>/g, "1").replaceAll(/\$\(.*\)/g, "1"),
  );
  const own = words.filter((word) => !["--json", "--no-color", "--help", "-h"].includes(word));
  if (own.length === 0 || own[0] === "--version") return;
  if (own[0] === "help") return;
  const [command, path, rest] = await commandOf(own);
  await parseWords(command.args, rest, path);
}

Deno.test("Every command shown in docs/ is one that kas understands", async () => {
  const files = [...(await pageNames()).map((name) => `docs/${name}.md`), "README.md"];
  const wrong: string[] = [];
  let count = 0;
  for (const file of files) {
    for (const { line, text } of shellBlocks(await Deno.readTextFile(`${ROOT}/${file}`))) {
      for (const command of kasLines(text)) {
        count++;
        try {
          await understand(command);
        } catch (error) {
          if (!(error instanceof Error)) throw error;
          wrong.push(`${file}:${line}: ${command}: ${error.message}`);
        }
      }
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(count > 100, `only ${count} commands were found`);
});

/** Runs the blocks of a page in a lab's repository, one after the other, as a person would. */
async function runPage(
  lab: Lab,
  name: string,
  before: (text: string) => Promise<void> = () => Promise.resolve(),
): Promise<number> {
  const bin = `${lab.sandbox.root}/docs-bin`;
  await Deno.mkdir(bin, { recursive: true });
  const self = selfArgv().map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  await Deno.writeTextFile(`${bin}/kas`, `#!/bin/sh\nexec ${self} "$@"\n`, { mode: 0o755 });
  const blocks = shellBlocks(await page(name)).filter(({ noRun }) => noRun === null);
  for (const { line, text } of blocks) {
    await before(text);
    const { code, stdout, stderr } = await new Deno.Command("bash", {
      args: ["-euo", "pipefail", "-c", text],
      cwd: lab.sandbox.repo,
      env: { ...lab.env, NO_COLOR: "1", PATH: `${bin}:${Deno.env.get("PATH") ?? ""}` },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    const decoder = new TextDecoder();
    const said = `${decoder.decode(stdout)}${decoder.decode(stderr)}`;
    assert.equal(code, 0, `docs/${name}.md:${line} ended with ${code}:\n${text}\n${said}`);
  }
  return blocks.length;
}

/** The plan that getting started shows. */
async function plan(): Promise<string> {
  const found = /```text\n(# [\s\S]*?)```/.exec(await page("getting-started"))?.[1];
  assert.ok(found, "getting-started.md shows no plan");
  return found;
}

Deno.test("Getting started works as it is written", async () => {
  await using lab = await Lab.open({ policy: { auto_merge: false } });
  const blocks = await runPage(lab, "getting-started", async (text) => {
    if (text.includes("plan.md")) {
      await Deno.writeTextFile(`${lab.sandbox.repo}/plan.md`, await plan());
    }
    if (text.includes("task merge")) await lab.untilStatus("greet", "done");
  });
  assert.ok(blocks >= 6, `only ${blocks} blocks were run`);
  assert.match(await lab.git("log", "-1", "--format=%s", "main"), /greet/);
  await lab.untilMerged("greet");
  await runPage(lab, "troubleshooting");
});

Deno.test("The other pages' commands work as they are written", async () => {
  await using lab = await Lab.open();
  await Deno.writeTextFile(`${lab.sandbox.repo}/plan.md`, await plan());
  const made = await lab.kas("task", "create", "greet", "--content-file", "plan.md");
  assert.equal(made.code, 0, made.err);
  const pages = [
    "signals",
    "configuration",
    "waves",
    "security",
    "migrating-from-kman",
    "migrating-from-kasmos",
  ];
  for (const name of pages) assert.ok(await runPage(lab, name) > 0, `${name} has nothing to run`);
});
