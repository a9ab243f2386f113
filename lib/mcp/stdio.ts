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

/**
 * MCP over two byte streams, one JSON-RPC message per line. When the input ends, requests under way
 * are still answered before it closes: `printf … | kas mcp` gets its answers, and the last signal of
 * an agent that quits is not cut off.
 */
export class StdioTransport implements Transport {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #pending = new Set<string | number>();
  readonly #over = Promise.withResolvers<void>();
  #state: "open" | "draining" | "closed" = "open";

  onclose?: Transport["onclose"];
  onerror?: Transport["onerror"];
  onmessage?: Transport["onmessage"];

  constructor(input: ReadableStream<Uint8Array>, output: WritableStream<Uint8Array>) {
    this.#reader = input.getReader();
    this.#writer = output.getWriter();
  }

  /** Resolves when the connection is over. */
  get closed(): Promise<void> {
    return this.#over.promise;
  }

  /** Begins to read; called by the server or client it is given to. */
  start(): Promise<void> {
    this.#read().then(() => this.#drain(), (error) => this.#fail(error));
    return Promise.resolve();
  }

  /** Writes one message. @throws Error after the connection has closed */
  async send(message: JSONRPCMessage): Promise<void> {
    if (this.#state === "closed") throw new Error("The connection is closed");
    await this.#writer.write(new TextEncoder().encode(serializeMessage(message)));
    if ("method" in message || message.id === undefined) return;
    this.#pending.delete(message.id);
    if (this.#state === "draining" && this.#pending.size === 0) await this.close();
  }

  /** Ends both streams. Again is fine. */
  async close(): Promise<void> {
    if (this.#state === "closed") return;
    this.#state = "closed";
    try {
      await this.#reader.cancel();
      await this.#writer.close();
    } catch (error) {
      this.#report(error); // a peer that is gone takes no goodbye
    }
    this.#over.resolve();
    this.onclose?.();
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return;
      const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > MAX_LINE) {
        throw new Error(`A message is longer than ${MAX_LINE} characters`);
      }
      for (const line of lines) this.#receive(line);
    }
  }

  /** A line that is no message is reported and passed over. */
  #receive(line: string): void {
    if (line.trim() === "") return;
    let message: JSONRPCMessage;
    try {
      message = deserializeMessage(line);
    } catch (error) {
      this.#report(error);
      return;
    }
    if ("method" in message && "id" in message) this.#pending.add(message.id);
    this.onmessage?.(message);
  }

  async #drain(): Promise<void> {
    if (this.#state !== "open") return;
    this.#state = "draining";
    if (this.#pending.size === 0) return await this.close();
    const timer = setTimeout(() => this.close(), DRAIN_MS);
    await this.closed;
    clearTimeout(timer);
  }

  async #fail(error: unknown): Promise<void> {
    this.#report(error);
    await this.close();
  }

  #report(error: unknown): void {
    this.onerror?.(error instanceof Error ? error : new Error(messageOf(error)));
  }
}
