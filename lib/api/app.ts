import { Hono } from "hono";
import type { ApiContext } from "./context.ts";
import { checkHost, SAFE_HEADERS } from "./guards.ts";
import { HttpError } from "./problem.ts";
import { answer, type Bound, failure, matchesPath, type Site } from "./route.ts";
import { agentRoutes } from "./routes/agents.ts";
import { auditRoutes } from "./routes/audit.ts";
import { contentRoutes } from "./routes/content.ts";
import { courseRoutes } from "./routes/course.ts";
import { decisionRoutes, signalRoutes } from "./routes/decisions.ts";
import { factRoutes } from "./routes/facts.ts";
import { healthRoutes } from "./routes/health.ts";
import { instanceRoutes } from "./routes/instances.ts";
import { daemonRoutes, loginRoutes, projectRoutes, tokenRoutes } from "./routes/system.ts";
import { taskRoutes } from "./routes/tasks.ts";
import { worktreeRoutes } from "./routes/worktrees.ts";
import { splitKey } from "./schema/route.ts";

/** Every route of the API with its handler. */
export const ROUTES: readonly Bound[] = [
  ...taskRoutes,
  ...contentRoutes,
  ...courseRoutes,
  ...factRoutes,
  ...instanceRoutes,
  ...decisionRoutes,
  ...signalRoutes,
  ...auditRoutes,
  ...worktreeRoutes,
  ...agentRoutes,
  ...projectRoutes,
  ...tokenRoutes,
  ...loginRoutes,
  ...healthRoutes,
  ...daemonRoutes,
];

/** Answers what is below a path and no route of the API. */
export interface Mount {
  /** Such as "/mcp" or "/admin/*". */
  readonly path: string;
  /** The server has looked at the Host header by then, and at nothing else. */
  readonly fetch: (request: Request) => Response | Promise<Response>;
}

/** What {@link createApp} takes. */
export interface AppOptions {
  readonly context: ApiContext;
  readonly site: Site;
  readonly mounts?: readonly Mount[];
}

/** A server to hand requests to. */
export interface App {
  /** @param address tells who sent the request, when that is asked; empty where nobody else can */
  fetch(request: Request, address?: () => string): Promise<Response>;
}

/** What a handler of Hono is given beside the request. */
interface Bindings {
  readonly address: () => string;
}

/** The API as one app: on the daemon's socket, and on TCP behind a door. */
export function createApp({ context, site, mounts = [] }: AppOptions): App {
  const app = new Hono<{ Bindings: Bindings }>({ strict: true });
  for (const route of ROUTES) {
    const { method, path } = splitKey(route.key);
    app.on(method, path, (c) =>
      answer(
        route,
        c.req.raw,
        {
          params: c.req.param() as Record<string, string>,
          address: c.env.address,
        },
        context,
        site,
      ));
  }
  for (const mount of mounts) {
    app.all(mount.path, async (c) => {
      const { raw } = c.req;
      try {
        if (site.door !== null) checkHost(raw, site.door);
        return await mount.fetch(raw);
      } catch (error) {
        return failure(mount.path, error, raw, site);
      }
    });
  }
  app.notFound((c) => nowhere(c.req.raw, c.req.path, site));
  app.onError((error, c) => failure(c.req.path, error, c.req.raw, site));
  return {
    async fetch(request, address = nobody) {
      const response = await app.fetch(request, { address });
      site.counts.add(request.method, response.status);
      return response;
    },
  };
}

const nobody = (): string => "";

/** No route has this method and path. */
function nowhere(request: Request, path: string, site: Site): Response {
  try {
    if (site.door !== null) checkHost(request, site.door);
  } catch (error) {
    return failure(path, error, request, site);
  }
  const allowed = ROUTES.filter(({ key }) => matchesPath(key, path))
    .map(({ key }) => splitKey(key).method);
  if (allowed.length > 0) {
    const error = new HttpError("method_not_allowed", `There is no ${request.method} here`, {
      hint: `Use ${allowed.join(" or ")}`,
      headers: { allow: allowed.join(", ") },
    });
    return failure(path, error, request, site);
  }
  const body = {
    type: "urn:kas:error:not_found",
    title: "Not found",
    status: 404,
    detail: "There is nothing at this address",
    code: "not_found",
    hint: "See the routes at /docs",
  };
  return new Response(JSON.stringify(body), {
    status: 404,
    headers: { ...SAFE_HEADERS, "content-type": "application/problem+json" },
  });
}
