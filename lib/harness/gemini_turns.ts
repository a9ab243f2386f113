import { isObject, type JsonObject, objectOr } from "./files.ts";
import { jsonLines, textOr } from "./read_json.ts";
import {
  contentText,
  inputText,
  isSessionId,
  namesIn,
  readHead,
  readPlaceFile,
  readTail,
  timeOf,
  type TurnEvent,
  turnsOfLines,
  type TurnsQuery,
  type TurnsReading,
} from "./turns.ts";

/** Where a launch's transcript is, and whether it has a prompt. */
export interface Place {
  /** Folder in which gemini has one for each project. */
  readonly projects: string;
  /** The session it was started with, where kas knows it. */
  readonly session: string | null;
  readonly prompted: boolean;
}

/** The file that holds the {@link Place} of a launch. */
export function placeFile(launchDir: string): string {
  return `${launchDir}/gemini.json`;
}

const HEAD_BYTES = 16 * 1024;

/** Turns of the transcript gemini keeps of a session; null before there is one. */
export async function geminiTurns({ launchDir }: TurnsQuery): Promise<TurnsReading | null> {
  const { projects, session } = await readPlaceFile(placeFile(launchDir)) ?? {};
  if (typeof projects !== "string" || !isSessionId(session)) return null;
  const path = await transcriptOf(projects, session);
  const tail = path === null ? null : await readTail(projects, path);
  return tail === null ? null : turnsOfLines(tail.text, geminiEvents, tail.isCut);
}

/** Transcripts are named by the first eight characters of the session; their first line has all. */
async function transcriptOf(projects: string, session: string): Promise<string | null> {
  for (const project of await namesIn(projects)) {
    const folder = `${projects}/${project}/chats`;
    for (const name of await namesIn(folder)) {
      if (!name.endsWith(`-${session.slice(0, 8)}.jsonl`)) continue;
      const head = await readHead(projects, `${folder}/${name}`, HEAD_BYTES);
      const [first] = jsonLines(head?.split("\n", 1)[0] ?? "");
      if (first?.sessionId === session) return `${folder}/${name}`;
    }
  }
  return null;
}

/**
 * What gemini's lines say. A message is written anew when it changes, so its last line counts; going
 * back drops what came after. A whole list is what the model is told from then on: what it leaves out
 * has happened all the same. Pure.
 */
export function* geminiEvents(lines: Iterable<JsonObject>): Iterable<TurnEvent> {
  let messages = new Map<string, JsonObject>();
  for (const line of lines) {
    const rewind = textOr(line.$rewindTo);
    const list = objectOr(line.$set).messages;
    if (rewind !== null) {
      const ids = [...messages.keys()];
      const at = ids.indexOf(rewind);
      messages = new Map([...messages].slice(0, at < 0 ? ids.length : at));
    } else if (Array.isArray(list)) {
      for (const one of list.filter(isObject)) {
        if (!messages.has(String(one.id))) messages.set(String(one.id), one);
      }
    } else if (typeof line.id === "string" && typeof line.type === "string") {
      messages.set(line.id, line);
    }
  }
  for (const message of messages.values()) yield* ofMessage(message);
}

function* ofMessage(message: JsonObject): Iterable<TurnEvent> {
  const at = timeOf(message.timestamp);
  const text = contentText(message.content);
  switch (message.type) {
    case "user":
      // results come once more as a message, and so does what gemini tells of the folder
      if (text === "" || text.startsWith("<session_context>")) return;
      yield { type: "begin", id: textOr(message.id) ?? "", at };
      yield { type: "row", kind: "system", text, at };
      break;
    case "gemini":
      yield* ofAnswer(message, text, at);
      break;
    case "info":
    case "warning":
    case "error": {
      yield { type: "row", kind: "status", text, at, isError: message.type === "error" };
      const interrupted = /^Request cancelled/i.test(text);
      if (interrupted || message.type === "error") yield { type: "end", at, interrupted };
    }
  }
}

function* ofAnswer(message: JsonObject, text: string, at: number | null): Iterable<TurnEvent> {
  const thoughts = Array.isArray(message.thoughts) ? message.thoughts.filter(isObject) : [];
  for (const { subject, description, timestamp } of thoughts) {
    const thought = [textOr(subject), textOr(description)].filter((part) => part !== null);
    yield { type: "row", kind: "thinking", text: thought.join("\n"), at: timeOf(timestamp) ?? at };
  }
  yield { type: "row", kind: "prose", text, at };
  const calls = Array.isArray(message.toolCalls) ? message.toolCalls.filter(isObject) : [];
  for (const call of calls) yield* ofCall(call, at);
  if (calls.length === 0) yield { type: "end", at };
}

function* ofCall(call: JsonObject, at: number | null): Iterable<TurnEvent> {
  const toolName = textOr(call.name) ?? "";
  yield { type: "row", kind: "tool", text: inputText(call.args), toolName, at };
  const { status } = call;
  const parts = Array.isArray(call.result) ? call.result : [call.result];
  const text = parts.map((part) => {
    const { output, error } = objectOr(objectOr(objectOr(part).functionResponse).response);
    return textOr(output) ?? textOr(error) ?? "";
  }).join("\n");
  if (!["success", "error", "cancelled"].includes(String(status))) return;
  yield {
    type: "row",
    kind: "result",
    text,
    toolName,
    at: timeOf(call.timestamp) ?? at,
    isError: status !== "success" || /^Exit Code: [1-9]/m.test(text),
  };
}
