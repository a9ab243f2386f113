import { ifThere, realOrNull } from "../files/there.ts";
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

/** Where a launch's transcript is, for {@link codexTurns}. */
export interface Place {
  /** Folder of all transcripts. */
  readonly sessions: string;
  /** The session it goes on with; null for a new one. */
  readonly session: string | null;
  /** When the launch was prepared, ms. */
  readonly since: number;
}

/** The file that holds the {@link Place} of a launch. */
export function placeFile(launchDir: string): string {
  return `${launchDir}/codex.json`;
}

/** How long after it was prepared a launch may begin its session, in ms. */
const START_MS = 60_000;
const DAY_MS = 24 * 60 * 60_000;
/** The first line has codex's whole instructions in it. */
const HEAD_BYTES = 512 * 1024;

/** Turns of the transcript codex keeps of a session; null before there is one. */
export async function codexTurns({ launchDir, cwd }: TurnsQuery): Promise<TurnsReading | null> {
  const { sessions, session, since } = await readPlaceFile(placeFile(launchDir)) ?? {};
  if (typeof sessions !== "string") return null;
  const path = session === null
    ? await newTranscript(sessions, Number(since), await realOrNull(cwd) ?? cwd)
    : await transcriptOf(sessions, session);
  const tail = path === null ? null : await readTail(sessions, path);
  return tail === null ? null : turnsOfLines(tail.text, codexEvents, tail.isCut);
}

/** The transcript of a session by its id, which ends its name. */
async function transcriptOf(sessions: string, session: unknown): Promise<string | null> {
  if (!isSessionId(session)) return null;
  for (const year of await namesIn(sessions)) {
    for (const month of await namesIn(`${sessions}/${year}`)) {
      for (const day of await namesIn(`${sessions}/${year}/${month}`)) {
        const folder = `${sessions}/${year}/${month}/${day}`;
        const name = (await namesIn(folder)).find((one) => one.endsWith(`-${session}.jsonl`));
        if (name !== undefined) return `${folder}/${name}`;
      }
    }
  }
  return null;
}

/**
 * The one session that was begun in the folder when the launch was; codex takes no id for a new
 * one. Null when there are several: one of them is somebody else's.
 */
async function newTranscript(sessions: string, since: number, cwd: string): Promise<string | null> {
  const found: string[] = [];
  for (const folder of daysAround(since)) {
    for (const name of await namesIn(`${sessions}/${folder}`)) {
      const path = `${sessions}/${folder}/${name}`;
      if (name.startsWith("rollout-") && await isBegun(sessions, path, since, cwd)) {
        found.push(path);
      }
    }
  }
  return found.length === 1 ? found[0] ?? null : null;
}

/** Folders of the days around a moment; codex names them by the local date. */
function daysAround(ms: number): string[] {
  return [-1, 0, 1].map((days) =>
    new Date(ms + days * DAY_MS).toISOString().slice(0, 10).replaceAll("-", "/")
  );
}

async function isBegun(
  sessions: string,
  path: string,
  since: number,
  cwd: string,
): Promise<boolean> {
  // most of a busy day's need not be opened
  const { mtime } = await ifThere(Deno.stat(path)) ?? {};
  if (mtime === undefined || mtime === null || mtime.getTime() < since) return false;
  const head = await readHead(sessions, path, HEAD_BYTES);
  const [first] = jsonLines(head?.split("\n", 1)[0] ?? "");
  const { timestamp, cwd: folder, source } = objectOr(first?.payload);
  const begun = timeOf(timestamp);
  // the source of a subagent is an object
  return first?.type === "session_meta" && typeof source === "string" && folder === cwd &&
    begun !== null && begun >= since && begun < since + START_MS;
}

/** What codex's lines say. Pure. */
export function* codexEvents(lines: Iterable<JsonObject>): Iterable<TurnEvent> {
  const tools = new Map<string, string>();
  const failed = new Set<string>();
  for (const { type, payload, timestamp } of lines) {
    const at = timeOf(timestamp);
    if (type === "event_msg") yield* ofEvent(objectOr(payload), failed, at);
    else if (type === "response_item") yield* ofItem(objectOr(payload), tools, failed, at);
    else if (type === "compacted") {
      yield { type: "row", kind: "status", text: "the conversation was compacted", at };
    }
  }
}

function* ofEvent(
  event: JsonObject,
  failed: Set<string>,
  at: number | null,
): Iterable<TurnEvent> {
  switch (event.type) {
    case "task_started":
      yield { type: "begin", id: textOr(event.turn_id) ?? "", at };
      break;
    case "task_complete":
      yield { type: "end", at };
      break;
    case "turn_aborted":
      yield { type: "row", kind: "status", text: textOr(event.reason) ?? "interrupted", at };
      yield { type: "end", at, interrupted: true };
      break;
    case "error":
    case "stream_error":
      yield {
        type: "row",
        kind: "status",
        text: textOr(event.message) ?? "error",
        at,
        isError: true,
      };
      break;
    case "item_completed": {
      const { type, id, content, status } = objectOr(event.item);
      if (type === "UserMessage") {
        yield { type: "row", kind: "system", text: contentText(content), at };
      } else if (status === "failed" || status === "declined") failed.add(String(id));
    }
  }
}

function* ofItem(
  item: JsonObject,
  tools: Map<string, string>,
  failed: ReadonlySet<string>,
  at: number | null,
): Iterable<TurnEvent> {
  const call = String(item.call_id);
  switch (item.type) {
    case "message":
      if (item.role !== "assistant") return;
      yield { type: "row", kind: "prose", text: contentText(item.content), at };
      break;
    case "reasoning":
      yield { type: "row", kind: "thinking", text: contentText(item.summary), at };
      break;
    case "function_call":
    case "custom_tool_call": {
      const toolName = [textOr(item.namespace), textOr(item.name) ?? ""]
        .filter((part) => part !== null).join(".");
      tools.set(call, toolName);
      const input = item.type === "function_call" ? argumentsOf(item.arguments) : item.input;
      yield { type: "row", kind: "tool", text: inputText(input), toolName, at };
      break;
    }
    case "web_search_call":
      yield {
        type: "row",
        kind: "tool",
        text: inputText(item.action),
        toolName: "web_search",
        at,
      };
      break;
    case "function_call_output":
    case "custom_tool_call_output": {
      const toolName = tools.get(call);
      yield {
        type: "row",
        kind: "result",
        text: contentText(item.output),
        ...toolName === undefined ? {} : { toolName },
        at,
        isError: failed.has(call),
      };
    }
  }
}

function argumentsOf(text: unknown): unknown {
  if (typeof text !== "string") return text;
  const [first] = jsonLines(text);
  return isObject(first) ? first : text;
}
