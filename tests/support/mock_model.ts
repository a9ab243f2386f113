/**
 * A model on loopback that says what a script tells it, so that the real agent CLIs can be driven
 * offline. It keeps no state about a conversation: the script is found by matching the user's text,
 * and the step to play is the number of tool rounds since. Any number of agents may share one.
 */
import { gemini } from "./mock_gemini.ts";
import {
  anthropic,
  chat,
  type Json,
  responses,
  type Sse,
  type ToolCall,
  type ToolName,
  type Turn,
  type Wire,
} from "./mock_wire.ts";

/** One model answer. The last step of a rule should be a `text`: it ends the turn. */
export interface MockStep {
  /** Ends the turn. */
  readonly text?: string;
  /** Text before the calls. */
  readonly say?: string;
  /** Writes a file with whatever tool the asking agent has for it. */
  readonly write?: { readonly path: string; readonly content: string };
  /** Runs a shell command with the agent's own tool. */
  readonly shell?: string;
  readonly mcp?: { readonly server: string; readonly tool: string; readonly args?: Json };
  /** A tool by its exact name. */
  readonly tool?: { readonly name: string; readonly args: Json };
  /** Several calls in one answer. */
  readonly calls?: readonly MockStep[];
  /** Wait before the first byte, in ms. */
  readonly delayMs?: number;
  /** Wait between events, in ms: a slow stream. */
  readonly chunkMs?: number;
  /** An HTTP error instead of an answer. */
  readonly error?: { readonly status: number; readonly message: string };
  /** Headers, then nothing until the server is disposed. */
  readonly hang?: boolean;
}

/**
 * What to say to a prompt. In every string of the steps `$1` … `$9` and `$<name>` stand for the
 * groups of `match`; a group that took no part is empty.
 */
export interface MockRule {
  readonly match: RegExp;
  readonly steps: readonly MockStep[];
}

/** One request as it came, with what was answered. */
export interface MockRequest {
  readonly method: string;
  readonly path: string;
  /** Name of the protocol; null for anything else. */
  readonly wire: string | null;
  readonly body: Json;
  /** Text of the last user turn. */
  readonly prompt: string;
  readonly answer: { readonly step: number; readonly text: string; readonly tools: string[] };
}

export interface MockModel extends AsyncDisposable {
  /** Base URL without a path, `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** Requests to a model so far, oldest first. */
  requests(): readonly MockRequest[];
}

export interface MockOptions {
  readonly rules: readonly MockRule[];
  /** Called with each request that a rule matches; its answer waits for it. */
  readonly hold?: (request: MockRequest) => Promise<void>;
}

/** Starts a mock model on a free loopback port. Without a matching rule it repeats the prompt. */
export function startMockModel(options: MockOptions): MockModel {
  const seen: MockRequest[] = [];
  const closing = new AbortController();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => answer(request, options, seen, closing.signal),
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    requests: () => [...seen],
    async [Symbol.asyncDispose]() {
      closing.abort();
      await server.shutdown();
    },
  };
}

const ENDPOINTS: readonly (readonly [RegExp, Wire])[] = [
  [/\/messages$/, anthropic],
  [/\/responses$/, responses],
  [/\/chat\/completions$/, chat],
  [/:(?:generateContent|streamGenerateContent)$/, gemini],
];

async function answer(
  request: Request,
  { rules, hold }: MockOptions,
  seen: MockRequest[],
  closing: AbortSignal,
): Promise<Response> {
  const path = new URL(request.url).pathname;
  if (request.method === "HEAD") return new Response(null);
  if (path.endsWith("/count_tokens")) return Response.json({ input_tokens: 100 });
  if (path.endsWith("/models")) {
    return Response.json({ object: "list", data: [{ id: "mock-model", object: "model" }] });
  }
  const wire = ENDPOINTS.find(([pattern]) => pattern.test(path))?.[1];
  // 426 makes codex give up its WebSocket at once and use POST
  if (wire !== undefined && request.method === "GET") return new Response(null, { status: 426 });
  if (wire === undefined || request.method !== "POST") {
    return Response.json({ error: { message: `No such endpoint "${path}"` } }, { status: 404 });
  }

  const body = await readBody(request);
  if (body === null) return new Response(null, { status: 400 });
  const tools = wire.tools(body);
  const turns = wire.turns(body);
  const { step, index } = choose(turns, rules, tools.length > 0);
  const calls = resolveCalls(step, tools);
  const text = step.say ?? step.text ?? "";
  const entry = {
    method: request.method,
    path,
    wire: wire.name,
    body,
    prompt: lastPrompt(turns),
    answer: { step: index, text, tools: calls.map((call) => call.name) },
  };
  seen.push(entry);
  if (index >= 0) await hold?.(entry);
  if (step.delayMs !== undefined) await pause(step.delayMs, closing);
  if (step.error !== undefined) {
    const { status, message } = step.error;
    return Response.json(wire.failure(status, message), { status });
  }
  const model = typeof body.model === "string" ? body.model : "mock-model";
  const said = { id: crypto.randomUUID().slice(0, 8), model, text, calls };
  if (!(wire.streams?.(path) ?? body.stream === true)) return Response.json(wire.whole(said));
  return stream(wire.events(said), step, closing);
}

/** What was asked; null when the asker has ended meanwhile. */
async function readBody(request: Request): Promise<Json | null> {
  try {
    return await request.json();
  } catch (error) {
    if (error instanceof Deno.errors.BadResource) return null;
    throw error;
  }
}

function lastPrompt(turns: readonly Turn[]): string {
  return turns.findLast((turn) => turn.role === "user")?.text ?? "";
}

