import type { OutputFormat } from "../agent/types.ts";
import { type JsonObject, objectOr } from "./files.ts";
import { jsonLines, numberOr, textOr } from "./read_json.ts";
import type { RunReading } from "./types.ts";

/**
 * What `opencode run` printed: texts, or with `--format json` one event a line. A tool that was
 * refused ends the turn and the exit status is 0 all the same, so that counts as failed.
 */
export function readOpencode(stdout: string, format: OutputFormat): RunReading {
  if (format === "text") {
    return { text: stdout.trim(), sessionId: null, outcome: null, error: null, usage: null };
  }
  const events = jsonLines(stdout);
  const steps = events.filter(({ type }) => type === "step_finish").map(partOf);
  const error = errorOf(events);
  const text = lastTexts(events);
  return {
    text,
    sessionId: textOr(events.findLast((event) => event.sessionID !== undefined)?.sessionID),
    outcome: error !== null ? "failed" : outcomeOf(steps.at(-1)),
    error,
    usage: steps.length === 0 ? null : {
      inputTokens: sum(steps.map(({ tokens }) => inputOf(objectOr(tokens)))),
      outputTokens: sum(steps.map(({ tokens }) => numberOr(objectOr(tokens).output))),
      costUsd: sum(steps.map(({ cost }) => numberOr(cost))),
      turns: steps.length,
    },
  };
}

/** A step that called tools is followed by another one, unless it was stopped. */
function outcomeOf(last: JsonObject | undefined): RunReading["outcome"] {
  if (last === undefined) return null;
  return last.reason === "tool-calls" ? "interrupted" : "completed";
}

function partOf(event: JsonObject): JsonObject {
  return objectOr(event.part);
}

/** What the last answer says: the texts after the last tool. */
function lastTexts(events: readonly JsonObject[]): string {
  const from = events.findLastIndex(({ type }) => type === "tool_use") + 1;
  const texts = (some: readonly JsonObject[]) =>
    some.filter(({ type }) => type === "text").map((event) => textOr(partOf(event).text) ?? "");
  const last = texts(events.slice(from));
  return (last.length > 0 ? last : texts(events).slice(-1)).join("\n").trim();
}

function errorOf(events: readonly JsonObject[]): string | null {
  const error = objectOr(events.findLast(({ type }) => type === "error")?.error);
  const said = textOr(objectOr(error.data).message) ?? textOr(error.message) ?? textOr(error.name);
  if (said !== null) return said;
  const last = events.findLast(({ type }) => type === "tool_use");
  if (last === undefined || events.indexOf(last) < lastFinish(events)) return null;
  const { status, error: refused } = objectOr(partOf(last).state);
  return status === "error" ? textOr(refused) ?? "a tool was refused" : null;
}

/** Where the last answer that was no call of a tool ended. */
function lastFinish(events: readonly JsonObject[]): number {
  return events.findLastIndex((event) =>
    event.type === "step_finish" && partOf(event).reason !== "tool-calls"
  );
}

function inputOf(tokens: JsonObject): number | null {
  const cache = objectOr(tokens.cache);
  return sum([tokens.input, cache.read, cache.write].map(numberOr));
}

function sum(numbers: readonly (number | null)[]): number | null {
  return numbers.every((number) => number === null)
    ? null
    : numbers.reduce<number>((total, number) => total + (number ?? 0), 0);
}
