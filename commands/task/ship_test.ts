import assert from "node:assert/strict";
import { inWorld, type World } from "../_testing.ts";

/** The worktree of a task as the daemon makes it, with one commit. */
async function withTree(world: World, name: string): Promise<string> {
  const path = `${world.repo}/.worktrees/${name}`;
  await world.git(["worktree", "add", "-q", path, "-b", `plan/${name}`]);
  await Deno.writeTextFile(`${world.repo}/.git/info/exclude`, "/.worktrees/\n");
  await Deno.writeTextFile(`${path}/${name}.txt`, "made\n");
  await world.git(["add", "."], path);
  await world.git(["commit", "-q", "-m", "make"], path);
  const task = await world.task(name);
  const { worktrees: [row] } = await world.store.commit([{
    kind: "worktree_new",
    worktree: {
      projectId: world.projectId,
      taskId: task.id,
      slot: "task",
      path,
      branch: task.branch,
      ownsBranch: true,
    },
  }]);
  assert.ok(row);
  await world.store.commit([{ kind: "worktree", id: row.id, patch: { status: "ready" } }]);
  await world.git(["config", "user.name", "U"]);
  await world.git(["config", "user.email", "u@localhost"]);
  return path;
}

async function verified(world: World, name: string): Promise<void> {
  const task = await world.task(name);
  const tip = (ref: string) => world.git(["rev-parse", ref]);
  await world.store.commit([{
    kind: "force_status",
    taskId: task.id,
    expectVersion: task.version,
    status: "done",
    phase: "",
    actor: "kas",
    patch: {
      verifiedSha: await tip(task.branch),
      verifiedBaseSha: await tip(task.baseBranch),
      verifiedAt: Date.now(),
      verifiedBy: "master",
    },
  }]);
}

Deno.test("kas task push commits what is uncommitted and pushes the branch", () =>
  inWorld(async (world) => {
    await world.ok("task", "create", "one");
    const early = await world.kas("task", "push", "one");
    assert.equal(early.code, 3);
    assert.match(early.err, /its branch does not exist yet\nhint: Start the work with/);
    const path = await withTree(world, "one");
    const alone = await world.kas("task", "push", "one");
    assert.equal(alone.code, 3);
    assert.match(alone.err, /no remote "origin"/);
    await world.git(["init", "-q", "--bare", `${world.dir}/remote.git`], world.dir);
    await world.git(["remote", "add", "origin", `${world.dir}/remote.git`]);
    await Deno.writeTextFile(`${path}/more.txt`, "more\n");
    assert.match(
      await world.ok("task", "push", "one"),
      /^pushed: plan\/one at [0-9a-f]{12} → origin\n$/,
    );
    const remote = (...args: string[]) => world.git(["-C", `${world.dir}/remote.git`, ...args]);
    assert.equal(await remote("log", "-1", "--format=%s", "plan/one"), "update from kas");
    assert.equal(await remote("show", "plan/one:more.txt"), "more");
    const again = await world.json("task", "push", "one", "--message", "x");
    assert.deepEqual([again.up_to_date, again.committed], [true, null]);
    assert.equal((await world.store.events({ kinds: ["task_pushed"], limit: 5 })).length, 2);
  }));

Deno.test("kas task merge merges what was verified and nothing else", () =>
  inWorld(async (world) => {
    await world.ok("task", "create", "one");
    await withTree(world, "one");
    const main = await world.git(["rev-parse", "main"]);
    const early = await world.kas("task", "merge", "one");
    assert.equal(early.code, 3);
    assert.match(early.err, /it is ready and not verified/);
    assert.equal(await world.git(["rev-parse", "main"]), main);
    await verified(world, "one");
    const out = await world.ok("task", "merge", "one");
    assert.match(out, /^merged: one → main \([0-9a-f]{12}\)\ncheckout moved forward: /);
    assert.equal(await Deno.readTextFile(`${world.repo}/one.txt`), "made\n");
    assert.notEqual((await world.task("one")).mergedSha, null);

    await world.ok("task", "create", "two");
    const path = await withTree(world, "two");
    await verified(world, "two");
    await world.git(["commit", "-q", "--allow-empty", "-m", "late"], path);
    const stale = await world.kas("task", "merge", "two");
    assert.equal(stale.code, 1);
    assert.match(stale.err, /moved to [0-9a-f]{12} after it was verified/);
    assert.equal((await world.task("two")).status, "verifying");
  }));

Deno.test("kas task rescue lists saved work and makes a branch of it", () =>
  inWorld(async (world) => {
    assert.equal(await world.ok("task", "rescue", "list"), "no rescued work found\n");
    await world.ok("task", "create", "one");
    await withTree(world, "one");
    const tip = await world.git(["rev-parse", "plan/one"]);
    await world.git(["update-ref", "refs/kasmos/rescue/one/1700000000000", tip]);
    const [entry] = await world.json<Record<string, unknown>[]>("task", "rescue", "list", "one");
    assert.deepEqual([entry?.task, entry?.at, entry?.commit], [
      "one",
      "2023-11-14T22:13:20.000Z",
      tip,
    ]);
    assert.deepEqual(await world.json("task", "rescue", "list", "other"), []);
    const restore = (...argv: string[]) => world.kas("task", "rescue", "restore", ...argv);
    const done = await restore("one/1700000000000", "--branch", "found");
    assert.equal(done.out, `restored: found at ${tip.slice(0, 12)}\n`);
    assert.equal(await world.git(["rev-parse", "found"]), tip);
    assert.equal((await restore("one/1700000000000", "--branch", "found")).code, 1);
    assert.equal((await restore("refs/heads/main", "--branch", "x")).code, 2);
    assert.equal((await restore("one/5", "--branch", "x")).code, 1);
    assert.equal((await restore("one/1700000000000", "--branch", "-f")).code, 2);
    assert.equal((await restore("one/1700000000000", "--branch=-f")).code, 2);
  }));
