import { Hono } from "hono";
import { serveApi } from "../lib/api/serve.ts";
import { ensureLocalToken } from "../lib/api/local_token.ts";
import { taskJson } from "../lib/api/json.ts";
import { openDb } from "../lib/store/sqlite/open.ts";
import { toTask } from "../lib/store/sqlite/rows.ts";
import { resolvePaths } from "../lib/config/paths.ts";
import { openHome } from "../lib/engine/workspace.ts";
import { applyEvent } from "../lib/engine/operations.ts";
import { openWorkspace } from "../lib/engine/workspace.ts";

/**
 * A server to measure: `kas`, or `bare`, a Hono app that gives the same answers from the same database
 * and does nothing of what kas adds: a row is a prepared statement, the rest is the store. Prints its
 * address, and its token for kas, as one line of JSON.
 */
const [kind = "kas"] = Deno.args;
const paths = resolvePaths();
const home = await openHome(paths);
const print = (url: string, token: string): void => console.log(JSON.stringify({ url, token }));

if (kind === "kas") {
  const token = await ensureLocalToken(home.store, paths);
  const server = await serveApi({
    home,
    port: 0,
    bind: "127.0.0.1",
    allowHosts: [],
    tls: null,
    insecure: false,
    daemon: false,
    mounts: [],
    onFailure: (what, error) => console.error(what, error),
    stop: new AbortController().signal,
  });
  print(server.url, token);
} else {
  const { store } = home;
  const app = new Hono();
  const [project] = await store.projects();
  if (project === undefined) throw new Error("the database is empty");
  const workspace = await openWorkspace(home, project);
  const db = await openDb(paths.database);
  app.get("/v1/projects/:project/tasks/:task", (c) => {
    const sql = "SELECT * FROM task WHERE project_id = ? AND name = ?";
    const found = db.get(sql, project.id, c.req.param("task"));
    return found === null ? c.notFound() : c.json(taskJson(toTask(found)));
  });
  app.get("/v1/projects/:project/tasks", async (c) => {
    const limit = Number(c.req.query("limit"));
    return c.json((await store.tasks({ projectId: project.id, limit })).map(taskJson));
  });
  app.post("/v1/projects/:project/tasks/:task/transition", async (c) => {
    const { event } = await c.req.json();
    const task = await applyEvent(home, workspace, c.req.param("task"), event, "bench");
    return c.json(taskJson(task));
  });
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, app.fetch);
  print(`http://127.0.0.1:${server.addr.port}`, "");
}
