import { createMcpHandler, type Server } from "mcp-server";
import { type Caller, callerOfSecret } from "../engine/caller.ts";
import type { Home } from "../engine/workspace.ts";
import { KasError } from "../errors.ts";
import { openDesk, ProjectAround } from "./desk.ts";
import { Dispatcher } from "./dispatch/dispatcher.ts";
import type { AgentRunner, DispatchLimits } from "./dispatch/types.ts";
import { HttpSessions } from "./http_sessions.ts";
import { launchRunner } from "./local.ts";
import { createMcpServer } from "./server.ts";

/** What {@link mcpHttpHandler} stands on. */
export interface McpHttpDeps {
  readonly home: Home;
  /** The environment agents started from here take their allowed variables from. */
  readonly hostEnv: Readonly<Record<string, string>>;
  /** Faults of a connection; they never change an answer. */
  readonly onError: (error: Error) => void;
  readonly runner?: () => Promise<AgentRunner>;
  readonly limits?: Partial<DispatchLimits>;
}

/** The MCP endpoint, for mounting at `/mcp`. */
export interface McpHttp extends AsyncDisposable {
  /** Answers one request. */
  fetch(request: Request): Promise<Response>;
  /** Ends the runs that were started from here, and open streams. */
  close(): Promise<void>;
}

/** Largest request. */
const MAX_BODY = 4 * 1024 * 1024;

/**
 * The tools over Streamable HTTP, for clients of the current protocol and of those of 2025. Every
 * request carries a token of kas as `Authorization: Bearer`; its holder is the caller.
 * @see https://modelcontextprotocol.io/specification/latest/basic/transports
 */
export function mcpHttpHandler(deps: McpHttpDeps): McpHttp {
  const { home, hostEnv, onError } = deps;
  const dispatcher = new Dispatcher(deps.runner ?? launchRunner, deps.limits);
  const around = new ProjectAround();
  const sessions = new HttpSessions(MAX_BODY);
  const serverFor = ({ secret, caller: { agent } }: Holder): Server =>
    createMcpServer({
      isAgent: agent !== null,
      // Asked again for each request: a session outlives the token it began with.
      open: async () => {
        const caller = await callerOfSecret(home.store, secret);
        return openDesk({ home, caller, dispatcher, hostEnv, around, folder: null });
      },
    });
  const handler = createMcpHandler(async ({ authInfo }) => {
    const secret = authInfo?.token ?? "";
    return serverFor({ secret, caller: await callerOfSecret(home.store, secret) });
  }, { onerror: onError, maxRequestBodySize: MAX_BODY });
  const close = async (): Promise<void> => {
    await sessions.close();
    await handler.close();
    await dispatcher.close();
  };
  return {
    async fetch(request) {
      const refused = refuseForeign(request);
      if (refused !== null) return refused;
      const holder = await holderOf(home, request);
      if (holder instanceof Response) return holder;
      const { caller } = holder;
      const answer = await sessions.handle(request, caller.tokenId, () => serverFor(holder));
      if (answer !== null) return answer;
      const authInfo = { token: holder.secret, clientId: caller.actor, scopes: [caller.scope] };
      return await handler.fetch(request, { authInfo });
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Who sent a request, and the secret that proves it. */
interface Holder {
  readonly secret: string;
  readonly caller: Caller;
}

async function holderOf(home: Home, request: Request): Promise<Holder | Response> {
  const secret = bearer(request);
  if (secret === null) return unauthorized("Send a token as Authorization: Bearer");
  try {
    return { secret, caller: await callerOfSecret(home.store, secret) };
  } catch (error) {
    if (!(error instanceof KasError) || error.code !== "guard") throw error;
    return unauthorized(error.message);
  }
}

function bearer(request: Request): string | null {
  return /^Bearer +(\S+) *$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? null;
}

/** A page of another origin in somebody's browser must not reach a local server. */
function refuseForeign(request: Request): Response | null {
  const origin = request.headers.get("origin");
  if (origin === null || origin === new URL(request.url).origin) return null;
  return problem(403, "This origin may not call kas");
}

function unauthorized(message: string): Response {
  const response = problem(401, message);
  response.headers.set("www-authenticate", 'Bearer realm="kas"');
  return response;
}

/** A refusal before the protocol begins, in its form. */
function problem(status: number, message: string): Response {
  const body = { jsonrpc: "2.0", id: null, error: { code: -32001, message } };
  return Response.json(body, { status });
}
