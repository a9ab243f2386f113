import { configSet } from "../../config/edit.ts";
import { loadConfig, loadDaemonConfig } from "../../config/config.ts";
import { setsEnv } from "./_hidden.ts";
import { newSecret } from "../../engine/caller.ts";
import { openWorkspaceAt } from "../../engine/workspace.ts";
import { KasError } from "../../errors.ts";
import { quote } from "../../names.ts";
import type { Project, Token } from "../../store/types.ts";
import { SESSION_NAME, sessionCookie } from "../auth.ts";
import { hostOf } from "../guards.ts";
import type { ApiContext } from "../context.ts";
import { entryJson, isoTime, projectJson, sessionJson, toJson } from "../json.ts";
import { bind, type Bound, type Call, narrowed } from "../route.ts";
import { DAEMON_ROUTES, LOGIN_ROUTES, PROJECT_ROUTES, TOKEN_ROUTES } from "../schema/system.ts";
import { changed, homeOf, projectOf, requireUnbound } from "./_shared.ts";
import { createToken, expiryOf } from "../tokens.ts";

/** The words for a folder that is no repository are those for a person in a terminal. */
function namingThePath(error: unknown, path: string): unknown {
  if (!(error instanceof KasError) || error.code !== "not_a_repository") return error;
  return new KasError(
    "not_a_repository",
    `Cannot register ${quote(path, 200)}: there is no git repository`,
    { hint: "Name a folder inside of one, by its whole path", cause: error },
  );
}

/** Repositories, with their settings. */
export const projectRoutes: readonly Bound[] = bind(PROJECT_ROUTES, {
  "GET /v1/projects": async (call) => {
    const only = await narrowed(call, undefined);
    const rows = await call.context.store.projects();
    return {
      items: rows.filter(({ id }) => only === null || id === only.id).map(projectJson),
    };
  },
  "GET /v1/projects/:project": async (call) => projectJson(await projectOf(call)),
  "GET /v1/projects/:project/config": async (call) => {
    const { root } = await projectOf(call);
    const { paths } = call.context;
    const daemon = await loadDaemonConfig(paths);
    const loaded = await loadConfig(root, paths, { daemonPolicy: daemon.config.policy });
    return {
      items: loaded.sources.map(({ key, value, source }) => ({
        key,
        value: setsEnv(key) ? "(hidden)" : value,
        source,
      })),
      warnings: [...daemon.warnings, ...loaded.warnings],
    };
  },
  "PUT /v1/projects/:project/config": async (call) => {
    const { key, value, scope } = call.body;
    if (scope === "user") requireUnbound(call, "change the user's settings");
    const project = await projectOf(call);
    const { paths, store } = call.context;
    const { dirs } = await call.context.workspaces.open(project.key);
    const file = scope === "user" ? paths.userConfig : dirs.config;
    const result = await configSet(file, key, value, scope);
    call.context.workspaces.forget(project.key);
    await store.commit([{
      kind: "event",
      event: {
        projectId: project.id,
        kind: "config_changed",
        actor: call.caller.actor,
        message: `${result.key} set in ${file}`,
        // A value may be a secret of an agent's environment.
        detail: { key: result.key, scope, changed: result.changed },
      },
    }]);
    changed(call);
    return { ...result, value: setsEnv(result.key) ? "(hidden)" : result.value };
  },
});

function tokenJson(token: Token) {
  const { grant, ...rest } = token;
  return {
    ...toJson(rest),
    agent: grant === null ? null : { name: grant.agent, permission: grant.permission },
  };
}

/** Tokens: made, listed and revoked by who may do everything. */
export const tokenRoutes: readonly Bound[] = bind(TOKEN_ROUTES, {
  "GET /v1/tokens": async (call) => {
    const { agents, all } = call.query;
    const rows = await call.context.store.tokens({
      ...(agents === true ? {} : { agents: false }),
      ...(all === true ? {} : { live: Date.now() }),
    });
    return { items: rows.map(tokenJson) };
  },
  "POST /v1/tokens": async (call) => {
    const { name, scope, project: key, expires } = call.body;
    const { store, workspaces } = call.context;
    const project = key === undefined ? null : await workspaces.project(key);
    const expiresAt = expires === undefined ? null : expiryOf(expires);
    const secret = newSecret();
    const token = await createToken(store, {
      name,
      scope,
      projectId: project?.id ?? null,
      expiresAt,
      secret,
      actor: call.caller.actor,
    });
    changed(call);
    return { token: tokenJson(token), secret };
  },
  "DELETE /v1/tokens/:id": async (call) => {
    const { store } = call.context;
    const { id } = call.params;
    await store.commit([{ kind: "token_revoke", id, actor: call.caller.actor }]);
    call.site.authority.forget();
    changed(call);
    const token = (await store.tokens()).find((row) => row.id === id);
    if (token === undefined) throw new KasError("not_found", `Cannot find token ${id}`);
    return tokenJson(token);
  },
});

