import assert from "node:assert/strict";
import type { NewLinearTrigger, Project, Store } from "../types.ts";
import { contractTest, log, only, refused, type Suite } from "./support.ts";

function triggerOf(project: Project, fields: Partial<NewLinearTrigger> = {}): NewLinearTrigger {
  return {
    projectId: project.id,
    issueId: "issue-1",
    issue: "ENG-1",
    command: "create",
    source: "comment:1",
    delivery: "d1",
    actor: "linear:ann",
    ...fields,
  };
}

function end(id: number, attempt: number) {
  const status = "dispatched" as const;
  return { kind: "linear_trigger_end" as const, id, attempt, status, task: "a", result: "made" };
}

/** What Linear delivered. */
export function linearTriggerContract(suite: Suite): void {
  contractTest(suite, "a trigger is taken once, also by another connection", async (store, p) => {
    await using other = await suite.open();
    const claim = (on: Store, fields: Partial<NewLinearTrigger> = {}) =>
      on.claimLinearTrigger(triggerOf(p, fields), 0);
    const both = await Promise.all([claim(store), claim(other, { delivery: "d2" })]);
    assert.deepEqual(both.map(({ duplicate }) => duplicate).toSorted(), [false, true]);
    const [first, second] = both;
    assert.deepEqual(first.trigger, second.trigger);
    for (
      const fields of [{ issueId: "issue-2" }, { command: "plan" }, { source: "comment:2" }]
    ) {
      assert.equal((await claim(store, fields)).duplicate, false, JSON.stringify(fields));
    }
    const rows = await store.linearTriggers({ projectId: p.id, limit: 3 });
    assert.deepEqual(rows.map(({ source }) => source), ["comment:2", "comment:1", "comment:1"]);
    const received = (await log(store, p)).filter(({ kind }) =>
      kind === "task_linear_trigger_received"
    );
    assert.equal(received.length, 4);
  });

  contractTest(suite, "a trigger that was cut off is taken up again, one that ended never", async (
    store,
    p,
  ) => {
    const { trigger } = await store.claimLinearTrigger(triggerOf(p), 0);
    const later = Date.now() + 60_000;
    const again = await store.claimLinearTrigger(triggerOf(p), later);
    assert.deepEqual([again.duplicate, again.trigger.attempt], [false, 2]);
    await refused(store.commit([end(trigger.id, 1)]), "conflict");
    await store.commit([end(trigger.id, 2)]);
    await refused(store.commit([end(trigger.id, 2)]), "conflict");
    const ended = await store.claimLinearTrigger(triggerOf(p), later);
    assert.equal(ended.duplicate, true);
    const row = only(await store.linearTriggers({ projectId: p.id, limit: 9 }));
    assert.deepEqual([row.status, row.task, row.result], ["dispatched", "a", "made"]);
    assert.ok(row.endedAt !== null);
  });
}
