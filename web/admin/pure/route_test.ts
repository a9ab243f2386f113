import assert from "node:assert/strict";
import { parseRoute, pathOf, type Route } from "./route.ts";

const ROUTES: readonly Route[] = [
  { screen: "board" },
  { screen: "instances" },
  { screen: "login" },
  { screen: "agents" },
  { screen: "agent", project: "p", name: "coder" },
  { screen: "settings", tab: "projects" },
  { screen: "settings", tab: "tokens" },
  { screen: "task", project: "a b", task: "x%y", tab: "overview" },
  { screen: "task", project: "p", task: "t", tab: "changes" },
  { screen: "instance", project: "p", title: "t-W1-T2.2" },
];

Deno.test("parseRoute() reads what pathOf() writes", () => {
  for (const route of ROUTES) {
    assert.deepEqual(parseRoute(pathOf(route)), route);
  }
});

Deno.test("parseRoute() takes the mount point with and without a slash", () => {
  assert.deepEqual(parseRoute("/admin"), { screen: "board" });
  assert.deepEqual(parseRoute("/admin/"), { screen: "board" });
});

Deno.test("parseRoute() calls everything else missing", () => {
  const paths = [
    "/",
    "/administrator",
    "/admin/nowhere",
    "/admin/projects/p",
    "/admin/projects/p/tasks/t/nowhere",
    "/admin/projects/p/tasks/t/plan/more",
    "/admin/projects/%E0%A4%A/tasks/t",
    "/admin/settings/nowhere",
  ];
  for (const path of paths) {
    assert.equal(parseRoute(path).screen, "missing", path);
  }
});

Deno.test("pathOf() has no dot, so that a server does not take it for a file", () => {
  assert.equal(
    pathOf({ screen: "instance", project: "a.b", title: "t-W1-T2.2" }),
    "/admin/projects/a%2Eb/instances/t-W1-T2%2E2",
  );
});
