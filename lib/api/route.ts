import * as v from "valibot";
import { KasError } from "../errors.ts";
import { parseName, parseTaskName, quote } from "../names.ts";
import type { Project, Scope } from "../store/types.ts";
import type { Authority } from "./auth.ts";
import { LOCAL_CALLER, requireScope } from "./auth.ts";
import type { ApiContext, Caller } from "./context.ts";
import { checkHost, checkOrigin, type Door, isSameOrigin } from "./guards.ts";
import { DATA_HEADERS, SAFE_HEADERS } from "./guards.ts";
import type { Counts } from "./metrics.ts";
import { checkBody, checkQuery } from "./input.ts";
import { headersOf, HttpError, problemOf } from "./problem.ts";
import {
  type AnswerOf,
  type BodyOf,
  NUMBERS,
  type ParamsOf,
  type QueryOf,
  type RouteKey,
  type RouteOptions,
  type Routes,
} from "./schema/route.ts";

/** From a request to the handler of its route, and from what it answers to a response. */

/** One call of a route, checked against its declaration. */
export interface Call<K extends string = string, R extends RouteOptions = RouteOptions> {
  readonly context: ApiContext;
  readonly request: Request;
  readonly caller: Caller;
  readonly params: ParamsOf<K>;
  readonly query: QueryOf<R>;
  readonly body: BodyOf<R>;
  /** Header fields of the answer, in lower case; a handler adds its own. */
  readonly headers: Record<string, string>;
  readonly site: Site;
  /** Who sent it, to slow down guessing. */
  readonly address: () => string;
}

/** Does the work of a route. */
export type Handler<K extends string, R extends RouteOptions> = (
  call: Call<K, R>,
) => AnswerOf<R> | Promise<AnswerOf<R>>;

/** A handler for every route of a subject. */
export type Handlers<R extends Routes> = {
  readonly [K in keyof R & RouteKey]: Handler<K, R[K]>;
};

/** How a server is reached, and who may. */
export interface Site {
  /** Null on the daemon's socket: there only the user can be. */
  readonly door: Door | null;
  readonly authority: Authority;
  readonly counts: Counts;
  /** Told of every failure that is none of kas's own errors. */
  readonly onFailure: (route: string, error: unknown) => void;
  /** Checks answers against their schemas, for tests. */
  readonly checkAnswers?: boolean;
}

/** A declared route with its handler; the types of the two were matched where they were joined. */
export interface Bound {
  readonly key: string;
  readonly options: RouteOptions;
  readonly handle: (call: Call) => unknown;
}

/** Joins declarations and handlers; a route without one does not compile. */
export function bind<R extends Routes>(declared: R, handlers: Handlers<R>): Bound[] {
  return Object.entries<RouteOptions>(declared).map(([key, options]) => ({
    key,
    options,
    // A call is checked against the declaration before it gets here.
    handle: handlers[key as keyof R & RouteKey] as unknown as Bound["handle"],
  }));
}

/** What a request brings beside itself. */
export interface Arrival {
  readonly params: Readonly<Record<string, string>>;
  readonly address: () => string;
}

/** Answers a request to one route. Never throws. */
export async function answer(
  route: Bound,
  request: Request,
  arrival: Arrival,
  context: ApiContext,
  site: Site,
): Promise<Response> {
  site.counts.begin();
  const headers: Record<string, string> = { ...DATA_HEADERS };
  let response: Response;
  try {
    const admitted = admit(route, request, arrival, site);
    const caller = admitted instanceof Promise ? await admitted : admitted;
    const params = checkParams(arrival.params);
    if (caller.projectId !== null) await checkBounds(route, params, caller, context);
    const query = checkQuery(route, request);
    const reads = request.method === "GET" || request.method === "HEAD";
    const body = reads ? undefined : await checkBody(route, request, caller);
    const call: Call = {
      context,
      request,
      caller,
      params,
      query,
      body: body as Call["body"],
      headers,
      site,
      address: arrival.address,
    };
    response = respond(route, await route.handle(call), headers, site);
  } catch (error) {
    response = failure(route.key, error, request, site);
  }
  const { method } = request;
  site.counts.end(method, response.status);
  if (method === "GET") return response;
  // A refusal may be in the log too.
  context.news.notify();
  return method === "HEAD" ? await withoutBody(response) : response;
}

/** The same answer as HEAD has it. */
export async function withoutBody(response: Response): Promise<Response> {
  if (response.body === null) return response;
  await response.body.cancel();
  return new Response(null, response);
}

/** The response to an error, as a problem document. */
export function failure(key: string, error: unknown, request: Request, site: Site): Response {
  const problem = problemOf(error);
  if (problem.status === 500) site.onFailure(key, error);
  const body = JSON.stringify(problem);
  return new Response(request.method === "HEAD" ? null : body, {
    status: problem.status,
    headers: { ...SAFE_HEADERS, ...headersOf(error), "content-type": "application/problem+json" },
  });
}

