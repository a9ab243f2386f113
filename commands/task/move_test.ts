import assert from "node:assert/strict";
import type { Status } from "../../lib/task/types.ts";
import { BIG_PLAN, inWorld, PLAN, type World } from "../_testing.ts";

async function planned(world: World, name: string, plan: string): Promise<void> {
  await world.ok("task", "create", name, "--content", plan);
}

async function force(world: World, name: string, status: Status): Promise<void> {
  await world.ok("task", "set-status", name, status, "--force");
}

Deno.test("kas task start implements a draft with a plan in one step", () =>
  inWorld(async (world) => {
    world.serve();
    await planned(world, "small", PLAN);
    const before = await world.store.lastEventId();
    assert.equal(
      await world.ok("task", "start", "small"),
      `started: small → implementing\nworktree: ${world.repo}/.worktrees/small\n`,
    );
    const task = await world.task("small");
    assert.deepEqual(
      [task.status, task.phase, task.goal],
      ["implementing", "single_agent_implementing", "People can log in"],
    );
    const events = await world.store.events({ afterId: before, limit: 100 });
    assert.deepEqual(
      events.filter((row) => row.kind === "task_status_changed").map((row) => row.message),
      ["small: ready → planning", "small: planning → ready", "small: ready → implementing"],
    );
    assert.ok(events.every((row) => row.actor === "cli:ann"));
    assert.equal((await world.store.project(world.projectId))?.registered, true);
    assert.deepEqual(world.pokes.slice(-3), ["GET /v1/ping", "POST /v1/repos", "POST /v1/wake"]);

    await planned(world, "big", BIG_PLAN);
    await world.ok("task", "start", "big");
    assert.equal((await world.task("big")).phase, "architecting");
    const { version } = await world.task("big");
    const again = await world.json("task", "start", "big");
    assert.equal(again.worktree, `${world.repo}/.worktrees/big`);
    assert.equal((await world.task("big")).version, version);
  }));

Deno.test("kas task start gives a task without a plan to a planner", () =>
  inWorld(async (world) => {
    world.serve();
    await world.ok("task", "create", "idea", "--content", "Make it faster");
    await world.ok("task", "create", "rough", "--content", `${PLAN}\n### Task 1: Twice\n`);
    const idea = await world.kas("task", "start", "idea");
    assert.match(idea.out, /^started: idea → planning\n/);
    assert.equal(idea.err, "");
    const rough = await world.kas("task", "start", "rough");
    assert.match(rough.out, /^started: rough → planning\n/);
    assert.match(rough.err, /^warning: a planner works on it first, its plan cannot be run: /);
    // With a plan that can be run meanwhile, it goes on from planning.
    await world.run(["task", "update-content", "idea"], { stdin: PLAN });
    assert.match(await world.ok("task", "start", "idea"), /^started: idea → implementing\n/);
    await force(world, "rough", "done");
    const done = await world.kas("task", "start", "rough");
    assert.equal(done.code, 3);
    assert.match(
      done.err,
      /Cannot apply "implement_start" to task "rough": it is done\nhint: Legal/,
    );
    assert.equal((await world.task("rough")).status, "done");
  }));

Deno.test("kas task implement refuses a draft, a bad wave and a broken plan", () =>
  inWorld(async (world) => {
    world.serve();
    await planned(world, "one", BIG_PLAN);
    const before = await world.task("one");
    const wave = await world.kas("task", "implement", "one", "--wave", "0");
    assert.equal(wave.code, 2);
    assert.match(wave.err, /^error: wave number must be >= 1, got 0\n/);
    const draft = await world.kas("task", "implement", "one");
    assert.equal(draft.code, 3);
    assert.match(draft.err, /task is ready but not yet planned/);
    assert.deepEqual(await world.task("one"), before);

    await world.ok("task", "transition", "one", "plan_start");
    const missing = await world.kas("task", "implement", "one", "--wave", "9");
    assert.match(missing.err, /the plan has no such wave\nhint: Waves: 1, 2/);
    assert.equal((await world.task("one")).status, "planning");
    assert.equal(
      await world.ok("task", "implement", "one", "--wave", "2"),
      "started: one → implementing\n",
    );
    const task = await world.task("one");
    assert.deepEqual([task.phase, task.wave], ["wave_running", 2]);

    await world.ok("task", "create", "broken", "--content", "no waves");
    await world.ok("task", "transition", "broken", "plan_start");
    const broken = await world.kas("task", "implement", "broken");
    assert.equal(broken.code, 3);
    assert.match(broken.err, /no wave headers found in plan/);
    assert.equal((await world.task("broken")).status, "planning");
  }));

