import assert from "node:assert/strict";
import type { Command, Group } from "../lib/cli/define.ts";
import { parseWords } from "../lib/cli/parse.ts";
import { createStyle } from "../lib/cli/style.ts";
import { displayWidth } from "../lib/cli/text.ts";
import { resolveConfig } from "../lib/config/resolve.ts";
import { TOPICS } from "../lib/topic/list.ts";
import { renderPage } from "../lib/topic/render.ts";
import { PAGES } from "../lib/topic/texts.ts";
import { commandWords } from "../lib/toml/words.ts";
import { inWorld } from "./_testing.ts";
import { root } from "./mod.ts";

/** Lines of code blocks of shells, and commands within the text. */
function commandsOf(page: string): string[] {
  const fenced = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, text = ""]) =>
    text.trim().split("\n")
  );
  const prose = page.replaceAll(/```[\s\S]*?```/g, "");
  const inline = [...prose.matchAll(/`(kas [^`]+)`/g)].map(([, text = ""]) =>
    text.replaceAll(/\s+/g, " ")
  );
  return [...fenced, ...inline];
}

/** The words of each kas in a line of a shell. */
function callsIn(line: string): string[][] {
  return line.split(/\s*(?:\|\||\||&&)\s*/).flatMap((part) => {
    const words = commandWords(part.replace(/\s+#.*$/, "").replace(/\s*[<>]\s*\S+/g, ""));
    const start = words.findIndex((word) => !/^[A-Z_]+=/.test(word));
    return words[start] === "kas" ? [words.slice(start + 1)] : [];
  });
}

/** Finds the command and parses its words as the program would. @throws what is wrong with them */
async function parse(words: readonly string[]): Promise<void> {
  let node: Command | Group = root;
  let path = "kas";
  let index = 0;
  while (node.kind === "group") {
    const asked: string | undefined = words[index];
    const here: Group = node;
    const word: string | undefined = asked === undefined || asked.startsWith("-")
      ? here.fallback
      : asked;
    // A group is named in a text.
    if (word === undefined) return;
    const entry = here.commands.get(word);
    assert.ok(entry, `${path} has no ${word}`);
    node = "load" in entry ? (await entry.load()).default : entry;
    if (word === asked) index++;
    path = `${path} ${word}`;
  }
  const rest = words.slice(index).filter((word) => word !== "--json");
  await parseWords(node.args, rest, path);
}

Deno.test("TOPICS and PAGES name the same topics", () => {
  assert.deepEqual(TOPICS.map(({ name }) => name).sort(), Object.keys(PAGES).sort());
});

for (const { name } of TOPICS) {
  Deno.test(`kas help ${name} shows only commands that can be called like that`, async () => {
    const lines = commandsOf(PAGES[name] ?? "");
    const calls = lines.flatMap(callsIn);
    assert.ok(calls.length >= 3, "it has worked examples");
    for (const words of calls) {
      await parse(words).catch((error: Error) => {
        throw new Error(`kas ${words.join(" ")}: ${error.message}`);
      });
    }
  });
}

Deno.test("settings that the topics set are settings of kas", () => {
  const known = new Set(resolveConfig([]).sources.map(({ key }) => key));
  const set = Object.values(PAGES).flatMap(commandsOf).flatMap(callsIn)
    .filter(([first, second]) => first === "config" && second === "set")
    .map((words) => words.slice(2).find((word) => !word.startsWith("--")) ?? "");
  assert.ok(set.length > 4);
  for (const key of set) assert.ok(known.has(key), key);
});

Deno.test("renderPage() wraps text and leaves code as it is", () => {
  const plain = createStyle(false);
  for (const [name, text] of Object.entries(PAGES)) {
    for (const line of renderPage(text, plain).split("\n")) {
      const isCode = line.startsWith("    ");
      assert.ok(isCode || displayWidth(line) <= 80, `${name}: ${line}`);
    }
  }
  const page = "# A\n\none\ntwo\n\n- x\n  y\n- z\n\n```sh\na\n\n  b\n```\n";
  assert.equal(renderPage(page, plain), "A\n\none two\n\n- x y\n- z\n\n    a\n\n      b");
});

Deno.test("kas help lists commands and topics, and shows both", () =>
  inWorld(async (world) => {
    const all = await world.ok("help");
    assert.match(all, /^Commands:$/m);
    for (const { name, summary } of TOPICS) {
      assert.ok(all.includes(`${name} `) && all.includes(summary));
    }
    assert.match(await world.ok("help", "waves"), /^Waves\n\nThe coders of a wave/);
    assert.equal(
      await world.ok("help", "task", "start"),
      await world.ok("task", "start", "--help"),
    );
    const both = await world.ok("help", "skills");
    assert.ok(both.includes("kas skills <command>") && both.includes("A skill is a folder"), both);
    const data = await world.json<{ name: string; text: string }>("help", "skills");
    assert.deepEqual([data.name, data.text.startsWith("# Skills")], ["skills", true]);
    const { code, err } = await world.kas("help", "wavs");
    assert.deepEqual([code, /Did you mean kas help waves\?/.test(err)], [2, true], err);
  }));
