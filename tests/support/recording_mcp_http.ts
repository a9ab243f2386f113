/** A small MCP server over HTTP that notes its calls, for agents with a server far away. */

type Json = Readonly<Record<string, unknown>>;

/** One call of a tool, with what the client proved itself by. */
export interface HttpCall {
  readonly tool: unknown;
  readonly authorization: string | null;
}

export interface HttpMcp extends AsyncDisposable {
  readonly url: string;
  /** Calls of tools so far. */
  calls(): readonly HttpCall[];
}

/**
 * Starts it on a free loopback port. It answers with single JSON documents and keeps no sessions.
 * @see https://modelcontextprotocol.io/specification (Streamable HTTP)
 */
export function startHttpMcp(): HttpMcp {
  const calls: HttpCall[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    if (request.method !== "POST") return new Response(null, { status: 405 });
    const { id, method, params = {} } = await request.json();
    if (id === undefined) return new Response(null, { status: 202 });
    if (method === "tools/call") {
      calls.push({ tool: params.name, authorization: request.headers.get("authorization") });
    }
    const result = resultOf(method, params);
    const failure = { error: { code: -32601, message: `No method "${method}"` } };
    return Response.json({ jsonrpc: "2.0", id, ...result === undefined ? failure : { result } });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/mcp`,
    calls: () => [...calls],
    async [Symbol.asyncDispose]() {
      await server.shutdown();
    },
  };
}

function resultOf(method: unknown, params: Json): Json | undefined {
  switch (method) {
    case "initialize":
      return {
        protocolVersion: params.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: "far", version: "1.0.0" },
      };
    case "ping":
      return {};
    case "tools/list":
      return { tools: [{ name: "look_up", inputSchema: { type: "object" } }] };
    case "tools/call":
      return { content: [{ type: "text", text: "found" }] };
    default:
      return undefined;
  }
}
