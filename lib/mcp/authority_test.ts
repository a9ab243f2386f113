import assert from "node:assert/strict";
import { ROLE_SIGNALS } from "../engine/reports.ts";
import { context, session, signal } from "../lifecycle/_fixture.ts";
import { decideSignal } from "../lifecycle/decide_signal.ts";
import { SIGNAL_TYPES } from "../signal/types.ts";
import { ROLES } from "../store/types.ts";
import { type Connected, inMcpWorld, type McpWorld, PLAN } from "./_testing.ts";
import { TOOLS } from "./tools.ts";

Deno.test("each role may emit exactly what the lifecycle takes from it", () => {
  for (const role of ROLES) {
    for (const type of SIGNAL_TYPES) {
      const input = signal(type, {}, session("t1/x-1/y", { role, taskId: 1 }));
      assert.ok(input.type === "signal");
      const { result } = decideSignal(input, context({}));
      const refused = result === `a ${role} may not emit ${type}`;
      assert.equal(ROLE_SIGNALS[role].includes(type), !refused, `${role} ${type}: ${result}`);
    }
  }
});

/** A hostile agent, over both ways in. */
function hostile(
  title: string,
  body: (world: McpWorld, connect: (secret: string) => Promise<Connected>) => Promise<void>,
): void {
  Deno.test(`${title} (stdio)`, () =>
    inMcpWorld(async (world) => await body(world, (secret) => world.stdio(secret))));
  Deno.test(`${title} (HTTP)`, () =>
    inMcpWorld(async (world) => await body(world, (secret) => world.overHttp(secret))));
}

/** The call is refused by a guard, with a hint, and leaves no signal behind. */
async function guarded(
  client: Connected,
  name: string,
  args: Record<string, unknown>,
  why: RegExp = /./,
): Promise<void> {
  const { code, exit, text } = await client.refused(name, args);
  assert.deepEqual([code, exit], ["guard", 3], `${name} ${JSON.stringify(args)}: ${text}`);
  assert.match(text, /\nhint: /, text);
  assert.match(text, why);
}

const emit = (signal_type: string, plan_file: string, payload?: unknown) => ({
  signal_type,
  plan_file,
  ...payload === undefined ? {} : { payload },
});

hostile(
  "an agent reports for its own task with its role's signals alone",
  async (world, connect) => {
    const own = await world.task("own", PLAN);
    await world.task("other", PLAN);
    const row = await world.session(own, { role: "coder" });
    const { secret } = await world.agent({ task: own, session: row, role: "coder" });
    const client = await connect(secret);
    const done = { wave_number: 1, task_number: 1 };
    const ok = await client.ok("signal_create", emit("implement_task_finished", "own", done));
    assert.equal(ok["duplicate"], false);

    await guarded(client, "signal_create", emit("implement_task_finished", "other", done), /task/);
    for (const type of SIGNAL_TYPES) {
      if (ROLE_SIGNALS.coder.includes(type)) continue;
      await guarded(client, "signal_create", emit(type, "own"), /a coder may not/);
      await guarded(client, "signal_create", emit(type, "other"));
    }
    // aliases are the same signals
    await guarded(client, "signal_create", emit("master-approved", "own"));
    await guarded(client, "signal_create", emit("readiness_approved", "own"));
    const rows = await world.home.store.signals({ projectId: world.project.id, limit: 10 });
    assert.deepEqual(rows.map(({ type, taskName, source }) => [type, taskName, source]), [
      ["implement_task_finished", "own", `session:${row.id}`],
    ]);
  },
);

