/**
 * What the monitor shows, read from whatever a host hands over. Every text in it may come from the
 * repository or an agent: it is shown as text, and only names go into what is proposed.
 */

/** Statuses in the order in which a task goes through them. */
export const LIFECYCLE = ["planning", "ready", "implementing", "reviewing", "verifying"] as const;

/** Longest text of a row that is shown. */
const LONGEST = 300;
/** Most rows of a list; the server sends no more than 100. */
const MOST = 100;

/** An agent at work. */
export interface Agent {
  readonly task: string;
  readonly role: string;
  readonly wave: number | null;
  readonly stage: string;
}

/** Something a person should look at. */
export interface Attention {
  readonly task: string;
  readonly kind: string;
  readonly detail: string;
  readonly decision: number | null;
}

/** A snapshot as the page needs it. */
export interface Snapshot {
  readonly project: string;
  /** When it was made, as the server wrote it. */
  readonly at: string;
  readonly running: boolean;
  readonly counts: readonly (readonly [status: string, count: number])[];
  readonly total: number;
  readonly agents: readonly Agent[];
  readonly attention: readonly Attention[];
  /** Rows the server left out. */
  readonly more: { readonly agents: number; readonly attention: number };
}

/** Reads a snapshot; fields it does not know are ignored. @returns null for anything else */
export function readSnapshot(value: unknown): Snapshot | null {
  const data = fieldsOf(value);
  if (data["schema_version"] !== 1) return null;
  const lifecycle = fieldsOf(data["lifecycle"]);
  const truncated = fieldsOf(data["truncated"]);
  return {
    project: textOf(data["project"]),
    at: textOf(data["generated_at"]),
    running: data["daemon_running"] === true,
    counts: LIFECYCLE.map((status) => [status, countOf(lifecycle[status])]),
    total: countOf(lifecycle["total"]),
    agents: rowsOf(data["active_agents"]).map((row) => ({
      task: textOf(row["task"]),
      role: textOf(row["role"]),
      wave: typeof row["wave"] === "number" ? countOf(row["wave"]) : null,
      stage: textOf(row["stage"]),
    })),
    attention: rowsOf(data["attention"]).map((row) => ({
      task: textOf(row["task"]),
      kind: textOf(row["kind"]),
      detail: textOf(row["detail"]),
      decision: typeof row["decision"] === "number" ? countOf(row["decision"]) : null,
    })),
    more: {
      agents: countOf(truncated["active_agents"]),
      attention: countOf(truncated["attention"]),
    },
  };
}

/** The fields of an object; none of anything else. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function rowsOf(value: unknown): Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.slice(0, MOST).map(fieldsOf) : [];
}

/** One line without control characters, and without those that turn the direction of text. */
export function textOf(value: unknown): string {
  if (typeof value !== "string") return "";
  const line = value.slice(0, 4 * LONGEST).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
  const letters = [...line];
  return letters.length > LONGEST ? `${letters.slice(0, LONGEST).join("")}…` : line;
}

function countOf(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? Math.floor(value) : 0;
}
