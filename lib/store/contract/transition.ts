import assert from "node:assert/strict";
import type { Change, Store } from "../types.ts";
import {
  contractTest,
  log,
  newProject,
  newTask,
  one,
  only,
  refused,
  type Suite,
  taskOf,
  walk,
} from "./support.ts";

const TO_REVIEW = [
  "plan_start",
  "planner_finished",
  "implement_start",
  "implement_finished",
] as const;
const TO_DONE = [...TO_REVIEW, "review_approved", "verify_approved"] as const;
const VERIFIED = {
  verifiedSha: "a".repeat(40),
  verifiedBaseSha: "b".repeat(40),
  verifiedAt: 5,
  verifiedBy: "master",
} as const;

/** The status: table, compare-and-set, stamps, topic gate, force. */
export function transitionContract(suite: Suite): void {
  moves(suite);
  refusals(suite);
  versions(suite);
  verification(suite);
  topicGate(suite);
  topicEdges(suite);
  force(suite);
}

function moves(suite: Suite): void {
  contractTest(suite, "commit() walks a task through its life", async (store, project) => {
    const { id } = await newTask(store, project);
    assert.equal((await walk(store, id, "plan_start")).status, "planning");
    const planned = await walk(store, id, "planner_finished");
    assert.deepEqual([planned.status, planned.phase], ["ready", "planned"]);
    const building = await walk(store, id, "implement_start");
    assert.deepEqual([building.status, building.phase], ["implementing", ""]);
    const done = await walk(store, id, "implement_finished", "review_approved", "verify_approved");
    assert.equal(done.status, "done");
    assert.equal(done.version, 7);
    const stamps = [
      done.planningAt,
      done.implementingAt,
      done.reviewingAt,
      done.verifyingAt,
      done.doneAt,
    ];
    assert.ok(stamps.every((at) => at !== null && Math.abs(at - Date.now()) < 60_000));
    const changed = (await log(store, project)).filter((e) => e.kind === "task_status_changed");
    assert.deepEqual(changed.map((event) => event.detail.to), [
      "planning",
      "ready",
      "implementing",
      "reviewing",
      "verifying",
      "done",
    ]);
  });

  contractTest(suite, "commit() logs who moved a task and why", async (store, project) => {
    const task = await newTask(store, project);
    const { eventIds } = await one(store, {
      kind: "transition",
      taskId: task.id,
      expectVersion: task.version,
      event: "plan_start",
      actor: "session:planner",
      reason: "asked to",
      patch: { phase: "architecting", description: "new", feedback: "f", wave: 2, topic: "t" },
    });
    const event = (await log(store, project)).at(-1);
    assert.deepEqual(eventIds, [event?.id]);
    assert.equal(event?.actor, "session:planner");
    assert.deepEqual(event?.detail, {
      from: "ready",
      to: "planning",
      event: "plan_start",
      reason: "asked to",
    });
    const after = await taskOf(store, task.id);
    assert.deepEqual(
      [after.phase, after.description, after.feedback, after.wave, after.topic],
      ["architecting", "new", "f", 2, "t"],
    );
    assert.ok(after.updatedAt >= task.updatedAt);
  });
}

function refusals(suite: Suite): void {
  contractTest(suite, "commit() leaves a task alone when it refuses", async (store, project) => {
    const draft = await newTask(store, project);
    const before = await log(store, project);
    const move = (event: "planner_finished" | "implement_start", taskId = draft.id): Change => ({
      kind: "transition",
      taskId,
      expectVersion: draft.version,
      event,
      actor: "mcp",
      patch: { description: "never" },
    });
    await refused(one(store, move("planner_finished")), "illegal_transition");
    await refused(one(store, move("implement_start")), "guard");
    await refused(one(store, move("implement_start", 999_999)), "not_found");
    assert.deepEqual(await taskOf(store, draft.id), draft);
    assert.deepEqual(await log(store, project), before);
  });

  contractTest(
    suite,
    "commit() stamps a phase later each time it is entered",
    async (store, project) => {
      const { id } = await newTask(store, project);
      const stamps: number[] = [];
      for (let n = 0; n < 4; n++) {
        stamps.push((await walk(store, id, "plan_start")).planningAt ?? 0);
      }
      assert.deepEqual(stamps, [...new Set(stamps)].sort((a, b) => a - b));
    },
  );
}

