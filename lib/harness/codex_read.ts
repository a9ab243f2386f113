import type { OutputFormat } from "../agent/types.ts";
import { objectOr } from "./files.ts";
import { NOT_ASKED } from "./run_notes.ts";
import { jsonLines, numberOr, textOr } from "./read_json.ts";
import type { AgentState, RunReading } from "./types.ts";

/** What `codex exec` printed: its last message, or with `--json` one event a line. */
export function readCodex(stdout: string, format: OutputFormat): RunReading {
  if (format === "text") {
    return { text: stdout.trim(), sessionId: null, outcome: null, error: null, usage: null };
  }
  const events = jsonLines(stdout);
  const messages = events.filter(({ type }) => type === "item.completed")
    .map(({ item }) => objectOr(item))
    .filter(({ type }) => type === "agent_message");
  const end = events.findLast(({ type }) => type === "turn.completed" || type === "turn.failed");
  const usage = objectOr(events.findLast(({ type }) => type === "turn.completed")?.usage);
  const error = end?.type === "turn.failed"
    ? textOr(objectOr(end.error).message)
    : textOr(events.findLast(({ type }) => type === "error")?.message);
  const isRefused = end?.type === "turn.completed" && messages.length === 0 &&
    usage.input_tokens === 0 && usage.output_tokens === 0;
  const outcome = end === undefined
    ? null
    : end.type === "turn.failed" || isRefused
    ? "failed"
    : "completed";
  return {
    text: textOr(messages.at(-1)?.text) ?? "",
    sessionId: textOr(events.find(({ type }) => type === "thread.started")?.thread_id),
    outcome,
    // an error before the end may have been got over
    error: isRefused
      ? NOT_ASKED
      : outcome === "completed" || error === null
      ? null
      : messageIn(error),
    usage: end?.type === "turn.completed"
      ? {
        inputTokens: numberOr(usage.input_tokens),
        outputTokens: numberOr(usage.output_tokens),
        costUsd: null,
        turns: events.filter(({ type }) => type === "turn.completed").length,
      }
      : null,
  };
}

/** What the model's server said comes as its JSON. */
function messageIn(error: string): string {
  const said = objectOr(jsonLines(error)[0]?.error);
  return textOr(said.message) ?? error;
}

/** The state a pane title tells; `host` is the title a terminal has before codex sets one. */
export function stateOfTitle(title: string, host: string): AgentState {
  const evidence = `title: ${title}`;
  if (title === "" || title === host) return { activity: "starting", evidence };
  if (/^[\u2800-\u28ff] /.test(title)) return { activity: "busy", evidence };
  if (/^\[ [.!] \] Action Required/.test(title)) return { activity: "asking", evidence };
  return { activity: "idle", evidence };
}
