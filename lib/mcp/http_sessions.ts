import { type Server, WebStandardStreamableHTTPServerTransport } from "mcp-server";

/**
 * Sessions of clients that speak the protocol of 2025 over HTTP. They take a call back with a message
 * of its own, which only a session can bring together with the call. Clients of the current protocol
 * need none.
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management
 */

/** A session nobody uses for so long is over, in ms; its client makes a new one. */
const IDLE_MS = 60 * 60_000;
/** Most sessions at a time; the one that was not used for longest gives way. */
const MOST = 500;

interface Session {
  readonly transport: WebStandardStreamableHTTPServerTransport;
  readonly owner: number | null;
  usedAt: number;
}

/** See the head of this file. */
export class HttpSessions {
  readonly #sessions = new Map<string, Session>();
  readonly #maxBody: number;

  /** @param maxBody largest request in bytes */
  constructor(maxBody: number) {
    this.#maxBody = maxBody;
  }

  /** Number of open sessions. */
  get size(): number {
    return this.#sessions.size;
  }

  /**
   * Answers a request that names a session, or one that begins one.
   * @param owner token of who asks; the sessions of others are not there for them
   * @param make the server of a new session
   * @returns null for a request that is neither, which is still unread
   */
  async handle(
    request: Request,
    owner: number | null,
    make: () => Server,
  ): Promise<Response | null> {
    const now = Date.now();
    await this.#sweep(now);
    const id = request.headers.get("mcp-session-id");
    if (id !== null) {
      const session = this.#sessions.get(id);
      if (session === undefined || session.owner !== owner) return unknown();
      session.usedAt = now;
      return await session.transport.handleRequest(request);
    }
    return await this.#begins(request) ? await this.#open(request, owner, make) : null;
  }

  /** Whether it is the greeting of such a client. */
  async #begins(request: Request): Promise<boolean> {
    const length = Number(request.headers.get("content-length") ?? 0);
    const type = request.headers.get("content-type") ?? "";
    if (request.method !== "POST" || length > this.#maxBody || !/\bjson\b/.test(type)) return false;
    try {
      const body: unknown = await request.clone().json();
      return typeof body === "object" && body !== null && "method" in body &&
        body.method === "initialize";
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof TypeError) return false;
      throw error;
    }
  }

  async #open(request: Request, owner: number | null, make: () => Server): Promise<Response> {
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => crypto.randomUUID(),
      maxRequestBodySize: this.#maxBody,
      onsessioninitialized: (id) => {
        this.#sessions.set(id, { transport, owner, usedAt: Date.now() });
      },
      onsessionclosed: (id) => {
        this.#sessions.delete(id);
      },
    });
    await make().connect(transport);
    return await transport.handleRequest(request);
  }

  async #sweep(now: number): Promise<void> {
    const byUse = [...this.#sessions].sort(([, a], [, b]) => a.usedAt - b.usedAt);
    for (const [i, [id, session]] of byUse.entries()) {
      if (now - session.usedAt < IDLE_MS && byUse.length - i <= MOST) return;
      this.#sessions.delete(id);
      await session.transport.close();
    }
  }

  /** Ends all sessions. */
  async close(): Promise<void> {
    const all = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const { transport } of all) await transport.close();
  }
}

/** A client that is told so begins anew. */
function unknown(): Response {
  const error = { code: -32001, message: "Session not found" };
  return Response.json({ jsonrpc: "2.0", id: null, error }, { status: 404 });
}
