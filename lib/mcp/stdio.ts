import {
  deserializeMessage,
  type JSONRPCMessage,
  serializeMessage,
  type Transport,
} from "mcp-server";
import { messageOf } from "../errors.ts";

/** How long requests that were under way at the end of input may take, in ms. */
const DRAIN_MS = 10_000;
/** Longest message, in characters: far above any plan, far below what memory bears. */
const MAX_LINE = 16 * 1024 * 1024;

/** A transport with the end of its connection. */
export interface StdioTransport extends Transport {
  /** Resolves when the connection is over. */
  readonly closed: Promise<void>;
}

/**
 * MCP over two byte streams, one JSON-RPC message per line. When the input ends, requests under way
 * are still answered before it closes: `printf … | kas mcp` gets its answers, and the last signal of
 * an agent that quits is not cut off.
 */
export function stdioTransport(
  input: ReadableStream<Uint8Array>,
  output: WritableStream<Uint8Array>,
): StdioTransport {
  const reader = input.getReader();
  const writer = output.getWriter();
  const encoder = new TextEncoder();
  const pending = new Set<string | number>();
  const over = Promise.withResolvers<void>();
  let state: "open" | "draining" | "closed" = "open";

  const transport: StdioTransport = {
    closed: over.promise,
    start() {
      read().then(drain, fail);
      return Promise.resolve();
    },
    async send(message) {
      if (state === "closed") throw new Error("The connection is closed");
      await writer.write(encoder.encode(serializeMessage(message)));
      if ("id" in message && message.id !== undefined && !("method" in message)) {
        pending.delete(message.id);
        if (state === "draining" && pending.size === 0) await transport.close();
      }
    },
    async close() {
      if (state === "closed") return;
      state = "closed";
      await reader.cancel();
      await closeOutput();
      over.resolve();
      transport.onclose?.();
    },
  };

  /** A peer that is gone takes no goodbye. */
  async function closeOutput(): Promise<void> {
    try {
      await writer.close();
    } catch (error) {
      report(error);
    }
  }

  async function read(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > MAX_LINE) {
        throw new Error(`A message is longer than ${MAX_LINE} characters`);
      }
      for (const line of lines) receive(line);
    }
  }

  /** A line that is no message is reported and passed over. */
  function receive(line: string): void {
    if (line.trim() === "") return;
    let message: JSONRPCMessage;
    try {
      message = deserializeMessage(line);
    } catch (error) {
      report(error);
      return;
    }
    if ("method" in message && "id" in message) pending.add(message.id);
    transport.onmessage?.(message);
  }

  function report(error: unknown): void {
    transport.onerror?.(error instanceof Error ? error : new Error(messageOf(error)));
  }

  async function drain(): Promise<void> {
    if (state !== "open") return;
    state = "draining";
    if (pending.size === 0) return await transport.close();
    const timer = setTimeout(() => transport.close(), DRAIN_MS);
    await over.promise;
    clearTimeout(timer);
  }

  async function fail(error: unknown): Promise<void> {
    report(error);
    await transport.close();
  }

  return transport;
}
