import { Hono } from "hono";
import type { ApiContext } from "./context.ts";
import { checkHost, SAFE_HEADERS } from "./guards.ts";
import { HttpError } from "./problem.ts";
import type { Counts } from "./metrics.ts";
import { answer, type Bound, failure, type Site, withoutBody } from "./route.ts";
import { Router } from "./router.ts";
import { agentRoutes } from "./routes/agents.ts";
import { auditRoutes } from "./routes/audit.ts";
import { contentRoutes } from "./routes/content.ts";
import { courseRoutes } from "./routes/course.ts";
import { decisionRoutes, signalRoutes } from "./routes/decisions.ts";
import { factRoutes } from "./routes/facts.ts";
import { healthRoutes } from "./routes/health.ts";
import { instanceRoutes } from "./routes/instances.ts";
import { linearRoutes } from "./routes/linear.ts";
import { linkRoutes } from "./routes/links.ts";
import { daemonRoutes, loginRoutes, projectRoutes, tokenRoutes } from "./routes/system.ts";
import { taskRoutes } from "./routes/tasks.ts";
import { viewRoutes } from "./routes/view.ts";
import { worktreeRoutes } from "./routes/worktrees.ts";

/** Every route of the API with its handler. */
export const ROUTES: readonly Bound[] = [
  ...taskRoutes,
  ...contentRoutes,
  ...courseRoutes,
  ...factRoutes,
  ...linkRoutes,
  ...linearRoutes,
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
  ...viewRoutes,
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

/**
 * The API as one app: on the daemon's socket, and on TCP behind a door. Routes are found in a tree
 * of their own, for speed; what is mounted beside them goes through Hono.
 */
export function createApp({ context, site, mounts = [] }: AppOptions): App {
  const router = new Router(ROUTES);
  const beside = new Hono();
  for (const mount of mounts) {
    beside.all(mount.path, async (c) => {
      const { raw } = c.req;
      try {
        if (site.door !== null) checkHost(raw, site.door);
        return await mount.fetch(raw);
      } catch (error) {
        return failure(mount.path, error, raw, site);
      }
    });
  }
  beside.notFound((c) => nowhere(c.req.raw, c.req.path, router, site));
  return {
    // not async itself: each such layer takes its time, and most requests are small
    fetch(request, address = nobody) {
      const match = router.find(request.method, pathOf(request.url));
      return match === null
        ? counted(site.counts, request, () => beside.fetch(request))
        : answer(match.route, request, { params: match.params, address }, context, site);
    },
  };
}

/** What is answered beside the routes, counted as theirs is. */
async function counted(
  counts: Counts,
  request: Request,
  work: () => Response | Promise<Response>,
): Promise<Response> {
  counts.begin();
  const response = await work();
  counts.end(request.method, response.status);
  return request.method === "HEAD" ? await withoutBody(response) : response;
}

/** The path of an absolute address, as it is encoded there. */
function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const end = url.indexOf("?", start);
  return start < 0 ? "/" : end < 0 ? url.slice(start) : url.slice(start, end);
}

const nobody = (): string => "";

/** No route has this method and path. */
function nowhere(request: Request, path: string, router: Router, site: Site): Response {
  try {
    if (site.door !== null) checkHost(request, site.door);
  } catch (error) {
    return failure(path, error, request, site);
  }
  const allowed = router.methods(pathOf(request.url));
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