function versions(suite: Suite): void {
  contractTest(suite, "commit() lets one of two stores move a task", async (store, project) => {
    await using other = await suite.open();
    const task = await newTask(store, project);
    const move = (to: Store, event: "plan_start" | "cancel") =>
      one(to, {
        kind: "transition",
        taskId: task.id,
        expectVersion: task.version,
        event,
        actor: "mcp",
      });
    const results = await Promise.allSettled([move(store, "plan_start"), move(other, "cancel")]);
    assert.deepEqual(results.map((r) => r.status).sort(), ["fulfilled", "rejected"]);
    const after = await taskOf(store, task.id);
    assert.equal(after.version, task.version + 1);
    const error = await refused(move(other, "cancel"), "conflict");
    assert.deepEqual(
      [error.context.status, error.context.version, error.context.expected],
      [after.status, after.version, task.version],
    );
  });

  contractTest(suite, "commit() counts every change of a task", async (store, project) => {
    const task = await newTask(store, project);
    const taskId = task.id;
    await one(store, { kind: "task", taskId, patch: {} });
    const move: Change = {
      kind: "transition",
      taskId,
      expectVersion: task.version + 1,
      event: "plan_start",
      actor: "mcp",
    };
    // One list may name the version before it, or the one that its own changes have led to.
    await store.commit([
      { kind: "expect", taskId, version: 2 },
      { kind: "task", taskId, expectVersion: 2, patch: { wave: 1 } },
      { kind: "task", taskId, expectVersion: 3, patch: { wave: 2 } },
      move,
    ]);
    assert.equal((await taskOf(store, taskId)).version, 5);
    await refused(one(store, { kind: "expect", taskId, version: 4 }), "conflict");
    await refused(one(store, { kind: "expect", taskId: 999_999, version: 1 }), "not_found");
    await refused(one(store, { kind: "task", taskId, expectVersion: 2, patch: {} }), "conflict");
    await one(store, { kind: "expect", taskId, version: 5 });
    assert.equal((await taskOf(store, taskId)).version, 5);
  });
}

function verification(suite: Suite): void {
  contractTest(suite, "commit() keeps a verification while it holds", async (store, project) => {
    const { id } = await newTask(store, project);
    const { version } = await walk(store, id, ...TO_DONE.slice(0, -1));
    await one(store, {
      kind: "transition",
      taskId: id,
      expectVersion: version,
      event: "verify_approved",
      actor: "session:master",
      patch: VERIFIED,
    });
    const done = await taskOf(store, id);
    assert.equal(done.verifiedSha, VERIFIED.verifiedSha);
    await one(store, { kind: "task", taskId: id, patch: { mergedSha: "c" } });
    assert.equal((await taskOf(store, id)).verifiedBy, "master");
  });

  for (
    const event of [
      "start_over",
      "reimplement",
      "request_review",
      "verification_stale",
      "cancel",
    ] as const
  ) {
    contractTest(suite, `commit() voids the verification on ${event}`, async (store, project) => {
      const { id } = await newTask(store, project);
      await walk(store, id, ...TO_DONE);
      await one(store, { kind: "task", taskId: id, patch: VERIFIED });
      const after = await walk(store, id, event);
      assert.deepEqual(
        [after.verifiedSha, after.verifiedBaseSha, after.verifiedAt, after.verifiedBy],
        [null, null, null, null],
      );
    });
  }
}

