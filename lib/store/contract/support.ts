import assert from "node:assert/strict";
import { type ErrorCode, KasError } from "../../errors.ts";
import type { Event } from "../../task/fsm.ts";
import type { Task } from "../../task/types.ts";
import type {
  Change,
  Committed,
  EventRow,
  NewDecision,
  NewSession,
  NewSignal,
  NewTask,
  Project,
  Store,
} from "../types.ts";

/** What a contract part needs: a label and a way to connect to the database under test. */
export interface Suite {
  readonly name: string;
  readonly open: () => Promise<Store>;
}

/** Registers one test with a connection and a project of its own. */
export function contractTest(
  suite: Suite,
  title: string,
  body: (store: Store, project: Project) => Promise<void>,
): void {
  Deno.test(`${title} (${suite.name})`, async () => {
    await using store = await suite.open();
    await body(store, await newProject(store));
  });
}

/** A project that no other test knows. Its folder does not exist. */
export function newProject(store: Store): Promise<Project> {
  const unique = crypto.randomUUID();
  return store.ensureProject({ root: `/nowhere/${unique}/app`, rootCommit: unique });
}

/** A draft task. */
export function newTask(
  store: Store,
  project: Project,
  fields: Partial<NewTask> = {},
): Promise<Task> {
  const name = fields.name ?? "add-login";
  return store.createTask({
    projectId: project.id,
    name,
    description: "Add a login page",
    branch: `plan/${name}`,
    baseBranch: "main",
    topic: null,
    content: "# Add login\n",
    goal: "",
    ...fields,
  }, "cli:test");
}

/** Takes a task through events, each on its current version. */
export async function walk(store: Store, id: number, ...events: Event[]): Promise<Task> {
  for (const event of events) {
    const { version } = await taskOf(store, id);
    await store.commit([
      { kind: "transition", taskId: id, expectVersion: version, event, actor: "cli:test" },
    ]);
  }
  return taskOf(store, id);
}

/** The task, which must be there. */
export async function taskOf(store: Store, id: number): Promise<Task> {
  const task = await store.taskById(id);
  assert.ok(task !== null, `task ${id} is gone`);
  return task;
}

/** A signal of the project. */
export function signalOf(project: Project, fields: Partial<NewSignal> = {}): NewSignal {
  return {
    projectId: project.id,
    taskName: "add-login",
    type: "planner_finished",
    payload: {},
    source: "cli:test",
    ...fields,
  };
}

/** A session of the project. */
export function sessionOf(project: Project, fields: Partial<NewSession> = {}): NewSession {
  return {
    key: crypto.randomUUID(),
    projectId: project.id,
    taskId: null,
    title: "add-login-W1-T1",
    role: "coder",
    agent: "coder",
    wave: 1,
    subtask: 1,
    round: 1,
    attempt: 1,
    peers: 2,
    harness: "claude",
    program: "claude",
    model: null,
    branch: "plan/add-login--w1-t1",
    cwd: "/nowhere",
    ...fields,
  };
}

/** A question of the project. */
export function decisionOf(project: Project, fields: Partial<NewDecision> = {}): NewDecision {
  return {
    key: crypto.randomUUID(),
    projectId: project.id,
    taskId: null,
    sessionId: null,
    kind: "wave_failed",
    question: "Wave 1 failed. What now?",
    detail: "T2 failed",
    options: [{ id: "retry", label: "Retry" }, { id: "abort", label: "Abort" }],
    ...fields,
  };
}

/** Commits one change. */
export function one(store: Store, change: Change): Promise<Committed> {
  return store.commit([change]);
}

/** The single element of a list. */
export function only<T>(list: readonly T[]): T {
  assert.equal(list.length, 1);
  const [first] = list;
  assert.ok(first !== undefined);
  return first;
}

/** The project's log, oldest first. */
export function log(store: Store, project: Project): Promise<EventRow[]> {
  return store.events({ projectId: project.id, limit: 1000 });
}

/** Asserts that a promise is rejected with this code and returns the error. */
export async function refused(promise: Promise<unknown>, code: ErrorCode): Promise<KasError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof KasError, `not a KasError: ${error}`);
    assert.equal(error.code, code, error.message);
    assert.ok(error.hint !== undefined && !error.message.endsWith("."), error.message);
    return error;
  }
  assert.fail(`expected "${code}"`);
}
