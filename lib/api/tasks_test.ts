import assert from "node:assert/strict";
import { createTask } from "../engine/operations.ts";
import { inApi } from "./_testing.ts";

interface Page<T = Record<string, unknown>> {
  items: T[];
  next: string | null;
}

const PLAN = `# Add login

**Goal:** People can log in

## Wave 1

### Task 1: The page

**Files:**
- Create: \`login.ts\`

Write it.
`;

Deno.test("tasks are made, read, changed, renamed and deleted", () =>
  inApi(async (api) => {
    const made = await api.ok("POST P/tasks", { body: { name: "add-login", content: PLAN } });
    assert.deepEqual(
      [made.name, made.description, made.goal, made.base_branch],
      ["add-login", "Add login", "People can log in", "main"],
    );
    await api.refused("POST P/tasks", "exists", { body: { filename: "add-login.md" } });
    await api.refused("POST P/tasks", "invalid", { body: { name: "../x" } });
    await api.refused("POST P/tasks", "invalid", { body: { name: "a", filename: "b" } });
    await api.refused("POST P/tasks", "invalid", { body: { name: "a", colour: "red" } });
    await api.refused("POST P/tasks", "guard", { body: { name: "a", base: "nowhere" } });
    const put = { description: "New", goal: "G", topic: "auth" };
    const changed = await api.ok("PUT P/tasks/add-login", { body: put });
    assert.deepEqual([changed.description, changed.goal, changed.topic], ["New", "G", "auth"]);
    await api.ok("PUT P/tasks/add-login/topic", { body: { topic: null } });
    await api.ok("PUT P/tasks/add-login/goal", { body: { goal: "H" } });
    const one = await api.ask("GET P/tasks/add-login.md");
    assert.deepEqual([one.json.goal, one.json.topic], ["H", null]);
    assert.match(one.headers.get("etag") ?? "", /^"t\d+-\d+"$/);
    const stale = { body: { goal: "I" }, headers: { "if-match": '"t1-1"' } };
    await api.refused("PUT P/tasks/add-login", "precondition_failed", stale);
    await api.ok("POST P/tasks/add-login/rename", { body: { new_filename: "sign-in.md" } });
    await api.refused("GET P/tasks/add-login", "not_found");
    const gone = await api.ask("DELETE P/tasks/sign-in");
    assert.deepEqual([gone.status, gone.text], [204, ""]);
    await api.refused("GET P/tasks/sign-in", "not_found");
    await api.refused("GET /v1/projects/nope/tasks", "not_found");
  }));

Deno.test("a task is made with a status that a new one can have, or not at all", () =>
  inApi(async (api) => {
    for (const [status, event] of [["planning", "plan_start"], ["done", "mark_done"]] as const) {
      const made = await api.ok("POST P/tasks", { body: { name: status, status } });
      assert.deepEqual([made.status, made.name], [status, status]);
      const { items } = await api.ok<Page>(`GET P/audit-events?task=${status}&order=asc`);
      assert.deepEqual(
        items.map((row) => [row.kind, row.actor, (row.detail as { event?: string }).event]),
        [
          ["task_created", "token:admin", undefined],
          ["task_status_changed", "token:admin", event],
        ],
      );
    }
    for (const status of ["implementing", "reviewing", "verifying"]) {
      const told = await api.refused("POST P/tasks", "illegal_transition", {
        body: { name: "early", status, content: PLAN },
      });
      assert.deepEqual(told.context?.legal_statuses, ["ready", "planning", "done", "cancelled"]);
    }
    await api.refused("POST P/tasks", "invalid", { body: { name: "early", status: "odd" } });
    const workspace = await api.context.workspaces.open(api.project.key);
    await assert.rejects(
      createTask(api.context, workspace, { name: "early", status: "done" }, "session:1"),
      { code: "guard" },
    );
    await api.refused("GET P/tasks/early", "not_found");
  }));