hostile("a coder of a wave reports its own part of it", async (world, connect) => {
  const own = await world.task("own", PLAN);
  const row = await world.session(own, { role: "coder", wave: 1, subtask: 2 });
  const { secret } = await world.agent({ task: own, session: row });
  const client = await connect(secret);
  const type = "implement_task_finished";
  for (const [wave_number, task_number] of [[1, 1], [2, 2]]) {
    await guarded(client, "signal_create", emit(type, "own", { wave_number, task_number }));
    const text = JSON.stringify({ wave_number, task_number });
    await guarded(client, "signal_create", emit(type, "own", text), /another agent/);
  }
  await client.ok("signal_create", emit(type, "own", { wave_number: 1, task_number: 2 }));
});

hostile("a reviewer cannot verify, nor a fixer approve its own work", async (world, connect) => {
  const own = await world.task("own", PLAN);
  const wrong: [("reviewer" | "fixer" | "master" | "chat"), string][] = [
    ["reviewer", "verify_approved"],
    ["fixer", "review_approved"],
    ["master", "review_approved"],
    ["chat", "review_approved"],
  ];
  for (const [role, type] of wrong) {
    const { secret } = await world.agent({ task: own, role, agent: role });
    await guarded(await connect(secret), "signal_create", emit(type, "own"), /may not/);
  }
  const { secret } = await world.agent({ role: "coder" });
  const loose = await connect(secret);
  await guarded(loose, "signal_create", emit("implement_finished", "own"), /started for no task/);
});

hostile("an agent stays in its project", async (world, connect) => {
  const other = await world.otherProject("blog");
  await world.home.store.setRegistered(other.id, true);
  await world.home.store.createTask({
    projectId: other.id,
    name: "theirs",
    description: "",
    branch: "plan/theirs",
    baseBranch: "main",
    topic: null,
    content: "# Private\n",
    goal: "",
  }, "test");
  const { secret } = await world.agent({ task: await world.task("own", PLAN) });
  const client = await connect(secret);
  for (const { name, schema } of TOOLS) {
    const isPlain = name.endsWith("_list") || name.startsWith("git_") || name === "live_status";
    if (!isPlain) continue;
    assert.ok(schema);
    const project = await client.call(name, { project: "blog" });
    assert.equal(project.isError, true, name);
    assert.doesNotMatch(project.text, /theirs|Private/);
    // a project that is not there looks the same
    const none = await client.refused(name, { project: "no-such" });
    assert.equal(none.text, project.text.replace('"blog"', '"no-such"'), name);
  }
  await guarded(client, "task_show", { filename: "theirs", project: "blog" });
  await guarded(client, "signal_create", {
    ...emit("implement_finished", "theirs"),
    project: "blog",
  });
  await guarded(client, "task_create", { name: "x", project: "blog" });
  await guarded(client, "agent_run", { agent: "chat", task: "x", project: "blog" });
  assert.deepEqual((await client.ok("daemon_status"))["repositories"], []);
});

hostile("an agent cannot do what people do", async (world, connect) => {
  const own = await world.task("own", PLAN);
  const row = await world.session(own);
  const { secret } = await world.agent({ task: own, session: row, role: "chat" });
  const client = await connect(secret);
  const title = { title: row.title };
  const calls: [string, Record<string, unknown>][] = [
    ["task_transition", { filename: "own", event: "plan_start" }],
    ["task_transition", { filename: "own", event: "done", force: true }],
    ["task_delete", { filename: "own" }],
    ["task_create", { name: "more" }],
    ["decision_answer", { id: 1, option: "retry" }],
    ["instance_pause", title],
    ["instance_resume", title],
    ["instance_restart", title],
    ["instance_send", { ...title, prompt: "approve it" }],
  ];
  for (const [name, args] of calls) await guarded(client, name, args, /only a person may/);
  assert.equal((await world.home.store.task(own.projectId, "own"))?.status, "ready");
  assert.equal((await world.home.store.session(row.id))?.status, "starting");
});

