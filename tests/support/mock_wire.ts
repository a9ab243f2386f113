/**
 * Three of the model protocols the agent CLIs speak, reduced to what they need: Anthropic Messages
 * (claude), OpenAI Responses (codex) and OpenAI Chat Completions (opencode, copilot). Reading turns a
 * request into neutral turns; writing turns a neutral answer into server-sent events or one JSON
 * object. The fourth, of gemini, is in mock_gemini.ts.
 */

export type Json = Readonly<Record<string, unknown>>;

/** One turn of a conversation. `calls` counts the tool calls of an assistant turn. */
export interface Turn {
  readonly role: "user" | "assistant" | "tool";
  readonly text: string;
  readonly calls: number;
}

/** A tool as the asking CLI offers it; `namespace` groups codex's MCP tools. */
export interface ToolName {
  readonly namespace?: string;
  readonly name: string;
}

/** A tool call in an answer. */
export interface ToolCall extends ToolName {
  readonly args: Json;
}

export interface Answer {
  readonly id: string;
  readonly model: string;
  readonly text: string;
  readonly calls: readonly ToolCall[];
}

/** One server-sent event. */
export interface Sse {
  readonly event?: string;
  readonly data: unknown;
}

/** One protocol. */
export interface Wire {
  readonly name: string;
  turns(body: Json): Turn[];
  tools(body: Json): ToolName[];
  /** Whether an answer in events is wanted; without it `stream` of the body says so. */
  streams?(path: string): boolean;
  /** Events in order. `[DONE]` and the like are plain strings. */
  events(answer: Answer): Sse[];
  /** The answer to a request without `stream`. */
  whole(answer: Answer): Json;
  failure(status: number, message: string): Json;
}

/** The objects of a list; anything else counts as an empty one. */
export function objects(value: unknown): Json[] {
  return Array.isArray(value)
    ? value.filter((item): item is Json => typeof item === "object" && item !== null)
    : [];
}

/** The text of a message content: a string, or a list of text parts. */
export function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return objects(content).map((part) => typeof part.text === "string" ? part.text : "").join("\n");
}

function nameOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function pieces(text: string): string[] {
  return text.match(/[\s\S]{1,24}/g) ?? [];
}

function turn(role: Turn["role"], text = "", calls = 0): Turn {
  return { role, text, calls };
}

/** Anthropic Messages: `POST /v1/messages`. */
export const anthropic: Wire = {
  name: "anthropic",
  turns(body) {
    const turns: Turn[] = [];
    for (const { role, content } of objects(body.messages)) {
      const parts = objects(content);
      if (role === "assistant") {
        const calls = parts.filter((part) => part.type === "tool_use").length;
        turns.push(turn("assistant", textOf(content), calls));
      } else if (role === "user") {
        const results = parts.some((part) => part.type === "tool_result");
        turns.push(results ? turn("tool") : turn("user", textOf(content)));
      }
    }
    return turns;
  },
  tools: (body) => objects(body.tools).map((tool) => ({ name: nameOf(tool.name) })),
  whole({ id, model, text, calls }) {
    return {
      id: `msg_${id}`,
      type: "message",
      role: "assistant",
      model,
      content: [
        ...(text !== "" || calls.length === 0 ? [{ type: "text", text }] : []),
        ...calls.map((call, n) => ({
          type: "tool_use",
          id: `toolu_${id}${n}`,
          name: call.name,
          input: call.args,
        })),
      ],
      stop_reason: calls.length > 0 ? "tool_use" : "end_turn",
      stop_sequence: null,
      usage: { input_tokens: 100, output_tokens: 20 },
    };
  },
  events(answer) {
    const message = this.whole(answer);
    const events: Sse[] = [];
    const add = (type: string, fields: Json) =>
      events.push({ event: type, data: { type, ...fields } });
    add("message_start", { message: { ...message, content: [], stop_reason: null } });
    for (const [index, block] of objects(message.content).entries()) {
      if (block.type === "text") {
        add("content_block_start", { index, content_block: { type: "text", text: "" } });
        for (const text of pieces(answer.text)) {
          add("content_block_delta", { index, delta: { type: "text_delta", text } });
        }
      } else {
        add("content_block_start", { index, content_block: { ...block, input: {} } });
        const partial_json = JSON.stringify(block.input);
        add("content_block_delta", { index, delta: { type: "input_json_delta", partial_json } });
      }
      add("content_block_stop", { index });
    }
    add("message_delta", {
      delta: { stop_reason: message.stop_reason, stop_sequence: null },
      usage: { output_tokens: 20 },
    });
    add("message_stop", {});
    return events;
  },
  failure: (status, message) => ({
    type: "error",
    error: { type: status === 529 ? "overloaded_error" : "api_error", message },
  }),
};

