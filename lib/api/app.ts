import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { KasError, messageOf } from "../errors.ts";
import type { Notifier } from "../daemon/notifier.ts";
import type { Engine } from "../engine/engine.ts";
import type { SessionHost } from "../engine/sessions.ts";
import { openWorkspaceAt } from "../engine/workspace.ts";
import type { Project, Store } from "../store/types.ts";
import { VERSION } from "../version.ts";
import { eventJson, sessionJson, taskJson } from "./json.ts";

/** What the routes stand on. */
export interface ApiContext {
  readonly host: SessionHost;
  readonly engine: Engine;
  readonly news: Notifier;
  readonly startedAt: number;
  /** Aborted when the daemon goes down: streams end then. */
  readonly stop: AbortSignal;
  /** Looks for what other processes changed, and wakes the engine. */
  readonly notice: () => Promise<void>;
  readonly reload: () => Promise<void>;
}

/** Largest batch of the event stream, and how long it may be silent before a heartbeat, in ms. */
const BATCH = 200;
const HEARTBEAT_MS = 15_000;

/**
 * The control API. On the daemon's unix socket it needs no token: only the user can enter the
 * socket's folder.
 */
export function controlApi(context: ApiContext): Hono {
  const app = new Hono();
  app.onError((error, c) => {
    const known = error instanceof KasError
      ? error
      : new KasError("internal", messageOf(error), { cause: error });
    return c.json(known.toJSON(), known.httpStatus as 500);
  });
  app.notFound((c) =>
    c.json(new KasError("not_found", `There is no ${c.req.method} ${c.req.path}`).toJSON(), 404)
  );
  statusRoutes(app, context);
  repoRoutes(app, context);
  eventRoutes(app, context);
  return app;
}

function statusRoutes(app: Hono, context: ApiContext): void {
  const { host, engine } = context;
  app.get("/v1/ping", async (c) => {
    await host.store.ping();
    return c.json({ ok: true, version: VERSION, pid: Deno.pid });
  });
  app.post("/v1/wake", (c) => {
    // Answered before the work: whoever pokes must not wait for it.
    void context.notice();
    return c.json({ ok: true });
  });
  app.post("/v1/reload", async (c) => {
    await context.reload();
    return c.json({ ok: true });
  });
  app.get("/v1/status", async (c) => {
    const repos = await Promise.all(engine.workspaces.map(async ({ project }) => ({
      project: project.key,
      path: project.root,
      active: (await host.store.sessions({
        projectId: project.id,
        statuses: ["starting", "running"],
      })).length,
    })));
    return c.json({
      version: VERSION,
      pid: Deno.pid,
      started_at: new Date(context.startedAt).toISOString(),
      uptime_ms: Date.now() - context.startedAt,
      database: host.paths.database,
      socket: host.paths.socket,
      repos,
    });
  });
}

/** @throws KasError "not_found" */
async function findProject(store: Store, key: string): Promise<Project> {
  const project = await store.projectByKey(key);
  if (project !== null) return project;
  throw new KasError("not_found", `There is no project "${key}"`, {
    hint: `See them with "kas daemon status"`,
  });
}

function repoRoutes(app: Hono, context: ApiContext): void {
  const { host, engine } = context;
  const find = (key: string): Promise<Project> => findProject(host.store, key);
  app.get("/v1/repos", async (c) => {
    const projects = await host.store.projects({ registered: true });
    return c.json(projects.map((project) => ({ project: project.key, path: project.root })));
  });
  app.post("/v1/repos", async (c) => {
    const body = await c.req.json() as { path?: unknown };
    if (typeof body.path !== "string" || !body.path.startsWith("/")) {
      throw new KasError("invalid", "Cannot add a repository without its absolute path", {
        hint: `Send {"path": "/…"}`,
      });
    }
    const { project } = await openWorkspaceAt(host, body.path);
    await host.store.setRegistered(project.id, true);
    await engine.register({ ...project, registered: true });
    return c.json({ project: project.key, path: project.root }, 201);
  });
  app.delete("/v1/repos/:project", async (c) => {
    const project = await find(c.req.param("project"));
    await host.store.setRegistered(project.id, false);
    engine.unregister(project.id);
    return c.json({ project: project.key, path: project.root });
  });
  const tasks = ["/v1/repos/:project/tasks", "/v1/repos/:project/plans"];
  app.on("GET", tasks, async (c) => {
    const project = await find(c.req.param("project") ?? "");
    return c.json((await host.store.tasks({ projectId: project.id })).map(taskJson));
  });
  app.get("/v1/repos/:project/instances", async (c) => {
    const project = await find(c.req.param("project"));
    return c.json((await host.store.sessions({ projectId: project.id })).map(sessionJson));
  });
}

/** Server-sent events from the durable log: replay after `Last-Event-ID`, then live; nothing is dropped. */
function eventRoutes(app: Hono, context: ApiContext): void {
  const { host, news } = context;
  app.get("/v1/events", async (c) => {
    const key = c.req.query("project");
    const project = key === undefined ? null : await findProject(host.store, key);
    const from = c.req.header("last-event-id") ?? c.req.query("after");
    const task = c.req.query("task");
    const kinds = c.req.queries("kind") ?? [];
    let cursor = from === undefined ? await host.store.lastEventId() : Number(from);
    if (!Number.isSafeInteger(cursor) || cursor < 0) {
      throw new KasError("invalid", `Cannot follow events after "${from}"`, {
        hint: "Give the id of an event",
      });
    }
    return streamSSE(c, async (stream) => {
      const gone = new AbortController();
      stream.onAbort(() => gone.abort());
      context.stop.addEventListener("abort", () => gone.abort(), { once: true });
      await stream.writeSSE({ event: "hello", data: "", id: String(cursor) });
      while (!gone.signal.aborted) {
        const { mark } = news;
        const rows = await host.store.events({
          afterId: cursor,
          limit: BATCH,
          ...(project === null ? {} : { projectId: project.id }),
          ...(task === undefined ? {} : { task }),
          ...(kinds.length === 0 ? {} : { kinds }),
        });
        for (const row of rows) {
          await stream.writeSSE({ id: String(row.id), data: JSON.stringify(eventJson(row)) });
          cursor = row.id;
        }
        if (rows.length === BATCH) continue;
        await news.wait(mark, gone.signal, HEARTBEAT_MS);
        if (!gone.signal.aborted && rows.length === 0) await stream.write(": \n\n");
      }
    });
  });
}
