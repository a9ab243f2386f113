import type { OutputFormat } from "../agent/types.ts";
import { type JsonObject, objectOr } from "./files.ts";
import { jsonLines, numberOr, textOr } from "./read_json.ts";
import type { RunReading } from "./types.ts";

/** What `claude --print` printed. An error may say `success` beside `is_error`. */
export function readClaude(stdout: string, format: OutputFormat): RunReading {
  if (format === "text") {
    return { text: stdout.trim(), sessionId: null, outcome: null, error: null, usage: null };
  }
  const events = jsonLines(stdout);
  const result = events.findLast(({ type }) => type === "result");
  const sessionId = textOr(events.findLast((event) => event.session_id !== undefined)?.session_id);
  if (result === undefined) {
    // the exit status is 0 all the same after SIGINT
    const text = lastText(events);
    return {
      text,
      sessionId,
      outcome: "interrupted",
      error: "it ended without a result",
      usage: null,
    };
  }
  const text = textOr(result.result) ?? lastText(events);
  const outcome = isRefused(result, text) ? "failed" : outcomeOf(result);
  const usage = objectOr(result.usage);
  return {
    text,
    sessionId,
    outcome,
    error: outcome === "completed" ? null : errorOf(result, text),
    usage: {
      inputTokens: inputTokens(usage),
      outputTokens: numberOr(usage.output_tokens),
      costUsd: numberOr(result.total_cost_usd),
      turns: numberOr(result.num_turns),
    },
  };
}

/** A hook that refuses the task ends claude well, before the model is asked. */
function isRefused({ num_turns }: JsonObject, text: string): boolean {
  return num_turns === 0 && /^\w+ operation blocked by hook:/.test(text);
}

function outcomeOf({ subtype, is_error }: JsonObject): NonNullable<RunReading["outcome"]> {
  if (subtype === "error_max_turns") return "max_turns";
  if (is_error !== true && subtype === "success") return "completed";
  return subtype === "error_during_execution" && is_error !== true ? "interrupted" : "failed";
}

function errorOf(result: JsonObject, text: string): string {
  const errors = Array.isArray(result.errors)
    ? result.errors.filter((item) => typeof item === "string")
    : [];
  return errors.join("; ") || text || (textOr(result.subtype) ?? "unknown error");
}

/** What was sent, whether new, written to the cache or read from it. */
function inputTokens(usage: JsonObject): number | null {
  const parts = ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"]
    .map((name) => numberOr(usage[name]));
  return parts.every((part) => part === null)
    ? null
    : parts.reduce<number>((sum, part) => sum + (part ?? 0), 0);
}

/** Text of the last message of the assistant that has some. */
function lastText(events: readonly JsonObject[]): string {
  const texts = events.filter(({ type }) => type === "assistant").map(({ message }) => {
    const { content } = objectOr(message);
    return (Array.isArray(content) ? content : []).map(objectOr)
      .filter(({ type }) => type === "text").map(({ text }) => textOr(text) ?? "").join("");
  });
  return texts.findLast((text) => text !== "") ?? "";
}
