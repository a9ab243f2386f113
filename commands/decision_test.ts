import assert from "node:assert/strict";
import { inWorld, type World } from "./_testing.ts";

async function asked(world: World): Promise<number> {
  await world.ok("task", "create", "one");
  await world.ok("task", "set-status", "one", "planning", "--force");
  const task = await world.task("one");
  const { decisions: [made] } = await world.store.commit([{
    kind: "decision_open",
    decision: {
      key: `hold:t${task.id}:planner:plan`,
      projectId: world.projectId,
      taskId: task.id,
      sessionId: null,
      kind: "agent_failed",
      question: "The planner ended",
      detail: "exit code 1\n\u001b[2Jsneaky",
      options: [{ id: "retry", label: "start it again" }, { id: "abort", label: "cancel" }],
    },
  }]);
  assert.ok(made);
  return made.id;
}

Deno.test("kas decision list and show say what is asked", () =>
  inWorld(async (world) => {
    assert.equal(await world.ok("decision", "list"), "no decisions found\n");
    const id = await asked(world);
    assert.match(
      await world.ok("decision", "list"),
      /^ID +STATUS +TASK +QUESTION +OPTIONS +AGE\n +\d+ +open +one +The planner ended +retry, abort +just now\n$/,
    );
    const shown = await world.ok("decision", "show", String(id));
    assert.match(shown, /^decision \d+ \(agent_failed, open\) of one\nThe planner ended\n/);
    assert.match(shown, /^ {2}retry: start it again\n {2}abort: cancel$/m);
    assert.ok(!shown.includes("\u001b"));
    const json = await world.json("decision", "show", String(id));
    assert.deepEqual([json.status, json.task, json.answer], ["open", "one", null]);
  }));

Deno.test("kas decision answer closes a question once, for a person", () =>
  inWorld(async (world) => {
    world.serve();
    const id = String(await asked(world));
    const agent = await world.run(["decision", "answer", id, "abort"], { session: "7" });
    assert.equal(agent.code, 3);
    assert.match(agent.err, /only a person may/);
    const wrong = await world.kas("decision", "answer", id, "maybe");
    assert.deepEqual([wrong.code, wrong.out], [2, ""]);
    assert.equal((await world.store.decision(Number(id)))?.status, "open");
    assert.equal(
      await world.ok("decision", "answer", id, "abort", "--feedback", "no time"),
      `answered: decision ${id} with abort\n`,
    );
    assert.equal((await world.task("one")).status, "cancelled");
    assert.equal(world.pokes.at(-1), "POST /v1/wake");
    const again = await world.kas("decision", "answer", id, "retry");
    assert.equal(again.code, 1);
    assert.deepEqual(await world.json("decision", "list"), []);
    const [row] = await world.json<Record<string, unknown>[]>("decision", "list", "--all");
    assert.deepEqual([row?.answer, row?.answered_by], ["abort", "cli:ann"]);
    assert.equal((await world.kas("decision", "answer", "99", "retry")).code, 1);
  }));
