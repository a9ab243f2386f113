import type { Problem } from "./schema/common.ts";
import type { Api } from "./schema/mod.ts";
import type { BodyInput, ParamsOf, QueryInput, ResultOf } from "./schema/route.ts";

/**
 * The typed client of the API. It takes its types from the declarations of the routes and nothing
 * else: at run time a route is only its key, so that a browser loads neither schemas nor server.
 */

/** The name of a route: "GET /v1/projects/:project/tasks". */
export type Route = keyof Api & string;

type Given<K extends Route> =
  & (keyof ParamsOf<K> extends never ? { params?: undefined } : { params: ParamsOf<K> })
  & (QueryInput<Api[K]> extends infer Q ? Q extends undefined ? { query?: undefined }
    : Record<never, never> extends Q ? { query?: Q }
    : { query: Q }
    : never)
  & (BodyInput<Api[K]> extends undefined ? { body?: undefined } : { body: BodyInput<Api[K]> });

/** What a call takes: parameters, query and body as the route declares them. */
export type CallOptions<K extends Route> = Given<K> & {
  /** The ETag the caller saw last; a PUT is refused when it changed since. */
  ifMatch?: string;
  signal?: AbortSignal;
};

type Arguments<K extends Route> = Record<never, never> extends CallOptions<K>
  ? [options?: CallOptions<K>]
  : [options: CallOptions<K>];

/** A refusal or failure with the problem document the server sent. */
export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
    this.name = "ApiError";
  }
  /** HTTP status; 0 when no answer came. */
  get status(): number {
    return this.problem.status;
  }
  get code(): string {
    return this.problem.code;
  }
}

/** A value with the ETag that stands for it. */
export interface Tagged<T> {
  readonly value: T;
  readonly etag: string | null;
}

/** See {@link createClient}. */
export interface ApiClient {
  /** Calls a route. @throws ApiError with the problem document, code "unreachable" without an answer */
  call<K extends Route>(key: K, ...options: Arguments<K>): Promise<ResultOf<Api[K]>>;
  /** The same, with the ETag of the answer. */
  tagged<K extends Route>(key: K, ...options: Arguments<K>): Promise<Tagged<ResultOf<Api[K]>>>;
  /** The address of a route, for an EventSource, a WebSocket or a link. */
  url<K extends Route>(key: K, ...options: Arguments<K>): string;
}

interface Loose {
  params?: Readonly<Record<string, string | number>> | undefined;
  query?: unknown;
  body?: unknown;
  ifMatch?: string;
  signal?: AbortSignal;
}

/**
 * Makes a client.
 * @param fetcher `fetch`, or one that adds a token or goes over a socket
 * @param base such as "http://127.0.0.1:7433"; empty for the page's own origin
 */
export function createClient(fetcher: typeof fetch, base = ""): ApiClient {
  const send = async (key: string, options: Loose): Promise<Response> => {
    const { method, url } = address(base, key, options);
    const headers = new Headers({ accept: "application/json, text/markdown, text/plain" });
    if (options.ifMatch !== undefined) headers.set("if-match", options.ifMatch);
    const init: RequestInit = { method, headers };
    if (options.signal !== undefined) init.signal = options.signal;
    if (typeof options.body === "string") {
      headers.set("content-type", "text/markdown; charset=utf-8");
      init.body = options.body;
    } else if (options.body !== undefined) {
      headers.set("content-type", "application/json");
      init.body = JSON.stringify(options.body);
    }
    let response: Response;
    try {
      response = await fetcher(url, init);
    } catch (error) {
      if (options.signal?.aborted === true) throw error;
      throw new ApiError(unreachable(error));
    }
    if (response.ok) return response;
    throw new ApiError(await problemOf(response));
  };
  const tagged = async (key: string, options: Loose = {}): Promise<Tagged<unknown>> => {
    const response = await send(key, options);
    return { value: await valueOf(response), etag: response.headers.get("etag") };
  };
  return {
    // What the server answers is checked against the declaration by its own tests.
    call: async (key, ...[options]) => (await tagged(key, options)).value as never,
    tagged: async (key, ...[options]) => await tagged(key, options) as never,
    url: (key, ...[options]) => address(base, key, options ?? {}).url,
  };
}

function address(base: string, key: string, options: Loose): { method: string; url: string } {
  const space = key.indexOf(" ");
  const path = key.slice(space + 1).replace(
    /:([a-z_]+)/g,
    (_, name: string) => encodeURIComponent(String(options.params?.[name] ?? "")),
  );
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(options.query ?? {})) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) query.append(name, String(one));
  }
  const tail = query.size === 0 ? "" : `?${query}`;
  return { method: key.slice(0, space), url: `${base}${path}${tail}` };
}

async function valueOf(response: Response): Promise<unknown> {
  if (response.status === 204) return undefined;
  const type = response.headers.get("content-type") ?? "";
  if (type.startsWith("application/json")) return await response.json();
  return type.startsWith("text/event-stream") ? response : await response.text();
}

async function problemOf(response: Response): Promise<Problem> {
  const type = response.headers.get("content-type") ?? "";
  const text = await response.text();
  if (type.startsWith("application/problem+json")) return JSON.parse(text) as Problem;
  return {
    type: "about:blank",
    title: response.statusText,
    status: response.status,
    detail: `The server answered ${response.status}`,
    code: "internal",
  };
}

function unreachable(error: unknown): Problem {
  return {
    type: "about:blank",
    title: "No answer",
    status: 0,
    detail: "The server cannot be reached",
    code: "unreachable",
    hint: "Is kas serve running?",
    context: { reason: error instanceof Error ? error.message : String(error) },
  };
}
