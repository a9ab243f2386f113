import assert from "node:assert/strict";
import fc from "fast-check";
import type { Event } from "../../task/fsm.ts";
import type { TaskPatch } from "../types.ts";
import {
  contractTest,
  decisionOf,
  log,
  newProject,
  newTask,
  one,
  only,
  refused,
  sessionOf,
  signalOf,
  type Suite,
  taskOf,
  walk,
} from "./support.ts";

/** Tasks: rows, plan text, topics, names. */
export function taskContract(suite: Suite): void {
  creation(suite);
  lists(suite);
  topics(suite);
  writing(suite);
  untouched(suite);
  names(suite);
  removal(suite);
}

function creation(suite: Suite): void {
  contractTest(suite, "createTask() makes a draft that reads back", async (store, project) => {
    const task = await newTask(store, project, { topic: "auth", goal: "Users can log in" });
    assert.deepEqual(await store.task(project.id, "add-login"), task);
    assert.deepEqual(await store.taskById(task.id), task);
    assert.deepEqual(
      [task.status, task.phase, task.contentVersion, task.reviewCycle, task.wave, task.topic],
      ["ready", "", 1, 0, 0, "auth"],
    );
    assert.equal(task.goal, "Users can log in");
    assert.equal(task.planningAt, null);
    assert.equal(await store.task(project.id, "other"), null);
    assert.equal(await store.taskById(999_999), null);
    const [created] = await log(store, project);
    assert.deepEqual([created?.kind, created?.actor, created?.task], [
      "task_created",
      "cli:test",
      "add-login",
    ]);
  });

  contractTest(suite, "createTask() refuses a name that is taken", async (store, project) => {
    await newTask(store, project);
    await refused(newTask(store, project), "exists");
    await refused(newTask(store, { ...project, id: 999_999 }), "not_found");
    await newTask(store, await newProject(store)); // another project may have it
  });
}

function lists(suite: Suite): void {
  contractTest(suite, "tasks() sorts by name and keeps projects apart", async (store, project) => {
    const other = await newProject(store);
    await newTask(store, other, { name: "foreign" });
    for (const name of ["c", "a", "d", "b"]) {
      await newTask(store, project, { name, topic: name < "c" ? "early" : null });
    }
    const b = await store.task(project.id, "b");
    await walk(store, b?.id ?? 0, "plan_start");
    const names = async (filter: Parameters<typeof store.tasks>[0]) =>
      (await store.tasks({ projectId: project.id, ...filter })).map((task) => task.name);
    assert.deepEqual(await names({}), ["a", "b", "c", "d"]);
    assert.deepEqual(await names({ statuses: ["planning"] }), ["b"]);
    assert.deepEqual(await names({ statuses: ["planning", "ready"] }), ["a", "b", "c", "d"]);
    assert.deepEqual(await names({ statuses: [] }), []);
    assert.deepEqual(await names({ topic: "early" }), ["a", "b"]);
    assert.deepEqual(await names({ afterName: "a", limit: 2 }), ["b", "c"]);
    assert.ok((await store.tasks()).some((task) => task.name === "foreign"));
  });

  contractTest(suite, "activeTaskIds() gives tasks that may need work", async (store, project) => {
    const ids: Record<string, number> = {};
    for (const name of ["draft", "planned", "planning", "done", "cancelled", "draft-with-agent"]) {
      ids[name] = (await newTask(store, project, { name })).id;
    }
    await walk(store, ids.planned ?? 0, "plan_start", "planner_finished");
    await walk(store, ids.planning ?? 0, "plan_start");
    await walk(store, ids.done ?? 0, "mark_done");
    await walk(store, ids.cancelled ?? 0, "cancel");
    const taskId = ids["draft-with-agent"] ?? 0;
    const made = await one(store, {
      kind: "session_new",
      session: sessionOf(project, { taskId }),
    });
    const expected = [ids.planned ?? 0, ids.planning ?? 0];
    assert.deepEqual(await store.activeTaskIds(project.id), [...expected, taskId]);
    await one(store, {
      kind: "session",
      id: only(made.sessions).id,
      patch: { status: "exited" },
    });
    assert.deepEqual(await store.activeTaskIds(project.id), expected);
    const cancelled = ids.cancelled ?? 0;
    await one(store, {
      kind: "worktree_new",
      worktree: {
        projectId: project.id,
        taskId: cancelled,
        slot: "task",
        path: "/r/.worktrees/cancelled",
        branch: "plan/cancelled",
        ownsBranch: true,
      },
    });
    assert.deepEqual(
      await store.activeTaskIds(project.id),
      [...expected, cancelled],
      "a worktree that is still to be removed",
    );
  });
}

function topics(suite: Suite): void {
  contractTest(suite, "topics() counts the tasks of each topic", async (store, project) => {
    await newTask(store, project, { name: "a", topic: "ui" });
    const b = await newTask(store, project, { name: "b", topic: "ui" });
    await newTask(store, project, { name: "c" });
    await one(store, { kind: "task", taskId: b.id, patch: { topic: "api" } });
    assert.deepEqual(await store.topics(project.id), [
      { name: "api", tasks: 1 },
      { name: "ui", tasks: 1 },
    ]);
    assert.deepEqual(await store.topics((await newProject(store)).id), []);
  });
}