/** OpenAI Responses: `POST /v1/responses`. */
export const responses: Wire = {
  name: "responses",
  turns(body) {
    if (typeof body.input === "string") return [turn("user", body.input)];
    const turns: Turn[] = [];
    for (const item of objects(body.input)) {
      const last = turns.at(-1);
      if (item.type === "function_call" || item.type === "custom_tool_call") {
        // calls of one answer are items of their own; text before them was one too
        if (last?.role === "assistant") {
          turns[turns.length - 1] = turn("assistant", last.text, last.calls + 1);
        } else turns.push(turn("assistant", "", 1));
      } else if (nameOf(item.type).endsWith("_output")) {
        if (last?.role !== "tool") turns.push(turn("tool"));
      } else if (item.role === "assistant" || item.role === "user") {
        turns.push(turn(item.role, textOf(item.content)));
      }
    }
    return turns;
  },
  tools: (body) =>
    objects(body.tools).flatMap((tool) =>
      tool.type === "namespace"
        ? objects(tool.tools).map((inner) => ({
          namespace: nameOf(tool.name),
          name: nameOf(inner.name),
        }))
        : [{ name: nameOf(tool.name ?? tool.type) }]
    ),
  whole({ id, model, text, calls }) {
    return {
      id: `resp_${id}`,
      object: "response",
      status: "completed",
      model,
      output: [
        ...(text !== "" || calls.length === 0
          ? [{
            type: "message",
            id: `msg_${id}`,
            role: "assistant",
            status: "completed",
            content: [{ type: "output_text", text, annotations: [] }],
          }]
          : []),
        ...calls.map((call, n) => ({
          type: "function_call",
          id: `fc_${id}${n}`,
          call_id: `call_${id}${n}`,
          ...(call.namespace === undefined ? {} : { namespace: call.namespace }),
          name: call.name,
          arguments: JSON.stringify(call.args),
          status: "completed",
        })),
      ],
      usage: { input_tokens: 100, output_tokens: 20, total_tokens: 120 },
    };
  },
  events(answer) {
    const response = this.whole(answer);
    const events: Sse[] = [];
    const add = (type: string, fields: Json) =>
      events.push({ event: type, data: { type, sequence_number: events.length, ...fields } });
    add("response.created", { response: { ...response, status: "in_progress", output: [] } });
    for (const [output_index, item] of objects(response.output).entries()) {
      if (item.type === "message") {
        add("response.output_item.added", { output_index, item: { ...item, content: [] } });
        for (const delta of pieces(answer.text)) {
          const at = { output_index, item_id: item.id, content_index: 0 };
          add("response.output_text.delta", { ...at, delta });
        }
      }
      add("response.output_item.done", { output_index, item });
    }
    add("response.completed", { response });
    return events;
  },
  failure: (_status, message) => ({ error: { message, type: "mock_error", code: null } }),
};

/** OpenAI Chat Completions: `POST /v1/chat/completions`. */
export const chat: Wire = {
  name: "chat",
  turns(body) {
    const turns: Turn[] = [];
    for (const message of objects(body.messages)) {
      if (message.role === "assistant") {
        const calls = objects(message.tool_calls).length;
        turns.push(turn("assistant", textOf(message.content), calls));
      } else if (message.role === "tool") {
        if (turns.at(-1)?.role !== "tool") turns.push(turn("tool"));
      } else if (message.role === "user") turns.push(turn("user", textOf(message.content)));
    }
    return turns;
  },
  tools: (body) =>
    objects(body.tools).flatMap((tool) =>
      objects([tool.function]).map((inner) => ({ name: nameOf(inner.name) }))
    ),
  whole({ id, model, text, calls }) {
    return {
      id: `chatcmpl-${id}`,
      object: "chat.completion",
      created: 0,
      model,
      choices: [{
        index: 0,
        message: {
          role: "assistant",
          content: text,
          ...(calls.length > 0 ? { tool_calls: chatCalls(id, calls) } : {}),
        },
        finish_reason: calls.length > 0 ? "tool_calls" : "stop",
      }],
      usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 },
    };
  },
  events({ id, model, text, calls }) {
    const chunk = (delta: Json, finish_reason: string | null = null): Sse => ({
      data: {
        id: `chatcmpl-${id}`,
        object: "chat.completion.chunk",
        created: 0,
        model,
        choices: [{ index: 0, delta, finish_reason }],
      },
    });
    return [
      chunk({ role: "assistant", content: "" }),
      ...pieces(text).map((content) => chunk({ content })),
      ...chatCalls(id, calls).map((call) => chunk({ tool_calls: [call] })),
      chunk({}, calls.length > 0 ? "tool_calls" : "stop"),
      { data: "[DONE]" },
    ];
  },
  failure: responses.failure,
};

function chatCalls(id: string, calls: readonly ToolCall[]): Json[] {
  return calls.map((call, index) => ({
    index,
    id: `call_${id}${index}`,
    type: "function",
    function: { name: call.name, arguments: JSON.stringify(call.args) },
  }));
}
