import assert from "node:assert/strict";
import type { Change, NewWorktree, SessionPatch, Store, Worktree } from "../types.ts";
import { contractTest, newTask, one, only, refused, sessionOf, type Suite } from "./support.ts";

/** Sessions and worktrees. */
export function ledgerContract(suite: Suite): void {
  sessionRows(suite);
  sessionChanges(suite);
  worktrees(suite);
}

function sessionRows(suite: Suite): void {
  contractTest(suite, "commit() records a session under its key", async (store, project) => {
    const task = await newTask(store, project);
    const session = sessionOf(project, { taskId: task.id });
    const made = only((await one(store, { kind: "session_new", session })).sessions);
    const { id, tmuxName, taskName, status, activity, pid, createdAt, ...rest } = made;
    assert.deepEqual([tmuxName, taskName, status, activity, pid], [
      `kas-${id}`,
      "add-login",
      "starting",
      "starting",
      null,
    ]);
    assert.ok(Math.abs(createdAt - Date.now()) < 60_000);
    assert.deepEqual({ ...rest, ...session }, rest);
    assert.deepEqual(await store.session(id), made);
    assert.deepEqual(await store.sessionByKey(session.key), made);
    assert.equal(await store.session(999_999), null);
    assert.equal(await store.sessionByKey("none"), null);
    await store.renameTask(task.id, "sign-in", "cli:test");
    assert.equal((await store.session(id))?.taskName, "sign-in");
  });

  contractTest(suite, "commit() starts the same work once", async (store, project) => {
    await using other = await suite.open();
    const session = sessionOf(project);
    const start = (to: Store) => one(to, { kind: "session_new", session });
    const results = await Promise.allSettled([start(store), start(other)]);
    assert.deepEqual(results.map((r) => r.status).sort(), ["fulfilled", "rejected"]);
    await refused(start(other), "conflict");
    only(await store.sessions({ projectId: project.id }));
  });
}

function sessionChanges(suite: Suite): void {
  contractTest(
    suite,
    "commit() patches a session in the expected status",
    async (store, project) => {
      const made = await one(store, { kind: "session_new", session: sessionOf(project) });
      const before = only(made.sessions);
      const patch: SessionPatch = {
        status: "exited",
        activity: "idle",
        evidence: "process ended",
        pid: 42,
        exitReason: "died",
        exitCode: 1,
        startedAt: 1,
        endedAt: 2,
        lastActivityAt: 3,
        cwd: "/elsewhere",
        title: "t",
        harness: "codex",
        program: "codex",
        model: "m",
        agent: "expert",
        timeoutMinutes: 30,
      };
      const change: Change = {
        kind: "session",
        id: before.id,
        expect: ["starting", "running"],
        patch,
      };
      await one(store, change);
      assert.deepEqual(await store.session(before.id), { ...before, ...patch });
      const error = await refused(one(store, change), "conflict");
      assert.equal(error.context.status, "exited");
      await refused(one(store, { kind: "session", id: 999_999, patch }), "not_found");
      await one(store, { kind: "session", id: before.id, patch: { pid: null } });
      assert.equal((await store.session(before.id))?.pid, null);
    },
  );

  contractTest(suite, "sessions() filters by project, task and status", async (store, project) => {
    const task = await newTask(store, project);
    const made = await store.commit([
      { kind: "session_new", session: sessionOf(project, { taskId: task.id }) },
      { kind: "session_new", session: sessionOf(project) },
    ]);
    const [a, b] = made.sessions.map((session) => session.id);
    await one(store, { kind: "session", id: b ?? 0, patch: { status: "running" } });
    const ids = async (filter: Parameters<typeof store.sessions>[0]) =>
      (await store.sessions(filter)).map((session) => session.id);
    assert.deepEqual(await ids({ projectId: project.id }), [a, b]);
    assert.deepEqual(await ids({ taskId: task.id }), [a]);
    assert.deepEqual(await ids({ projectId: project.id, statuses: ["running"] }), [b]);
    assert.deepEqual(await ids({ taskId: task.id, statuses: ["running", "paused"] }), []);
    assert.ok((await ids({ statuses: ["running"] })).includes(b ?? 0));
    assert.ok((await ids({})).includes(a ?? 0));
  });
}

function worktrees(suite: Suite): void {
  contractTest(suite, "commit() keeps one worktree for a slot", async (store, project) => {
    const task = await newTask(store, project);
    const worktree: NewWorktree = {
      projectId: project.id,
      taskId: task.id,
      slot: "w1-t1",
      path: "/nowhere/.worktrees/w1-t1",
      branch: "plan/add-login--w1-t1",
      ownsBranch: true,
    };
    const add = (fields: Partial<NewWorktree> = {}): Promise<Worktree> =>
      one(store, { kind: "worktree_new", worktree: { ...worktree, ...fields } })
        .then((made) => only(made.worktrees));
    const first = await add();
    assert.deepEqual({ ...first, ...worktree }, first);
    assert.deepEqual([first.status, first.removedAt], ["creating", null]);
    const error = await refused(add({ path: "/other" }), "conflict");
    assert.equal(error.context.worktree, first.id);
    const beside = await add({ slot: "task", ownsBranch: false });
    assert.equal(beside.ownsBranch, false);

    const patch = { status: "removed", removedAt: 7, ownsBranch: false, path: "/moved" } as const;
    await one(store, { kind: "worktree", id: first.id, patch });
    const again = await add();
    const filter = { projectId: project.id, taskId: task.id };
    assert.deepEqual(await store.worktrees(filter), [{ ...first, ...patch }, beside, again]);
    assert.deepEqual(await store.worktrees({ ...filter, statuses: ["removed"] }), [
      { ...first, ...patch },
    ]);
    assert.deepEqual(await store.worktrees({ taskId: task.id, statuses: ["creating", "ready"] }), [
      beside,
      again,
    ]);
    await one(store, { kind: "worktree", id: again.id, patch: {} });
    await refused(one(store, { kind: "worktree", id: 999_999, patch }), "not_found");
  });
}
