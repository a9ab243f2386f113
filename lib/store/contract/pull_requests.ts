import assert from "node:assert/strict";
import type { Task } from "../../task/types.ts";
import type { Store, TaskOrder } from "../types.ts";
import { contractTest, decisionOf, newTask, refused, sessionOf, type Suite } from "./support.ts";

/** Pull requests, links, topics without tasks, and lists by the page. */
export function pullRequestContract(suite: Suite): void {
  pullRequests(suite);
  links(suite);
  pages(suite);
}

function pullRequests(suite: Suite): void {
  contractTest(suite, "pull_request keeps what a patch leaves out", async (store, project) => {
    const { id: taskId } = await newTask(store, project);
    assert.equal(await store.pullRequest(taskId), null);
    const url = "https://forge.example/pr/1";
    await store.commit([{ kind: "pull_request", taskId, patch: { url } }]);
    await store.commit([{ kind: "pull_request", taskId, patch: { state: "APPROVED" } }]);
    const found = await store.pullRequest(taskId);
    assert.deepEqual([found?.url, found?.state, found?.checks], [url, "APPROVED", ""]);
    await refused(
      store.commit([{ kind: "pull_request", taskId: 999_999, patch: { url } }]),
      "not_found",
    );
  });

  contractTest(suite, "pr_review_new records a review once", async (store, project) => {
    const { id: taskId } = await newTask(store, project);
    const review = { taskId, reviewId: "r1", author: "ann", body: "b", submittedAt: 5 };
    for (const state of ["COMMENTED", "APPROVED"]) {
      await store.commit([{ kind: "pr_review_new", review: { ...review, state } }]);
    }
    const [one, ...more] = await store.prReviews(taskId);
    assert.deepEqual([one?.state, one?.reactedAt, more], ["COMMENTED", null, []]);
    await store.commit([{ kind: "pr_review", taskId, reviewId: "r1", patch: { reactedAt: 7 } }]);
    assert.equal((await store.prReviews(taskId))[0]?.reactedAt, 7);
    await refused(
      store.commit([{ kind: "pr_review", taskId, reviewId: "r2", patch: { reactedAt: 7 } }]),
      "not_found",
    );
    await store.deleteTask(taskId, "cli:test");
    assert.deepEqual(await store.prReviews(taskId), []);
  });
}

function links(suite: Suite): void {
  contractTest(suite, "task_link sets, replaces and removes", async (store, project) => {
    const { id: taskId } = await newTask(store, project);
    const set = (value: string | null) =>
      store.commit([{ kind: "task_link", taskId, name: "clickup", value }]);
    await set("a");
    await set("b");
    assert.deepEqual(await store.taskLinks(taskId), { clickup: "b" });
    await set(null);
    assert.deepEqual(await store.taskLinks(taskId), {});
  });

  contractTest(suite, "topic_new makes a topic without tasks, once", async (store, project) => {
    for (let i = 0; i < 2; i++) {
      await store.commit([{ kind: "topic_new", projectId: project.id, name: "auth" }]);
    }
    assert.deepEqual(await store.topics(project.id), [{ name: "auth", tasks: 0 }]);
  });
}

/** All pages of tasks in an order, by name. */
async function walkPages(store: Store, projectId: number, order: TaskOrder): Promise<string[]> {
  const names: string[] = [];
  let last: Task | undefined;
  for (;;) {
    const rows = await store.tasks({
      projectId,
      order,
      limit: 2,
      ...(last === undefined ? {} : {
        after: {
          key: { name: last.name, updated: last.updatedAt, created: last.createdAt }[order],
          id: last.id,
        },
      }),
    });
    names.push(...rows.map((task) => task.name));
    last = rows.at(-1);
    if (rows.length < 2) return names;
  }
}

function pages(suite: Suite): void {
  contractTest(
    suite,
    "tasks() gives each task on one page, in any order",
    async (store, project) => {
      for (const name of ["b", "a", "d", "c", "e"]) await newTask(store, project, { name });
      assert.deepEqual(await walkPages(store, project.id, "name"), ["a", "b", "c", "d", "e"]);
      assert.deepEqual((await walkPages(store, project.id, "created")).sort(), [..."abcde"]);
      assert.deepEqual((await walkPages(store, project.id, "updated")).sort(), [..."abcde"]);
    },
  );

  contractTest(suite, "tasks() finds words wherever they stand", async (store, project) => {
    await newTask(store, project, { name: "a", description: "50% of_all", goal: "Log in" });
    await newTask(store, project, { name: "b", description: "500 of all" });
    const found = async (text: string) =>
      (await store.tasks({ projectId: project.id, text })).map((task) => task.name);
    assert.deepEqual(await found("50%"), ["a"]);
    assert.deepEqual(await found("LOG of_"), ["a"]);
    assert.deepEqual(await found(" of "), ["a", "b"]);
    assert.deepEqual(await found("nothing"), []);
  });

  contractTest(suite, "taskCounts() counts each status", async (store, project) => {
    await newTask(store, project, { name: "a" });
    await newTask(store, project, { name: "b" });
    const mine = (await store.taskCounts()).filter((row) => row.projectId === project.id);
    assert.deepEqual(mine, [{ projectId: project.id, status: "ready", tasks: 2 }]);
  });

  contractTest(suite, "sessions() and decisions() come by the page", async (store, project) => {
    const { id: taskId } = await newTask(store, project);
    const made = await store.commit([1, 2, 3].flatMap((n) => [
      { kind: "session_new" as const, session: sessionOf(project, { key: `${project.id}:${n}` }) },
      {
        kind: "decision_open" as const,
        decision: decisionOf(project, { taskId, key: `${project.id}:${n}` }),
      },
    ]));
    const [s1, s2, s3] = made.sessions.map((row) => row.id);
    const projectId = project.id;
    const newest = await store.sessions({ projectId, order: "desc", limit: 2 });
    assert.deepEqual(newest.map((row) => row.id), [s3, s2]);
    const rest = await store.sessions({ projectId, order: "desc", beforeId: s2 ?? 0 });
    assert.deepEqual(rest.map((row) => row.id), [s1]);
    const [d1, d2, d3] = made.decisions.map((row) => row.id);
    const first = await store.decisions({ projectId, limit: 1 });
    assert.deepEqual(first.map((row) => row.id), [d1]);
    const more = await store.decisions({ projectId, afterId: d1 ?? 0 });
    assert.deepEqual(more.map((row) => row.id), [d2, d3]);
  });
}
