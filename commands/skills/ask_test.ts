import assert from "node:assert/strict";
import { inWorld, type World } from "../_testing.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;
// Says the status when it is over, and keeps the screen.
const SHOW = `"$@"; echo "status=$?"; exec sleep 60`;

/** Runs a command line in a terminal of its own. */
async function inTerminal(world: World, name: string, argv: readonly string[]) {
  const tmux = world.tmux();
  await tmux.start({
    name,
    cwd: world.repo,
    argv: ["sh", "-c", SHOW, "sh", Deno.execPath(), "run", "-A", "--quiet", MAIN, ...argv],
    env: { ...world.env, TERM: "screen-256color" },
    marker: `${world.dir}/started-${name}`,
  });
  return {
    keys: (...keys: string[]) => tmux.keys(name, keys),
    async shows(wanted: RegExp): Promise<string> {
      for (let tries = 0; tries < 1000; tries++) {
        const text = await tmux.capture(name);
        if (wanted.test(text)) return text;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      assert.fail(`the terminal never showed ${wanted}: ${await tmux.capture(name)}`);
    },
  };
}

async function source(world: World): Promise<string> {
  for (const name of ["a", "b", "c"]) {
    await Deno.mkdir(`${world.dir}/src/${name}`, { recursive: true });
    const text = `---\nname: ${name}\ndescription: How to ${name}\n---\n`;
    await Deno.writeTextFile(`${world.dir}/src/${name}/SKILL.md`, text);
  }
  return `${world.dir}/src`;
}

async function installed(world: World): Promise<string[]> {
  const rows = await world.json<{ name: string }[]>("skills", "list");
  return rows.map(({ name }) => name);
}

Deno.test("on a terminal, skills to add are chosen; cancelled, none is added", async () => {
  await inWorld(async (world) => {
    const argv = ["skills", "add", await source(world)];
    const cancelled = await inTerminal(world, "cancelled", argv);
    await cancelled.shows(/Which skills\?[\s\S]*a[\s\S]*b[\s\S]*c/);
    await cancelled.keys("Space", "C-c");
    assert.match(await cancelled.shows(/status=/), /Cancelled: nothing was added[\s\S]*status=130/);
    assert.deepEqual(await installed(world), []);
    const chosen = await inTerminal(world, "chosen", argv);
    await chosen.shows(/Which skills\?/);
    await chosen.keys("Space", "Down", "Down", "Space", "Enter");
    assert.match(await chosen.shows(/status=/), /added: a[\s\S]*added: c[\s\S]*status=0/);
    assert.deepEqual(await installed(world), ["a", "c"]);
  });
});

Deno.test("on a terminal, a removal is asked for, and no is the first answer", async () => {
  await inWorld(async (world) => {
    await world.ok("skills", "add", await source(world), "--all");
    const no = await inTerminal(world, "no", ["skills", "remove", "a"]);
    await no.shows(/Remove a from the project\?/);
    await no.keys("Enter");
    assert.match(await no.shows(/status=/), /nothing was removed[\s\S]*status=130/);
    const yes = await inTerminal(world, "yes", ["skills", "remove", "a"]);
    await yes.shows(/Remove a from the project\?/);
    await yes.keys("y");
    assert.match(await yes.shows(/status=/), /removed: a[\s\S]*status=0/);
    assert.deepEqual(await installed(world), ["b", "c"]);
  });
});
