import assert from "node:assert/strict";
import { TmuxServer } from "../session/tmux/mod.ts";
import { type Connected, inMcpWorld, type McpWorld, PLAN } from "./_testing.ts";

/** Runs the same over both ways in. */
function both(title: string, body: (world: McpWorld, client: Connected) => Promise<void>): void {
  Deno.test(`${title} (stdio)`, () =>
    inMcpWorld(async (world) => await body(world, await world.stdio())));
  Deno.test(`${title} (HTTP)`, () =>
    inMcpWorld(async (world) => {
      const secret = await world.personToken("operate", world.project.id);
      await body(world, await world.overHttp(secret));
    }));
}

const NAME = { filename: "add-login" };

both("a person works on tasks", async (world, client) => {
  const made = await client.ok("task_create", { name: "add-login", content: PLAN, topic: "auth" });
  assert.deepEqual(made, {
    name: "add-login",
    status: "ready",
    phase: "",
    state: "ready",
    topic: "auth",
    branch: "plan/add-login",
    description: "Add login",
  });
  assert.deepEqual(await client.ok("task_list", { status: "ready" }), {
    tasks: [made],
    more: false,
  });
  assert.deepEqual((await client.ok("task_list", { status: "done" }))["tasks"], []);
  const shown = await client.call("task_show", { filename: "add-login.md" });
  assert.equal(shown.text, PLAN);
  assert.equal(shown.data["content"], PLAN);

  const stale = await client.refused("task_update_content", {
    ...NAME,
    content: "# New\n",
    expect_version: 99,
  });
  assert.equal(stale.code, "conflict");
  const updated = await client.ok("task_update_content", { ...NAME, content: "# New\n" });
  assert.ok(Array.isArray(updated["findings"]) && updated["findings"].length > 0);

  const tied = { ...NAME, issue: "eng-12", reason: "asked for" };
  assert.deepEqual(await client.ok("task_link_linear", tied), {
    task: "add-login",
    issue: "ENG-12",
  });
  assert.equal((await client.refused("task_link_linear", { ...NAME, issue: "12" })).exit, 2);
  assert.equal((await client.ok("task_unlink_linear", NAME))["issue"], null);

  const event = { ...NAME, event: "plan_start" };
  assert.equal((await client.ok("task_transition", event))["status"], "planning");
  const again = await client.refused("task_transition", { ...NAME, event: "review_approved" });
  assert.deepEqual([again.code, again.exit], ["illegal_transition", 3]);
  const forced = { ...NAME, event: "cancelled", force: true };
  assert.equal((await client.ok("task_transition", forced))["status"], "cancelled");
  assert.deepEqual(await client.ok("task_delete", NAME), { deleted: "add-login" });
  assert.deepEqual((await client.ok("task_list"))["tasks"], []);
  const log = await world.home.store.events({ projectId: world.project.id, limit: 100 });
  assert.ok(log.some(({ kind }) => kind === "task_status_forced"));
});

both("a person emits signals of every kind, once for each dedupe", async (world, client) => {
  await world.task("add-login", PLAN);
  const args = { signal_type: "plan-start", plan_file: "add-login" };
  assert.deepEqual(await client.ok("signal_create", args), { id: 1, duplicate: false });
  const payload = { wave_number: 1, task_number: 1 };
  await client.ok("signal_create", {
    signal_type: "implement_task_finished",
    plan_file: "add-login.md",
    payload,
  });
  const rows = await world.home.store.signals({ projectId: world.project.id, limit: 10 });
  assert.deepEqual(rows.map(({ type }) => type).sort(), ["implement_task_finished", "plan_start"]);
  assert.deepEqual(rows.find(({ type }) => type !== "plan_start")?.payload, payload);
  const wrong = await client.refused("signal_create", { ...args, signal_type: "plan_stop" });
  assert.equal(wrong.code, "invalid");
});

both("a task list is handed out in parts", async (world, client) => {
  for (const name of ["a", "b", "c"]) await world.task(name);
  const names = (data: Record<string, unknown>) =>
    JSON.stringify(data["tasks"]).match(/"name":"\w+"/g)?.length;
  const first = await client.ok("task_list", { limit: 2 });
  assert.deepEqual([names(first), first["more"]], [2, true]);
  const rest = await client.ok("task_list", { limit: 2, after: "b" });
  assert.deepEqual([names(rest), rest["more"]], [1, false]);
});

both("a person sees and steers instances", async (world, client) => {
  const task = await world.task("add-login", PLAN);
  const row = await world.session(task);
  const listed = JSON.stringify(await client.ok("instance_list"));
  assert.match(listed, /"title":"add-login-plan"/);
  const title = { title: row.title };
  const none = await client.refused("capture_pane", title);
  assert.equal(none.code, "not_found");
  const send = await client.refused("instance_send", { ...title, prompt: "hello" });
  assert.deepEqual([send.code, send.exit], ["guard", 3]);
  assert.equal((await client.refused("instance_send", { ...title, prompt: " " })).code, "usage");
  assert.equal((await client.ok("instance_pause", title))["status"], "paused");
  assert.equal((await client.refused("instance_pause", title)).code, "guard");
  const resumed = await client.ok("instance_resume", title);
  assert.match(String(resumed["note"]), /no daemon runs/);
  assert.equal((await client.refused("instance_restart", title)).code, "guard");
  assert.deepEqual((await client.ok("instance_list"))["instances"], []);
  assert.match(JSON.stringify(await client.ok("instance_list", { all: true })), /add-login-plan/);
  assert.deepEqual(await client.ok("list_sessions"), { sessions: [] });
  assert.equal((await client.refused("capture_pane", { title: "nobody" })).code, "not_found");
});

