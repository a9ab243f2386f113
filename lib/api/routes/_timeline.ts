import type { EventRow, Store } from "../../store/types.ts";
import { type Status, STATUSES, type Task } from "../../task/types.ts";
import { isoTime } from "../json.ts";

/** One stay of a task in a status. */
export interface Span {
  status: Status;
  started_at: string;
  ended_at: string | null;
  duration_ms: number;
  event: string | null;
  actor: string;
  forced: boolean;
}

const MOVES = ["task_created", "task_status_changed", "task_status_forced"];
/** A task that moved more often shows its latest moves. */
const MAX_MOVES = 500;

/** The statuses a task went through, from the log. */
export async function timelineOf(
  store: Store,
  task: Task,
): Promise<{ spans: Span[]; total_ms: number }> {
  const rows = await store.events({
    projectId: task.projectId,
    kinds: MOVES,
    order: "desc",
    limit: MAX_MOVES,
    // Names change and come back; ids do not.
    since: task.createdAt,
    ...await namedAs(store, task),
  });
  const mine = rows.filter((row) => row.taskId === task.id).reverse();
  return spansOf(mine, task, Date.now());
}

/** Events are found by the name of their time: one that was renamed is looked for without. */
async function namedAs(store: Store, task: Task): Promise<{ task?: string }> {
  const renames = await store.events({
    projectId: task.projectId,
    kinds: ["task_renamed"],
    since: task.createdAt,
    limit: 1_000,
  });
  return renames.some((row) => row.taskId === task.id) ? {} : { task: task.name };
}

/** Pure. */
export function spansOf(
  moves: readonly EventRow[],
  task: Pick<Task, "status" | "createdAt">,
  now: number,
): { spans: Span[]; total_ms: number } {
  const spans: Span[] = [];
  const first = moves.find((row) => row.kind !== "task_created");
  let open = { at: task.createdAt, status: statusOf(first?.detail.from) ?? "ready" as Status };
  let by: EventRow | null = moves.find((row) => row.kind === "task_created") ?? null;
  for (const row of moves) {
    const to = statusOf(row.detail.to);
    if (row.kind === "task_created" || to === null) continue;
    spans.push(span(open.status, open.at, row.at, now, by));
    open = { at: row.at, status: to };
    by = row;
  }
  const over = open.status === "done" || open.status === "cancelled";
  spans.push(span(open.status, open.at, null, over ? open.at : now, by));
  const total = spans.reduce((sum, { duration_ms }) => sum + duration_ms, 0);
  return { spans, total_ms: total };
}

function span(
  status: Status,
  at: number,
  until: number | null,
  now: number,
  by: EventRow | null,
): Span {
  return {
    status,
    started_at: isoTime(at),
    ended_at: until === null ? null : isoTime(until),
    duration_ms: Math.max(0, (until ?? now) - at),
    event: typeof by?.detail.event === "string" ? by.detail.event : null,
    actor: by?.actor ?? "",
    forced: by?.kind === "task_status_forced",
  };
}

function statusOf(value: unknown): Status | null {
  return STATUSES.find((status) => status === value) ?? null;
}
