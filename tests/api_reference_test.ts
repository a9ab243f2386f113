import assert from "node:assert/strict";
import { isLocked } from "../lib/daemon/lock.ts";
import { askServer, startApiServer } from "./support/api_server.ts";
import { IDLE, Lab } from "./support/lab.ts";

/** Each route as a client of the task API calls it: its path, its body, its status, its fields. */

const PLAN = `# Add login

**Goal:** People can log in

**Architecture:** One page

**Tech Stack:** TypeScript

## Wave 1

### Task 1: The page

**Files:**
- Create: \`page.ts\`

Write it.

## Wave 2

### Task 2: The form

**Files:**
- Create: \`form.ts\`

Write it.
`;
const AT = "2026-01-02T03:04:05.000Z";
const LATER = "2026-01-03T03:04:05.000Z";
const URL_OF_PR = "https://forge.example/o/r/pull/7";
const META = { schema_version: 1, waves: [], decision_audit: { summary: "as planned" } };

/** One call; `P` stands for the project, `T` for the task "login". */
interface Row {
  readonly ask: string;
  readonly body?: unknown;
  readonly status: number;
  /** What the answer has to hold at least: an object, a whole list, or a text. */
  readonly has?: unknown;
}

const OK = 200;
const MADE = 201;

/** In this order: later rows meet what earlier ones left. */
const TASKS: readonly Row[] = [
  { ask: "GET /v1/ping", status: OK, has: { ok: true } },
  {
    ask: "POST P/tasks",
    body: { filename: "login.md", status: "ready", description: "Add login", topic: "auth" },
    status: MADE,
    has: { filename: "login", name: "login", status: "ready", topic: "auth" },
  },
  { ask: "POST P/tasks", body: { filename: "login", status: "ready" }, status: 409 },
  {
    ask: "POST P/tasks",
    body: { filename: "given-up", status: "cancelled", topic: "", goal: "None" },
    status: MADE,
    has: { filename: "given-up", status: "cancelled", topic: null, goal: "None" },
  },
  {
    ask: "POST P/tasks",
    body: { filename: "early", status: "verifying" },
    status: 409,
    has: {
      code: "illegal_transition",
      context: { legal_statuses: ["ready", "planning", "done", "cancelled"] },
    },
  },
  { ask: "GET P/tasks/early", status: 404, has: { code: "not_found" } },
  {
    ask: "GET P/tasks?status=ready&status=done&topic=auth",
    status: OK,
    has: { items: [{ filename: "login", status: "ready" }], next: null },
  },
  {
    ask: "GET P/tasks?status=cancelled",
    status: OK,
    has: { items: [{ filename: "given-up" }], next: null },
  },
  { ask: "GET T.md", status: OK, has: { filename: "login", description: "Add login" } },
  { ask: "PUT T", body: { description: "Log in" }, status: OK, has: { description: "Log in" } },
  { ask: "PUT T", body: { status: "done" }, status: 422, has: { context: { is: "ready" } } },
  { ask: "PUT T", body: { goal: "Late", version: 1 }, status: 409, has: { code: "conflict" } },
  { ask: "PUT T/goal", body: { goal: "Be known" }, status: OK, has: { goal: "Be known" } },
  { ask: "PUT T/topic", body: { topic: "web" }, status: OK, has: { topic: "web" } },
  { ask: "PUT T/topic", body: { topic: "" }, status: OK, has: { topic: null } },
  { ask: "GET P/topics", status: OK, has: { items: [{ name: "auth" }, { name: "web" }] } },
  { ask: "POST P/topics", body: { name: "docs" }, status: MADE, has: { name: "docs" } },
];

const CONTENT: readonly Row[] = [
  { ask: "PUT T/content", body: PLAN, status: OK, has: { task: "login", findings: [] } },
  { ask: "GET T/content", status: OK, has: PLAN },
  {
    ask: "PUT T/subtasks",
    body: [
      { task_number: 1, title: "The page", status: "complete" },
      { task_number: 2, title: "The form" },
    ],
    status: OK,
    has: {
      items: [
        { wave: 1, number: 1, title: "The page", status: "complete" },
        { wave: 2, number: 2, title: "The form", status: "pending" },
      ],
    },
  },
  { ask: "PUT T/subtasks", body: [{ task_number: 9, title: "Odd" }], status: 422 },
  { ask: "PUT T/subtasks", body: [{ task_number: 1 }], status: 422, has: { code: "invalid" } },
  {
    ask: "PUT T/subtasks/2/status",
    body: { status: "failed" },
    status: OK,
    has: { number: 2, status: "failed" },
  },
  {
    ask: "GET T/subtasks",
    status: OK,
    has: { items: [{ status: "complete" }, { status: "failed" }] },
  },
  { ask: "PUT T/subtasks", body: [], status: OK, has: { items: [] } },
  {
    ask: "GET T/architect-decisions",
    status: OK,
    has: { metadata: null, reason: "architect_meta_missing" },
  },
];

