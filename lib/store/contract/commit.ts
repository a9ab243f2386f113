import assert from "node:assert/strict";
import type { Change, NewSubtask } from "../types.ts";
import {
  contractTest,
  decisionOf,
  log,
  newTask,
  one,
  only,
  refused,
  sessionOf,
  signalOf,
  type Suite,
  taskOf,
} from "./support.ts";

function subtask(wave: number, number: number, fields: Partial<NewSubtask> = {}): NewSubtask {
  return {
    wave,
    number,
    title: `T${number}`,
    body: "Do it",
    files: ["src/a.ts"],
    status: "pending",
    ...fields,
  };
}

/** Lists of changes: atomicity, subtasks, decisions, jobs. */
export function commitContract(suite: Suite): void {
  atomicity(suite);
  subtaskLists(suite);
  subtaskPatches(suite);
  decisions(suite);
  jobs(suite);
}

function atomicity(suite: Suite): void {
  contractTest(suite, "commit() applies all changes or none", async (store, project) => {
    const task = await newTask(store, project);
    const taskId = task.id;
    const key = crypto.randomUUID();
    await one(store, { kind: "session_new", session: sessionOf(project, { key }) });
    const before = await log(store, project);
    const good: Change[] = [
      { kind: "task", taskId, patch: { description: "changed" } },
      { kind: "subtasks", taskId, subtasks: [subtask(1, 1)] },
      { kind: "decision_open", decision: decisionOf(project, { taskId }) },
      { kind: "signal_new", signal: signalOf(project) },
      { kind: "event", event: { projectId: project.id, kind: "x", actor: "kas", message: "m" } },
    ];
    const rival: Change = { kind: "session_new", session: sessionOf(project, { key }) };
    const error = await refused(store.commit([...good, rival]), "conflict");
    assert.equal(error.context.key, key);
    assert.deepEqual(await taskOf(store, taskId), task);
    assert.deepEqual(await store.subtasks(taskId), []);
    assert.deepEqual(await store.decisions({ taskId }), []);
    assert.deepEqual(await store.signals({ projectId: project.id, limit: 9 }), []);
    assert.deepEqual(await log(store, project), before);

    const made = await store.commit(good);
    assert.equal((await taskOf(store, taskId)).description, "changed");
    assert.equal(made.decisions.length, 1);
    const kinds = (await log(store, project)).slice(before.length);
    assert.deepEqual(kinds.map((event) => event.kind), ["decision_opened", "signal_emitted", "x"]);
    assert.deepEqual(kinds.map((event) => event.id), made.eventIds);
  });

  contractTest(suite, "commit() takes an empty list", async (store) => {
    const nothing = { sessions: [], worktrees: [], decisions: [], tokens: [], eventIds: [] };
    assert.deepEqual(await store.commit([]), nothing);
  });

  contractTest(suite, "commit() refuses rows of a task that is gone", async (store, project) => {
    const session = sessionOf(project, { taskId: 999_999 });
    await refused(one(store, { kind: "session_new", session }), "not_found");
    assert.equal(await store.sessionByKey(session.key), null);
  });
}

function subtaskLists(suite: Suite): void {
  contractTest(suite, "commit() replaces the subtasks of a task", async (store, project) => {
    const { id: taskId } = await newTask(store, project);
    await one(store, {
      kind: "subtasks",
      taskId,
      subtasks: [subtask(2, 3), subtask(1, 1, { status: "running" }), subtask(1, 2)],
    });
    const old = await store.subtasks(taskId);
    assert.deepEqual(old.map((row) => [row.wave, row.number, row.status]), [
      [1, 1, "running"],
      [1, 2, "pending"],
      [2, 3, "pending"],
    ]);
    assert.ok(old[0]?.startedAt !== null && old[1]?.startedAt === null);
    assert.deepEqual([old[0]?.files, old[0]?.attempt, old[0]?.assignment], [
      ["src/a.ts"],
      1,
      "build",
    ]);
    await one(store, {
      kind: "subtask",
      id: old[0]?.id ?? 0,
      patch: { status: "failed", note: "broke", attempt: 4, commit: "c", files: ["x"] },
    });

    await one(store, { kind: "subtasks", taskId, subtasks: [subtask(1, 1)] });
    const fresh = only(await store.subtasks(taskId));
    assert.ok(old.every((row) => row.id < fresh.id));
    assert.deepEqual([fresh.status, fresh.note, fresh.attempt, fresh.commit], [
      "pending",
      "",
      1,
      null,
    ]);
    const twice: Change = { kind: "subtasks", taskId, subtasks: [subtask(1, 1), subtask(1, 1)] };
    await refused(one(store, twice), "invalid");
    assert.deepEqual(only(await store.subtasks(taskId)), fresh);
    await refused(one(store, { ...twice, taskId: 999_999 }), "not_found");
  });
}

