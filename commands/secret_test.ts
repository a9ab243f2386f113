import assert from "node:assert/strict";
import { inWorld, type World } from "./_testing.ts";
import { askHidden, type Keyboard } from "./secret/_prompt.ts";
import { KasError } from "../lib/errors.ts";

const PLANTED = "hunter2-planted";

async function everything(folder: string): Promise<string> {
  let all = "";
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) all += await everything(path);
    else if (entry.isFile) {
      all += `${path}\n${new TextDecoder().decode(await Deno.readFile(path))}\n`;
    }
  }
  return all;
}

const set = (world: World, name: string, stdin: string) =>
  world.run(["secret", "set", name], { stdin });

Deno.test("kas secret set, list and remove never print a value", () =>
  inWorld(async (world) => {
    const stored = await set(world, "gh", `${PLANTED}\n`);
    assert.equal(stored.code, 0);
    assert.match(stored.out, /SOME_VARIABLE = "file:gh"/);
    const list = await world.ok("secret", "list");
    assert.match(list, /^gh +file +file:gh$/m);
    assert.deepEqual(await world.json("secret", "list"), [
      { name: "gh", store: "file", ref: "file:gh" },
    ]);
    assert.equal(await Deno.readTextFile(`${world.dir}/home/secrets/gh`), `${PLANTED}\n`);
    const removed = await world.ok("secret", "remove", "gh");
    assert.doesNotMatch(stored.out + stored.err + list + removed, /hunter2/);
    assert.equal((await world.kas("secret", "remove", "gh")).code, 1);
    assert.equal(await world.ok("secret", "list"), "no secrets\n");
  }));

Deno.test("kas secret set takes no value as an argument, and only from people", () =>
  inWorld(async (world) => {
    const words = await world.kas("secret", "set", "gh", PLANTED);
    assert.equal(words.code, 2);
    for (const [name, stdin] of [["../gh", PLANTED], ["gh", ""], ["gh", `${PLANTED}\0`]] as const) {
      const refused = await set(world, name, stdin);
      assert.equal(refused.code, 2);
      assert.doesNotMatch(refused.out + refused.err, /hunter2/);
    }
    const agent = await world.run(["secret", "set", "gh"], { stdin: PLANTED, session: "1" });
    assert.equal(agent.code, 3);
    await assert.rejects(Deno.lstat(`${world.dir}/home/secrets`), Deno.errors.NotFound);
  }));

Deno.test("a planted secret is in its own file and in nothing else that kas writes or says", () =>
  inWorld(async (world) => {
    await set(world, "gh", PLANTED);
    let said = "";
    for (
      const words of [
        ["create", "scout"],
        ["edit", "scout", "--set", "env.secret.GH_TOKEN=file:gh"],
        ["edit", "scout", "--set", `env.secret.GH_TOKEN=${PLANTED}`],
        ["show", "scout"],
        ["show", "scout", "--json"],
        ["list", "--json"],
        ["export", "scout", `${world.dir}/out`],
        ["rename", "scout", "ranger"],
        ["import", `${world.dir}/out`, "--name", "scout", "--project"],
      ]
    ) {
      const { out, err } = await world.kas("agent", ...words);
      said += out + err;
    }
    assert.match(said, /GH_TOKEN \(file:gh\)/);
    assert.doesNotMatch(said, /hunter2/);
    const own = `${world.dir}/home/secrets/gh\n${PLANTED}\n`;
    const all = await everything(world.dir);
    assert.ok(all.includes(own));
    assert.doesNotMatch(all.replace(own, ""), /hunter2/);
  }));

function keyboard(...keys: string[]): { keyboard: Keyboard; shown: () => string; raw: boolean[] } {
  const raw: boolean[] = [];
  let shown = "";
  const readable = ReadableStream.from(keys.map((key) => new TextEncoder().encode(key)));
  const write = (text: string) => void (shown += text);
  return {
    keyboard: { readable, setRaw: (on) => void raw.push(on), write },
    shown: () => shown,
    raw,
  };
}

Deno.test("askHidden() shows nothing of what is typed and gives the terminal back", async () => {
  const typed = keyboard("wrong\x15hux\x7fn", "ter", "\b\br2é\x1b\t", "\rmore");
  assert.equal(await askHidden("Value: ", typed.keyboard), "huntr2é");
  assert.deepEqual([typed.shown(), typed.raw], ["Value: \n", [true, false]]);
  for (const key of ["\x03", "\x04"]) {
    const off = keyboard("hun", key);
    await assert.rejects(askHidden("Value: ", off.keyboard), (error) => {
      return error instanceof KasError && error.code === "usage" && !/hun/.test(error.message);
    });
    assert.deepEqual(off.raw, [true, false]);
  }
});
