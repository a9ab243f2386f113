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
  readonly #side: "server" | "client";
  readonly #over = Promise.withResolvers<void>();
  #state: "open" | "draining" | "closed" = "open";

  onclose?: Transport["onclose"];
  onerror?: Transport["onerror"];
  onmessage?: Transport["onmessage"];

  /** @param side a server answers what is no message with an error, a client does not */
  constructor(
    input: ReadableStream<Uint8Array>,
    output: WritableStream<Uint8Array>,
    side: "server" | "client" = "client",
  ) {
    this.#reader = input.getReader();
    this.#writer = output.getWriter();
    this.#side = side;
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
    let isTooLong = false;
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return isTooLong ? undefined : this.#receive(rest + decoder.decode());
      const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (isTooLong) isTooLong = false;
        else if (line.length > MAX_LINE) this.#passOver();
        else this.#receive(line);
      }
      if (!isTooLong && rest.length > MAX_LINE) {
        isTooLong = true;
        this.#passOver();
      }
      // what is left of it is not kept either
      if (isTooLong) rest = "";
    }
  }

  /** A client that waits for an answer to what it cannot know any more is better off without. */
  #passOver(): void {
    const error = new Error(`A message is longer than ${MAX_LINE} characters`);
    if (this.#side === "client") throw error;
    this.#report(error);
    this.#answer({
      id: null,
      error: { code: -32600, message: `Invalid Request: ${error.message}` },
    });
  }

  /** A line that is no message is reported, answered by a server, and passed over. */
  #receive(line: string): void {
    if (line.trim() === "") return;
    let message: JSONRPCMessage;
    try {
      message = deserializeMessage(line);
    } catch (error) {
      this.#report(error);
      if (this.#side === "server") this.#refuse(line);
      return;
    }
    this.#note(message);
    this.onmessage?.(message);
  }

  /** Keeps count of what has to be answered before the connection may close. */
  #note(message: JSONRPCMessage): void {
    if (!("method" in message)) return;
    if ("id" in message) this.#pending.add(message.id);
    if (message.method !== "notifications/cancelled") return;
    const id: unknown = message.params?.["requestId"];
    if (typeof id === "string" || typeof id === "number") this.#pending.delete(id);
  }

  /**
   * Nothing a client sends goes without an answer; batches are no part of the protocol any more.
   * @see https://www.jsonrpc.org/specification#error_object
   */
  #refuse(line: string): void {
    this.#answer(refusal(line));
  }

  #answer(refused: Refusal): void {
    const text = JSON.stringify({ jsonrpc: "2.0", ...refused });
    this.#writer.write(new TextEncoder().encode(`${text}\n`))
      .catch((error) => this.#report(error));
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

interface Refusal {
  readonly id: string | number | null;
  readonly error: { readonly code: number; readonly message: string };
}

function refusal(line: string): Refusal {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { id: null, error: { code: -32700, message: "Parse error" } };
  }
  const id: unknown = typeof value === "object" && value !== null && "id" in value
    ? value.id
    : null;
  const why = Array.isArray(value) ? ": send one message a line, not a batch" : "";
  return {
    id: typeof id === "string" || typeof id === "number" ? id : null,
    error: { code: -32600, message: `Invalid Request${why}` },
  };
}