function subtaskPatches(suite: Suite): void {
  contractTest(
    suite,
    "commit() patches a subtask in the expected status",
    async (store, project) => {
      const { id: taskId } = await newTask(store, project);
      await one(store, { kind: "subtasks", taskId, subtasks: [subtask(1, 1)] });
      const before = only(await store.subtasks(taskId));
      const report: Change = {
        kind: "subtask",
        id: before.id,
        expect: ["pending", "running"],
        patch: {
          status: "reported",
          attempt: 2,
          assignment: "resolve",
          baseCommit: "b",
          commit: "c",
          note: "n",
          files: ["y.ts"],
          startedAt: 1,
          reportedAt: 2,
          endedAt: 3,
        },
      };
      await one(store, report);
      const after = only(await store.subtasks(taskId));
      assert.deepEqual(after, { ...before, ...report.patch });
      const error = await refused(one(store, report), "conflict");
      assert.equal(error.context.status, "reported");
      await one(store, { kind: "subtask", id: before.id, patch: {} });
      await refused(one(store, { ...report, id: 999_999 }), "not_found");
      assert.deepEqual(only(await store.subtasks(taskId)), after);
    },
  );
}

function decisions(suite: Suite): void {
  contractTest(suite, "commit() asks a question once while it is open", async (store, project) => {
    const task = await newTask(store, project);
    const decision = decisionOf(project, { taskId: task.id });
    const open: Change = { kind: "decision_open", decision };
    const made = only((await one(store, open)).decisions);
    assert.deepEqual(
      [made.status, made.taskName, made.question, made.options],
      ["open", "add-login", decision.question, decision.options],
    );
    assert.deepEqual(await store.decision(made.id), made);
    const again = await one(store, open);
    assert.deepEqual([again.decisions, again.eventIds], [[], []]);
    assert.deepEqual(await store.decisions({ taskId: task.id, status: "open" }), [made]);

    const answer: Change = {
      kind: "decision_close",
      id: made.id,
      status: "answered",
      answer: "retry",
      feedback: "use v2",
      actor: "cli:me",
    };
    await one(store, answer);
    const closed = await store.decision(made.id);
    assert.deepEqual(
      [closed?.status, closed?.answer, closed?.feedback, closed?.answeredBy],
      ["answered", "retry", "use v2", "cli:me"],
    );
    assert.ok((closed?.closedAt ?? 0) >= made.createdAt);
    const late = await refused(one(store, { ...answer, actor: "cli:late" }), "conflict");
    assert.equal(late.context.answeredBy, "cli:me");
    await refused(one(store, { ...answer, id: 999_999 }), "not_found");

    const next = only((await one(store, open)).decisions);
    assert.notEqual(next.id, made.id);
    await one(store, { kind: "decision_close", id: next.id, status: "withdrawn", actor: "kas" });
    assert.deepEqual(await store.decisions({ projectId: project.id, status: "open" }), []);
    assert.equal((await store.decisions({ projectId: project.id })).length, 2);
    const kinds = (await log(store, project)).map((event) => event.kind).slice(1);
    assert.deepEqual(kinds, ["decision_opened", "decision_opened", "decision_withdrawn"]);
  });
}

function jobs(suite: Suite): void {
  contractTest(suite, "dueJobs() gives each job until it is done", async (store, project) => {
    const task = await newTask(store, project);
    const due = async (now: number) =>
      (await store.dueJobs(now, 1000)).filter((job) => job.projectId === project.id);
    const add = (key: string, n: number): Change => ({
      kind: "job_new",
      job: {
        key: `${task.id}/${key}`,
        projectId: project.id,
        taskId: task.id,
        kind: "pr",
        payload: { n },
      },
    });
    await store.commit([add("a", 1), add("b", 2), add("a", 3)]);
    const now = Date.now() + 1;
    const [a, b] = await due(now);
    assert.deepEqual([a?.payload, b?.payload, (await due(now)).length], [{ n: 1 }, { n: 2 }, 2]);
    assert.deepEqual([a?.status, a?.attempts, a?.kind], ["pending", 0, "pr"]);

    const id = a?.id ?? 0;
    const later: Change = { kind: "job", id, status: "pending", result: "503", nextAt: now + 500 };
    await one(store, later);
    assert.deepEqual((await due(now)).map((job) => job.id), [b?.id]);
    const retried = (await due(now + 500)).find((job) => job.id === id);
    assert.deepEqual([retried?.attempts, retried?.result], [1, "503"]);
    await one(store, { kind: "job", id, status: "done", result: "ok" });
    await store.commit([add("a", 4)]); // a key that is done stays done
    assert.deepEqual((await due(now + 9999)).map((job) => job.id), [b?.id]);
    assert.equal((await store.dueJobs(now, 0)).length, 0);
    await refused(one(store, { ...later, id: 999_999 }), "not_found");
  });
}
