import { type Events, type Host, isMode, type Mode, MODES, type Surroundings } from "./host.ts";
import { fieldsOf, textOf } from "./snapshot.ts";

/**
 * A chat that shows the page in a frame and speaks the MCP Apps extension: JSON-RPC by messages.
 * @see https://github.com/modelcontextprotocol/ext-apps (stable version 2026-01-26)
 */

const PROTOCOL = "2026-01-26";
/** No answer takes longer, in ms. */
const LIMIT_MS = 20_000;
const METHOD_NOT_FOUND = -32601;

type Fields = Readonly<Record<string, unknown>>;

interface Waiting {
  resolve(result: Fields): void;
  reject(error: Error): void;
}

/** The chat around the frame. */
export class FrameHost implements Host {
  readonly #waiting = new Map<number, Waiting>();
  #events: Events | null = null;
  #next = 1;
  /** What `open_monitor` was called with: the same goes to `refresh_monitor`. */
  #scope: Readonly<Record<string, string>> = {};

  constructor(private readonly self: Window, private readonly version: string) {}

  async connect(events: Events): Promise<void> {
    this.#events = events;
    this.self.addEventListener("message", (event) => {
      if (event.source === this.self.parent) this.#receive(fieldsOf(event.data));
    });
    const result = await this.#ask("ui/initialize", {
      protocolVersion: PROTOCOL,
      appInfo: { name: "kas monitor", version: this.version },
      appCapabilities: { availableDisplayModes: [...MODES] },
    });
    events.surroundings(surroundingsOf(fieldsOf(result["hostContext"])));
    this.#tell("ui/notifications/initialized", {});
  }

  async load(): Promise<unknown> {
    const result = await this.#ask("tools/call", {
      name: "refresh_monitor",
      arguments: this.#scope,
    });
    if (result["isError"] === true) throw new Error(refusalOf(result));
    return result["structuredContent"];
  }

  readonly propose = async (text: string): Promise<void> => {
    const result = await this.#ask("ui/message", {
      role: "user",
      content: [{ type: "text", text }],
    });
    if (result["isError"] === true) throw new Error("the chat did not take it");
  };

  async request(mode: Mode): Promise<void> {
    const result = await this.#ask("ui/request-display-mode", { mode });
    if (isMode(result["mode"])) this.#events?.surroundings({ mode: result["mode"] });
  }

  resized(width: number, height: number): void {
    this.#tell("ui/notifications/size-changed", { width, height });
  }

  #receive(message: Fields): void {
    const { jsonrpc, id, method } = message;
    if (jsonrpc !== "2.0") return;
    if (typeof method === "string") {
      const params = fieldsOf(message["params"]);
      if (id === undefined) this.#heard(method, params);
      else this.#answer(id, method);
    } else if (typeof id === "number") {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      const error = message["error"];
      if (error === undefined) waiting?.resolve(fieldsOf(message["result"]));
      else waiting?.reject(new Error(textOf(fieldsOf(error)["message"]) || "the chat refused"));
    }
  }

  #heard(method: string, params: Fields): void {
    switch (method) {
      case "ui/notifications/tool-input":
        this.#scope = scopeOf(fieldsOf(params["arguments"]));
        break;
      case "ui/notifications/tool-result":
        if (params["isError"] !== true) this.#events?.snapshot(params["structuredContent"]);
        break;
      case "ui/notifications/host-context-changed":
        this.#events?.surroundings(surroundingsOf(params));
        break;
    }
  }

  #answer(id: unknown, method: string): void {
    const known = method === "ui/resource-teardown" || method === "ping";
    if (method === "ui/resource-teardown") this.#events?.end();
    this.#post({
      id,
      ...known
        ? { result: {} }
        : { error: { code: METHOD_NOT_FOUND, message: "Method not found" } },
    });
  }

  #ask(method: string, params: Fields): Promise<Fields> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error("the chat does not answer"));
      }, LIMIT_MS);
      this.#waiting.set(id, {
        resolve: (result) => {
          clearTimeout(timer);
          resolve(result);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
      this.#post({ id, method, params });
    });
  }

  #tell(method: string, params: Fields): void {
    this.#post({ method, params });
  }

  #post(message: Fields): void {
    // A page cannot know the origin of its host. Whoever shows it knows what it was called with.
    this.self.parent.postMessage({ jsonrpc: "2.0", ...message }, "*");
  }
}

function scopeOf({ project, task }: Fields): Record<string, string> {
  return {
    ...typeof project === "string" ? { project } : {},
    ...typeof task === "string" ? { task } : {},
  };
}

function refusalOf(result: Fields): string {
  const { content } = result;
  const first: unknown = Array.isArray(content) ? content[0] : null;
  return textOf(fieldsOf(first)["text"]) || "the tool failed";
}

function surroundingsOf(context: Fields): Surroundings {
  const { theme, displayMode, availableDisplayModes, safeAreaInsets } = context;
  const edges = fieldsOf(safeAreaInsets);
  const edge = (name: string) => typeof edges[name] === "number" ? edges[name] : 0;
  return {
    ...theme === "light" || theme === "dark" ? { theme } : {},
    ...isMode(displayMode) ? { mode: displayMode } : {},
    ...Array.isArray(availableDisplayModes) ? { modes: availableDisplayModes.filter(isMode) } : {},
    ...safeAreaInsets === undefined
      ? {}
      : { insets: [edge("top"), edge("right"), edge("bottom"), edge("left")] },
  };
}