const COURSE: readonly Row[] = [
  {
    ask: "GET T/available-actions",
    status: OK,
    has: {
      status: "ready",
      actions: [
        { event: "plan_start", label: "start planning" },
        { event: "mark_done" },
        { event: "cancel" },
      ],
    },
  },
  {
    ask: "POST T/transition",
    body: { event: "review_approved" },
    status: 409,
    has: { code: "illegal_transition", context: { legal: ["plan_start", "mark_done", "cancel"] } },
  },
  {
    ask: "PUT T/status",
    body: { status: "reviewing" },
    status: OK,
    has: { status: "reviewing", phase: "reviewing" },
  },
  {
    ask: "GET T/available-actions",
    status: OK,
    has: {
      status: "reviewing",
      actions: [
        { event: "review_approved", label: "mark review approved" },
        { event: "review_changes_requested" },
        { event: "cancel" },
      ],
    },
  },
  {
    ask: "PUT T/execution-state",
    body: { execution_phase: "reviewing", wave: 2, review_cycle: 3 },
    status: OK,
    has: { phase: "reviewing", wave: 2, review_cycle: 3 },
  },
  {
    ask: "PUT T/execution-state",
    body: { execution_phase: "planned" },
    status: 403,
    has: { code: "guard" },
  },
  { ask: "POST T/increment-review-cycle", status: OK, has: { review_cycle: 4 } },
  {
    ask: "PUT T/phase-timestamp",
    body: { phase: "planning", timestamp: AT },
    status: OK,
    has: { planning_at: AT },
  },
  {
    ask: "PUT T/phase-timestamp/verifying",
    body: { timestamp: LATER },
    status: OK,
    has: { planning_at: AT, verifying_at: LATER },
  },
  { ask: "PUT T/phase-timestamp/ready", body: { timestamp: AT }, status: 422 },
  { ask: "PUT T/phase-timestamp/done", body: { timestamp: "soon" }, status: 422 },
  { ask: "PUT T/phase-timestamp/reviewing", body: { timestamp: AT }, status: 403 },
];