function addressOf(call: Pick<Call, "request" | "site">): string {
  const { door } = call.site;
  return `${door?.scheme ?? "http"}://${hostOf(call.request)}`;
}

/** The way in for a browser. */
export const loginRoutes: readonly Bound[] = bind(LOGIN_ROUTES, {
  "POST /v1/login/codes": async (call) => {
    const { code, expiresAt } = await call.site.authority.newCode(call.caller.actor);
    const url = `${addressOf(call)}/admin/login#${code}`;
    return { code, expires_at: isoTime(expiresAt), url };
  },
  "POST /v1/login": async (call) => {
    const { authority, door } = call.site;
    const { secret, token } = await authority.redeem(call.body.code, call.address());
    call.headers["set-cookie"] = sessionCookie(secret, door?.scheme === "https");
    changed(call);
    return {
      scope: token.scope,
      expires_at: token.expiresAt === null ? null : isoTime(token.expiresAt),
    };
  },
  // A page asks this first: "no" is an answer, and no error on its console.
  "GET /v1/session": async ({ site, request, address }) => ({
    active: site.door === null || await site.authority.isKnown(request, address),
  }),
  "POST /v1/logout": async (call) => {
    const { caller, context, site } = call;
    if (caller.browser) {
      // a token that somebody logged in with goes on; it is revoked by name
      if (caller.tokenId !== null && caller.name === SESSION_NAME) {
        await context.store.commit([
          { kind: "token_revoke", id: caller.tokenId, actor: caller.actor },
        ]);
        site.authority.forget();
      }
      call.headers["set-cookie"] = sessionCookie("", site.door?.scheme === "https");
    }
    return { ok: true as const };
  },
  "GET /v1/whoami": async (call) => {
    const { caller, context } = call;
    const { name, actor, scope, expiresAt } = caller;
    const task = caller.taskId === null ? null : await context.store.taskById(caller.taskId);
    return {
      name,
      actor,
      scope,
      project: (await narrowed(call, undefined))?.key ?? null,
      task: task?.name ?? null,
      expires_at: expiresAt === null ? null : isoTime(expiresAt),
    };
  },
});

async function liveCount(context: ApiContext, project: Project): Promise<number> {
  const statuses = ["starting", "running"] as const;
  return (await context.store.sessions({ projectId: project.id, statuses })).length;
}

function repoJson({ key, root }: Project) {
  return { project: key, path: root };
}

/** What the daemon's own commands use. */
export const daemonRoutes: readonly Bound[] = bind(DAEMON_ROUTES, {
  "GET /v1/status": async ({ context }) => {
    const state = await context.daemon.state();
    if (state === null) {
      throw new KasError("daemon_unreachable", "daemon not running", {
        hint: `Start it with "kas daemon start"`,
      });
    }
    const projects = await context.store.projects({ registered: true });
    return {
      version: state.version,
      pid: state.pid,
      started_at: isoTime(state.startedAt),
      uptime_ms: Date.now() - state.startedAt,
      database: context.paths.database,
      socket: context.paths.socket,
      repos: await Promise.all(projects.map(async (project) => ({
        ...repoJson(project),
        active: await liveCount(context, project),
      }))),
    };
  },
  // Answered before the work: whoever pokes must not wait for it.
  "POST /v1/wake": ({ context }) => {
    context.news.notify();
    context.daemon.wake();
    return { ok: true as const };
  },
  "POST /v1/look": ({ context }) => {
    context.daemon.look();
    return { ok: true as const };
  },
  "POST /v1/reload": async ({ context }) => {
    await context.daemon.reload();
    return { ok: true as const };
  },
  "GET /v1/repos": async ({ context }) =>
    (await context.store.projects({ registered: true })).map(repoJson),
  "POST /v1/repos": async (call) => {
    const { project } = await openWorkspaceAt(homeOf(call), call.body.path)
      .catch((error: unknown) => {
        throw namingThePath(error, call.body.path);
      });
    await call.context.store.setRegistered(project.id, true);
    await call.context.daemon.register({ ...project, registered: true });
    call.context.workspaces.forget(project.key);
    return repoJson(project);
  },
  "DELETE /v1/repos/:project": async (call) => {
    const project = await projectOf(call);
    await call.context.store.setRegistered(project.id, false);
    await call.context.daemon.unregister(project);
    call.context.workspaces.forget(project.key);
    return repoJson(project);
  },
  "GET /v1/repos/:project/tasks": tasksOf,
  "GET /v1/repos/:project/plans": tasksOf,
  "GET /v1/repos/:project/instances": async (call) => {
    const { id } = await projectOf(call);
    return (await call.context.store.sessions({ projectId: id })).map(sessionJson);
  },
});

async function tasksOf(call: Parameters<typeof projectOf>[0]) {
  const { id } = await projectOf(call);
  return (await call.context.store.tasks({ projectId: id })).map(entryJson);
}
