import assert from "node:assert/strict";
import { type ApiWorld, inApi } from "./_testing.ts";

interface Page<T = Record<string, unknown>> {
  items: T[];
  next: string | null;
}

/** A running instance with a real process in a real terminal. */
async function running(api: ApiWorld, title: string, script: string) {
  const row = await api.session({ title });
  await api.store.commit([{ kind: "session", id: row.id, patch: { status: "running" } }]);
  await Deno.mkdir(`${api.paths.sessionsDir}/${row.id}`, { recursive: true });
  await api.context.tmux.start({
    name: row.tmuxName,
    cwd: api.dir,
    argv: ["sh", "-c", script],
    env: {},
    marker: `${api.dir}/marker-${row.id}`,
  });
  return row;
}

async function screenWith(api: ApiWorld, title: string, word: string): Promise<string> {
  for (let tries = 0; tries < 200; tries++) {
    const { screen } = await api.ok<{ screen: string }>(
      `GET P/instances/${title}/capture?escapes=true&start=-`,
    );
    if (screen.includes(word)) return screen;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.fail(`the screen never showed ${word}`);
}

Deno.test("instances are listed with what may be done to them", () =>
  inApi(async (api) => {
    const task = await api.task("a");
    const one = await api.session({ title: "a-W1-T1", taskId: task.id, wave: 1, subtask: 1 });
    const two = await api.session({ title: "solo" });
    await api.store.commit([
      { kind: "session", id: one.id, patch: { status: "paused" } },
      { kind: "session", id: two.id, patch: { status: "exited", exitReason: "died" } },
    ]);
    const live = await api.ok<Page>("GET P/instances");
    assert.deepEqual(live.items.map((row) => [row.title, row.task, row.valid_actions]), [
      ["a-W1-T1", "a", ["resume", "restart", "kill"]],
    ]);
    assert.match(String(live.items[0]?.read_only), /paused/);
    const all = await api.ok<Page>("GET /v1/instances?all=true&limit=1");
    assert.deepEqual(all.items.map((row) => [row.title, row.project]), [["solo", api.project.key]]);
    const rest = await api.ok<Page>(`GET /v1/instances?all=true&limit=1&after=${all.next}`);
    assert.deepEqual([rest.items.map((row) => row.title), rest.next], [["a-W1-T1"], null]);
    assert.equal((await api.ok<Page>("GET P/instances?task=a&all=1")).items.length, 1);
    assert.equal((await api.ok<Page>("GET P/instances?task=zz")).items.length, 0);
    assert.equal((await api.ok(`GET P/instances/${two.id}`)).title, "solo");
    await api.refused("GET P/instances/a-W1", "not_found");
    await api.refused("GET P/instances/none", "not_found");
    const shown = await api.ok("GET P/instances/solo/presentation");
    assert.deepEqual([shown.supported, shown.turns], [false, []]);
  }));

Deno.test("a person talks to an instance, interrupts it and ends it", () =>
  inApi(async (api) => {
    const script = `printf '\\033[32mready\\033[0m\\n'; trap 'echo stopped' INT; ` +
      `read -r line; echo "got:$line"; while :; do sleep 0.1; done`;
    const row = await running(api, "talker", script);
    assert.ok((await screenWith(api, "talker", "ready")).includes("\x1b[32mready"));
    const after = await api.ok("POST P/instances/talker/send", { body: { text: "hi $(x) <b>" } });
    assert.deepEqual(after.valid_actions, ["send", "interrupt", "kill"]);
    await screenWith(api, "talker", "got:hi $(x) <b>");
    await api.ok("POST P/instances/talker/interrupt");
    await screenWith(api, "talker", "stopped");
    await api.refused("POST P/instances/talker/send", "invalid", { body: { text: "  " } });
    await api.refused("POST P/instances/talker/permission", "guard", { body: { choice: 0 } });
    await api.refused("POST P/instances/talker/permission", "invalid", { body: { choice: 7 } });
    await api.refused("POST P/instances/talker/pause", "guard");
    await api.refused("POST P/instances/talker/resume", "guard");
    const killed = await api.ok("POST P/instances/talker/kill");
    assert.deepEqual([killed.status, killed.exit_reason], ["exited", "killed"]);
    assert.equal(await api.context.tmux.has(row.tmuxName), false);
    await api.refused("POST P/instances/talker/kill", "guard");
    await api.refused("POST P/instances/talker/send", "guard", { body: { text: "x" } });
    const kept = await api.ok("GET P/instances/talker/capture");
    assert.deepEqual([kept.live, String(kept.screen).includes("got:hi")], [false, true]);
    const { items } = await api.ok<Page>("GET P/audit-events?instance=talker&order=asc");
    assert.deepEqual(items.map((event) => [event.kind, event.actor]), [
      ["agent_prompted", "token:admin"],
      ["agent_interrupted", "token:admin"],
      ["agent_ended", "token:admin"],
    ]);
  }));

Deno.test("an agent outside of tasks is asked for, and ended again", () =>
  inApi(async (api) => {
    const body = { agent: "coder", mode: "run", task: "Look <around>", runtime: "claude" };
    const spawned = await api.ok("POST P/instances", { body: { ...body, title: "looker" } });
    assert.deepEqual(
      [spawned.title, spawned.status, spawned.task, spawned.harness],
      ["looker", "starting", null, "claude"],
    );
    await api.refused("POST P/instances", "exists", { body: { ...body, title: "looker" } });
    await api.refused("POST P/instances", "not_found", { body: { ...body, agent: "nobody" } });
    await api.refused("POST P/instances", "invalid", { body: { agent: "coder", mode: "run" } });
    await api.refused("POST P/instances", "invalid", { body: { ...body, model: "--version" } });
    await api.refused("POST P/instances", "usage", { body: { ...body, runtime: "demo" } });
    await api.refused("POST P/instances", "forbidden", { body, as: "signal" });
    const killed = await api.ok("POST P/instances/looker/kill");
    assert.equal(killed.status, "exited");
  }));

Deno.test("decisions are answered once", () =>
  inApi(async (api) => {
    const task = await api.task("a");
    const made = await api.store.commit([{
      kind: "decision_open",
      decision: {
        key: "k",
        projectId: api.project.id,
        taskId: task.id,
        sessionId: null,
        kind: "topic_collision",
        question: "Which <b>?",
        detail: "",
        options: [{ id: "wait", label: "Wait" }],
      },
    }]);
    const id = made.decisions[0]?.id;
    const { items } = await api.ok<Page>("GET /v1/decisions?status=open");
    assert.deepEqual(items.map((row) => [row.id, row.project, row.question]), [
      [id, api.project.key, "Which <b>?"],
    ]);
    const path = `POST P/decisions/${id}/answer`;
    await api.refused(path, "invalid", { body: { option: "nonsense" } });
    await api.refused("POST P/decisions/99/answer", "not_found", { body: { option: "wait" } });
    const answered = await api.ok(path, { body: { option: "wait" } });
    assert.deepEqual([answered.status, answered.answer], ["answered", "wait"]);
    await api.refused(path, "conflict", { body: { option: "wait" } });
    assert.equal((await api.ok<Page>("GET P/decisions?task=a&status=answered")).items.length, 1);
    assert.equal((await api.ok(`GET P/decisions/${id}`)).answered_by, "token:admin");
  }));

Deno.test("signals are emitted once for a key, listed and retried", () =>
  inApi(async (api) => {
    await api.task("a");
    const body = { type: "review-changes", task: "a", payload: "Fix <it>", dedupe_key: "k" };
    interface Sent {
      signal: { id: number; type: string; payload: unknown };
      duplicate: boolean;
    }
    const first = await api.ok<Sent>("POST P/signals", { as: "signal", body });
    assert.deepEqual([first.signal.type, first.signal.payload, first.duplicate], [
      "review_changes_requested",
      { body: "Fix <it>" },
      false,
    ]);
    const again = await api.ok<Sent>("POST P/signals", { body });
    assert.deepEqual([again.signal.id, again.duplicate], [first.signal.id, true]);
    await api.refused("POST P/signals", "invalid", { body: { type: "dance", task: "a" } });
    await api.refused("POST P/signals", "not_found", {
      body: { type: "implement_finished", task: "zz" },
    });
    await api.refused(`POST P/signals/${first.signal.id}/retry`, "conflict");
    const claimed = await api.store.claimSignal("w", [api.project.id]);
    await api.store.commit([{
      kind: "signal_end",
      id: claimed?.id ?? 0,
      status: "failed",
      result: "no",
    }]);
    const failed = await api.ok<Page>("GET P/signals?status=failed&task=a");
    assert.deepEqual(failed.items.map((row) => row.result), ["no"]);
    assert.equal((await api.ok(`POST P/signals/${first.signal.id}/retry`)).status, "pending");
  }));

Deno.test("the log is filtered, searched and paged in both directions", () =>
  inApi(async (api) => {
    for (const name of ["one", "two", "three"]) await api.task(name);
    const seen: unknown[] = [];
    for (let cursor = "";;) {
      const tail = cursor === "" ? "" : `&cursor=${cursor}`;
      const page = await api.ok<Page>(`GET P/audit-events?kind=task_created&limit=2${tail}`);
      seen.push(...page.items.map((row) => row.task));
      if (page.next === null) break;
      cursor = page.next;
    }
    assert.deepEqual(seen, ["three", "two", "one"]);
    const past = await api.ok<Page>("GET P/audit-events?before=2001-01-01T00:00:00Z");
    assert.deepEqual(past.items, []);
    await api.refused("GET P/audit-events?after=yesterday", "invalid");
    const found = await api.ok<{ tasks: Record<string, unknown>[]; events: unknown[] }>(
      "GET /v1/search?text=about%20three",
    );
    assert.deepEqual(found.tasks.map((row) => [row.project, row.name]), [
      [api.project.key, "three"],
    ]);
    assert.equal((await api.ok<Page>("GET /v1/audit-events?text=three")).items.length, 1);
    await api.refused("GET /v1/search?text=", "invalid");
  }));

Deno.test("what a branch changes is shown file by file", () =>
  inApi(async (api) => {
    await api.task("a");
    const none = await api.ok("GET P/tasks/a/diff");
    assert.deepEqual([none.files, none.head], [[], ""]);
    const evil = `<img src=x onerror=alert(1)>.txt`;
    await api.git("checkout", "-q", "-b", "plan/a");
    await Deno.writeTextFile(`${api.project.root}/${evil}`, "one\n<script>\n");
    await api.git("add", "-A");
    await api.git("commit", "-q", "-m", "Add <b>it</b>");
    await api.git("checkout", "-q", "main");
    const diff = await api.ok<{ files: Record<string, unknown>[]; insertions: number }>(
      "GET P/tasks/a/diff",
    );
    assert.deepEqual(diff.files.map((file) => [file.path, file.status, file.insertions]), [
      [evil, "added", 2],
    ]);
    const path = encodeURIComponent(evil);
    const file = await api.ok<{ hunks: { lines: string[] }[] }>(
      `GET P/tasks/a/diff/file?path=${path}`,
    );
    assert.deepEqual(file.hunks[0]?.lines, ["+one", "+<script>"]);
    for (const other of ["../../etc/passwd", "-x", "nope.txt"]) {
      await api.refused(`GET P/tasks/a/diff/file?path=${encodeURIComponent(other)}`, "not_found");
    }
    const commits = await api.ok<{ items: { subject: string }[] }>("GET P/tasks/a/commits");
    assert.deepEqual(commits.items.map(({ subject }) => subject), ["Add <b>it</b>"]);
    assert.deepEqual(await api.ok("GET P/rescue"), { items: [] });
    await api.refused("POST P/rescue/restore", "not_found", {
      body: { ref: "a/1", branch: "found" },
    });
    assert.deepEqual(await api.ok("GET P/worktrees"), { items: [] });
    await api.refused("GET P/worktrees/5/status", "not_found");
  }));
