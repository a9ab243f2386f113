import { ifThere, realOrNull } from "../files/there.ts";
import { isObject, type JsonObject, readIfThere } from "./files.ts";
import type { RenderRequest } from "./types.ts";

/**
 * What an agent did, as turns: a prompt and all that came of it. The source is the transcript a
 * runtime keeps of its own; each runtime has a reader that makes {@link TurnEvent}s of it. A
 * transcript is written by agents: it is cut to size, and no path in it is followed.
 */

export const ROW_KINDS = [
  "thinking",
  "tool",
  "result",
  "system",
  "permission",
  "response",
  "prose",
  "status",
] as const;

/**
 * What a row is: `system` what was said to the agent, `thinking` its reasoning, `tool` a call with its
 * input, `result` what the call gave, `permission` what was asked of a person or answered, `prose` what
 * it says, `response` its last words of a finished turn, `status` what became of the turn.
 */
export type RowKind = typeof ROW_KINDS[number];

/** One step of a turn. */
export interface TurnRow {
  readonly kind: RowKind;
  readonly text: string;
  /** Name of the tool, for `tool` and `result`. */
  readonly toolName: string | null;
  /** Ms. */
  readonly timestamp: number | null;
  readonly isError: boolean;
  /** Whether the text goes on in the transcript. */
  readonly isCut: boolean;
}

/** A prompt and all that came of it. */
export interface Turn {
  /** The runtime's own name of it. */
  readonly id: string;
  /** Counts from 1, from the first turn that was read. */
  readonly number: number;
  /** Ms. */
  readonly startedAt: number | null;
  /** Ms; null while it goes on. */
  readonly completedAt: number | null;
  readonly interrupted: boolean;
  readonly toolCount: number;
  readonly rows: readonly TurnRow[];
}

/** What a harness is asked for the turns of. */
export interface TurnsQuery {
  readonly launchDir: string;
  readonly cwd: string;
  /** Its process, or one above it; null when it has ended. */
  readonly pid: number | null;
}

/** Turns as far as they were read. */
export interface TurnsReading {
  readonly turns: readonly Turn[];
  /** Whether the transcript begins earlier than what was read: then numbers change as it grows. */
  readonly isCut: boolean;
}

/** Whether the launch is an instance, or may become one: of other runs nobody can ask for turns. */
export function isInstance({ context, env }: Pick<RenderRequest, "context" | "env">): boolean {
  return context.mode === "chat" || env["KASMOS_SESSION"] !== undefined;
}

/** What a reader says of a transcript, in its order. */
export type TurnEvent =
  | { readonly type: "begin"; readonly id: string; readonly at: number | null }
  | {
    readonly type: "row";
    readonly kind: Exclude<RowKind, "response">;
    readonly text: string;
    readonly toolName?: string;
    readonly at: number | null;
    readonly isError?: boolean;
  }
  /** What is at work again, though no row says so yet. */
  | { readonly type: "resume"; readonly at: number | null }
  /** A turn that ended may go on: another row opens it again. */
  | { readonly type: "end"; readonly at: number | null; readonly interrupted?: boolean };

/** Reads the lines of a transcript. */
export type LineReader = (lines: Iterable<JsonObject>) => Iterable<TurnEvent>;

/** What of a transcript is read, in bytes from its end. */
const TAIL_BYTES = 4 * 1024 * 1024;
/** What of a row is kept, in characters. */
export const MAX_TEXT = 20_000;
export const MAX_TURNS = 200;
/** Rows of all turns together. */
export const MAX_ROWS = 4_000;

interface OpenTurn {
  id: string;
  startedAt: number | null;
  lastAt: number | null;
  completedAt: number | null;
  isOver: boolean;
  interrupted: boolean;
  rows: TurnRow[];
}

/**
 * Puts events together to turns; the last {@link MAX_TURNS} and {@link MAX_ROWS}. Pure.
 * @param isCut whether something came before the first event
 */