Deno.test("a task sent back whole changes what its route changes, and nothing else", () =>
  inApi(async (api) => {
    await api.task("a");
    const read = await api.ok("GET P/tasks/a");
    const wrote = await api.ok("PUT P/tasks/a", { body: { ...read, goal: "G", topic: "" } });
    assert.deepEqual([wrote.goal, wrote.topic], ["G", null]);
    await api.refused("PUT P/tasks/a", "conflict", { body: { ...read, goal: "H" } });
    const { version: _, ...older } = read;
    await api.refused("PUT P/tasks/a", "conflict", { body: { ...older, goal: "H" } });
    for (
      const [field, value] of Object.entries({
        status: "done",
        name: "b",
        branch: "main",
        review_cycle: 7,
        verified_sha: "abc",
        planning_at: "2026-01-02T03:04:05.000Z",
      })
    ) {
      const told = await api.refused("PUT P/tasks/a", "invalid", {
        body: { [field]: value, goal: "H" },
      });
      assert.equal(told.context?.field, field);
    }
    assert.equal((await api.ok("GET P/tasks/a")).goal, "G");
  }));

Deno.test("subtasks are replaced by a list, each in the wave of the plan", () =>
  inApi(async (api) => {
    const path = "PUT P/tasks/a/subtasks";
    await api.task("a", PLAN);
    const one = { task_number: 1, title: "The page", status: "complete" };
    const rows = await api.ok<Page>(path, { body: [one] });
    assert.deepEqual(rows.items.map((row) => [row.wave, row.number, row.status]), [
      [1, 1, "complete"],
    ]);
    await api.refused(path, "invalid", { body: [{ ...one, task_number: 2 }] });
    await api.refused(path, "invalid", { body: [{ ...one, number: 2 }] });
    await api.refused(path, "invalid", { body: [one, one] });
    const told = await api.refused(path, "invalid", { body: [one, { number: 3, titel: "x" }] });
    assert.deepEqual(told.context?.issues, [
      { field: "1.title", message: "it is missing" },
      { field: "1.titel", message: "it is unknown" },
    ]);
    const there = await api.ok<Page>(path, { body: [{ ...one, task_number: 9, wave: 4 }] });
    assert.deepEqual(there.items.map((row) => [row.wave, row.number]), [[4, 9]]);
    await api.task("bare");
    const bare = await api.ok<Page>("PUT P/tasks/bare/subtasks", { body: [one] });
    assert.deepEqual(bare.items.map((row) => row.wave), [1]);
    const worker = { taskId: (await api.store.task(api.project.id, "a"))?.id ?? 0 };
    await api.session(worker);
    await api.refused(path, "guard", { body: [] });
  }));

Deno.test("lists of tasks come by the page in a stable order, filtered", () =>
  inApi(async (api) => {
    for (const name of ["c", "a", "e", "b", "d"]) await api.task(name);
    for (const order of ["name", "updated", "created"]) {
      const seen: unknown[] = [];
      for (let after = "";;) {
        const tail = after === "" ? "" : `&after=${after}`;
        const page = await api.ok<Page>(`GET P/tasks?limit=2&order=${order}${tail}`);
        seen.push(...page.items.map((task) => task.name));
        if (page.next === null) break;
        after = page.next;
      }
      assert.deepEqual(seen.toSorted(), ["a", "b", "c", "d", "e"]);
      if (order === "name") assert.deepEqual(seen, ["a", "b", "c", "d", "e"]);
    }
    const some = await api.ok<Page>("GET P/tasks?text=About%20c&status=ready&status=done");
    assert.deepEqual(some.items.map((task) => task.name), ["c"]);
    assert.deepEqual((await api.ok<Page>("GET P/tasks?status=done")).items, []);
    const all = await api.ok<Page>("GET /v1/tasks?limit=500");
    assert.deepEqual(all.items.map((task) => task.project), Array(5).fill(api.project.key));
    assert.deepEqual(await api.ok("GET /v1/task-counts"), {
      items: [{ project: api.project.key, status: "ready", tasks: 5 }],
    });
    for (const query of ["limit=0", "limit=501", "limit=x", "after=zzz", "status=odd", "x=1"]) {
      await api.refused(`GET P/tasks?${query}`, "invalid");
    }
  }));

Deno.test("a body with a field that is missing or unknown says so of each", () =>
  inApi(async (api) => {
    const { detail, context } = await api.refused("POST P/topics", "invalid", {
      body: { nam: "a" },
    });
    assert.equal(detail, `Cannot use the field "name": it is missing`);
    assert.deepEqual(context, {
      issues: [
        { field: "name", message: "it is missing" },
        { field: "nam", message: "it is unknown" },
      ],
    });
  }));