Deno.test("kas task implement asks for the next wave of a task at work", () =>
  inWorld(async (world) => {
    world.serve();
    await planned(world, "one", BIG_PLAN);
    await world.ok("task", "start", "one");
    const out = await world.ok("task", "implement", "one", "--wave", "2");
    assert.match(out, /^queued: signal \d+ implement_wave of one\n$/);
    const [signal] = await world.store.signals({ projectId: world.projectId, limit: 5 });
    assert.deepEqual(
      [signal?.type, signal?.payload, signal?.source, signal?.status],
      ["implement_wave", { wave_number: 2 }, "cli:ann", "pending"],
    );
  }));

Deno.test("kas task transition applies legal events and names them after a rejected one", () =>
  inWorld(async (world) => {
    world.serve();
    await planned(world, "one", PLAN);
    const apply = (...argv: string[]) => world.kas("task", "transition", "one", ...argv);
    assert.equal((await apply("plan_start")).out, "one → planning\n");
    const before = await world.task("one");
    const log = await world.store.lastEventId();
    const wrong = await apply("review_approved");
    assert.equal(wrong.code, 3);
    assert.equal(
      wrong.err,
      'error: Cannot apply "review_approved" to task "one": it is planning\n' +
        "hint: Legal events now: plan_start, planner_finished, cancel\n",
    );
    assert.match((await apply("fly")).err, /unknown event "fly"\nhint: Events: plan_start,/);
    assert.equal((await apply("verification_stale")).code, 2);
    assert.deepEqual(await world.task("one"), before);
    const [refusal, ...more] = await world.store.events({ afterId: log, limit: 10 });
    assert.equal(refusal?.kind, "refused", "the log tells of it");
    assert.match(refusal?.message ?? "", /"review_approved"/);
    assert.deepEqual(more, []);

    await apply("planner-finished");
    await apply("implement_start");
    await force(world, "one", "reviewing");
    const silent = await apply("review_changes");
    assert.equal(silent.code, 2);
    assert.match(silent.err, /without feedback/);
    const changes = await apply("review_changes", "--feedback", "Add tests", "--json");
    assert.equal(JSON.parse(changes.out).feedback, "Add tests");
    assert.equal((await world.task("one")).phase, "fixing");
    assert.equal((await apply("cancel")).out, "one → cancelled\n");
    assert.equal((await apply("reopen")).out, "one → planning\n");
  }));

Deno.test("kas task transition lets one of two at the same time win", () =>
  inWorld(async (world) => {
    world.serve();
    await world.ok("task", "create", "one");
    const [a, b] = await Promise.all([
      world.command(["task", "transition", "one", "mark_done"]).output(),
      world.command(["task", "transition", "one", "plan_start"]).output(),
    ]);
    // Whichever comes second is not legal any more.
    const codes = [a.code, b.code].sort();
    assert.deepEqual(codes, [0, 3]);
    const changes = await world.store.events({ kinds: ["task_status_changed"], limit: 10 });
    assert.equal(changes.length, 1);
  }));

Deno.test("kas task keeps the topic's fence unless it is overridden", () =>
  inWorld(async (world) => {
    world.serve();
    for (const name of ["one", "two"]) {
      await world.ok("task", "create", name, "--content", PLAN, "--topic", "auth");
    }
    await world.ok("task", "start", "one");
    const fenced = await world.kas("task", "start", "two");
    assert.equal(fenced.code, 3);
    assert.match(fenced.err, /"one" of topic "auth" is being implemented/);
    const two = await world.task("two");
    assert.deepEqual([two.status, two.phase, two.version], ["ready", "", 1]);
    await world.ok("task", "start", "two", "--override-topic");
    const [row] = await world.store.events({ kinds: ["topic_gate_overridden"], limit: 2 });
    assert.equal(row?.task, "two");
  }));

