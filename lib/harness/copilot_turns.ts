import { type JsonObject, objectOr } from "./files.ts";
import { liveSession, placeFile, readPlace } from "./copilot_state.ts";
import { textOr } from "./read_json.ts";
import {
  inputText,
  isSessionId,
  readPlaceFile,
  readTail,
  timeOf,
  type TurnEvent,
  turnsOfLines,
  type TurnsQuery,
  type TurnsReading,
} from "./turns.ts";

/** Turns of the event log copilot keeps of a session; null before there is one. */
export async function copilotTurns({ launchDir, pid }: TurnsQuery): Promise<TurnsReading | null> {
  const said = await readPlaceFile(placeFile(launchDir));
  if (said === null) return null;
  const place = readPlace(said);
  const live = pid === null ? null : await liveSession(launchDir, place, pid);
  const id = live ?? place.session;
  if (!isSessionId(id)) return null;
  const tail = await readTail(place.sessions, `${place.sessions}/${id}/events.jsonl`);
  return tail === null ? null : turnsOfLines(tail.text, copilotEvents, tail.isCut);
}

/** What copilot's events say; those of subagents are left out. Pure. */
export function* copilotEvents(lines: Iterable<JsonObject>): Iterable<TurnEvent> {
  const tools = new Map<string, string>();
  for (const line of lines) {
    if (line.agentId !== undefined) continue;
    const at = timeOf(line.timestamp);
    const data = objectOr(line.data);
    switch (line.type) {
      case "user.message":
        yield { type: "begin", id: textOr(line.id) ?? "", at };
        yield { type: "row", kind: "system", text: textOr(data.content) ?? "", at };
        break;
      case "assistant.turn_start":
        yield { type: "resume", at };
        break;
      case "assistant.reasoning":
        yield { type: "row", kind: "thinking", text: textOr(data.content) ?? "", at };
        break;
      case "assistant.message":
        yield { type: "row", kind: "prose", text: textOr(data.content) ?? "", at };
        break;
      case "tool.execution_start":
      case "tool.execution_complete":
        yield ofTool(line.type, data, tools, at);
        break;
      default:
        yield* ofState(String(line.type), data, at);
    }
  }
}

function ofTool(
  type: "tool.execution_start" | "tool.execution_complete",
  data: JsonObject,
  tools: Map<string, string>,
  at: number | null,
): TurnEvent {
  const call = String(data.toolCallId);
  if (type === "tool.execution_start") {
    const toolName = textOr(data.toolName) ?? "";
    tools.set(call, toolName);
    return { type: "row", kind: "tool", text: inputText(data.arguments), toolName, at };
  }
  const toolName = tools.get(call);
  const { exitCode = 0 } = objectOr(data.shellExecution);
  return {
    type: "row",
    kind: "result",
    text: textOr(objectOr(data.result).content) ?? textOr(objectOr(data.error).message) ?? "",
    ...toolName === undefined ? {} : { toolName },
    at,
    isError: data.success === false || exitCode !== 0,
  };
}

function* ofState(type: string, data: JsonObject, at: number | null): Iterable<TurnEvent> {
  switch (type) {
    case "permission.requested": {
      const { kind, intention } = objectOr(data.permissionRequest);
      const text = [textOr(kind), textOr(intention)].filter((part) => part !== null).join(": ");
      yield { type: "row", kind: "permission", text: `asked: ${text}`, at };
      break;
    }
    case "permission.completed": {
      const { kind } = objectOr(data.result);
      yield { type: "row", kind: "permission", text: `answered: ${textOr(kind) ?? "?"}`, at };
      break;
    }
    case "session.error":
      yield {
        type: "row",
        kind: "status",
        text: textOr(data.message) ?? "error",
        at,
        isError: true,
      };
      yield { type: "end", at };
      break;
    case "abort":
      yield { type: "row", kind: "status", text: textOr(data.reason) ?? "interrupted", at };
      yield { type: "end", at, interrupted: true };
      break;
    case "assistant.turn_end":
      yield { type: "end", at };
  }
}
