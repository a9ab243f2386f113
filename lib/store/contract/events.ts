import assert from "node:assert/strict";
import fc from "fast-check";
import type { EventFilter, NewEvent, Project, Store } from "../types.ts";
import { contractTest, log, newTask, one, only, sessionOf, type Suite } from "./support.ts";

function line(project: Project, fields: Partial<NewEvent> = {}): NewEvent {
  return { projectId: project.id, kind: "note", actor: "kas", message: "hello", ...fields };
}

async function write(store: Store, ...events: NewEvent[]): Promise<number[]> {
  const made = await store.commit(events.map((event) => ({ kind: "event", event } as const)));
  return [...made.eventIds];
}

/** The log: order, labels, filters, search. */
export function eventContract(suite: Suite): void {
  lines(suite);
  filters(suite);
  search(suite);
}

function lines(suite: Suite): void {
  contractTest(suite, "events() reads back what was written", async (store, project) => {
    const task = await newTask(store, project);
    const made = await one(store, {
      kind: "session_new",
      session: sessionOf(project, { taskId: task.id }),
    });
    const session = only(made.sessions);
    const detail = { list: [1, "ü"], deep: { a: null } };
    const fields = { taskId: task.id, sessionId: session.id, detail };
    const [id] = await write(store, line(project, fields), line(project));
    const [event, bare] = (await log(store, project)).slice(-2);
    assert.deepEqual({ ...event, at: 0 }, {
      id,
      at: 0,
      projectId: project.id,
      project: project.key,
      taskId: task.id,
      task: "add-login",
      sessionId: session.id,
      instance: session.title,
      kind: "note",
      actor: "kas",
      message: "hello",
      detail,
    });
    assert.deepEqual([bare?.task, bare?.instance, bare?.detail], [null, null, {}]);
    const [global] = await write(store, { ...line(project), projectId: null });
    assert.equal(await store.lastEventId(), global);
  });

  contractTest(suite, "events() of an agent are of its session", async (store, project) => {
    const task = await newTask(store, project);
    const made = await store.commit(
      ["one", "two"].map((title) => ({
        kind: "session_new",
        session: sessionOf(project, { title }),
      })),
    );
    const [first, second] = made.sessions;
    const actor = `session:${first?.id}`;
    await one(store, {
      kind: "transition",
      taskId: task.id,
      expectVersion: task.version,
      event: "plan_start",
      actor,
    });
    await write(
      store,
      line(project, { actor }),
      line(project, { actor, sessionId: null }),
      line(project, { actor, sessionId: second?.id ?? 0 }),
      line(project, { actor: `cli:${actor}` }),
    );
    const rows = (await log(store, project)).slice(-5);
    assert.deepEqual(rows.map((row) => [row.kind, row.sessionId, row.instance]), [
      ["task_status_changed", first?.id, "one"],
      ["note", first?.id, "one"],
      ["note", first?.id, "one"],
      ["note", second?.id, "two"],
      ["note", null, null],
    ]);
  });

  contractTest(suite, "events() keeps the names of the time", async (store, project) => {
    const task = await newTask(store, project);
    const made = await one(store, { kind: "session_new", session: sessionOf(project) });
    const session = only(made.sessions);
    await write(store, line(project, { taskId: task.id, sessionId: session.id }));
    const before = await log(store, project);
    await store.renameTask(task.id, "sign-in", "cli:test");
    await one(store, { kind: "session", id: session.id, patch: { title: "other" } });
    await store.deleteTask(task.id, "cli:test");
    assert.deepEqual((await log(store, project)).slice(0, before.length), before);
    assert.equal(
      (await store.events({ task: "sign-in", projectId: project.id, limit: 9 })).length,
      2,
    );
  });

  contractTest(suite, "events() numbers lines in order for all writers", async (store, project) => {
    await using other = await suite.open();
    const writers = Array.from(
      { length: 40 },
      (_, n) => write(n % 2 === 0 ? store : other, line(project, { message: `${n}` })),
    );
    const ids = (await Promise.all(writers)).flat();
    assert.equal(new Set(ids).size, 40);
    const stored = (await log(store, project)).map((event) => event.id);
    assert.deepEqual(stored, ids.toSorted((a, b) => a - b));
  });
}

function filters(suite: Suite): void {
  contractTest(suite, "events() pages and filters", async (store, project) => {
    const task = await newTask(store, project);
    const made = await one(store, { kind: "session_new", session: sessionOf(project) });
    const session = only(made.sessions);
    const ids = await write(
      store,
      line(project, { kind: "a" }),
      line(project, { kind: "b", taskId: task.id }),
      line(project, { kind: "a", sessionId: session.id }),
      line(project, { kind: "c" }),
    );
    const at = (await log(store, project)).at(-1)?.at ?? 0;
    const find = async (filter: Partial<EventFilter>) =>
      (await store.events({
        projectId: project.id,
        limit: 9,
        afterId: (ids[0] ?? 0) - 1,
        ...filter,
      }))
        .map((event) => ids.indexOf(event.id));
    assert.deepEqual(await find({}), [0, 1, 2, 3]);
    assert.deepEqual(await find({ order: "desc", limit: 2 }), [3, 2]);
    assert.deepEqual(await find({ afterId: ids[1] ?? 0 }), [2, 3]);
    assert.deepEqual(await find({ beforeId: ids[2] ?? 0 }), [0, 1]);
    assert.deepEqual(await find({ kinds: ["a", "c"] }), [0, 2, 3]);
    assert.deepEqual(await find({ kinds: [] }), []);
    assert.deepEqual(await find({ task: "add-login" }), [1]);
    assert.deepEqual(await find({ instance: session.title }), [2]);
    assert.deepEqual(await find({ since: at, until: at + 1 }), [0, 1, 2, 3]);
    assert.deepEqual(await find({ since: at + 1 }), []);
    assert.deepEqual(await find({ until: at }), []);
  });
}

function search(suite: Suite): void {
  contractTest(
    suite,
    "events() finds words in message, kind and detail",
    async (store, project) => {
      const ids = await write(
        store,
        line(project, { kind: "agent_spawned", message: "Coder started on wave 1" }),
        line(project, { message: "merge conflict in src/läufer.ts" }),
        line(project, { detail: { feedback: 'say "please" AND (stop)' } }),
      );
      const find = async (text: string) =>
        (await store.events({ projectId: project.id, text, limit: 9 })).map((e) =>
          ids.indexOf(e.id)
        );
      assert.deepEqual(await find("coder"), [0]);
      assert.deepEqual(await find("agent_spawned wave"), [0]);
      assert.deepEqual(await find("coder conflict"), []);
      assert.deepEqual(await find("src/läufer.ts"), [1]);
      assert.deepEqual(await find('"please" AND'), [2]);
      assert.deepEqual(await find("  "), [0, 1, 2]);
      assert.deepEqual(await find("***"), []);
    },
  );

  contractTest(suite, "events() takes any search text", async (store, project) => {
    await write(store, line(project));
    const tricky = fc.stringMatching(/^[\s\0"'()*^:{}+\-a-zANDORNT\u00e9]{0,20}$/u);
    const any = fc.oneof(tricky, fc.string({ unit: "binary" }));
    await fc.assert(
      fc.asyncProperty(any, async (text) => {
        await store.events({ projectId: project.id, text, limit: 5 });
      }),
      { numRuns: 200 },
    );
  });
}
