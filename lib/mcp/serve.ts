import { serveStdio } from "mcp-server/stdio";
import { createMcpServer, type DeskSource } from "./server.ts";
import { StdioTransport } from "./stdio.ts";

/** What {@link serveMcp} is given. */
export interface ServeOptions {
  readonly input: ReadableStream<Uint8Array>;
  readonly output: WritableStream<Uint8Array>;
  /** Faults of the connection. */
  readonly onError: (error: Error) => void;
  /** Ends it at once. */
  readonly signal?: AbortSignal;
}

/**
 * Serves the tools over two byte streams until the input ends. Nothing but the protocol is written
 * to `output`.
 */
export async function serveMcp(source: DeskSource, options: ServeOptions): Promise<void> {
  const transport = new StdioTransport(options.input, options.output, "server");
  const stop = () => void transport.close();
  options.signal?.addEventListener("abort", stop, { once: true });
  serveStdio(() => createMcpServer(source), { transport, onerror: options.onError });
  if (options.signal?.aborted) stop();
  await transport.closed;
  options.signal?.removeEventListener("abort", stop);
}
