import assert from "node:assert/strict";
import { inWorld } from "./_testing.ts";

Deno.test("kas audit list filters, newest first", () =>
  inWorld(async (world) => {
    assert.equal(await world.ok("audit", "list"), "no audit entries found\n");
    await world.ok("task", "create", "one");
    await world.ok("task", "create", "two");
    await world.ok("task", "rename", "two", "three");
    const session = await world.session({ title: "one-plan" });
    await world.store.commit([{
      kind: "event",
      event: {
        projectId: world.projectId,
        sessionId: session.id,
        kind: "agent_spawned",
        actor: "kas",
        message: "one-plan: planner \u001b[31mstarted",
        detail: {},
      },
    }]);
    const kinds = async (...argv: string[]) =>
      (await world.json<{ kind: string }[]>("audit", "list", ...argv)).map((row) => row.kind);
    const all = ["agent_spawned", "task_renamed", "task_created", "task_created"];
    assert.deepEqual(await kinds(), all);
    assert.deepEqual(await kinds("--limit", "2"), all.slice(0, 2));
    assert.deepEqual(await kinds("--event", "agent_spawned,task_renamed"), all.slice(0, 2));
    assert.deepEqual(await kinds("--event", "agent_spawned", "--event", "x"), all.slice(0, 1));
    assert.deepEqual(await kinds("--task", "one"), ["task_created"]);
    assert.deepEqual(await kinds("--instance", "one-plan"), ["agent_spawned"]);
    assert.deepEqual(await kinds("--text", "renamed three"), ["task_renamed"]);
    assert.deepEqual(await kinds("--after", "2001-01-01T00:00:00.5+02:00"), all);
    assert.deepEqual(await kinds("--before", "2001-01-01T00:00:00Z"), []);
    const table = await world.ok("audit", "list");
    assert.match(
      table,
      /^TIME +EVENT +DETAILS\n\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +agent_spawned +one-/,
    );
    assert.match(table, / task_renamed +two: renamed to three \| {"from":"two","to":"three"}\n/);
    assert.ok(!table.includes("\u001b"));
  }));

Deno.test("kas audit list refuses bad limits and times", () =>
  inWorld(async (world) => {
    for (const limit of ["0", "-1", "1.5"]) {
      const run = await world.kas("audit", "list", `--limit=${limit}`);
      assert.deepEqual([run.code, run.out], [2, ""]);
      assert.match(run.err, /^error: limit must be > 0\n/);
    }
    for (const time of ["yesterday", "2026-01-01", "2026-13-01T00:00:00Z", "2026-01-01T00:00:00"]) {
      const run = await world.kas("audit", "list", "--after", time);
      assert.deepEqual([run.code, run.out], [2, ""]);
      assert.match(run.err, /not an RFC 3339 time\nhint: Write it as 2026-01-31T12:00:00Z/);
    }
  }));
