import { isObject, type JsonObject, objectOr } from "./files.ts";
import { sessionMessages } from "./opencode_server.ts";
import { textOr } from "./read_json.ts";
import {
  buildTurns,
  inputText,
  timeOf,
  type TurnEvent,
  type TurnsQuery,
  type TurnsReading,
} from "./turns.ts";

/** Turns as the agent's own server tells them; null when it has ended or has no session yet. */
export async function opencodeTurns(query: TurnsQuery): Promise<TurnsReading | null> {
  if (query.pid === null) return null;
  const seen = await sessionMessages(query);
  return seen === null ? null : buildTurns(opencodeEvents(seen.messages), seen.isCut);
}

/** What opencode's messages say. Pure. */
export function* opencodeEvents(messages: readonly unknown[]): Iterable<TurnEvent> {
  for (const message of messages.filter(isObject)) {
    const info = objectOr(message.info);
    const { created, completed } = objectOr(info.time);
    const at = timeOf(created);
    const parts = Array.isArray(message.parts) ? message.parts.filter(isObject) : [];
    if (info.role === "user") {
      yield { type: "begin", id: textOr(info.id) ?? "", at };
      for (const part of parts) {
        if (part.type !== "text" || part.synthetic === true) continue;
        yield { type: "row", kind: "system", text: textOr(part.text) ?? "", at };
      }
      continue;
    }
    for (const part of parts) yield* ofPart(part, at);
    yield* ofEnd(info, timeOf(completed));
  }
}

function* ofPart(part: JsonObject, since: number | null): Iterable<TurnEvent> {
  const at = timeOf(objectOr(part.time).start) ?? since;
  switch (part.type) {
    case "reasoning":
      yield { type: "row", kind: "thinking", text: textOr(part.text) ?? "", at };
      break;
    case "text":
      yield { type: "row", kind: "prose", text: textOr(part.text) ?? "", at };
      break;
    case "tool": {
      const toolName = textOr(part.tool) ?? "";
      const { status, input, output, error, metadata, time } = objectOr(part.state);
      const { start, end } = objectOr(time);
      const { exit = 0 } = objectOr(metadata);
      const begun = timeOf(start) ?? at;
      yield { type: "row", kind: "tool", text: inputText(input), toolName, at: begun };
      if (status !== "completed" && status !== "error") return;
      yield {
        type: "row",
        kind: "result",
        text: textOr(output) ?? textOr(error) ?? "",
        toolName,
        at: timeOf(end) ?? begun,
        isError: status === "error" || (exit !== 0 && exit !== null),
      };
    }
  }
}

function* ofEnd({ error, finish }: JsonObject, at: number | null): Iterable<TurnEvent> {
  if (isObject(error)) {
    const interrupted = error.name === "MessageAbortedError";
    const text = textOr(objectOr(error.data).message) ?? textOr(error.name) ?? "error";
    yield { type: "row", kind: "status", text, at, isError: !interrupted };
    yield { type: "end", at, interrupted };
  } else if (at !== null && finish !== "tool-calls") yield { type: "end", at };
}