export function buildTurns(events: Iterable<TurnEvent>, isCut = false): TurnsReading {
  const turns: OpenTurn[] = [];
  const open = (id: string, at: number | null): OpenTurn => {
    const before = turns.at(-1);
    if (before !== undefined && !before.isOver) finish(before, before.lastAt);
    const turn: OpenTurn = {
      id,
      startedAt: at,
      lastAt: at,
      completedAt: null,
      isOver: false,
      interrupted: false,
      rows: [],
    };
    turns.push(turn);
    return turn;
  };
  for (const event of events) {
    if (event.type === "begin") {
      open(event.id, event.at);
      continue;
    }
    const turn = turns.at(-1) ?? open("before", event.at);
    turn.lastAt = event.at ?? turn.lastAt;
    if (event.type === "resume") turn.isOver = false;
    else if (event.type === "end") {
      turn.interrupted ||= event.interrupted === true;
      finish(turn, event.at);
    } else if (event.text.trim() !== "" || event.kind === "tool" || event.kind === "result") {
      // what is said about a turn that is over does not open it again
      if (event.kind !== "status") turn.isOver = false;
      turn.rows.push(rowOf(event));
    }
  }
  return { turns: limited(turns).map(({ turn, number }) => closed(turn, number)), isCut };
}

function finish(turn: OpenTurn, at: number | null): void {
  turn.isOver = true;
  turn.completedAt = at ?? turn.lastAt;
}

function rowOf(event: TurnEvent & { type: "row" }): TurnRow {
  const { kind, text, toolName = null, at, isError = false } = event;
  const isCut = text.length > MAX_TEXT;
  return {
    kind,
    // half a character at the cut would be no text
    text: (isCut ? text.slice(0, MAX_TEXT) : text).toWellFormed(),
    toolName: toolName === null ? null : toolName.slice(0, 200).toWellFormed(),
    timestamp: at,
    isError,
    isCut,
  };
}

/** The newest turns and rows that there is room for, with their numbers. */
function limited(turns: readonly OpenTurn[]): { turn: OpenTurn; number: number }[] {
  const kept: { turn: OpenTurn; number: number }[] = [];
  let room = MAX_ROWS;
  for (let at = turns.length - 1; at >= 0 && kept.length < MAX_TURNS && room > 0; at--) {
    const turn = turns[at];
    if (turn === undefined) break;
    const over = turn.rows.length - room;
    const rows = over <= 0
      ? turn.rows
      : [note(`${over} earlier rows are not shown`), ...turn.rows.slice(over)];
    kept.unshift({ turn: { ...turn, rows }, number: at + 1 });
    room -= turn.rows.length;
  }
  return kept;
}

function note(text: string): TurnRow {
  return { kind: "status", text, toolName: null, timestamp: null, isError: false, isCut: false };
}

function closed(turn: OpenTurn, number: number): Turn {
  const { id, startedAt, isOver, completedAt, interrupted, rows } = turn;
  const last = rows.findLastIndex(({ kind }) => kind !== "status");
  const isAnswered = isOver && !interrupted && rows[last]?.kind === "prose";
  return {
    id: id.slice(0, 200).toWellFormed(),
    number,
    startedAt,
    completedAt: isOver ? completedAt : null,
    interrupted,
    toolCount: rows.filter(({ kind }) => kind === "tool").length,
    rows: isAnswered
      ? rows.map((row, at) => at === last ? { ...row, kind: "response" } : row)
      : rows,
  };
}

/**
 * Turns of a transcript with one JSON object a line. Lines that are none are counted in a row of
 * their own; half a line at the end is one that is being written. Pure.
 */
export function turnsOfLines(text: string, read: LineReader, isCut = false): TurnsReading {
  const lines = text.split("\n");
  const unfinished = lines.pop() ?? "";
  let broken = 0;
  const objects: JsonObject[] = [];
  for (const line of lines) {
    if (line.trim() === "") continue;
    const value = parsed(line);
    if (isObject(value)) objects.push(value);
    else broken++;
  }
  const last = parsed(unfinished);
  if (isObject(last)) objects.push(last);
  return buildTurns(withBroken(read(objects), broken), isCut);
}

