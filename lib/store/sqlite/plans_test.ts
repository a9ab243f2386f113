import assert from "node:assert/strict";
import type { Change, Project, Store } from "../types.ts";
import {
  decisionOf,
  newProject,
  newTask,
  one,
  only,
  sessionOf,
  signalOf,
  walk,
} from "../contract/support.ts";
import type { Db } from "./db.ts";
import { openDb } from "./open.ts";
import { SqliteStore } from "./store.ts";

async function withDb(body: (db: Db, store: Store) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const db = await openDb(`${folder}/store.db`);
    await using store = new SqliteStore(db);
    await body(db, store);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Uses every method that the engine calls to carry a task on. */
async function work(store: Store, project: Project): Promise<void> {
  await store.project(project.id);
  await store.projectByKey(project.key);
  await store.setRegistered(project.id, true);
  const { id: taskId } = await newTask(store, project, { topic: "auth" });
  const planned = await walk(store, taskId, "plan_start", "planner_finished");
  const { id: otherId } = await newTask(store, project, { name: "other", topic: "auth" });
  const made = await store.commit([
    { kind: "expect", taskId, version: planned.version },
    { kind: "task", taskId, patch: { wave: 1, topic: "ui" } },
    {
      kind: "subtasks",
      taskId,
      subtasks: [{ wave: 1, number: 1, title: "t", body: "", files: [], status: "running" }],
    },
    { kind: "session_new", session: sessionOf(project, { taskId }) },
    {
      kind: "worktree_new",
      worktree: {
        projectId: project.id,
        taskId,
        slot: "task",
        path: "/nowhere/w",
        branch: "b",
        ownsBranch: true,
      },
    },
    { kind: "decision_open", decision: decisionOf(project, { taskId }) },
    { kind: "job_new", job: { key: "j", projectId: project.id, taskId, kind: "pr", payload: {} } },
    { kind: "signal_new", signal: signalOf(project, { dedupeKey: "d" }) },
  ]);
  await walk(store, taskId, "implement_start");
  const [subtask] = await store.subtasks(taskId);
  const [job] = await store.dueJobs(Date.now() + 1, 10);
  const changes: Change[] = [
    { kind: "subtask", id: subtask?.id ?? 0, patch: { status: "reported" } },
    { kind: "session", id: only(made.sessions).id, patch: { status: "running" } },
    { kind: "worktree", id: only(made.worktrees).id, patch: { status: "ready" } },
    { kind: "decision_close", id: only(made.decisions).id, status: "withdrawn", actor: "kas" },
    { kind: "job", id: job?.id ?? 0, status: "done", result: "" },
  ];
  await store.commit(changes);
  await signalLife(store, project);
  await store.activeTaskIds(project.id);
  await store.task(project.id, "add-login");
  for (const filter of [{ projectId: project.id }, {}]) {
    await store.sessions({ ...filter, statuses: ["starting", "running"] });
  }
  await store.sessions({ taskId });
  await store.session(1);
  await store.sessionByKey("k");
  await store.decisions({ taskId, status: "open" });
  await store.worktrees({ taskId });
  await store.events({ afterId: 3, limit: 5 });
  await store.lastEventId();
  await store.content(taskId);
  await store.setContent(taskId, "x", { actor: "kas" });
  await store.renameTask(taskId, "renamed", "kas");
  await store.deleteTask(otherId, "kas");
}

async function signalLife(store: Store, project: Project): Promise<void> {
  const projectId = project.id;
  await store.claimSignal("w", null);
  await store.emitSignal({ ...signalOf(project), dedupeKey: "e" });
  const claimed = await store.claimSignal("w", [projectId]);
  const id = claimed?.id ?? 0;
  await one(store, { kind: "signal_end", id, status: "failed", result: "" });
  await store.retrySignal(id);
  await store.reapSignals({ before: Date.now() + 1, maxAttempts: 1 });
}

/** Uses the lists that people look at. */
async function lists(store: Store, projectId: number, taskId: number): Promise<void> {
  await store.signals({ projectId, limit: 5 });
  await store.signals({ projectId, statuses: ["failed"], limit: 5 });
  await store.signals({ projectId, task: "add-login", limit: 5 });
  await store.tasks({ projectId });
  await store.tasks({ projectId, statuses: ["ready"], afterName: "a", limit: 5 });
  await store.tasks({ projectId, topic: "auth" });
  for (const filter of [{ projectId }, { taskId }, {}]) {
    await store.sessions({ ...filter, statuses: ["running"] });
    await store.worktrees({ projectId, ...filter, statuses: ["ready"] });
    await store.decisions({ ...filter, status: "open" });
  }
  await store.sessions({ projectId });
  await store.topics(projectId);
  await store.events({ limit: 5 });
  await store.events({ projectId, order: "desc", limit: 5 });
  await store.events({ afterId: 3, task: "add-login", instance: "x", kinds: ["a"], limit: 5 });
  await store.events({ since: 0, until: 5, text: "hello", limit: 5 });
}

/** Steps of the query plans of all statements in use, each with its statement. */
function steps(db: Db): { step: string; sql: string }[] {
  return db.statements().filter((sql) => /^\s*(SELECT|INSERT|UPDATE|DELETE)/.test(sql))
    .flatMap((sql) => {
      const nulls = Array.from(sql.matchAll(/\?/g), () => null);
      return db.all(`EXPLAIN QUERY PLAN ${sql}`, ...nulls)
        .map((row) => ({ step: String(row.detail), sql }));
    });
}

/** Reads all of a table. Lists bound as JSON and the full-text index are read whole by design. */
function isScan({ step }: { step: string }): boolean {
  return /^SCAN|AUTOMATIC/.test(step) && !/VIRTUAL TABLE|CONSTANT ROW/.test(step);
}

/** Reads all that a project has. The indexes named lead to open work only, which is little. */
function readsProject({ step }: { step: string }): boolean {
  return /\((project_id=\?|status=\?)\)/.test(step) &&
    / (task|signal|event|session|s) /.test(step) &&
    !/INDEX (signal_pending(_project)?|task_planned|session_status|signal_status) /.test(step);
}

Deno.test("the engine's queries cost the same however much is stored", () =>
  withDb(async (db, store) => {
    await work(store, await newProject(store));
    const seen = steps(db);
    assert.ok(seen.length > 60, `only ${seen.length} steps were seen`);
    assert.deepEqual(seen.filter((step) => isScan(step) || readsProject(step)), []);
    for (
      const index of ["task_topic", "task_planned", "signal_pending", "signal_pending_project"]
    ) {
      assert.ok(seen.some(({ step }) => step.includes(`INDEX ${index} `)), index);
    }
  }));

Deno.test("no list scans a table", () =>
  withDb(async (db, store) => {
    const project = await newProject(store);
    const { id } = await newTask(store, project);
    await lists(store, project.id, id);
    assert.deepEqual(steps(db).filter(isScan), []);
  }));

Deno.test("removing a task finds what hangs on it by an index", () =>
  withDb((db) => {
    const tables = db.all("SELECT name FROM sqlite_schema WHERE type = 'table'");
    let checked = 0;
    for (const { name } of tables) {
      const links = db.all(
        `SELECT "from" AS field FROM pragma_foreign_key_list(?) WHERE on_delete <> 'NO ACTION'`,
        String(name),
      );
      for (const { field } of links) {
        const plan = db.all(
          `EXPLAIN QUERY PLAN SELECT 1 FROM ${String(name)} WHERE ${String(field)} = 1`,
        );
        assert.match(String(plan[0]?.detail), /^SEARCH/, `${name}.${field}`);
        checked++;
      }
    }
    assert.ok(checked >= 7);
    return Promise.resolve();
  }));

Deno.test("the log refuses to be rewritten", () =>
  withDb(async (db, store) => {
    await newTask(store, await newProject(store));
    assert.throws(() => db.run("UPDATE event SET actor = 'x'"), /append-only/);
    assert.throws(() => db.run("DELETE FROM event"), /append-only/);
  }));