Deno.test("two editors of a plan cannot overwrite each other", () =>
  inApi(async (api) => {
    await api.task("add-login", PLAN);
    const path = "P/tasks/add-login/content";
    const first = await api.ask(`GET ${path}`);
    assert.equal(first.text, PLAN);
    assert.match(first.headers.get("content-type") ?? "", /^text\/markdown/);
    const etag = first.headers.get("etag") ?? "";
    const same = await api.ask(`GET ${path}`, { headers: { "if-none-match": etag } });
    assert.equal(same.status, 304);
    const type = { "content-type": "text/markdown" };
    const put = (raw: string, headers: Record<string, string>) => ({
      raw,
      headers: { ...type, ...headers },
    });
    const second = await api.ask(`PUT ${path}`, put("# Second\n", { "if-match": etag }));
    assert.equal(second.status, 200, second.text);
    const problem = await api.refused(
      `PUT ${path}`,
      "precondition_failed",
      put("# Third\n", { "if-match": etag }),
    );
    assert.equal(problem.context?.etag, second.headers.get("etag"));
    assert.equal((await api.ask(`GET ${path}`)).text, "# Second\n");
    assert.equal((await api.ask(`PUT ${path}`, put("# 4\n", { "if-match": "*" }))).status, 200);
    assert.equal((await api.ask(`PUT ${path}`, put("# 5\n", {}))).status, 200);
    await api.refused(`PUT ${path}`, "unsupported_media_type", { body: { text: "x" } });
    const big = new Uint8Array(4 * 1024 * 1024 + 1);
    await api.refused(`PUT ${path}`, "too_large", { raw: big, headers: type });
    const bad = new Uint8Array([35, 0xff, 0xfe]);
    await api.refused(`PUT ${path}`, "bad_request", { raw: bad, headers: type });
    assert.equal((await api.ask(`GET ${path}`)).text, "# 5\n");
  }));

Deno.test("events move a task; what is illegal lists what is legal", () =>
  inApi(async (api) => {
    await api.task("add-login", PLAN);
    const path = "P/tasks/add-login";
    const { actions } = await api.ok<{ actions: { event: string; destructive: boolean }[] }>(
      `GET ${path}/available-actions`,
    );
    assert.deepEqual(actions.map(({ event, destructive }) => [event, destructive]), [
      ["plan_start", false],
      ["mark_done", false],
      ["cancel", true],
    ]);
    const illegal = await api.refused(`POST ${path}/transition`, "illegal_transition", {
      body: { event: "verify_approved" },
    });
    assert.deepEqual([illegal.status, illegal.context?.legal], [
      409,
      ["plan_start", "mark_done", "cancel"],
    ]);
    await api.refused(`POST ${path}/transition`, "invalid", { body: { event: "dance" } });
    const planning = await api.ok(`POST ${path}/transition`, { body: { event: "plan_start" } });
    assert.equal(planning.status, "planning");
    const forced = await api.ok(`PUT ${path}/status`, { body: { status: "reviewing" } });
    assert.deepEqual([forced.status, forced.phase], ["reviewing", "reviewing"]);
    await api.refused(`PUT ${path}/execution-state`, "guard", { body: { phase: "planned" } });
    const state = await api.ok(`PUT ${path}/execution-state`, { body: { review_cycle: 2 } });
    assert.equal(state.review_cycle, 2);
    const more = await api.ok(`POST ${path}/increment-review-cycle`);
    assert.equal(more.review_cycle, 3);
    for (const event of ["review_changes_requested", "review_changes"]) {
      await api.refused(`POST ${path}/transition`, "usage", { body: { event } });
    }
    const { spans } = await api.ok<{ spans: Record<string, unknown>[] }>(`GET ${path}/timeline`);
    assert.deepEqual(spans.map((span) => [span.status, span.event, span.forced]), [
      ["ready", null, false],
      ["planning", "plan_start", false],
      ["reviewing", null, true],
    ]);
    assert.equal(spans.at(-1)?.ended_at, null);
  }));