function* withBroken(events: Iterable<TurnEvent>, broken: number): Iterable<TurnEvent> {
  yield* events;
  if (broken === 0) return;
  const lines = broken === 1 ? "1 line" : `${broken} lines`;
  yield {
    type: "row",
    kind: "status",
    text: `${lines} of the transcript cannot be read`,
    at: null,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * What a launch wrote down of where its transcript is; null when there is nothing to be read. Its
 * agent may have written there, too.
 */
export async function readPlaceFile(path: string): Promise<JsonObject | null> {
  const text = await readIfThere(path);
  const value = text === null ? null : parsed(text);
  return isObject(value) ? value : null;
}

/** The end of a transcript. */
export interface Tail {
  readonly text: string;
  /** Whether the file begins earlier; then the text begins with a whole line. */
  readonly isCut: boolean;
}

/**
 * The end of a file of the runtime's own; null when there is none, when it is no plain file, or when a
 * link leads out of `root`.
 */
export async function readTail(
  root: string,
  path: string,
  bytes = TAIL_BYTES,
): Promise<Tail | null> {
  const real = await fileInside(root, path);
  if (real === null) return null;
  const opened = await ifThere(Deno.open(real));
  if (opened === null) return null;
  using file = opened;
  const { size } = await file.stat();
  const start = Math.max(0, size - bytes);
  await file.seek(start, Deno.SeekMode.Start);
  // it may grow meanwhile
  const text = await textOf(file, size - start);
  return start === 0
    ? { text, isCut: false }
    : { text: text.slice(text.indexOf("\n") + 1), isCut: true };
}

/** The beginning of a file, under the same rules as {@link readTail}; null without one. */
export async function readHead(root: string, path: string, bytes: number): Promise<string | null> {
  const real = await fileInside(root, path);
  const opened = real === null ? null : await ifThere(Deno.open(real));
  if (opened === null) return null;
  using file = opened;
  return await textOf(file, bytes);
}

/** The real path of a plain file below `root`; null for anything else. */
async function fileInside(root: string, path: string): Promise<string | null> {
  const [folder, real] = [await realOrNull(root), await realOrNull(path)];
  if (folder === null || real === null || !real.startsWith(`${folder}/`)) return null;
  // a pipe would be waited for
  return (await ifThere(Deno.stat(real)))?.isFile === true ? real : null;
}

async function textOf(file: Deno.FsFile, bytes: number): Promise<string> {
  const buffer = new Uint8Array(bytes);
  let length = 0;
  while (length < bytes) {
    const count = await file.read(buffer.subarray(length));
    if (count === null) break;
    length += count;
  }
  return new TextDecoder().decode(buffer.subarray(0, length));
}

/** Names in a folder; none when there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  } catch (error) {
    const gone = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (gone) return [];
    throw error;
  }
}

/** Whether a text from a file may stand in the name of another one. */
export function isSessionId(value: unknown): value is string {
  return typeof value === "string" && /^[\w-]{1,100}$/.test(value);
}

/** Milliseconds of a text with a time, or of a number of them; null for anything else. */
export function timeOf(value: unknown): number | null {
  const ms = typeof value === "string" ? Date.parse(value) : value;
  // what is no date of this era would be none in JSON either
  return typeof ms === "number" && ms > 0 && ms < 8.64e15 ? Math.trunc(ms) : null;
}

/** What a tool was called with, as text: a command as it is, anything else as JSON. */
export function inputText(input: unknown): string {
  if (typeof input === "string") return input;
  if (!isObject(input)) return input === undefined || input === null ? "" : JSON.stringify(input);
  const command = input.command ?? input.cmd;
  if (typeof command === "string") return command;
  return Object.keys(input).length === 0 ? "" : JSON.stringify(input, null, 2);
}

/** The texts of a message: a text, or a list of parts that have one; others are left out. */
export function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.filter(isObject).map(({ text }) => typeof text === "string" ? text : "")
    .filter((text) => text !== "").join("\n");
}
