import { formatDuration } from "../cli/time.ts";
import type { EventRow, Session } from "../store/types.ts";

/** One line of the story for an event, or null for one that tells a reader nothing new. */
export function storyLine(event: EventRow): { who: string; what: string } | null {
  const { detail } = event;
  switch (event.kind) {
    case "task_status_changed":
      return { who: "task", what: `${detail.from} → ${detail.to}` };
    case "agent_spawned":
      return { who: String(detail.role), what: `starts as ${event.instance}` };
    case "wave_started":
      return { who: "wave", what: event.message };
    case "subtask_reported":
      return { who: "coder", what: event.message };
    case "subtask_complete":
      return { who: "merge", what: event.message };
    case "changes_requested":
      return { who: "reviewer", what: `wants changes: ${detail.feedback}` };
    case "leftovers_committed":
    case "merge_conflict":
    case "plan_warning":
    case "engine_error":
      return { who: "kas", what: event.message };
    case "task_merged":
      return { who: "merge", what: `${event.message} into ${detail.base}` };
    default:
      return null;
  }
}

/** Who did what and for how long. */
export function castLines(sessions: readonly Session[]): string[] {
  const width = Math.max(...sessions.map((session) => session.title.length));
  return sessions.map((session) => {
    const time = formatDuration((session.endedAt ?? 0) - (session.startedAt ?? session.createdAt));
    return `${session.role.padEnd(10)} ${session.title.padEnd(width)}  ${time}`;
  });
}
