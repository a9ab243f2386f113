import assert from "node:assert/strict";
import {
  contractTest,
  log,
  newProject,
  newTask,
  one,
  only,
  refused,
  sessionOf,
  signalOf,
  type Suite,
} from "./support.ts";

/** The signal gateway: emit, claim, end, retry, reap. */
export function signalContract(suite: Suite): void {
  emitting(suite);
  claiming(suite);
  ending(suite);
  reaping(suite);
}

function emitting(suite: Suite): void {
  contractTest(suite, "emitSignal() stores a pending signal", async (store, project) => {
    const task = await newTask(store, project);
    const payload = { body: "läuft 🦊", nested: { list: [1, null, "x"] } };
    const { signal, duplicate } = await store.emitSignal(signalOf(project, { payload }));
    assert.equal(duplicate, false);
    assert.deepEqual(await store.signal(signal.id), signal);
    assert.deepEqual(
      [signal.status, signal.payload, signal.attempts, signal.claimedBy, signal.dedupeKey],
      ["pending", payload, 0, null, null],
    );
    const event = (await log(store, project)).at(-1);
    assert.deepEqual(
      [event?.kind, event?.actor, event?.taskId, event?.task, event?.detail.signal],
      ["signal_emitted", "cli:test", task.id, "add-login", signal.id],
    );
    assert.equal(await store.signal(999_999), null);
    await refused(store.emitSignal(signalOf({ ...project, id: 999_999 })), "not_found");
  });

  contractTest(suite, "emitSignal() finds a repeated signal again", async (store, project) => {
    await using other = await suite.open();
    const keyed = signalOf(project, { dedupeKey: "k1" });
    const first = await store.emitSignal(keyed);
    const again = await other.emitSignal({ ...keyed, payload: { body: "other" } });
    assert.deepEqual(again, { signal: first.signal, duplicate: true });
    assert.equal((await log(store, project)).length, 1);
    const elsewhere = await newProject(store);
    assert.equal((await store.emitSignal({ ...keyed, projectId: elsewhere.id })).duplicate, false);
    assert.equal((await store.emitSignal(signalOf(project))).duplicate, false);
    assert.equal((await store.emitSignal(signalOf(project))).duplicate, false);
    await one(store, { kind: "signal_new", signal: keyed });
    assert.equal((await store.signals({ projectId: project.id, limit: 9 })).length, 3);
  });

  contractTest(suite, "emitSignal() logs the session it came from", async (store, project) => {
    const made = await one(store, { kind: "session_new", session: sessionOf(project) });
    const { id, title } = only(made.sessions);
    await store.emitSignal(signalOf(project, { taskName: "gone", source: `session:${id}` }));
    const event = (await log(store, project)).at(-1);
    assert.deepEqual(
      [event?.sessionId, event?.instance, event?.taskId, event?.task],
      [id, title, null, "gone"],
    );
  });
}

function claiming(suite: Suite): void {
  contractTest(suite, "claimSignal() takes the oldest, each once", async (store, project) => {
    await using other = await suite.open();
    const ids: number[] = [];
    for (let n = 0; n < 4; n++) ids.push((await store.emitSignal(signalOf(project))).signal.id);
    const claimed: (number | undefined)[] = [];
    for (const by of [store, other, store, other]) {
      const signal = await by.claimSignal("w", [project.id]);
      assert.deepEqual([signal?.status, signal?.attempts], ["processing", 1]);
      assert.ok(signal?.claimedBy === "w" && signal.claimedAt !== null);
      claimed.push(signal.id);
    }
    assert.deepEqual(claimed, ids);
    assert.equal(await store.claimSignal("w", [project.id]), null);
  });

  contractTest(suite, "claimSignal() keeps to the projects it is given", async (store, project) => {
    const other = await newProject(store);
    const third = await newProject(store);
    const foreign = (await store.emitSignal(signalOf(third))).signal.id;
    const newer = (await store.emitSignal(signalOf(other))).signal.id;
    const newest = (await store.emitSignal(signalOf(project))).signal.id;
    assert.equal(await store.claimSignal("w", []), null);
    const both = [project.id, other.id];
    assert.equal((await store.claimSignal("w", both))?.id, newer);
    assert.equal((await store.claimSignal("w", both))?.id, newest);
    assert.equal(await store.claimSignal("w", both), null);
    const seen = new Set<number>();
    for (let s = await store.claimSignal("w", null); s; s = await store.claimSignal("w", null)) {
      seen.add(s.id);
    }
    assert.ok(seen.has(foreign));
  });

  contractTest(suite, "signals() lists the newest first", async (store, project) => {
    const ids: number[] = [];
    for (const taskName of ["a", "b", "a"]) {
      ids.push((await store.emitSignal(signalOf(project, { taskName }))).signal.id);
    }
    await store.claimSignal("w", [project.id]);
    const list = async (filter: Partial<Parameters<typeof store.signals>[0]>) =>
      (await store.signals({ projectId: project.id, limit: 9, ...filter })).map((s) =>
        ids.indexOf(s.id)
      );
    assert.deepEqual(await list({}), [2, 1, 0]);
    assert.deepEqual(await list({ limit: 2 }), [2, 1]);
    assert.deepEqual(await list({ task: "a" }), [2, 0]);
    assert.deepEqual(await list({ statuses: ["processing", "done"] }), [0]);
  });
}