Deno.test("subtasks, topics, links and stamps are kept", () =>
  inApi(async (api) => {
    await api.task("a");
    const subtasks = [1, 2].map((wave) => ({ wave, number: 1, title: `W${wave}` }));
    const { items } = await api.ok<Page>("PUT P/tasks/a/subtasks", { body: { subtasks } });
    assert.deepEqual(items.map((row) => [row.wave, row.status]), [[1, "pending"], [2, "pending"]]);
    const set = { body: { status: "complete" } };
    await api.refused("PUT P/tasks/a/subtasks/1/status", "invalid", set);
    const done = await api.ok("PUT P/tasks/a/subtasks/1/status?wave=2", set);
    assert.deepEqual([done.wave, done.status], [2, "complete"]);
    await api.refused("PUT P/tasks/a/subtasks/9/status", "not_found", set);
    const twice = { subtasks: [...subtasks, { wave: 1, number: 1, title: "again" }] };
    await api.refused("PUT P/tasks/a/subtasks", "invalid", { body: twice });
    assert.deepEqual(await api.ok("POST P/topics", { body: { name: "auth" } }), {
      name: "auth",
      tasks: 0,
    });
    await api.refused("POST P/topics", "exists", { body: { name: "auth" } });
    assert.deepEqual(
      await api.ok("PUT P/tasks/a/clickup-task-id", {
        body: { clickup_task_id: "86c" },
      }),
      { links: { clickup: "86c" } },
    );
    const at = "2026-01-02T03:04:05.000Z";
    const stamped = await api.ok("PUT P/tasks/a/phase-timestamp", {
      body: { phase: "planning", at },
    });
    assert.equal(stamped.planning_at, at);
    await api.ok("POST P/tasks/a/transition", { body: { event: "plan_start" } });
    const now = { body: { phase: "planning", at } };
    await api.refused("PUT P/tasks/a/phase-timestamp", "guard", now);
    const missing = { metadata: null, reason: "architect_meta_missing" };
    assert.deepEqual(await api.ok("GET P/tasks/a/architect-decisions"), missing);
    await Deno.mkdir(`${api.project.root}/.kasmos/cache`, { recursive: true });
    for (
      const [text, told] of [
        [`{"x":1}`, { metadata: { x: 1 }, reason: null }],
        [`{"x":`, { metadata: null, reason: "architect_meta_invalid" }],
        [`[]`, { metadata: null, reason: "architect_meta_invalid" }],
      ] as const
    ) {
      await Deno.writeTextFile(`${api.project.root}/.kasmos/cache/a-architect.json`, text);
      assert.deepEqual(await api.ok("GET P/tasks/a/architect-decisions"), told);
    }
  }));

Deno.test("pull requests and their reviews are recorded, each once", () =>
  inApi(async (api) => {
    await api.task("a");
    assert.equal((await api.ok("GET P/tasks/a/pr")).url, "");
    const url = "https://forge.example/o/r/pull/7";
    await api.ok("PUT P/tasks/a/pr-url", { body: { url } });
    const pr = await api.ok("PUT P/tasks/a/pr-state", {
      body: { state: "APPROVED", checks: "ok" },
    });
    assert.deepEqual([pr.url, pr.state, pr.checks], [url, "APPROVED", "ok"]);
    for (const bad of ["javascript:alert(1)", "https://x/<script>", "ftp://x"]) {
      await api.refused("PUT P/tasks/a/pr-url", "invalid", { body: { url: bad } });
    }
    const review = { review_id: "r1", author: "ann", state: "COMMENTED", body: "Fix it" };
    await api.ok("POST P/tasks/a/pr-reviews", { body: review });
    const again = await api.ok("POST P/tasks/a/pr-reviews", { body: { ...review, body: "Other" } });
    assert.equal(again.body, "Fix it");
    assert.deepEqual(await api.ok("GET P/tasks/a/pr-reviews/r1/processed"), { processed: true });
    assert.deepEqual(await api.ok("GET P/tasks/a/pr-reviews/r2/processed"), { processed: false });
    assert.equal((await api.ok<Page>("GET P/tasks/a/pr-reviews/pending")).items.length, 1);
    assert.notEqual((await api.ok("POST P/tasks/a/pr-reviews/r1/reacted")).reacted_at, null);
    await api.ok("POST P/tasks/a/pr-reviews/r1/fixer-dispatched");
    assert.deepEqual((await api.ok<Page>("GET P/tasks/a/pr-reviews/pending")).items, []);
    assert.equal((await api.ok<Page>("GET P/tasks/a/pr-reviews")).items.length, 1);
    await api.refused("POST P/tasks/a/pr-reviews/r2/reacted", "not_found");
  }));
