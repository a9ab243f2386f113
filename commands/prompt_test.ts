import assert from "node:assert/strict";
import { SOULS } from "../lib/agent/souls.ts";
import { VARIABLES } from "../lib/agent/variables.ts";
import type { Command, Entry, Group } from "../lib/cli/define.ts";
import { TOOLS } from "../lib/mcp/tools.ts";
import { ROLES } from "../lib/store/types.ts";
import { BIG_PLAN, inWorld, type World } from "./_testing.ts";
import { root } from "./mod.ts";

/** What each role is told, with the subtask of a wave where it has one. */
async function shown(world: World): Promise<string[]> {
  await world.ok("task", "create", "one", "--content", BIG_PLAN, "--description", "Log in");
  const asked = [
    ...ROLES.map((role) => [role]),
    ["coder", "--wave", "1", "--subtask", "2"],
    ["fixer", "--wave", "2", "--subtask", "3"],
  ];
  const texts: string[] = [];
  for (const [role = "", ...rest] of asked) {
    texts.push(await world.ok("prompt", "show", role, "--task", "one", ...rest));
  }
  return [...texts, ...Object.values(SOULS)];
}

/** Whether words name a command, and how far down they do. */
async function isCommand(words: readonly string[]): Promise<boolean> {
  let node: Command | Group = root;
  for (const word of words) {
    if (node.kind === "command") return true;
    const entry: Entry | undefined = node.commands.get(word);
    if (entry === undefined) return false;
    node = "load" in entry ? (await entry.load()).default : entry;
  }
  return node.kind === "command";
}

Deno.test("W29: every command, tool and variable in a prompt or soul is one that exists", () =>
  inWorld(async (world) => {
    const tools = new Set(TOOLS.map((tool) => tool.name));
    const variables = new Set<string>(Object.values(VARIABLES));
    let seen = 0;
    for (const text of await shown(world)) {
      for (const [, words = ""] of text.matchAll(/\bkas ((?:[a-z-]+ )?[a-z-]+)(?= |$|\n)/g)) {
        if (!/^(task|signal|prompt|instance) /.test(words)) continue;
        assert.ok(await isCommand(words.split(" ")), `kas ${words}`);
        seen++;
      }
      for (const [tool] of text.matchAll(/\b(?:task|signal|instance)_[a-z_]+(?= with| \()/g)) {
        assert.ok(tools.has(tool), tool);
        seen++;
      }
      for (const [name] of text.matchAll(/\bKASMOS_[A-Z_]+\b/g)) {
        assert.ok(variables.has(name), name);
        seen++;
      }
    }
    assert.ok(seen > 20, `only ${seen} were found`);
  }));

Deno.test("kas prompt show prints soul and prompt of the agent the settings choose", () =>
  inWorld(async (world) => {
    await world.ok("task", "create", "one", "--content", BIG_PLAN);
    const text = await world.ok("prompt", "show", "reviewer", "--task", "one");
    assert.match(text, /^--- soul of reviewer\nYou are a reviewer\./);
    assert.match(text, /\n--- prompt\nYou are the reviewer of task "one"/);
    await Deno.mkdir(`${world.repo}/.kasmos`, { recursive: true });
    await Deno.writeTextFile(
      `${world.repo}/.kasmos/config.toml`,
      '[phases]\nquality_review = "judge"\n[agents.judge]\nprogram = "sh"\n',
    );
    const data = await world.json("prompt", "show", "reviewer", "--task", "one");
    assert.deepEqual([data.agent, data.role, data.task], ["judge", "reviewer", "one"]);
    const chat = await world.ok("prompt", "show", "chat", "--task", "one");
    assert.equal(chat, `--- soul of chat\n${SOULS.chat.trimEnd()}\n`);
    const coder = await world.json<{ prompt: string }>(
      ...["prompt", "show", "coder", "--task", "one", "--wave", "1", "--subtask", "2"],
    );
    assert.match(coder.prompt, /coder of task 2 in wave 1 of 2/);
  }));

Deno.test("kas prompt show refuses what it cannot show", () =>
  inWorld(async (world) => {
    await world.ok("task", "create", "one", "--content", BIG_PLAN);
    const cases: [string[], number, RegExp][] = [
      [["pilot", "--task", "one"], 2, /no such role\nhint: Roles: planner/],
      [["chat", "--task", "one", "--wave", "1", "--subtask", "1"], 2, /no part in a task/],
      [["coder"], 2, /without a task/],
      [["coder", "--task", "two"], 1, /task not found: "two"/],
      [["coder", "--task", "one", "--wave", "1"], 2, /go together/],
      [["coder", "--task", "one", "--wave", "9", "--subtask", "1"], 2, /the plan has no such task/],
    ];
    for (const [argv, code, message] of cases) {
      const run = await world.kas("prompt", "show", ...argv);
      assert.deepEqual([run.code, run.out], [code, ""], argv.join(" "));
      assert.match(run.err, message);
    }
  }));
