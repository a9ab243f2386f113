import assert from "node:assert/strict";
import { PLATFORMS } from "../../lib/release.ts";
import { ROOT } from "../run.ts";

const FOLDER = `${ROOT}/.github/workflows`;

async function workflows(): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for await (const { name } of Deno.readDir(FOLDER)) {
    texts.set(name, await Deno.readTextFile(`${FOLDER}/${name}`));
  }
  return texts;
}

/** What stands after each `run:`, with the lines that are indented deeper than that word. */
function shellCommands(text: string): string[] {
  const commands: string[] = [];
  let column = Infinity;
  for (const line of text.split("\n")) {
    const [, before, command = ""] = /^( *(?:- )?)run: (.*)/.exec(line) ?? [];
    const indent = line.search(/\S/);
    if (before !== undefined) {
      commands.push(command);
      column = before.length;
    } else if (indent > column) {
      commands.push(`${commands.pop() ?? ""}\n${line}`);
    } else if (indent >= 0) {
      column = Infinity;
    }
  }
  return commands;
}

Deno.test("workflows take every action by a commit, the same one everywhere, and say its version", async () => {
  const pins = new Map<string, string>();
  for (const [name, text] of await workflows()) {
    for (const [, used = ""] of text.matchAll(/^\s*(?:- )?uses: (.*)$/gm)) {
      const [, action = "", pin = ""] = /^([\w./-]+)@([0-9a-f]{40} # v\d+\.\d+\.\d+)$/.exec(used) ??
        [];
      assert.notEqual(pin, "", `${name}: ${used}`);
      assert.equal(pins.get(action) ?? pin, pin, `${name}: ${used}`);
      pins.set(action, pin);
    }
  }
  assert.ok(pins.size >= 5, `found only ${pins.size}`);
});

Deno.test("workflows may read and no more, and hand nothing of an event to a shell", async () => {
  for (const [name, text] of await workflows()) {
    assert.match(text, /^permissions:\n {2}contents: read\n$/m, name);
    const commands = shellCommands(text);
    assert.ok(commands.length > 0, name);
    for (const command of commands) assert.doesNotMatch(command, /\$\{\{/, name);
    for (const [write] of text.matchAll(/^ +[\w-]+: write.*$/gm)) assert.match(write, / # /, name);
  }
});

Deno.test("the release is built for every platform it promises", async () => {
  const text = (await workflows()).get("release.yml") ?? "";
  for (const platform of PLATFORMS) {
    assert.match(text, new RegExp(`(platform|KAS_PLATFORM|name): ${platform}\\b`), platform);
  }
});

Deno.test("scripts and tasks that workflows call are there", async () => {
  const config: { tasks: Record<string, unknown> } = JSON.parse(
    await Deno.readTextFile(`${ROOT}/deno.json`),
  );
  for (const [name, text] of await workflows()) {
    for (const [, path = ""] of text.matchAll(/\b(scripts\/[\w/]+\.ts)\b/g)) {
      assert.ok((await Deno.stat(`${ROOT}/${path}`)).isFile, `${name}: ${path}`);
    }
    for (const [, task = ""] of text.matchAll(/deno task ([\w:]+)/g)) {
      assert.ok(config.tasks[task] !== undefined, `${name}: ${task}`);
    }
  }
});