function writing(suite: Suite): void {
  contractTest(suite, "setContent() replaces the text and counts", async (store, project) => {
    const task = await newTask(store, project, { content: "" });
    assert.deepEqual(await store.content(task.id), { text: "", version: 0 });
    const text = "# Plan\n\n‘ünïcode’ 🦊 end\r\n".repeat(2000);
    assert.equal(await store.setContent(task.id, text, { actor: "mcp" }), 1);
    assert.deepEqual(await store.content(task.id), { text, version: 1 });
    const after = await taskOf(store, task.id);
    assert.deepEqual(after, {
      ...task,
      contentVersion: 1,
      version: task.version + 1,
      updatedAt: after.updatedAt,
    });
    await store.setContent(task.id, "a\0b", { actor: "mcp" });
    assert.equal((await store.content(task.id)).text, "a\ufffdb");
    await refused(store.content(999_999), "not_found");
    await refused(store.setContent(999_999, "x", { actor: "mcp" }), "not_found");
  });

  contractTest(suite, "setContent() lets one of two writers through", async (store, project) => {
    await using other = await suite.open();
    const task = await newTask(store, project, { content: "v1" });
    const options = { actor: "cli:test", expectVersion: 1 };
    assert.equal(await store.setContent(task.id, "mine", options), 2);
    const error = await refused(other.setContent(task.id, "theirs", options), "conflict");
    assert.equal(error.context.contentVersion, 2);
    assert.equal((await store.content(task.id)).text, "mine");
  });
}

function untouched(suite: Suite): void {
  contractTest(suite, "no change of a task touches its plan text", async (store, project) => {
    const field = fc.string({ maxLength: 12 });
    const patches = fc.array(
      fc.record<TaskPatch>({
        phase: fc.constantFrom("", "planned", "fixing"),
        description: field,
        goal: field,
        topic: fc.option(field),
        branch: field,
        feedback: field,
        wave: fc.nat(9),
        verifiedSha: fc.option(field),
      }, { requiredKeys: [] }),
      { maxLength: 4 },
    );
    const lives = fc.constantFrom<Event[]>(
      [],
      ["plan_start", "planner_finished"],
      ["cancel", "reopen"],
      ["mark_done", "start_over"],
    );
    let n = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "binary" }),
        patches,
        lives,
        async (text, list, events) => {
          const task = await newTask(store, project, { name: `t${n++}`, content: text });
          const before = await store.content(task.id);
          for (const patch of list) await one(store, { kind: "task", taskId: task.id, patch });
          await walk(store, task.id, ...events);
          await store.renameTask(task.id, `r${n}`, "cli:test");
          assert.deepEqual(await store.content(task.id), before);
        },
      ),
      { numRuns: 40 },
    );
  });
}

function names(suite: Suite): void {
  contractTest(suite, "renameTask() moves the row and its open signals", async (store, project) => {
    const task = await newTask(store, project);
    await newTask(store, project, { name: "taken" });
    const { signal } = await store.emitSignal(signalOf(project));
    const renamed = await store.renameTask(task.id, "sign-in", "cli:test");
    assert.deepEqual(renamed, {
      ...task,
      name: "sign-in",
      version: task.version + 1,
      updatedAt: renamed.updatedAt,
    });
    assert.equal(await store.task(project.id, "add-login"), null);
    assert.equal((await store.signal(signal.id))?.taskName, "sign-in");
    await refused(store.renameTask(task.id, "taken", "cli:test"), "exists");
    await refused(store.renameTask(999_999, "x", "cli:test"), "not_found");
    assert.deepEqual(await store.renameTask(task.id, "sign-in", "cli:test"), renamed);
    const kinds = (await log(store, project)).map((event) => [event.kind, event.task]);
    assert.deepEqual(kinds.slice(0, 1), [["task_created", "add-login"]]);
    assert.deepEqual(kinds.at(-1), ["task_renamed", "sign-in"]);
  });
}

function removal(suite: Suite): void {
  contractTest(
    suite,
    "deleteTask() removes the task and keeps history and ledger",
    async (store, project) => {
      const task = await newTask(store, project, { topic: "auth" });
      const taskId = task.id;
      const made = await store.commit([
        {
          kind: "subtasks",
          taskId,
          subtasks: [{ wave: 1, number: 1, title: "T", body: "", files: [], status: "pending" }],
        },
        { kind: "session_new", session: sessionOf(project, { taskId }) },
        {
          kind: "worktree_new",
          worktree: {
            projectId: project.id,
            taskId,
            slot: "task",
            path: "/nowhere/w",
            branch: "plan/add-login",
            ownsBranch: true,
          },
        },
        { kind: "decision_open", decision: decisionOf(project, { taskId }) },
        {
          kind: "job_new",
          job: { key: `j${taskId}`, projectId: project.id, taskId, kind: "pr", payload: {} },
        },
      ]);
      const { signal } = await store.emitSignal(signalOf(project));
      const before = await log(store, project);

      await store.deleteTask(taskId, "cli:test");

      assert.equal(await store.taskById(taskId), null);
      assert.deepEqual(await store.subtasks(taskId), []);
      assert.equal(await store.decision(only(made.decisions).id), null);
      assert.ok((await store.dueJobs(Date.now() + 1, 1000)).every((job) => job.taskId !== taskId));
      const session = await store.session(only(made.sessions).id);
      assert.deepEqual([session?.taskId, session?.taskName], [null, null]);
      assert.equal(only(await store.worktrees({ projectId: project.id })).taskId, null);
      assert.equal((await store.signal(signal.id))?.status, "failed");
      const after = await log(store, project);
      assert.deepEqual(after.slice(0, before.length), before);
      assert.deepEqual([after.at(-1)?.kind, after.at(-1)?.task], ["task_deleted", "add-login"]);
      await refused(store.deleteTask(taskId, "cli:test"), "not_found");

      const next = await newTask(store, project);
      assert.ok(next.id > taskId);
      assert.equal((await store.content(next.id)).text, "# Add login\n");
    },
  );
}
