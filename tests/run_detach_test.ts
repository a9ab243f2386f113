import { deepEqual, equal } from "node:assert/strict";
import { inWorld, type World } from "../commands/_testing.ts";
import { addAgent, appears, kas, until } from "./support/run_world.ts";

/** Runs the test with the daemon that commands start, and ends that. */
async function withDaemon(test: (world: World) => Promise<void>): Promise<void> {
  await inWorld(async (world) => {
    world.tmux();
    try {
      await test(world);
    } finally {
      await kas(world, ["daemon", "stop"], {});
    }
  });
}

Deno.test("--detach: the daemon keeps the run as an instance, with its identity bound to it", async () => {
  await withDaemon(async (world) => {
    const seen = `${world.dir}/seen`;
    const body = `echo "$KASMOS_SESSION $KASMOS_AGENT $1 $(cat)" > ${seen}
while ! test -e ${world.dir}/go; do sleep 0.05; done`;
    await addAgent(world, "slow", body);
    const argv = ["run", "-a", "slow", "--detach", "--title", "lazy", "--task", "- hi", "--json"];
    const asked = await kas(world, [...argv, "--", "--extra"], {});
    equal(asked.code, 0, asked.err);
    const { id, title } = JSON.parse(asked.out);
    equal(title, "lazy");
    await until(async () => (await world.store.session(id))?.status === "running");
    equal(await appears(seen), `${id} slow --extra - hi`);
    const [token] = await world.store.tokens({ live: Date.now() });
    deepEqual([token?.sessionId, token?.grant?.agent], [id, "slow"]);
    const taken = await kas(world, argv, {});
    equal(taken.code, 1);
    await Deno.writeTextFile(`${world.dir}/go`, "");
    await until(async () => (await world.store.session(id))?.status === "exited");
    deepEqual(await world.store.tokens({ live: Date.now() }), []);
  });
});

Deno.test("--detach: what is wrong with a launch is said at once, and no daemon is needed for that", async () => {
  await inWorld(async (world) => {
    await addAgent(world, "echo", "exec cat");
    const detach = ["--detach", "--task", "x"];
    equal((await kas(world, ["run", "-a", "ghost", ...detach], {})).code, 1);
    const missing = ["run", "-a", "echo", "--runtime", "gemini", ...detach];
    equal((await kas(world, missing, { env: { PATH: "/nope" } })).code, 4);
    const outside = await kas(world, ["run", "-a", "echo", ...detach], { cwd: world.dir });
    deepEqual([outside.code, outside.out], [1, ""]);
    deepEqual(await world.store.sessions({}), []);
  });
});
