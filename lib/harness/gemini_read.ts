import type { OutputFormat } from "../agent/types.ts";
import { type JsonObject, objectOr } from "./files.ts";
import { jsonLines, numberOr, textOr } from "./read_json.ts";
import { NOT_ASKED } from "./run_notes.ts";
import type { RunReading } from "./types.ts";

/**
 * What `gemini` printed in a run. Its errors go to stderr in the formats `text` and `json`: then the
 * exit status alone decides. 53 is the limit of turns, 41 a missing login, 55 a folder that is not
 * trusted; an error of the API exits with its HTTP status modulo 256.
 */
export function readGemini(stdout: string, format: OutputFormat): RunReading {
  if (format === "text") return reading({ text: stdout.trim() });
  const events = jsonLines(stdout);
  return format === "json" ? readDocument(objectOr(events.at(-1))) : readEvents(events);
}

function reading(parts: Partial<RunReading>): RunReading {
  return { text: "", sessionId: null, outcome: null, error: null, usage: null, ...parts };
}

function readDocument({ session_id, response, stats, error }: JsonObject): RunReading {
  const text = textOr(response);
  const sessionId = textOr(session_id);
  if (error !== undefined) return reading({ text: text ?? "", sessionId, ...failure(error) });
  if (text === null) return reading({ sessionId });
  const models = Object.values(objectOr(objectOr(stats).models)).map(objectOr);
  const sum = (name: string) => total(models.map(({ tokens }) => objectOr(tokens)[name]));
  const isRefused = text === "" && models.length === 0;
  return reading({
    text,
    sessionId,
    ...isRefused ? { outcome: "failed", error: NOT_ASKED } : { outcome: "completed" },
    usage: {
      inputTokens: sum("prompt"),
      outputTokens: sum("candidates"),
      costUsd: null,
      turns: total(models.map(({ api }) => objectOr(api).totalRequests)),
    },
  });
}

function readEvents(events: readonly JsonObject[]): RunReading {
  const sessionId = textOr(events.find(({ type }) => type === "init")?.session_id);
  const result = events.findLast(({ type }) => type === "result");
  const text = answer(events);
  if (result === undefined) return reading({ text, sessionId });
  const stats = objectOr(result.stats);
  return reading({
    text,
    sessionId,
    ...result.status !== "success"
      ? failure(result.error)
      : text === "" && stats.input_tokens === 0
      ? { outcome: "failed", error: NOT_ASKED }
      : { outcome: "completed" },
    usage: {
      inputTokens: numberOr(stats.input_tokens),
      outputTokens: numberOr(stats.output_tokens),
      costUsd: null,
      turns: turnsIn(events),
    },
  });
}

/** Answers of the model: a new one begins after what its tools said. */
function turnsIn(events: readonly JsonObject[]): number {
  const actors = events.flatMap(({ type, role }) =>
    type === "tool_result" || role === "user"
      ? ["other"]
      : type === "tool_use" || role === "assistant"
      ? ["model"]
      : []
  );
  return actors.filter((actor, i) => actor === "model" && actors[i - 1] !== "model").length;
}

/** What the model said since its last tool call; it comes in pieces. */
function answer(events: readonly JsonObject[]): string {
  const last = events.findLastIndex(({ type }) => type === "tool_use" || type === "tool_result");
  return events.slice(last + 1)
    .filter(({ type, role }) => type === "message" && role === "assistant")
    .map(({ content }) => textOr(content) ?? "").join("");
}

function failure(value: unknown): Pick<RunReading, "outcome" | "error"> {
  const { type, message } = objectOr(value);
  return {
    outcome: type === "FatalTurnLimitedError"
      ? "max_turns"
      : type === "FatalCancellationError"
      ? "interrupted"
      : "failed",
    error: textOr(message) ?? textOr(type) ?? "unknown error",
  };
}

function total(values: readonly unknown[]): number | null {
  const numbers = values.map(numberOr).filter((value) => value !== null);
  return numbers.length === 0 ? null : numbers.reduce((sum, value) => sum + value, 0);
}