const FACTS: readonly Row[] = [
  {
    ask: "PUT T/clickup-task-id",
    body: { clickup_task_id: "86c" },
    status: OK,
    has: { links: { clickup: "86c" } },
  },
  { ask: "PUT T/clickup-task-id", body: { clickup_task_id: "" }, status: OK, has: { links: {} } },
  { ask: "PUT T/pr-url", body: { pr_url: URL_OF_PR }, status: OK, has: { url: URL_OF_PR } },
  {
    ask: "PUT T/pr-state",
    body: { pr_review_decision: "APPROVED", pr_check_status: "passing" },
    status: OK,
    has: { url: URL_OF_PR, state: "APPROVED", checks: "passing" },
  },
  {
    ask: "POST T/pr-reviews",
    body: { review_id: 17, reviewer_login: "ann", review_state: "COMMENTED", body: "Why?" },
    status: MADE,
    has: { review_id: "17", author: "ann", state: "COMMENTED" },
  },
  {
    ask: "POST T/pr-reviews",
    body: { review_id: "17", author: "bob", state: "APPROVED", body: "" },
    status: MADE,
    has: { review_id: "17", author: "ann", body: "Why?" },
  },
  {
    ask: "POST T/pr-reviews",
    body: { review_id: 18, author: "ann", reviewer_login: "bob", state: "", body: "" },
    status: 422,
  },
  { ask: "GET T/pr-reviews", status: OK, has: { items: [{ review_id: "17" }] } },
  { ask: "GET T/pr-reviews/pending", status: OK, has: { items: [{ review_id: "17" }] } },
  { ask: "GET T/pr-reviews/17/processed", status: OK, has: { processed: true } },
  { ask: "GET T/pr-reviews/18/processed", status: OK, has: { processed: false } },
  { ask: "POST T/pr-reviews/17/reacted", status: OK, has: { review_id: "17" } },
  { ask: "POST T/pr-reviews/17/fixer-dispatched", status: OK, has: { review_id: "17" } },
  { ask: "GET T/pr-reviews/pending", status: OK, has: { items: [] } },
  {
    ask: "PUT T/linear-link",
    body: { linear_identifier: "eng-12" },
    status: OK,
    has: { task: "login", issue: "ENG-12" },
  },
  { ask: "GET T/linear-link", status: OK, has: { issue: "ENG-12" } },
  {
    ask: "GET T/linear-link/lookup?issue=ENG-12&status=reviewing",
    status: OK,
    has: { items: [{ task: "login", status: "reviewing" }] },
  },
  { ask: "DELETE T/linear-link", status: OK, has: { issue: null } },
  {
    ask: "POST /v1/monitor/snapshot",
    body: { project: "PROJECT", task: "login" },
    status: OK,
    has: { schema_version: 1, daemon_running: false, lifecycle: { reviewing: 1, total: 1 } },
  },
  {
    ask: "POST /v1/widget-preview/open-monitor",
    body: { project: "PROJECT", task: "login" },
    status: OK,
    has: { structuredContent: { schema_version: 1, lifecycle: { reviewing: 1, total: 1 } } },
  },
  {
    ask: "GET P/audit-events?kind=phase_stamp_set&kind=task_linear_unlinked&task=login&limit=3",
    status: OK,
    has: {
      items: [
        { kind: "task_linear_unlinked", actor: "token:local" },
        { kind: "phase_stamp_set", detail: { verifyingAt: Date.parse(LATER) } },
        { kind: "phase_stamp_set", detail: { planningAt: Date.parse(AT) } },
      ],
    },
  },
  { ask: "GET P/audit-events?after=2030-01-01T00:00:00.5Z", status: OK, has: { items: [] } },
  { ask: "GET P/audit-events?before=2020-01-01T00:00:00Z", status: OK, has: { items: [] } },
  { ask: "GET P/audit-events?limit=501", status: 422 },
];

// An event may have work follow, and so starts a daemon. This one has none: nothing is started.
const END: readonly Row[] = [
  {
    ask: "POST T/transition",
    body: { event: "cancel" },
    status: OK,
    has: { filename: "login", status: "cancelled" },
  },
  {
    ask: "POST T/rename",
    body: { new_filename: "sign-in.md" },
    status: OK,
    has: { filename: "sign-in" },
  },
  { ask: "GET T", status: 404, has: { code: "not_found" } },
  { ask: "DELETE P/tasks/sign-in", status: 204, has: "" },
  { ask: "GET P/tasks/sign-in", status: 404 },
];

/** Lists are compared whole, in length and order; of objects the fields that are named. */
function assertHolds(actual: unknown, wanted: unknown, at: string): void {
  if (Array.isArray(wanted)) {
    assert.ok(Array.isArray(actual), `${at}: no list`);
    assert.equal(actual.length, wanted.length, `${at}: ${JSON.stringify(actual)}`);
    wanted.forEach((item, index) => assertHolds(actual[index], item, `${at}[${index}]`));
  } else if (typeof wanted === "object" && wanted !== null) {
    assert.ok(typeof actual === "object" && actual !== null, `${at}: ${actual}`);
    for (const [name, value] of Object.entries(wanted)) {
      assertHolds(Reflect.get(actual, name), value, `${at}.${name}`);
    }
  } else assert.equal(actual, wanted, at);
}

async function untilDaemon(lab: Lab): Promise<void> {
  await lab.until("the daemon", async () => await isLocked(lab.sandbox.paths.lock));
}

