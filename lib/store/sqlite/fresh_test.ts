import assert from "node:assert/strict";
import type { Store } from "../types.ts";
import { openSqliteStore } from "./store.ts";

async function twoOn(test: (one: Store, other: Store, projectId: number) => Promise<void>) {
  const dir = await Deno.makeTempDir({ prefix: "kas-fresh-" });
  try {
    await using one = await openSqliteStore(`${dir}/tasks.db`);
    await using other = await openSqliteStore(`${dir}/tasks.db`);
    const { id } = await one.ensureProject({ root: "/repo", rootCommit: "0".repeat(40) });
    await one.createTask({
      projectId: id,
      name: "login",
      description: "first",
      branch: "plan/login",
      baseBranch: "main",
      topic: null,
      content: "",
      goal: "",
    }, "test");
    await test(one, other, id);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("a task is read once as long as nobody writes, and nobody can change what is shared", () =>
  twoOn(async (one, _other, project) => {
    const first = await one.task(project, "login");
    assert.ok(first !== null);
    assert.equal(await one.task(project, "login"), first);
    assert.equal(Reflect.set(first, "goal", "x"), false);
    assert.equal(await one.task(project, "logout"), null);
  }));

Deno.test("a task is read anew after a write, of this connection or another, also a removed one", () =>
  twoOn(async (one, other, project) => {
    const goalIn = async (store: Store) => (await store.task(project, "login"))?.goal;
    const task = await one.task(project, "login");
    assert.ok(task !== null);
    assert.deepEqual([await goalIn(one), await goalIn(other)], ["", ""]);
    const set = (store: Store, goal: string) =>
      store.commit([{ kind: "task", taskId: task.id, patch: { goal } }]);
    await set(one, "mine");
    assert.deepEqual([await goalIn(one), await goalIn(other)], ["mine", "mine"]);
    await set(other, "theirs");
    assert.deepEqual([await goalIn(one), await goalIn(other)], ["theirs", "theirs"]);
    const half = one.commit([
      { kind: "task", taskId: task.id, patch: { goal: "lost" } },
      { kind: "task", taskId: 999, patch: { goal: "none" } },
    ]);
    await assert.rejects(half);
    assert.deepEqual([await goalIn(one), await goalIn(other)], ["theirs", "theirs"]);
    await other.deleteTask(task.id, "test");
    assert.deepEqual([await goalIn(one), await goalIn(other)], [undefined, undefined]);
  }));