Deno.test("kas task set-status wants --force and a known status", () =>
  inWorld(async (world) => {
    await world.ok("task", "create", "one");
    const bare = await world.kas("task", "set-status", "one", "done");
    assert.equal(bare.code, 2);
    assert.match(
      bare.err,
      /^error: --force required to override task status \(this bypasses the FSM\)\n/,
    );
    assert.equal((await world.kas("task", "set-status", "one", "gone", "--force")).code, 2);
    assert.equal((await world.task("one")).version, 1);
    assert.equal(
      await world.ok("task", "set-status", "one", "done", "--force"),
      "one → done (forced)\n",
    );
  }));

Deno.test("kas task recover queues the report of an agent", () =>
  inWorld(async (world) => {
    world.serve();
    await planned(world, "one", PLAN);
    await world.ok("task", "transition", "one", "plan_start");
    assert.match(
      await world.ok("task", "recover", "one", "--action", "planner-finished"),
      /^queued: signal \d+ planner_finished of one\n$/,
    );
    const bare = await world.kas("task", "recover", "one", "--action", "review-changes");
    assert.equal(bare.code, 2);
    assert.match(bare.err, /without feedback/);
    assert.match((await world.kas("task", "recover", "one")).err, /Missing option --action/);
    const unknown = await world.kas("task", "recover", "one", "--action", "hope");
    assert.match(unknown.err, /unknown action "hope"\nhint: Actions: planner-finished,/);
    await world.ok(
      ...["task", "recover", "one", "--action", "verify-failed", "--feedback", "It crashes"],
    );
    const signals = await world.store.signals({ projectId: world.projectId, limit: 5 });
    assert.deepEqual(signals.map((row) => [row.type, row.payload]), [
      ["verify_failed", { body: "It crashes" }],
      ["planner_finished", {}],
    ]);
  }));

Deno.test("kas task start-over plans anew from any status", () =>
  inWorld(async (world) => {
    world.serve();
    for (const name of ["done", "busy"]) await planned(world, name, BIG_PLAN);
    await force(world, "done", "done");
    await world.ok("task", "start", "busy");
    const over = async (name: string) => {
      const { baseCommit } = await world.task(name);
      assert.equal(baseCommit, null);
      assert.equal(
        await world.ok("task", "start-over", name),
        `started over: ${name} → planning\n`,
      );
      const task = await world.task(name);
      assert.deepEqual([task.status, task.phase, task.wave], ["planning", "", 0]);
      const log = await world.store.events({ task: name, limit: 100 });
      return log.slice(-2).map((row) => row.kind);
    };
    assert.deepEqual(await over("done"), ["task_status_changed", "task_started_over"]);
    assert.deepEqual(await over("busy"), ["task_status_forced", "task_started_over"]);
  }));

Deno.test("kas task leaves what decides to people", () =>
  inWorld(async (world) => {
    world.serve();
    await planned(world, "one", PLAN);
    const before = await world.task("one");
    const agent = await world.agent();
    const asAgent = (...argv: string[]) => world.run(["task", ...argv], agent);
    for (
      const argv of [
        ["start", "one"],
        ["implement", "one"],
        ["transition", "one", "cancel"],
        ["set-status", "one", "done", "--force"],
        ["merge", "one"],
        ["start-over", "one"],
        ["delete", "one"],
        ["recover", "one", "--action", "planner-finished"],
      ]
    ) {
      const run = await asAgent(...argv);
      assert.deepEqual([run.code, run.out], [3, ""], argv.join(" "));
    }
    assert.deepEqual(await world.task("one"), before);
    assert.equal((await asAgent("show", "one")).out, PLAN);
    assert.equal((await asAgent("create", "two")).code, 0);
    const [row] = await world.store.events({ task: "two", limit: 1 });
    assert.equal(row?.actor, `session:${agent.session}`);
  }));
