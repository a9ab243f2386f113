import type { OutputFormat } from "../agent/types.ts";
import { type JsonObject, objectOr } from "./files.ts";
import { jsonLines, numberOr, textOr } from "./read_json.ts";
import type { RunReading } from "./types.ts";

/** What `copilot` printed in a run. Both JSON formats are events, one per line. */
export function readCopilot(stdout: string, format: OutputFormat): RunReading {
  if (format === "text") {
    return { text: stdout.trim(), sessionId: null, outcome: null, error: null, usage: null };
  }
  const events = jsonLines(stdout);
  const result = events.findLast(({ type }) => type === "result");
  const outcome = outcomeOf(events, result);
  return {
    text: lastText(events),
    sessionId: textOr(result?.sessionId),
    outcome,
    error: outcome === "completed" ? null : lastError(events),
    // it tells no tokens, and counts money in units of a subscription
    usage: result === undefined ? null : {
      inputTokens: null,
      outputTokens: null,
      costUsd: null,
      turns: events.filter(({ type }) => type === "assistant.turn_start").length,
    },
  };
}

function outcomeOf(
  events: readonly JsonObject[],
  result: JsonObject | undefined,
): RunReading["outcome"] {
  if (events.some(({ type }) => type === "abort")) return "interrupted";
  const exit = numberOr(result?.exitCode);
  if (exit === null) return null;
  return exit === 0 ? "completed" : "failed";
}

/** Text of the last message of the agent itself; those of its helpers name the call they belong to. */
function lastText(events: readonly JsonObject[]): string {
  const own = events.filter(({ type }) => type === "assistant.message").map(({ data }) =>
    objectOr(data)
  ).filter(({ parentToolCallId }) => parentToolCallId === undefined);
  return own.map(({ content }) => textOr(content) ?? "").findLast((text) => text !== "") ?? "";
}

function lastError(events: readonly JsonObject[]): string | null {
  const last = events.findLast(({ type }) => type === "session.error");
  return textOr(objectOr(last?.data).message);
}
