import assert from "node:assert/strict";
import { inWorld } from "./_testing.ts";

/** The lines of a stream, as they come. */
async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}

Deno.test("kas monitor follows the store when no daemon runs, until it is interrupted", () =>
  inWorld(async (world) => {
    await world.ok("task", "create", "one");
    await world.ok("task", "create", "other");
    const argv = ["monitor", "--plan", "one", "--since", "2001-01-01T00:00:00.25Z", "--json"];
    await using child = world.command([...argv, "--kind", "task_created,task_deleted"]).spawn();
    const seen = lines(child.stdout);
    const next = async () => JSON.parse((await seen.next()).value ?? "null");
    const first = await next();
    assert.deepEqual(
      [first.kind, first.project, first.task, first.actor],
      ["task_created", "repo", "one", "cli:ann"],
    );
    await world.ok("task", "topic", "one", "x");
    await world.ok("task", "rename", "other", "another");
    await world.ok("task", "delete", "one");
    assert.equal((await next()).kind, "task_deleted");
    child.kill("SIGINT");
    assert.equal((await child.status).code, 130);
    assert.equal((await seen.next()).done, true);
    assert.equal(await new Response(child.stderr).text(), "");
  }));

Deno.test("kas monitor status is a snapshot with a version", () =>
  inWorld(async (world) => {
    for (const name of ["one", "two", "three"]) await world.ok("task", "create", name);
    await world.ok("task", "set-status", "one", "implementing", "--force");
    await world.ok("task", "set-status", "two", "done", "--force");
    const task = await world.task("one");
    const row = await world.session({ key: "a", title: "one-implement", taskId: task.id });
    await world.store.commit([
      { kind: "session", id: row.id, patch: { status: "running", activity: "busy" } },
      {
        kind: "decision_open",
        decision: {
          key: "k",
          projectId: world.projectId,
          taskId: task.id,
          sessionId: null,
          kind: "wave_failed",
          question: "What now?",
          detail: "",
          options: [{ id: "retry", label: "again" }],
        },
      },
    ]);
    const { generated_at, ...snapshot } = await world.json("monitor", "status");
    assert.ok(Date.parse(String(generated_at)) > 0);
    assert.deepEqual(snapshot, {
      schema_version: 1,
      project: "repo",
      daemon_running: false,
      repo_count: 0,
      lifecycle: {
        ready: 1,
        planning: 0,
        implementing: 1,
        reviewing: 0,
        verifying: 0,
        total: 2,
      },
      active_agents: [{
        task: "one",
        title: "one-implement",
        role: "coder",
        stage: "running",
        ready: false,
        active: true,
        activity: "busy",
      }],
      attention: [{ task: "one", kind: "needs_decision", detail: "What now?", decision: 1 }],
      truncated: {},
    });
    assert.match(await world.ok("mon", "status"), /^agents:\n {2}one coder running \(busy\)$/m);
  }));
