import { toStandardJsonSchema } from "to-json-schema";
import { type CallToolResult, McpServer } from "mcp-server";
import { serveStdio } from "mcp-server/stdio";
import { KasError, messageOf } from "../errors.ts";
import { VERSION } from "../version.ts";
import type { ServicesFor } from "./services.ts";
import { StdioTransport } from "./stdio.ts";
import { type Tool, TOOLS } from "./tools.ts";

/** The name the server is registered under, and so a part of the names agents see its tools by. */
export const SERVER_NAME = "kasmos";

/** An MCP server with kas's tools. An error is the tool's result, never the end of the connection. */
export function createMcpServer(servicesFor: ServicesFor): McpServer {
  const server = new McpServer(
    { name: SERVER_NAME, version: VERSION },
    { capabilities: { tools: {} } },
  );
  for (const tool of TOOLS) {
    server.registerTool(
      tool.name,
      {
        description: tool.description,
        inputSchema: toStandardJsonSchema(tool.schema),
        annotations: { readOnlyHint: tool.readOnly, openWorldHint: false },
      },
      (args) => call(tool, args, servicesFor),
    );
  }
  return server;
}

async function call(
  tool: Tool,
  args: { project?: string | undefined },
  servicesFor: ServicesFor,
): Promise<CallToolResult> {
  try {
    const services = await servicesFor(args.project);
    const { text, data } = await tool.run(services, args);
    return { content: [{ type: "text", text }], structuredContent: data };
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
    structuredContent: known.toJSON(),
  };
}

/**
 * Serves the tools over two byte streams until the input ends. Nothing but the protocol is written
 * to `output`; faults of the connection go to `onError`.
 */
export async function serveMcp(
  servicesFor: ServicesFor,
  options: {
    readonly input: ReadableStream<Uint8Array>;
    readonly output: WritableStream<Uint8Array>;
    readonly onError: (error: Error) => void;
  },
): Promise<void> {
  const transport = new StdioTransport(options.input, options.output);
  serveStdio(() => createMcpServer(servicesFor), { transport, onerror: options.onError });
  await transport.closed;
}
