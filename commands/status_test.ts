import assert from "node:assert/strict";
import { inWorld, PLAN } from "./_testing.ts";

Deno.test("kas status shows what is going on and what to do next", () =>
  inWorld(async (world) => {
    const empty = await world.ok("status");
    assert.match(empty, /^daemon: not running, project not registered\n/);
    assert.match(empty, /\nhints:\n {2}make a task: kas task create .*\n$/);

    for (const name of ["draft", "planned", "given-up", "merged"]) {
      await world.ok("task", "create", name, "--content", PLAN);
    }
    await world.ok("task", "set-status", "planned", "ready", "--force");
    await world.ok("task", "set-status", "given-up", "cancelled", "--force");
    await world.ok("task", "set-status", "merged", "done", "--force");
    await world.ok("signal", "emit", "implement_finished", "draft");
    const row = await world.session({ key: "a", title: "draft-plan" });
    await world.store.commit([{ kind: "session", id: row.id, patch: { status: "paused" } }]);
    const text = await world.ok("st");
    assert.match(text, /^ {2}draft +ready +plan\/draft/m);
    assert.match(text, /^ {2}planned +planned /m);
    assert.doesNotMatch(text, /given-up|merged/);
    assert.ok(text.endsWith(
      "hints:\n" +
        "  1 signals wait and nobody handles them: kas daemon start\n" +
        "  resume: kas instance resume draft-plan\n" +
        "  implement: kas task implement planned\n" +
        "  start: kas task start draft\n",
    ));
    const json = await world.json("status");
    assert.deepEqual(Object.keys(json).sort(), [
      "daemon",
      "decisions",
      "instances",
      "orphan_sessions",
      "pending_signals",
      "stuck",
      "tasks",
    ]);
    assert.deepEqual(
      [json.daemon, json.pending_signals, json.orphan_sessions],
      [{ running: false, registered: false }, 1, []],
    );
  }));

Deno.test("kas status says what stops a task, until something else happens to it", () =>
  inWorld(async (world) => {
    await world.ok("task", "create", "login", "--content", PLAN);
    await world.ok("task", "set-status", "login", "planning", "--force");
    const task = await world.store.task(world.projectId, "login");
    assert.ok(task !== null);
    const log = (kind: string, message: string) =>
      world.store.commit([{
        kind: "event",
        event: { projectId: world.projectId, taskId: task.id, kind, actor: "kas", message },
      }]);
    await log("engine_error", "Cannot make the worktree: the file system is read-only");
    await log("agent_activity", "login-plan: busy");
    assert.match(await world.ok("status"), / {2}login cannot go on: Cannot make the worktree: /);
    assert.deepEqual((await world.json("status")).stuck, [{
      task: "login",
      why: "Cannot make the worktree: the file system is read-only",
    }]);
    await log("worktree_ready", "made");
    assert.deepEqual((await world.json("status")).stuck, []);
  }));

Deno.test("kas status sees the daemon and sessions nobody owns", () =>
  inWorld(async (world) => {
    world.serve();
    await world.store.setRegistered(world.projectId, true);
    await world.tmux().start({
      name: "lost-one",
      cwd: world.repo,
      argv: ["sleep", "1000"],
      env: {},
      marker: `${world.dir}/started`,
    });
    const text = await world.ok("status");
    assert.match(text, /^daemon: running\n/);
    assert.match(text, /\norphan sessions:\n {2}lost-one\n/);
    assert.match(text, /look at sessions that nobody owns: kas tmux list\n$/);
  }));