Deno.test("a person reads a screen, types into it and ends what runs there", async () => {
  await inMcpWorld(async (world) => {
    const row = await world.session(await world.task("add-login", PLAN));
    await using tmux = TmuxServer.open({ socket: world.paths.tmuxSocket });
    await Deno.mkdir(`${world.paths.sessionsDir}/${row.id}`, { recursive: true });
    try {
      const { pid } = await tmux.start({
        name: row.tmuxName,
        cwd: world.repo,
        argv: ["/bin/cat"],
        env: { PATH: "/usr/bin:/bin", TERM: "xterm" },
        marker: `${world.root}/started`,
      });
      await world.home.store.commit([
        { kind: "session", id: row.id, patch: { status: "running", pid } },
      ]);
      const client = await world.stdio();
      const title = { title: row.title };
      assert.equal(
        (await client.ok("instance_send", { ...title, prompt: "hello there" }))["sent"],
        11,
      );
      const screen = async () => (await client.call("capture_pane", title)).text;
      for (let n = 0; n < 200 && (await screen()).split("hello there").length < 3; n++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      assert.match(await screen(), /hello there\s+hello there/);
      const sessions = JSON.stringify(await client.ok("list_sessions"));
      assert.match(sessions, /"instance":"add-login-plan","status":"running"/);
      assert.equal((await client.ok("instance_pause", title))["status"], "paused");
      assert.equal(await tmux.has(row.tmuxName), false);
      // the last screen was kept
      assert.match(await screen(), /hello there/);
    } finally {
      await tmux.killServer();
    }
  });
});

both("a person answers decisions", async (world, client) => {
  const task = await world.task("add-login", PLAN);
  const { decisions } = await world.home.store.commit([{
    kind: "decision_open",
    decision: {
      key: "k",
      projectId: task.projectId,
      taskId: task.id,
      sessionId: null,
      kind: "topic_collision",
      question: "Which one first?",
      detail: "",
      options: [{ id: "wait", label: "wait" }, { id: "override", label: "go on" }],
    },
  }]);
  const id = decisions[0]?.id;
  assert.match(JSON.stringify(await client.ok("decision_list")), /Which one first/);
  const wrong = await client.refused("decision_answer", { id, option: "no-such" });
  assert.equal(wrong.code, "invalid");
  const status = await client.ok("live_status");
  assert.deepEqual(status["attention"], [
    { task: "add-login", kind: "needs_decision", detail: "Which one first?", decision: id },
  ]);
});

both("live_status answers without a daemon and says what it left out", async (world, client) => {
  for (let n = 0; n < 23; n++) {
    const task = await world.task(`t${String(n).padStart(2, "0")}`);
    await world.session(task, { title: `${task.name}-plan` });
  }
  const usual = await client.ok("live_status", { cap: 0 });
  assert.equal(usual["schema_version"], 1);
  assert.equal(usual["daemon_running"], false);
  assert.deepEqual(usual["lifecycle"], {
    planning: 0,
    ready: 23,
    implementing: 0,
    reviewing: 0,
    verifying: 0,
    total: 23,
  });
  assert.deepEqual(usual["truncated"], { active_agents: 3 });
  const agents = usual["active_agents"];
  assert.ok(Array.isArray(agents) && agents.length === 20);
  assert.deepEqual(agents[0], {
    task: "t00",
    role: "planner",
    stage: "loading",
    ready: false,
    active: false,
    activity: "starting",
    title: "t00-plan",
  });
  const all = await client.ok("live_status", { cap: 1000 });
  assert.deepEqual(all["truncated"], {});
});

both("the documentation is searched and read", async (_world, client) => {
  const found = await client.ok("docs_search", { query: "wave coder" });
  assert.match(JSON.stringify(found["hits"]), /"page":"\w+"/);
  assert.deepEqual((await client.ok("docs_search", { query: "zzzznothing" }))["hits"], []);
  assert.equal((await client.refused("docs_search", { query: "  " })).code, "usage");
  const list = await client.ok("docs_read");
  assert.match(JSON.stringify(list["pages"]), /"page":"signals"/);
  const page = await client.call("docs_read", { page: "docs/signals.md" });
  assert.match(page.text, /^# Signals/);
  assert.match((await client.refused("docs_read", { page: "signal" })).text, /"signals"/);
  assert.equal((await client.refused("docs_read", { page: "../LICENSE" })).code, "not_found");
});

Deno.test("every page of the documentation is carried inside the program", async () => {
  const { DOCS } = await import("./docs_files.ts");
  const folder = new URL("../../docs/", import.meta.url);
  const pages: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(".md")) pages.push(name.slice(0, -3));
  }
  const missing = pages.filter((name) => !Object.hasOwn(DOCS, name));
  assert.deepEqual(missing, [], "add them to lib/mcp/docs_files.ts");
});

Deno.test("several projects: without a folder around it, one must be named", async () => {
  await inMcpWorld(async (world) => {
    const other = await world.otherProject("blog");
    const secret = await world.personToken("read");
    const client = await world.overHttp(secret);
    assert.match((await client.refused("task_list")).text, /Register one with "kas daemon add"/);
    for (const { id } of [other, world.project]) await world.home.store.setRegistered(id, true);
    const refused = await client.refused("task_list");
    assert.equal(refused.code, "usage");
    assert.match(refused.text, /blog, repo/);
    assert.deepEqual((await client.client.listResources()).resources, []);
    assert.deepEqual((await client.ok("task_list", { project: "blog" }))["tasks"], []);
    assert.equal((await client.refused("task_list", { project: "x" })).code, "not_found");
    await world.home.store.setRegistered(other.id, false);
    assert.deepEqual((await client.ok("task_list"))["tasks"], []);
  });
});
