import { deepEqual, equal, match } from "node:assert/strict";
import { inWorld, type World } from "../commands/_testing.ts";
import { isRunning } from "../lib/harness/process_info.ts";
import { addAgent, appears, filesUnder, kas, until } from "./support/run_world.ts";

const MAIN = new URL("../main.ts", import.meta.url).pathname;

/** Runs a line of sh in a real terminal; `$KAS` is kas. */
async function inTerminal(world: World, line: string): Promise<void> {
  const script = `${world.dir}/session.sh`;
  const words = `${Deno.execPath()} run -A --quiet ${MAIN}`;
  await Deno.writeTextFile(script, `#!/bin/sh\nkas() { ${words} "$@"; }\n${line}\n`, {
    mode: 0o700,
  });
  await world.tmux().start({
    name: "chat-test",
    cwd: world.repo,
    argv: ["/bin/sh", script],
    env: { ...world.env },
    marker: `${world.dir}/started`,
  });
}

Deno.test("kas chat is refused where there is no terminal, with the way to go", async () => {
  await inWorld(async (world) => {
    await addAgent(world, "echo", "exec cat");
    const run = await kas(world, ["chat", "-a", "echo"], { stdin: "x" });
    deepEqual([run.code, run.out], [2, ""]);
    match(run.err, /not a terminal[^]*kas run[^]*--detach/);
  });
});

Deno.test("kas chat gives the terminal to the agent and takes it back as it was", async () => {
  await inWorld(async (world) => {
    const done = `${world.dir}/done`;
    // it puts the terminal into raw mode and dies without a chance to tidy up
    await addAgent(
      world,
      "raw",
      `test -t 0 && test -t 1 && echo "$TERM $1" > ${world.dir}/seen; stty raw -echo; kill -KILL $$`,
    );
    await inTerminal(
      world,
      `stty -a > ${world.dir}/before; kas chat -a raw 'hello there' 2> ${world.dir}/err
status=$?; stty -a > ${world.dir}/after; echo $status > ${done}; sleep 600`,
    );
    equal(await appears(done), "137");
    equal(await appears(`${world.dir}/seen`), "tmux-256color hello there");
    equal(
      await Deno.readTextFile(`${world.dir}/after`),
      await Deno.readTextFile(`${world.dir}/before`),
    );
    match(await Deno.readTextFile(`${world.dir}/err`), /command was ended by SIGKILL/);
    deepEqual(await filesUnder(`${world.paths.stateDir}/runtime`), []);
    deepEqual(await world.store.tokens({ live: Date.now() }), []);
  });
});

Deno.test("Ctrl-C in a chat is the agent's; a hang-up ends it", async () => {
  await inWorld(async (world) => {
    const pid = `${world.dir}/pid`;
    const body = `trap 'echo got > ${world.dir}/int' INT; echo $$ > ${pid}
while :; do sleep 0.05; done`;
    await addAgent(world, "patient", body);
    await inTerminal(world, "kas chat -a patient");
    const agent = await appears(pid);
    await world.tmux().keys("chat-test", ["C-c"]);
    equal(await appears(`${world.dir}/int`), "got");
    equal(await isRunning(Number(agent)), true);
    await world.tmux().kill("chat-test");
    await until(async () => !(await isRunning(Number(agent))));
    await until(async () => (await filesUnder(`${world.paths.stateDir}/runtime`)).length === 0);
  });
});

Deno.test("a chat that is told to end takes along what left its session, as shell tools do", async () => {
  await inWorld(async (world) => {
    const away = `${world.dir}/away`;
    const body = `setsid sh -c 'trap "" HUP TERM; echo $$ > ${away}; while :; do sleep 0.05; done' &
echo $PPID > ${world.dir}/kas; wait`;
    await addAgent(world, "shy", body);
    await inTerminal(world, "kas chat -a shy");
    const kas = Number(await appears(`${world.dir}/kas`));
    const left = Number(await appears(away));
    Deno.kill(kas, "SIGTERM");
    await until(async () => !(await isRunning(left)));
    await until(async () => (await filesUnder(`${world.paths.stateDir}/runtime`)).length === 0);
  });
});