/** @throws HttpError "forbidden", "unauthorized", "rate_limited" */
function admit(
  route: Bound,
  request: Request,
  arrival: Arrival,
  { door, authority }: Site,
): Caller | Promise<Caller> {
  const { scope, response } = route.options;
  if (door === null) return LOCAL_CALLER;
  checkHost(request, door);
  checkOrigin(request, door, response === "html");
  if (scope === "public") return PUBLIC;
  const caller = authority.caller(request, arrival.address);
  return caller instanceof Promise
    ? caller.then((found) => requireRight(found, scope, route, request))
    : requireRight(caller, scope, route, request);
}

/** @throws HttpError "forbidden", "unauthorized" */
function requireRight(
  caller: Caller | null,
  scope: Scope,
  { options: { response } }: Bound,
  request: Request,
): Caller {
  const known = requireScope(caller, scope);
  if (known.agent !== null && (scope === "operate" || scope === "admin")) {
    throw new HttpError("forbidden", "Cannot do this as an agent: only a person may", {
      hint: "Report what you need with a signal",
    });
  }
  // A cookie comes along unasked: what it may do must be asked for by a page of this server.
  if (known.browser && (request.method !== "GET" || response === "socket")) {
    if (!isSameOrigin(request)) {
      throw new HttpError("forbidden", "Cannot tell which page sent this", {
        hint: "Send an Origin header, or a token instead of the cookie",
      });
    }
  }
  return known;
}

/** Stands for anybody; only routes that need no scope see it. */
const PUBLIC: Caller = { ...LOCAL_CALLER, name: "anybody", actor: "api:anybody", scope: "read" };

/** @throws HttpError "forbidden" for a caller who is bound to something else */
async function checkBounds(
  { key, options }: Bound,
  params: ParamsOf<string>,
  caller: Caller,
  { store }: ApiContext,
): Promise<void> {
  if (caller.projectId === null || options.scope === "public") return;
  const given: Readonly<Record<string, string | number>> = params;
  const bound = await store.project(caller.projectId);
  const { project, task } = given;
  if (project === undefined ? options.narrows !== true : project !== bound?.key) {
    throw new HttpError("forbidden", "Cannot reach beyond the project of this token", {
      hint: "Use a token that is not bound to a project",
      context: { project: bound?.key ?? null },
    });
  }
  const reads = key.startsWith("GET ") && options.response !== "socket";
  if (caller.taskId === null || reads || task === undefined) return;
  if ((await store.taskById(caller.taskId))?.name === task) return;
  throw new HttpError("forbidden", "Cannot change a task that is not the one of this token", {
    hint: "Use a token that is not bound to a task",
  });
}

/** Every name goes through lib/names.ts before it is used for anything. */
function checkParams(given: Readonly<Record<string, string>>): ParamsOf<string> {
  const params: Record<string, string | number> = {};
  for (const name in given) {
    const value = given[name] ?? "";
    const key = `${name}=${value}`;
    let checked = checkedParams.get(key);
    if (checked === undefined) {
      checked = checkParam(name, value);
      if (checkedParams.size >= MAX_CHECKED) checkedParams.clear();
      checkedParams.set(key, checked);
    }
    params[name] = checked;
  }
  return params;
}

/** Names that passed; most requests name what others named before. */
const checkedParams = new Map<string, string | number>();
const MAX_CHECKED = 5_000;

function checkParam(name: string, value: string): string | number {
  if ((NUMBERS as readonly string[]).includes(name)) {
    if (/^\d{1,15}$/.test(value) && Number(value) > 0) return Number(value);
    throw new KasError("invalid", `Cannot use ${quote(value)} as a number in the path`, {
      hint: "Give a whole number from 1 on",
    });
  }
  switch (name) {
    case "task":
      return parseTaskName(value);
    case "project":
      return parseName("project", value);
    case "agent":
      return parseName("agent", value);
    default:
      return parseName("session", value);
  }
}

function respond(
  route: Bound,
  value: unknown,
  headers: Record<string, string>,
  site: Site,
): Response {
  if (value instanceof Response) return value;
  const { response, status } = route.options;
  if (site.checkAnswers === true && typeof response === "object") {
    const result = v.safeParse(response, value);
    if (!result.success) {
      const [issue] = result.issues;
      throw new Error(`answer of ${route.key}: ${v.getDotPath(issue)} ${issue.message}`);
    }
  }
  headers["content-type"] = "application/json";
  return new Response(JSON.stringify(value), { status: status ?? 200, headers });
}

/** An answer without a body. */
export function emptyAnswer(call: Pick<Call, "headers">): Response {
  return new Response(null, { status: 204, headers: { ...SAFE_HEADERS, ...call.headers } });
}

/** A text in answer. */
export function textAnswer(call: Pick<Call, "headers">, type: string, text: string): Response {
  const headers = { ...SAFE_HEADERS, ...call.headers, "content-type": type };
  return new Response(text, { headers });
}

/** The project a caller is bound to, or the one asked for; null = all. @throws HttpError "forbidden" */
export async function narrowed(
  { caller, context }: Pick<Call, "caller" | "context">,
  key: string | undefined,
): Promise<Project | null> {
  const asked = key === undefined ? null : await context.workspaces.project(key);
  if (caller.projectId === null) return asked;
  if (asked !== null && asked.id !== caller.projectId) {
    throw new HttpError("forbidden", "Cannot reach beyond the project of this token", {
      hint: "Use a token that is not bound to a project",
    });
  }
  return asked ?? await context.store.project(caller.projectId);
}