function ending(suite: Suite): void {
  contractTest(suite, "commit() ends a claimed signal once", async (store, project) => {
    const { signal } = await store.emitSignal(signalOf(project));
    const end = { kind: "signal_end", id: signal.id, status: "done", result: "planned" } as const;
    await refused(one(store, end), "conflict");
    await store.claimSignal("w", [project.id]);
    const { eventIds } = await one(store, end);
    const ended = await store.signal(signal.id);
    assert.deepEqual([ended?.status, ended?.result], ["done", "planned"]);
    assert.ok(ended?.processedAt !== null);
    const event = (await log(store, project)).at(-1);
    assert.deepEqual([event?.kind, [event?.id]], ["signal_processed", eventIds]);
    const error = await refused(one(store, { ...end, status: "failed" }), "conflict");
    assert.equal(error.context.status, "done");
    await refused(one(store, { ...end, id: 999_999 }), "not_found");
  });

  contractTest(suite, "retrySignal() revives a dead letter", async (store, project) => {
    const { signal } = await store.emitSignal(signalOf(project));
    await refused(store.retrySignal(signal.id), "conflict");
    await store.claimSignal("w", [project.id]);
    await one(store, { kind: "signal_end", id: signal.id, status: "failed", result: "no task" });
    assert.deepEqual(await store.retrySignal(signal.id), signal);
    assert.equal((await store.claimSignal("w", [project.id]))?.id, signal.id);
    await refused(store.retrySignal(999_999), "not_found");
    assert.deepEqual((await log(store, project)).map((event) => event.kind), [
      "signal_emitted",
      "signal_failed",
      "signal_retried",
    ]);
  });
}

function reaping(suite: Suite): void {
  contractTest(suite, "reapSignals() puts back the claims of workers", async (store, project) => {
    const mine = `w-${crypto.randomUUID()}`;
    const { signal } = await store.emitSignal(signalOf(project));
    const reap = () => store.reapSignals({ before: 0, workers: [mine], maxAttempts: 2 });
    assert.deepEqual(await reap(), { requeued: 0, dead: 0 });
    await store.claimSignal(mine, [project.id]);
    assert.deepEqual(
      await store.reapSignals({ before: 0, workers: ["other"], maxAttempts: 2 }),
      { requeued: 0, dead: 0 },
    );
    assert.deepEqual(await reap(), { requeued: 1, dead: 0 });
    const back = await store.signal(signal.id);
    assert.deepEqual([back?.status, back?.attempts, back?.claimedBy], ["pending", 1, null]);
    await store.claimSignal(mine, [project.id]);
    assert.deepEqual(await reap(), { requeued: 0, dead: 1 });
    const dead = await store.signal(signal.id);
    assert.deepEqual([dead?.status, dead?.attempts], ["failed", 2]);
    assert.match(dead?.result ?? "", /2 times/);
    assert.equal((await store.retrySignal(signal.id)).attempts, 0);
    assert.deepEqual((await log(store, project)).map((event) => event.kind), [
      "signal_emitted",
      "signal_requeued",
      "signal_dead",
      "signal_retried",
    ]);
  });

  contractTest(suite, "reapSignals() puts back claims by age", async (store, project) => {
    const { signal } = await store.emitSignal(signalOf(project));
    const claimed = await store.claimSignal("slow", [project.id]);
    const at = claimed?.claimedAt ?? 0;
    await store.reapSignals({ before: at, maxAttempts: 9 });
    assert.equal((await store.signal(signal.id))?.status, "processing");
    const { requeued } = await store.reapSignals({ before: at + 1, maxAttempts: 9 });
    assert.ok(requeued >= 1);
    assert.equal((await store.signal(signal.id))?.status, "pending");
    await refused(
      one(store, { kind: "signal_end", id: signal.id, status: "done", result: "late" }),
      "conflict",
    );
  });
}
