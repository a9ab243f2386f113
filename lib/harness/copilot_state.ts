import { isObject, type JsonObject, objectOr, parseObject, readIfThere } from "./files.ts";
import { isAncestor } from "./process_info.ts";
import { textOr } from "./read_json.ts";
import type { AgentState, StateQuery } from "./types.ts";

/** Where a launch's sessions are, for {@link copilotState}. */
export interface Place {
  /** Folder of all sessions. */
  readonly sessions: string;
  /** The session it was started with, where kas knows it. */
  readonly session: string | null;
  /** Whether it was started with a prompt. */
  readonly prompted: boolean;
}

/** The file that holds the {@link Place} of a launch. */
export function placeFile(launchDir: string): string {
  return `${launchDir}/copilot.json`;
}

/** How much of the end of the events is looked at; one event may hold a whole system prompt. */
const TAIL_BYTES = 512 * 1024;

/** The sessions that were found, by launch folder: a person may go on in another one. */
const found = new Map<string, string>();

/**
 * The state from the event log of the session that the process has open. Copilot marks an open
 * session with a file `inuse.<pid>.lock` beside its log.
 */
export async function copilotState({ launchDir, pid }: StateQuery): Promise<AgentState> {
  const text = await readIfThere(placeFile(launchDir));
  if (text === null) {
    return { activity: "unknown", evidence: "no copilot file in the launch folder" };
  }
  const place = readPlace(parseObject(text, `"${placeFile(launchDir)}"`));
  const { sessions, session, prompted } = place;
  const id = await liveSession(launchDir, place, pid);
  if (id === null) return { activity: "starting", evidence: "no open session yet" };
  const events = await lastEvents(`${sessions}/${id}/events.jsonl`);
  return stateOf(events, prompted && (session === null || id === session));
}

/** The session a process has open now; null while it has none. */
export async function liveSession(
  launchDir: string,
  { sessions, session }: Place,
  pid: number,
): Promise<string | null> {
  const likely = [found.get(launchDir), session].filter((id) => typeof id === "string");
  const id = await openSession(sessions, likely, pid);
  if (id !== null) found.set(launchDir, id);
  return id;
}

/** A {@link Place} as its file says it. */
export function readPlace({ sessions, session, prompted }: JsonObject): Place {
  return { sessions: String(sessions), session: textOr(session), prompted: prompted === true };
}

/** The session that `pid`, or a process below it, has open; the likely ones are tried first. */
async function openSession(
  sessions: string,
  likely: readonly string[],
  pid: number,
): Promise<string | null> {
  for (const id of likely) if (await isOpen(`${sessions}/${id}`, pid)) return id;
  for (const id of await names(sessions)) if (await isOpen(`${sessions}/${id}`, pid)) return id;
  return null;
}

async function isOpen(session: string, pid: number): Promise<boolean> {
  for (const name of await names(session)) {
    const owner = Number(/^inuse\.(\d+)\.lock$/.exec(name)?.[1]);
    if (owner === pid || !Number.isNaN(owner) && await isAncestor(pid, owner)) return true;
  }
  return false;
}

async function names(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  } catch (error) {
    const gone = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (gone) return [];
    throw error;
  }
}

/** The last events of a log, oldest first; half a line at either end is left out. */
async function lastEvents(path: string): Promise<JsonObject[]> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  using log = file;
  const { size } = await log.stat();
  await log.seek(Math.max(0, size - TAIL_BYTES), Deno.SeekMode.Start);
  const tail = await new Response(log.readable).text();
  return tail.split("\n").map(parsed).filter(isObject);
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Events that begin and end a turn. Between two steps one ends and the next begins at once. */
const BEGIN = ["user.message", "assistant.turn_start", "tool.execution_start"];
const END = ["assistant.turn_end", "abort", "session.error", "session.shutdown"];

/** How long the end of a step may be the end of the turn or not, in ms. */
const SETTLE_MS = 300;

/**
 * What the events say.
 * @param expected whether the first prompt is still to come when there is none in them
 */
function stateOf(events: readonly JsonObject[], expected: boolean): AgentState {
  const waiting = pending(events);
  if (waiting !== null) return { activity: "asking", evidence: `events: ${waiting}` };
  const last = events.findLast(({ type }) => [...BEGIN, ...END].includes(String(type)));
  // the log of a resumed session ends with its last shutdown
  if (last === undefined || last.type === "session.shutdown") {
    return expected || events.length === 0
      ? { activity: "starting", evidence: "events: no prompt yet" }
      : { activity: "idle", evidence: "events: no prompt" };
  }
  const type = String(last.type);
  const evidence = `events: ${type}`;
  if (BEGIN.includes(type)) return { activity: "busy", evidence };
  const settles = type === "assistant.turn_end" &&
    Date.now() - Date.parse(String(last.timestamp)) < SETTLE_MS;
  return { activity: settles ? "busy" : "idle", evidence };
}

/** What a person was asked and has not answered; null without such a question. */
function pending(events: readonly JsonObject[]): string | null {
  const open = new Map<string, string>();
  for (const { type, data } of events) {
    const [, kind, what] = /^(\w+)\.(requested|completed)$/.exec(String(type)) ?? [];
    if (type === "abort" || type === "session.shutdown") open.clear();
    if (kind === undefined) continue;
    const id = String(objectOr(data).requestId);
    if (what === "requested" && KINDS.includes(kind)) open.set(id, kind);
    else open.delete(id);
  }
  return [...open.values()].at(-1) ?? null;
}

/** Requests a person answers; others go to programs. */
const KINDS: readonly string[] = [
  "permission",
  "user_input",
  "elicitation",
  "exit_plan_mode",
  "auto_mode_switch",
  "session_limits_exhausted",
];
