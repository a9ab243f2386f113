import assert from "node:assert/strict";
import { inApi } from "./_testing.ts";

interface Link {
  readonly task: string;
  readonly issue: string | null;
}

Deno.test("a task is tied to an issue of Linear, and no second one at work is", () =>
  inApi(async (api) => {
    await api.task("a");
    const b = await api.task("b");
    const none = { task: "a", status: "ready", issue: null };
    assert.deepEqual(await api.ok("GET P/tasks/a/linear-link"), none);
    assert.deepEqual(await api.ok("GET P/tasks/a/linear-link/lookup"), { items: [] });
    const body = { issue: "eng-7" };
    assert.equal((await api.ok("PUT P/tasks/b/linear-link", { body })).issue, "ENG-7");
    assert.equal((await api.ok("PUT P/tasks/a/linear-link", { body })).issue, "ENG-7");
    await api.ok("DELETE P/tasks/a/linear-link");
    await api.ok("POST P/tasks/b/transition", { body: { event: "plan_start" } });
    const refused = await api.refused("PUT P/tasks/a/linear-link", "guard", { body });
    assert.deepEqual(refused.context, { task: "b", status: "planning" });
    await api.ok("PUT P/tasks/a/linear-link", { body: { ...body, force: true, reason: "same" } });
    const found = await api.ok<{ items: Link[] }>("GET P/tasks/a/linear-link/lookup");
    assert.deepEqual(found.items.map(({ task }) => task).sort(), ["a", "b"]);
    const some = "GET P/tasks/a/linear-link/lookup?issue=ENG-7&status=planning";
    assert.deepEqual((await api.ok<{ items: Link[] }>(some)).items, [
      { task: "b", status: "planning", issue: "ENG-7" },
    ]);
    await api.refused("PUT P/tasks/a/linear-link", "invalid", { body: { issue: "../x" } });
    await api.refused("PUT P/tasks/a/linear-link", "forbidden", { body, as: "read" });
    const rows = await api.store.events({ projectId: b.projectId, limit: 100 });
    assert.deepEqual(
      rows.filter(({ kind }) => kind.startsWith("task_linear")).map((row) => row.detail),
      [
        { old: null, new: "ENG-7", reason: "" },
        { old: null, new: "ENG-7", reason: "" },
        { old: "ENG-7", new: null, reason: "" },
        { old: null, new: "ENG-7", reason: "same" },
      ],
    );
  }));

Deno.test("a snapshot tells what is going on, in a project or one task of it", () =>
  inApi(async (api) => {
    const task = await api.task("a");
    await api.task("b");
    await api.session({ taskId: task.id, title: "a-plan", role: "planner" });
    const all = await api.ok("POST /v1/monitor/snapshot", { as: "read" });
    assert.deepEqual(
      [all.schema_version, all.project, all.daemon_running, all.repo_count, all.truncated],
      [1, api.project.key, false, 0, {}],
    );
    assert.deepEqual((all.lifecycle as Record<string, number>).total, 2);
    assert.deepEqual(all.active_agents, [
      {
        task: "a",
        title: "a-plan",
        role: "planner",
        stage: "loading",
        ready: false,
        active: false,
        activity: "starting",
      },
    ]);
    const body = { project: api.project.key, task: "b" };
    const one = await api.ok("POST /v1/monitor/snapshot", { body });
    assert.deepEqual([(one.lifecycle as Record<string, number>).total, one.active_agents], [1, []]);
    const preview = await api.ok("POST /v1/widget-preview/open-monitor", { body, as: "read" });
    const { generated_at: _at, ...shown } = preview.structuredContent as Record<string, unknown>;
    const { generated_at: _then, ...taken } = one;
    assert.deepEqual(shown, taken);
    assert.match(JSON.stringify(preview.content), /repo: 1 task under way/);
    await api.refused("POST /v1/monitor/snapshot", "not_found", { body: { project: "none" } });
    await api.refused("POST /v1/monitor/snapshot", "not_found", { body: { ...body, task: "c" } });
  }));

Deno.test("the doctor looks at this home, and once for all who ask together", () =>
  inApi(async (api) => {
    const [one, two] = await Promise.all(
      [1, 2].map(() =>
        api.ok<{ findings: { id: string; detail?: string }[] }>(
          `GET /v1/doctor?project=${api.project.key}`,
          { as: "operate" },
        )
      ),
    );
    assert.deepEqual(one, two);
    const places = one?.findings.filter(({ id }) => id.startsWith("place.")) ?? [];
    assert.ok(places.some(({ detail }) => detail?.startsWith(`${api.dir}/state`)), api.dir);
    await api.refused("GET /v1/doctor", "forbidden", { as: "read" });
    await api.refused("GET /v1/doctor?agent=..", "invalid");
  }));
