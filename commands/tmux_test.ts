import assert from "node:assert/strict";
import { inWorld, type World } from "./_testing.ts";

async function stray(world: World, name: string): Promise<number> {
  const { pid } = await world.tmux().start({
    name,
    cwd: world.repo,
    argv: ["sh", "-c", "exec sleep 1000"],
    env: {},
    marker: `${world.dir}/started-${name}`,
  });
  return pid;
}

Deno.test("kas tmux list shows sessions without a live row only", () =>
  inWorld(async (world) => {
    assert.equal(await world.ok("tmux", "list"), "no orphan tmux sessions found\n");
    const row = await world.session({ key: "a", title: "mine" });
    await stray(world, row.tmuxName);
    assert.equal(await world.ok("tmux", "list"), "no orphan tmux sessions found\n");
    const ended = await world.session({ key: "b", title: "old" });
    await world.store.commit([{ kind: "session", id: ended.id, patch: { status: "exited" } }]);
    await stray(world, ended.tmuxName);
    await stray(world, "lost-one");
    assert.match(
      await world.ok("tmux", "list"),
      /^NAME +TITLE +WINDOWS +ATTACHED +AGE\nkas-2 +old +1 +no +\d+\w+\nlost-one +\S+ +1 +no +\d+\w+\n$/,
    );
    const rows = await world.json<Record<string, unknown>[]>("tmux", "list");
    assert.deepEqual(rows.map((one) => [one.name, one.windows, one.attached]), [
      ["kas-2", 1, false],
      ["lost-one", 1, false],
    ]);
  }));

Deno.test("kas tmux adopt makes an instance of an orphan, which kill ends", () =>
  inWorld(async (world) => {
    const pid = await stray(world, "lost-one");
    await world.session({ key: "a", title: "taken" });
    const adopt = (...argv: string[]) => world.kas("tmux", "adopt", ...argv);
    assert.equal((await adopt("lost-one", " ")).code, 2);
    const taken = await adopt("lost-one", "taken");
    assert.equal(taken.code, 1);
    assert.match(taken.err, /^error: instance title already exists: taken\n/);
    const gone = await adopt("nothing", "free");
    assert.match(gone.err, /^error: orphan tmux session not found: nothing\n/);
    assert.equal((await world.store.sessions()).length, 1);

    assert.equal((await adopt("lost-one", "free")).out, "adopted: lost-one as free\n");
    const [row] = await world.json<Record<string, unknown>[]>(
      "instance",
      "list",
      "--status",
      "running",
    );
    assert.deepEqual(
      [row?.title, row?.role, row?.harness, row?.status, row?.pid, row?.tmux_name],
      ["free", "chat", "none", "running", pid, "kas-2"],
    );
    assert.deepEqual(await world.json("tmux", "list"), []);
    assert.equal((await world.kas("instance", "capture", "free")).code, 0);
    assert.equal((await world.kas("instance", "pause", "free")).code, 3);
    assert.equal(await world.ok("instance", "kill", "free"), "killed: free\n");
    assert.equal(await world.tmux().has("kas-2"), false);
  }));

Deno.test("kas tmux kill ends orphans and nothing else", () =>
  inWorld(async (world) => {
    const row = await world.session({ key: "a", title: "mine" });
    await stray(world, row.tmuxName);
    await stray(world, "lost-one");
    const mine = await world.kas("tmux", "kill", row.tmuxName);
    assert.equal(mine.code, 1);
    assert.match(mine.err, /^error: orphan tmux session not found: kas-1\n/);
    assert.equal((await world.run(["tmux", "kill", "lost-one"], { session: "1" })).code, 3);
    assert.equal(await world.tmux().has("lost-one"), true);
    assert.equal(await world.ok("tmux", "kill", "lost-one"), "killed: lost-one\n");
    assert.equal(await world.tmux().has("lost-one"), false);
    assert.equal(await world.tmux().has(row.tmuxName), true);
  }));