hostile("an agent changes the plan of its own task alone", async (world, connect) => {
  const own = await world.task("own", PLAN);
  const other = await world.task("other", PLAN);
  const change = (filename: string) => ({ filename, content: "# Mine\n" });
  const { secret } = await world.agent({ task: own, role: "planner" });
  const client = await connect(secret);
  await client.ok("task_update_content", change("own"));
  await guarded(client, "task_update_content", change("other"), /another task/);
  const called = await world.agent({ task: own, role: null, chain: ["planner"] });
  await guarded(await connect(called.secret), "task_update_content", change("own"), /called by/);
  assert.equal((await world.home.store.content(other.id)).text, PLAN);
  assert.equal((await world.home.store.content(own.id)).text, "# Mine\n");
});

hostile("the screens of other tasks are not an agent's to read", async (world, connect) => {
  const own = await world.task("own", PLAN);
  const row = await world.session(await world.task("other", PLAN));
  const { secret } = await world.agent({ task: own });
  await guarded(await connect(secret), "capture_pane", { title: row.title }, /another task/);
});

Deno.test("a token that is revoked, expired or made up opens nothing", async () => {
  await inMcpWorld(async (world) => {
    const own = await world.task("own", PLAN);
    const { secret, token } = await world.agent({ task: own });
    const client = await world.stdio(secret);
    await client.ok("task_list");
    await world.home.store.commit([{ kind: "token_revoke", id: token.id, actor: "kas" }]);
    await guarded(client, "task_list", {}, /it is revoked/);
    await guarded(await world.stdio("kas_made-up"), "task_list", {}, /it is unknown/);

    const endpoint = world.http();
    const ask = (headers: Record<string, string>) =>
      endpoint.fetch(
        new Request("http://localhost/mcp", {
          method: "POST",
          headers: { "content-type": "application/json", ...headers },
          body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }),
        }),
      );
    for (const authorization of [`Bearer ${secret}`, "Bearer nonsense", "Basic abc", ""]) {
      const response = await ask(authorization === "" ? {} : { authorization });
      assert.equal(response.status, 401, authorization);
      assert.match(response.headers.get("www-authenticate") ?? "", /Bearer/);
      assert.doesNotMatch(await response.text(), /tools/);
    }
    const person = await world.personToken("admin");
    const foreign = await ask({
      authorization: `Bearer ${person}`,
      origin: "https://evil.example",
    });
    assert.equal(foreign.status, 403);
    await foreign.body?.cancel();
  });
});

Deno.test("a session without an identity is nobody", async () => {
  await inMcpWorld(async (world) => {
    const { LocalSource } = await import("./local.ts");
    await using source = new LocalSource({
      env: { ...world.env, KASMOS_SESSION: "5" },
      folder: world.repo,
      open: async () => {
        const { openHome } = await import("../engine/workspace.ts");
        return await openHome(world.paths);
      },
    });
    assert.equal(source.isAgent, true);
    await assert.rejects(source.open(), /Cannot act for session 5/);
  });
});

Deno.test("a person's token reaches as far as its scope", async () => {
  await inMcpWorld(async (world) => {
    await world.task("own", PLAN);
    const read = await world.overHttp(await world.personToken("read", world.project.id));
    await read.ok("task_show", { filename: "own" });
    for (
      const [name, args] of [
        ["signal_create", emit("planner_finished", "own")],
        ["task_create", { name: "x" }],
        ["task_transition", { filename: "own", event: "plan_start" }],
        ["agent_run", { agent: "chat", task: "x" }],
      ] as const
    ) await guarded(read, name, args, /scope/);
    const signal = await world.overHttp(await world.personToken("signal", world.project.id));
    await signal.ok("signal_create", emit("implement_finished", "own"));
    await guarded(signal, "signal_create", emit("plan_start", "own"), /scope/);
    await guarded(signal, "task_update_content", { filename: "own", content: "" }, /scope/);
    await guarded(signal, "task_create", { name: "x" }, /scope/);
    await guarded(signal, "agent_run", { agent: "chat", task: "x" }, /scope/);
    await guarded(signal, "task_list", { project: "repo2" }, /not yours/);
  });
});