function topicGate(suite: Suite): void {
  contractTest(suite, "commit() implements one task of a topic", async (store, project) => {
    const fields = { topic: "auth" };
    const first = await newTask(store, project, { ...fields, name: "first" });
    const second = await newTask(store, project, { ...fields, name: "second" });
    const elsewhere = await newTask(store, await newProject(store), fields);
    const free = await newTask(store, project, { name: "free" });
    await walk(store, first.id, "plan_start", "planner_finished", "implement_start");
    await walk(store, elsewhere.id, "plan_start", "planner_finished", "implement_start");
    await walk(store, free.id, "plan_start", "planner_finished", "implement_start");
    const planned = await walk(store, second.id, "plan_start", "planner_finished");
    const start: Change = {
      kind: "transition",
      taskId: second.id,
      expectVersion: planned.version,
      event: "implement_start",
      actor: "cli:test",
    };
    const error = await refused(one(store, start), "guard");
    assert.match(error.message, /"first"/);
    assert.match(error.hint ?? "", /--override-topic/);
    assert.equal((await taskOf(store, second.id)).status, "ready");

    const { eventIds } = await one(store, { ...start, overrideTopic: true });
    const events = (await log(store, project)).filter((event) => eventIds.includes(event.id));
    assert.deepEqual(events.map((event) => event.kind), [
      "topic_gate_overridden",
      "task_status_changed",
    ]);
    assert.equal(events[0]?.detail.other, "first");
  });
}

function topicEdges(suite: Suite): void {
  contractTest(suite, "commit() gates reimplement but not a fix round", async (store, project) => {
    const first = await newTask(store, project, { name: "first", topic: "auth" });
    const second = await newTask(store, project, { name: "second", topic: "auth" });
    await walk(store, first.id, ...TO_DONE);
    await walk(store, second.id, ...TO_REVIEW.slice(0, 3));
    await refused(walk(store, first.id, "reimplement"), "guard");
    await walk(store, second.id, "implement_finished");
    await walk(store, first.id, "reimplement");
    const fixing = await walk(store, second.id, "review_changes_requested");
    assert.equal(fixing.status, "implementing");
    const finish = ["implement_finished", "review_approved", "verify_approved"] as const;
    const { version } = await walk(store, first.id, ...finish);
    // Moving out of the topic with the same change opens the gate.
    await one(store, {
      kind: "transition",
      taskId: first.id,
      expectVersion: version,
      event: "reimplement",
      actor: "cli:test",
      patch: { topic: null },
    });
  });

  contractTest(suite, "commit() lets one of two stores into a topic", async (store, project) => {
    await using other = await suite.open();
    const moves = [];
    for (const name of ["a", "b"]) {
      const { id } = await newTask(store, project, { name, topic: "one" });
      moves.push(await walk(store, id, "plan_start", "planner_finished"));
    }
    const results = await Promise.allSettled(moves.map((task, n) =>
      one(n === 0 ? store : other, {
        kind: "transition",
        taskId: task.id,
        expectVersion: task.version,
        event: "implement_start",
        actor: "mcp",
      })
    ));
    assert.equal(results.filter((result) => result.status === "fulfilled").length, 1);
    only(await store.tasks({ projectId: project.id, statuses: ["implementing"] }));
  });
}

function force(suite: Suite): void {
  contractTest(suite, "commit() forces any status and says so", async (store, project) => {
    const task = await newTask(store, project);
    await one(store, { kind: "task", taskId: task.id, patch: VERIFIED });
    const { version } = await taskOf(store, task.id);
    const change: Change = {
      kind: "force_status",
      taskId: task.id,
      expectVersion: version,
      status: "reviewing",
      phase: "reviewing",
      actor: "cli:test",
      patch: { reviewCycle: 3 },
    };
    await one(store, change);
    const after = await taskOf(store, task.id);
    assert.deepEqual(
      [after.status, after.phase, after.reviewCycle, after.verifiedSha, after.version],
      ["reviewing", "reviewing", 3, null, version + 1],
    );
    assert.ok(after.reviewingAt !== null);
    const event = (await log(store, project)).at(-1);
    assert.deepEqual([event?.kind, event?.detail.from, event?.detail.to], [
      "task_status_forced",
      "ready",
      "reviewing",
    ]);
    await refused(one(store, change), "conflict");
  });
}
