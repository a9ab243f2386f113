import * as v from "valibot";
import {
  count,
  done,
  flag,
  list,
  maybeText,
  maybeTime,
  name,
  record,
  scope,
  time,
} from "./common.ts";
import { routes } from "./route.ts";
import * as row from "./rows.ts";

/** Projects, settings, tokens, health, and the way in for a browser. Pure. */

const configEntry = v.object({
  /** Dotted, as `kas config set` takes it. */
  key: v.string(),
  /** "(hidden)" for an agent's environment. */
  value: v.unknown(),
  source: v.string(),
});

const configFinding = v.object({
  level: v.picklist(["error", "warning"]),
  file: v.string(),
  line: count,
  column: count,
  key: v.string(),
  message: v.string(),
});

export const PROJECT_ROUTES = routes({
  "GET /v1/projects": {
    scope: "read",
    narrows: true,
    summary: "Repositories kas knows, by name",
    response: v.object({ items: list(row.project) }),
  },
  "GET /v1/projects/:project": {
    scope: "read",
    summary: "One repository",
    response: row.project,
  },
  "GET /v1/projects/:project/config": {
    scope: "read",
    summary: "The settings in force and where each comes from",
    response: v.object({ items: list(configEntry), warnings: list(configFinding) }),
    errors: ["invalid"],
  },
  "PUT /v1/projects/:project/config": {
    scope: "admin",
    summary: "Set one key in the project's or the user's settings file; comments stay",
    body: v.strictObject({
      key: v.pipe(v.string(), v.nonEmpty(), v.maxLength(200)),
      value: v.pipe(v.string(), v.maxLength(10_000)),
      scope: v.optional(v.picklist(["project", "user"]), "project"),
    }),
    response: v.object({
      key: v.string(),
      value: v.unknown(),
      path: v.string(),
      changed: v.boolean(),
      warnings: list(configFinding),
    }),
    errors: ["guard"],
  },
});

export const TOKEN_ROUTES = routes({
  "GET /v1/tokens": {
    scope: "admin",
    summary: "Tokens, newest first; never their secrets",
    query: v.strictObject({
      /** Tokens of agents too. */
      agents: v.exactOptional(flag),
      /** Revoked and expired ones too. */
      all: v.exactOptional(flag),
    }),
    response: v.object({ items: list(row.token) }),
  },
  "POST /v1/tokens": {
    scope: "admin",
    summary: "Make a token; its secret is in this answer and never again",
    body: v.strictObject({
      name: name("token"),
      scope,
      project: v.exactOptional(v.string()),
      /** Such as 30d, 12h, 90m; without it the token does not expire. */
      expires: v.exactOptional(v.pipe(v.string(), v.maxLength(20))),
    }),
    response: v.object({ token: row.token, secret: v.string() }),
    status: 201,
    errors: ["exists"],
  },
  "DELETE /v1/tokens/:id": {
    scope: "admin",
    summary: "Revoke a token at once",
    response: row.token,
  },
});

export const LOGIN_ROUTES = routes({
  "POST /v1/login/codes": {
    scope: "admin",
    summary: "Make a one-time code that logs a browser in within a minute",
    response: v.object({ code: v.string(), expires_at: time, url: v.string() }),
    status: 201,
  },
  "POST /v1/login": {
    scope: "public",
    summary: "Trade a one-time code, or the token of a person, for a session cookie",
    body: v.strictObject({ code: v.pipe(v.string(), v.maxLength(200)) }),
    response: v.object({ scope, expires_at: maybeTime }),
    errors: ["unauthorized", "rate_limited"],
  },
  "GET /v1/session": {
    scope: "public",
    summary: "Whether the cookie or token of this request still holds",
    response: v.object({ active: v.boolean() }),
    errors: ["rate_limited"],
  },
  "POST /v1/logout": {
    scope: "read",
    narrows: true,
    summary: "End the session of this cookie",
    response: done,
  },
  "GET /v1/whoami": {
    scope: "read",
    narrows: true,
    summary: "What the caller may do",
    response: v.object({
      name: v.string(),
      actor: v.string(),
      scope,
      project: maybeText,
      task: maybeText,
      expires_at: maybeTime,
    }),
  },
});

export const HEALTH_ROUTES = routes({
  "GET /v1/ping": {
    scope: "public",
    summary: "Whether the store answers; 503 when it does not",
    response: v.object({ ok: v.literal(true), version: v.string(), pid: v.exactOptional(count) }),
    errors: ["store_unavailable"],
  },
  "GET /v1/health": {
    scope: "read",
    summary: "The store, the daemon, and what waits",
    response: v.object({
      version: v.string(),
      started_at: time,
      store: v.object({ ok: v.boolean(), detail: v.string(), last_event: count }),
      daemon: v.object({
        running: v.boolean(),
        pid: v.nullable(count),
        version: maybeText,
        started_at: maybeTime,
      }),
      projects: count,
      live_instances: count,
      open_decisions: count,
      pending_signals: count,
      failed_signals: count,
    }),
  },
  "GET /v1/metrics": {
    scope: "read",
    summary: "Counters and gauges for Prometheus",
    response: "metrics",
  },
  "GET /v1/openapi.json": {
    scope: "public",
    summary: "This API as an OpenAPI 3.1 document",
    response: record,
  },
  "GET /docs": {
    scope: "public",
    summary: "This API as a page",
    response: "html",
  },
});

/** What the daemon's commands use; the repositories also over TCP. */
export const DAEMON_ROUTES = routes({
  "GET /v1/status": {
    scope: "read",
    summary: "What the daemon works on",
    response: v.object({
      version: v.string(),
      pid: count,
      started_at: time,
      uptime_ms: count,
      database: v.string(),
      socket: v.string(),
      repos: list(v.object({ project: v.string(), path: v.string(), active: count })),
    }),
    errors: ["daemon_unreachable"],
  },
  "POST /v1/wake": {
    scope: "signal",
    summary: "Have the daemon look now",
    response: done,
    errors: ["daemon_unreachable"],
  },
  "POST /v1/look": {
    scope: "signal",
    summary: "Have the daemon look at the running agents now",
    response: done,
  },
  "POST /v1/reload": {
    scope: "admin",
    summary: "Have the daemon read settings and repositories again",
    response: done,
    errors: ["daemon_unreachable", "invalid"],
  },
  "GET /v1/repos": {
    scope: "read",
    summary: "Registered repositories",
    response: list(v.object({ project: v.string(), path: v.string() })),
  },
  "POST /v1/repos": {
    scope: "admin",
    summary: "Register a repository: the daemon works on it from now on",
    body: v.strictObject({ path: v.pipe(v.string(), v.startsWith("/"), v.maxLength(4096)) }),
    response: v.object({ project: v.string(), path: v.string() }),
    status: 201,
    errors: ["not_a_repository", "guard"],
  },
  "DELETE /v1/repos/:project": {
    scope: "admin",
    summary: "Stop working on a repository; nothing of it is removed",
    response: v.object({ project: v.string(), path: v.string() }),
  },
  "GET /v1/repos/:project/tasks": {
    scope: "read",
    summary: "All tasks of a repository in one list",
    response: list(row.task),
  },
  "GET /v1/repos/:project/plans": {
    scope: "read",
    summary: "The same",
    response: list(row.task),
  },
  "GET /v1/repos/:project/instances": {
    scope: "read",
    summary: "All instances of a repository in one list",
    response: list(row.session),
  },
});