/** The step to play, with its number; -1 when no script answers. */
function choose(
  turns: readonly Turn[],
  rules: readonly MockRule[],
  hasTools: boolean,
): { step: MockStep; index: number } {
  const fallback = { step: { text: `MOCK: ${lastPrompt(turns).slice(0, 200)}` }, index: -1 };
  for (let at = turns.length - 1; at >= 0; at--) {
    const turn = turns[at];
    if (turn?.role !== "user") continue;
    const steps = scriptFor(turn.text, rules);
    if (steps === null) continue;
    // without tools it is a side request (a title, a summary), not the agent's own turn
    if (!hasTools) return { step: { text: "mock" }, index: -1 };
    const after = turns.slice(at + 1);
    const ended = after.findIndex((next) => next.role === "assistant" && next.calls === 0);
    if (ended >= 0 && after.slice(ended + 1).some((next) => next.role === "user")) return fallback;
    const index = after.filter((next) => next.role === "assistant" && next.calls > 0).length;
    return { step: steps[index] ?? { text: "Script finished" }, index };
  }
  return fallback;
}

function scriptFor(text: string, rules: readonly MockRule[]): readonly MockStep[] | null {
  for (const { match, steps } of rules) {
    const found = match.exec(text);
    if (found !== null) return steps.map((step) => fill(step, found));
  }
  return null;
}

/** A copy of a script value with the captures put into its strings. */
function fill<T>(value: T, found: RegExpExecArray): T;
function fill(value: unknown, found: RegExpExecArray): unknown {
  if (typeof value === "string") {
    return value.replace(
      /\$(?:([1-9])|<(\w+)>)/g,
      (_all, number?: string, name?: string) =>
        (number !== undefined ? found[Number(number)] : found.groups?.[name ?? ""]) ?? "",
    );
  }
  if (Array.isArray(value)) return value.map((item) => fill(item, found));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, found)]));
  }
  return value;
}

const WRITERS: Readonly<Record<string, (path: string, content: string) => Json>> = {
  Write: (path, content) => ({ file_path: path, content }),
  write: (path, content) => ({ filePath: path, content }),
  create: (path, content) => ({ path, file_text: content }),
  write_file: (path, content) => ({ file_path: path, content }),
};
const SHELLS: Readonly<Record<string, (command: string) => Json>> = {
  Bash: (command) => ({ command, description: "mock" }),
  bash: (command) => ({ command, description: "mock" }),
  exec_command: (cmd) => ({ cmd }),
  shell_command: (command) => ({ command }),
  shell: (command) => ({ command: ["sh", "-c", command] }),
  run_shell_command: (command) => ({ command }),
};

/** The abstract calls of a step as calls of tools the asking agent has. */
function resolveCalls(step: MockStep, tools: readonly ToolName[]): ToolCall[] {
  if (step.calls !== undefined) return step.calls.flatMap((inner) => resolveCalls(inner, tools));
  if (step.tool !== undefined) return [step.tool];
  if (step.write !== undefined) {
    const { path, content } = step.write;
    for (const { name } of tools) {
      const args = WRITERS[name]?.(path, content);
      if (args !== undefined) return [{ name, args }];
    }
    // codex writes through its shell
    const folder = path.slice(0, path.lastIndexOf("/") + 1) || ".";
    const text = `${content.replace(/\n$/, "")}\nMOCK_EOF`;
    const shell = `mkdir -p ${quoted(folder)} && cat > ${quoted(path)} <<'MOCK_EOF'\n${text}`;
    return resolveCalls({ shell }, tools);
  }
  if (step.shell !== undefined) {
    for (const { name } of tools) {
      const args = SHELLS[name]?.(step.shell);
      if (args !== undefined) return [{ name, args }];
    }
    return [{ name: "no_shell_tool", args: {} }];
  }
  return step.mcp === undefined ? [] : [mcpCall(step.mcp, tools)];
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}

function mcpCall(
  { server, tool, args = {} }: NonNullable<MockStep["mcp"]>,
  tools: readonly ToolName[],
): ToolCall {
  const spelled = [
    `mcp__${server}__${tool}`,
    `${server}_${tool}`,
    `${server}-${tool}`,
    `mcp_${server}_${tool}`,
  ];
  const found = tools.find(({ namespace, name }) =>
    namespace?.includes(server) ? name === tool : spelled.includes(name)
  );
  // claude does not list its MCP tools, yet takes calls of them
  return { ...(found ?? { name: `mcp__${server}__${tool}` }), args };
}

function stream(events: readonly Sse[], step: MockStep, closing: AbortSignal): Response {
  const encoder = new TextEncoder();
  let gone = false;
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      if (step.hang === true) await pause(Infinity, closing);
      for (const { event, data } of step.hang === true ? [] : events) {
        const line = typeof data === "string" ? data : JSON.stringify(data);
        const head = event === undefined ? "" : `event: ${event}\n`;
        controller.enqueue(encoder.encode(`${head}data: ${line}\n\n`));
        if (step.chunkMs !== undefined) await pause(step.chunkMs, closing);
        if (gone) return;
      }
      controller.close();
    },
    cancel() {
      gone = true;
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

/** Waits, or returns early when the server closes. `Infinity` waits for that alone. */
function pause(ms: number, closing: AbortSignal): Promise<void> {
  if (closing.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = Number.isFinite(ms) ? setTimeout(done, ms) : undefined;
    closing.addEventListener("abort", done, { once: true });
    function done(): void {
      clearTimeout(timer);
      closing.removeEventListener("abort", done);
      resolve();
    }
  });
}
