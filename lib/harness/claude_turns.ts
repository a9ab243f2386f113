import { isObject, type JsonObject, objectOr } from "./files.ts";
import { placeFile, sessionOf } from "./claude_state.ts";
import { textOr } from "./read_json.ts";
import {
  contentText,
  inputText,
  isSessionId,
  namesIn,
  readPlaceFile,
  readTail,
  timeOf,
  type TurnEvent,
  turnsOfLines,
  type TurnsQuery,
  type TurnsReading,
} from "./turns.ts";

/** Turns of the transcript claude keeps of a session; null before there is one. */
export async function claudeTurns({ launchDir, pid }: TurnsQuery): Promise<TurnsReading | null> {
  const { sessions, projects, session } = await readPlaceFile(placeFile(launchDir)) ?? {};
  // a person may have gone on in another session
  const live = pid === null ? null : await sessionOf(String(sessions), pid);
  const id = live?.sessionId ?? session;
  if (!isSessionId(id) || typeof projects !== "string") return null;
  for (const folder of await namesIn(projects)) {
    const tail = await readTail(projects, `${projects}/${folder}/${id}.jsonl`);
    if (tail !== null) return turnsOfLines(tail.text, claudeEvents, tail.isCut);
  }
  return null;
}

/** What claude's lines say. Those of subagents, and what only programs read, are left out. Pure. */
export function* claudeEvents(lines: Iterable<JsonObject>): Iterable<TurnEvent> {
  const tools = new Map<string, string>();
  for (const line of lines) {
    if (line.isSidechain === true || line.isMeta === true) continue;
    const at = timeOf(line.timestamp);
    const { content, stop_reason } = objectOr(line.message);
    switch (line.type) {
      case "user":
        yield* ofUser(line, content, tools, at);
        break;
      case "assistant":
        yield* ofAssistant(content, tools, at, line.isApiErrorMessage === true);
        if (stop_reason === "end_turn" || line.isApiErrorMessage === true) {
          yield { type: "end", at };
        }
        break;
      case "system":
        yield* ofSystem(line, at);
    }
  }
}

function* ofUser(
  line: JsonObject,
  content: unknown,
  tools: ReadonlyMap<string, string>,
  at: number | null,
): Iterable<TurnEvent> {
  const results = (Array.isArray(content) ? content : []).filter(isObject)
    .filter(({ type }) => type === "tool_result");
  for (const { tool_use_id, content: said, is_error } of results) {
    yield* ofDecision(objectOr(line.permissionDecision), at);
    const toolName = tools.get(String(tool_use_id));
    yield {
      type: "row",
      kind: "result",
      text: contentText(said),
      ...toolName === undefined ? {} : { toolName },
      at,
      isError: is_error === true,
    };
  }
  const text = contentText(content);
  if (text === "" || results.length > 0) return;
  if (text.startsWith("[Request interrupted by user")) {
    yield { type: "row", kind: "status", text: "interrupted", at };
    yield { type: "end", at, interrupted: true };
    return;
  }
  yield { type: "begin", id: textOr(line.uuid) ?? "", at };
  yield { type: "row", kind: "system", text, at };
}

/** What the settings decide is no news. */
function* ofDecision({ decision, source }: JsonObject, at: number | null): Iterable<TurnEvent> {
  if (typeof decision !== "string" || typeof source !== "string" || source === "config") return;
  yield { type: "row", kind: "permission", text: `${decision} (${source})`, at };
}

function* ofAssistant(
  content: unknown,
  tools: Map<string, string>,
  at: number | null,
  isError: boolean,
): Iterable<TurnEvent> {
  for (const part of (Array.isArray(content) ? content : []).filter(isObject)) {
    switch (part.type) {
      case "thinking":
        yield { type: "row", kind: "thinking", text: textOr(part.thinking) ?? "", at };
        break;
      case "text":
        yield {
          type: "row",
          kind: isError ? "status" : "prose",
          text: textOr(part.text) ?? "",
          at,
          isError,
        };
        break;
      case "tool_use": {
        const toolName = textOr(part.name) ?? "";
        tools.set(String(part.id), toolName);
        yield { type: "row", kind: "tool", text: inputText(part.input), toolName, at };
      }
    }
  }
}

function* ofSystem(line: JsonObject, at: number | null): Iterable<TurnEvent> {
  switch (line.subtype) {
    case "turn_duration":
      yield { type: "end", at };
      break;
    case "api_error":
      yield { type: "row", kind: "status", text: "the model did not answer", at, isError: true };
      break;
    case "compact_boundary":
      yield { type: "row", kind: "status", text: textOr(line.content) ?? "compacted", at };
  }
}
