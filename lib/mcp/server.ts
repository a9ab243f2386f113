import { type CallToolResult, ProtocolError, ProtocolErrorCode, Server } from "mcp-server";
import type { ServerContext } from "mcp-server";
import { KasError, messageOf } from "../errors.ts";
import { VERSION } from "../version.ts";
import { SERVER_NAME } from "./server_name.ts";
import type { Call, Desk, Tool } from "./types.ts";

const INSTRUCTIONS =
  "kas runs a team of coding agents on a repository. Read tasks and plans with " +
  "task_list and task_show. Report your own work with signal_create. To hand work over, call " +
  "agent_list, then agent_run with a task that is complete in itself; what no agent fits, do yourself.";

/** How a server finds out who asks. */
export interface DeskSource {
  /** Whether an agent is on the other side, as far as can be told before the store is open. */
  readonly isAgent: boolean;
  /** Called for each request, so that a revoked token counts at once. @throws KasError "guard" and what opening the store throws */
  open(): Promise<Desk>;
}

/**
 * An MCP server of kas. Nothing but the protocol is loaded until a client asks for more. An error of
 * kas is the tool's result, never the end of the connection.
 * @see https://modelcontextprotocol.io/specification
 */
export function createMcpServer(source: DeskSource): Server {
  const server = new Server(
    { name: SERVER_NAME, version: VERSION },
    { capabilities: { tools: {}, resources: {}, prompts: {} }, instructions: INSTRUCTIONS },
  );
  server.setRequestHandler("tools/list", async () => {
    const { toolList } = await import("./tool_list.ts");
    return { tools: toolList(source.isAgent) };
  });
  server.setRequestHandler("tools/call", async ({ params }, context) => {
    const { TOOLS } = await import("./tools.ts");
    const tool = TOOLS.find(({ name }) => name === params.name);
    if (tool === undefined) {
      throw new ProtocolError(
        ProtocolErrorCode.InvalidParams,
        `Unknown tool: ${params.name.slice(0, 100)}`,
      );
    }
    const result = await callTool(source, tool, params.arguments ?? {}, callOf(context));
    return server.projectCallToolResult(result, undefined);
  });
  answerResources(server, source);
  server.setRequestHandler("prompts/list", async () => {
    const { PROMPTS } = await import("./prompts.ts");
    return { prompts: PROMPTS.map(({ render: _render, ...prompt }) => prompt) };
  });
  server.setRequestHandler("prompts/get", async ({ params }) => {
    const { renderPrompt } = await import("./prompts.ts");
    return await invalidParams(() => renderPrompt(params.name, params.arguments ?? {}));
  });
  return server;
}

function answerResources(server: Server, source: DeskSource): void {
  server.setRequestHandler("resources/list", async () => {
    const { listResources } = await import("./resources.ts");
    return { resources: await invalidParams(async () => listResources(await source.open())) };
  });
  server.setRequestHandler("resources/templates/list", async () => {
    const { TEMPLATES } = await import("./resources.ts");
    return { resourceTemplates: [...TEMPLATES] };
  });
  server.setRequestHandler("resources/read", async ({ params }) => {
    const { readResource } = await import("./resources.ts");
    return await invalidParams(async () => readResource(await source.open(), params.uri));
  });
}

/** Outside of tools there is no result to put an error of kas into. */
async function invalidParams<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof KasError)) throw error;
    const hint = error.hint === undefined ? "" : `. ${error.hint}`;
    const code = error.exitCode === 1 && error.code !== "not_found"
      ? ProtocolErrorCode.InternalError
      : ProtocolErrorCode.InvalidParams;
    throw new ProtocolError(code, `${error.message}${hint}`, error.toJSON());
  }
}

/** A request's cancellation and progress, as tools want them. */
function callOf(context: ServerContext): Call {
  const { _meta, signal, notify } = context.mcpReq;
  const progressToken = _meta?.progressToken;
  return {
    signal,
    progress(done, message) {
      if (progressToken === undefined || signal.aborted) return;
      const params = { progressToken, progress: done, message };
      // A client that is gone hears nothing; its request is cancelled by the transport.
      notify({ method: "notifications/progress", params }).catch(ignoreClosed);
    },
  };
}

function ignoreClosed(error: unknown): void {
  if (!(error instanceof Error)) throw error;
}

async function callTool(
  source: DeskSource,
  tool: Tool,
  args: Record<string, unknown>,
  call: Call,
): Promise<CallToolResult> {
  try {
    const { checkArguments } = await import("./tool_list.ts");
    checkArguments(tool, args);
    const { requireTool } = await import("./authority.ts");
    const desk = await source.open();
    requireTool(desk.caller, tool);
    const { text, data, failed } = await tool.run(desk, args, call);
    return {
      content: [{ type: "text", text }],
      structuredContent: data,
      ...failed === true ? { isError: true } : {},
    };
  } catch (error) {
    return failure(error);
  }
}

function failure(error: unknown): CallToolResult {
  const known = error instanceof KasError
    ? error
    : new KasError("internal", messageOf(error), { cause: error });
  const hint = known.hint === undefined ? "" : `\nhint: ${known.hint}`;
  return {
    isError: true,
    content: [{ type: "text", text: `error: ${known.message}${hint}` }],
    structuredContent: { ...known.toJSON(), exit_code: known.exitCode },
  };
}
