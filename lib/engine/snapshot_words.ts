import { tame } from "../cli/text.ts";
import type { Snapshot } from "./snapshot.ts";

/** Longest line, in characters. */
const LONGEST = 200;

/** A snapshot in words, for chats that show no page: one thing a line, without control characters. */
export function snapshotWords(snapshot: Snapshot): string {
  const { lifecycle, active_agents: agents, attention, truncated } = snapshot;
  const counts = Object.entries(lifecycle)
    .filter(([key, count]) => key !== "total" && count > 0)
    .map(([key, count]) => `${count} ${key}`);
  const total = lifecycle["total"] ?? 0;
  const rest = (count: number | undefined) => count === undefined ? [] : [`- … ${count} more`];
  const lines = [
    `${snapshot.project}: ${total} ${total === 1 ? "task" : "tasks"} under way` +
    (counts.length === 0 ? "" : ` (${counts.join(", ")})`) +
    (snapshot.daemon_running ? "" : "; the daemon does not run"),
    agents.length === 0 ? "No agent runs." : "Agents:",
    ...agents.map(({ task, role, wave, stage }) =>
      `- ${task ?? "no task"}: ${role}${wave === undefined ? "" : ` of wave ${wave}`}, ${stage}`
    ),
    ...rest(truncated.active_agents),
    attention.length === 0 ? "Nothing waits for a person." : "For a person:",
    ...attention.map(({ task, kind, detail, decision }) =>
      `- ${task ?? "no task"}: ${kind}${decision === undefined ? "" : ` ${decision}`}` +
      (detail === "" ? "" : `: ${detail}`)
    ),
    ...rest(truncated.attention),
  ];
  const oneLine = (line: string) =>
    tame(line.replaceAll(/\s+/g, " ")).slice(0, LONGEST).toWellFormed();
  return lines.map(oneLine).join("\n");
}