Deno.test("each route takes and gives what the clients of the task API send and read", async (t) => {
  await using lab = await Lab.open();
  await using server = await startApiServer(lab);
  const { key } = lab.workspace.project;
  const call = async ({ ask, body, status, has }: Row): Promise<unknown> => {
    const path = ask.replace(/ T(?=[/.?]|$)/, " P/tasks/login").replace(
      / P/,
      ` /v1/projects/${key}`,
    );
    const given = typeof body === "string" || body === undefined
      ? body
      : JSON.parse(JSON.stringify(body).replace("PROJECT", key));
    const answer = await askServer(server, path, given);
    const said = `${ask}: ${JSON.stringify(answer.body)}`;
    assert.equal(answer.status, status, said);
    if (status >= 400) {
      assert.equal(answer.headers.get("content-type"), "application/problem+json", said);
      assertHolds(answer.body, { status }, ask);
    }
    if (has !== undefined) assertHolds(answer.body, has, ask);
    return answer.body;
  };
  for (const [name, rows] of Object.entries({ TASKS, CONTENT, COURSE, FACTS })) {
    await t.step(name.toLowerCase(), async () => {
      for (const row of rows) await call(row);
    });
  }
  await t.step("a task that was read and changed may be sent back whole", async () => {
    const entry = await call({ ask: "GET T", status: OK });
    assert.ok(typeof entry === "object" && entry !== null);
    const body = { ...entry, goal: "Be known by name", filename: "login.md" };
    await call({ ask: "PUT T", body, status: OK, has: { goal: "Be known by name" } });
    await call({ ask: "PUT T", body, status: 409, has: { code: "conflict" } });
  });
  await t.step("what the architect wrote", async () => {
    const file = `${lab.sandbox.repo}/.kasmos/cache/login-architect.json`;
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(file, JSON.stringify(META));
    await call({ ask: "GET T/architect-decisions", status: OK, has: { metadata: META } });
  });
  await t.step("the log comes by the hundred", async () => {
    for (let n = 0; n < 101; n++) await call({ ask: "POST T/increment-review-cycle", status: OK });
    const page = await call({ ask: "GET P/audit-events", status: OK });
    assert.ok(typeof page === "object" && page !== null);
    assert.equal(Reflect.get(page, "items").length, 100);
  });
  await t.step("the end", async () => {
    for (const row of END) await call(row);
    // It would outlive the lab if it came up later.
    await untilDaemon(lab);
  });
});

Deno.test("instances are listed, shown, talked to and ended as their clients do", async () => {
  await using lab = await Lab.open({ agents: { planner: IDLE } });
  lab.startDaemon();
  await untilDaemon(lab);
  await using server = await startApiServer(lab);
  const base = `/v1/projects/${lab.workspace.project.key}`;
  const call = async (ask: string, status: number, has: unknown, body?: unknown): Promise<void> => {
    const answer = await askServer(server, ask, body);
    assert.equal(answer.status, status, `${ask}: ${JSON.stringify(answer.body)}`);
    assertHolds(answer.body, has, ask);
  };
  // Made with the status it is to have, and so at once an agent's.
  const task = { filename: "login.md", status: "planning", description: "Add login" };
  await call(`POST ${base}/tasks`, MADE, { filename: "login", status: "planning" }, task);
  const { title } = await lab.running("login", "planner");
  const row = { title, task: "login", role: "planner", status: "running" };
  await call(`GET ${base}/instances`, OK, { items: [row] });
  await call(`GET ${base}/instances/${title}`, OK, row);
  await call(`GET ${base}/instances/${title}/presentation`, OK, { supported: false, turns: [] });
  await call(`GET ${base}/instances/${title}/capture`, OK, { title, live: true });
  await call(`POST ${base}/instances/${title}/send`, OK, { title }, { text: "hello" });
  // It asks nothing, so there is nothing to answer; 3 is no choice at all.
  const permission = `POST ${base}/instances/${title}/permission`;
  for (const choice of [0, 1, 2]) await call(permission, 403, { code: "guard" }, { choice });
  await call(permission, 422, { code: "invalid" }, { choice: 3 });
  await call(`POST ${base}/instances/${title}/pause`, OK, { status: "paused" });
  await call(`GET ${base}/instances`, OK, {
    items: [{ title, status: "paused", valid_actions: ["resume", "restart", "kill"] }],
  });
  await call(`POST ${base}/instances/${title}/resume`, OK, { title });
  const resumed = await lab.running("login", "planner");
  await call(`POST ${base}/instances/${resumed.title}/restart`, OK, { title: resumed.title });
  await lab.until("another planner", async () => {
    const last = (await lab.sessions("login")).at(-1);
    return last?.status === "running" && last.id !== resumed.id;
  });
  const last = await lab.running("login", "planner");
  await call(`POST ${base}/instances/${last.title}/kill`, OK, { exit_reason: "killed" });
  const { id } = await lab.decision("login", "agent_failed");
  await call(`GET ${base}/decisions/${id}`, OK, { task: "login", status: "open" });
});
