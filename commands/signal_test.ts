import assert from "node:assert/strict";
import { inWorld, PLAN } from "./_testing.ts";

Deno.test("kas signal emit queues a row under the actor's name", () =>
  inWorld(async (world) => {
    await world.ok("task", "create", "one", "--content", PLAN);
    const alone = await world.kas("signal", "emit", "implement-finished", "one");
    assert.deepEqual([alone.code, alone.out], [0, "queued: signal 1 implement_finished of one\n"]);
    assert.match(
      alone.err,
      /^warning: no daemon runs: the signal waits until "kas daemon start"\n/,
    );
    world.serve();
    const review = ["signal", "emit", "review_changes", "one.md", "--dedupe-key", "k"];
    const agent = await world.agent({ role: "reviewer", taskId: (await world.task("one")).id });
    const first = await world.run([...review, "--payload", "Add tests"], agent);
    assert.deepEqual(first, {
      code: 0,
      out: "queued: signal 2 review_changes_requested of one\n",
      err: "",
    });
    assert.deepEqual(world.pokes, ["POST /v1/wake"]);
    const second = await world.run([...review, "--payload", "-"], { stdin: "Other" });
    assert.equal(second.out, "duplicate: signal 2 is pending\n");
    const shown = await world.json("signal", "show", "2");
    assert.deepEqual(
      [shown.payload, shown.source, shown.dedupe_key, shown.task],
      [{ body: "Add tests" }, `session:${agent.session}`, "k", "one"],
    );
  }));

Deno.test("kas signal emit takes no word for who reports", () =>
  inWorld(async (world) => {
    await world.ok("task", "create", "one", "--content", PLAN);
    const argv = ["signal", "emit", "implement_finished", "one"];
    const { session } = await world.agent();
    for (const options of [{ session }, { session, identity: "kas_made_up" }]) {
      const run = await world.run(argv, options);
      assert.deepEqual([run.code, run.out], [3, ""]);
    }
    const taskId = (await world.task("one")).id;
    const other = await world.agent({ key: "2:coder", title: "other", taskId });
    const liar = await world.run([...argv, "--json"], { session, identity: other.identity ?? "" });
    assert.equal(JSON.parse(liar.out).source, `session:${other.session}`);
  }));

Deno.test("kas signal emit refuses an agent another role's report, and another task's", () =>
  inWorld(async (world) => {
    await world.ok("task", "create", "one", "--content", PLAN);
    await world.ok("task", "create", "two", "--content", PLAN);
    const coder = await world.agent({ taskId: (await world.task("one")).id });
    for (
      const [type = "", task = ""] of [["review_approved", "one"], ["implement_finished", "two"]]
    ) {
      const run = await world.run(["signal", "emit", type, task], coder);
      assert.deepEqual([run.code, run.out], [3, ""]);
    }
    assert.equal(await world.ok("signal", "list"), "no signals found\n");
  }));

Deno.test("kas signal emit refuses the coder of a wave another one's subtask", () =>
  inWorld(async (world) => {
    await world.ok("task", "create", "one", "--content", PLAN);
    const taskId = (await world.task("one")).id;
    const coder = await world.agent({ taskId, wave: 1, subtask: 2 });
    const report = (subtask: number) => {
      const payload = JSON.stringify({ wave_number: 1, task_number: subtask });
      const argv = ["signal", "emit", "implement_task_finished", "one", "--payload", payload];
      return world.run(argv, coder);
    };
    const other = await report(1);
    assert.deepEqual([other.code, other.out], [3, ""]);
    assert.match(other.err, /work of another agent\nhint: Yours is .*"task_number":2/);
    assert.equal((await report(2)).code, 0);
  }));

Deno.test("kas signal emit takes a report while the settings are broken", () =>
  inWorld(async (world) => {
    await world.ok("task", "create", "one", "--content", PLAN);
    await Deno.mkdir(`${world.repo}/.kasmos`, { recursive: true });
    await Deno.writeTextFile(`${world.repo}/.kasmos/config.toml`, "this is not TOML");
    const { code, out } = await world.kas("signal", "emit", "implement_finished", "one");
    assert.deepEqual([code, out], [0, "queued: signal 1 implement_finished of one\n"]);
  }));

Deno.test("kas signal emit refuses what can be seen to fail", () =>
  inWorld(async (world) => {
    await world.ok("task", "create", "one", "--content", "no waves");
    await world.ok("task", "set-status", "one", "planning", "--force");
    const cases: [string[], number, RegExp][] = [
      [["fly", "one"], 2, /unknown type "fly"\nhint: Types: plan_start/],
      [["review_approved", "nope"], 1, /task not found: "nope"/],
      [["review_changes", "one"], 2, /its payload needs "body"/],
      [["implement_task_finished", "one", "--payload", "{}"], 2, /needs "wave_number"/],
      [["verify_approved", "one", "--payload", '{"reviewed_sha":"x"}'], 2, /needs "reviewed_sha"/],
      [["planner_finished", "one"], 3, /the stored plan cannot be run: .*no wave headers/],
    ];
    for (const [argv, code, message] of cases) {
      const run = await world.kas("signal", "emit", ...argv);
      assert.deepEqual([run.code, run.out], [code, ""], argv.join(" "));
      assert.match(run.err, message);
    }
    assert.equal(await world.ok("signal", "list"), "no signals found\n");
  }));

Deno.test("kas signal list, show and retry act on the gateway's rows", () =>
  inWorld(async (world) => {
    world.serve();
    for (const name of ["one", "two"]) {
      await world.ok("task", "create", name);
      await world.ok("signal", "emit", "implement_finished", name);
    }
    const claimed = await world.store.claimSignal("w", null);
    assert.ok(claimed);
    await world.store.commit([
      { kind: "signal_end", id: claimed.id, status: "failed", result: "the task is ready" },
    ]);
    const table = await world.ok("signal", "list");
    assert.match(
      table,
      /^ID +STATUS +TYPE +TASK +SOURCE +ATTEMPTS +AGE +RESULT\n +2 +pending +implement_finished +two +cli:ann +0 +just now\n/,
    );
    assert.match(table, / +1 +failed +implement_finished +one .* the task is ready\n$/);
    const ids = async (...argv: string[]) =>
      (await world.json<{ id: number }[]>("signal", "list", ...argv)).map((row) => row.id);
    assert.deepEqual(await ids(), [2, 1]);
    assert.deepEqual(await ids("--status", "failed"), [1]);
    assert.deepEqual(await ids("--task", "two"), [2]);
    assert.deepEqual(await ids("--limit", "1"), [2]);
    assert.equal((await world.kas("signal", "list", "--status", "dead")).code, 2);

    const pending = await world.kas("signal", "retry", "2");
    assert.equal(pending.code, 1);
    assert.match(pending.err, /Cannot retry signal "2": it is pending/);
    assert.equal(
      await world.ok("signal", "retry", "1"),
      "queued: signal 1 implement_finished of one\n",
    );
    assert.equal((await world.store.signal(1))?.status, "pending");
    assert.match((await world.kas("signal", "show", "99")).err, /Cannot find signal 99 in repo/);
    assert.equal((await world.kas("signal", "show", "1x")).code, 2);
  }));

Deno.test("kas signal shows nothing of another project", () =>
  inWorld(async (world) => {
    const other = await world.store.ensureProject({ root: "/nowhere", rootCommit: "x" });
    const { signal } = await world.store.emitSignal({
      projectId: other.id,
      taskName: "one",
      type: "implement_finished",
      payload: {},
      source: "kas",
    });
    assert.equal((await world.kas("signal", "show", String(signal.id))).code, 1);
    assert.equal((await world.kas("signal", "retry", String(signal.id))).code, 1);
    assert.deepEqual(await world.json("signal", "list"), []);
  }));
