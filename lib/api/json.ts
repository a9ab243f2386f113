import type { Signal } from "../signal/types.ts";
import type { Decision, EventRow, Project, Session, Worktree } from "../store/types.ts";
import { statePhrase, type Subtask, type Task } from "../task/types.ts";

/**
 * Rows as the command line and the HTTP API show them: keys in snake_case, times as ISO 8601 in UTC.
 * The keys are a contract: add, never rename. Pure.
 */

type SnakeKey<S extends string> = S extends `${infer C}${infer Rest}`
  ? `${C extends Lowercase<C> ? C : `_${Lowercase<C>}`}${SnakeKey<Rest>}`
  : S;
type IsTime<K extends string> = K extends "at" | `${string}At` ? true : false;
type TimeText<V> = null extends V ? string | null : string;

/** The JSON form of a row: snake_case keys, and text where the row has milliseconds. */
export type Json<T> = {
  readonly [K in keyof T & string as SnakeKey<K>]: IsTime<K> extends true ? TimeText<T[K]> : T[K];
};

/** Milliseconds since the epoch as ISO 8601 in UTC. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** Each key of a row with its name in JSON; there are few, and rows come by the thousand. */
const NAMES = new Map<string, { name: string; time: boolean }>();

function nameOf(key: string): { name: string; time: boolean } {
  const known = NAMES.get(key);
  if (known !== undefined) return known;
  const name = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const made = { name, time: /^at$|At$/.test(key) };
  NAMES.set(key, made);
  return made;
}

/** The JSON form of a flat row. Values that are objects (details, payloads, options) stay as they are. */
export function toJson<T extends object>(row: T): Json<T> {
  const json: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(row)) {
    const { name, time } = nameOf(key);
    json[name] = time && typeof value === "number" ? isoTime(value) : value;
  }
  // The loop forgets the keys; they are those that Json<T> names.
  return json as Json<T>;
}

/** A task; `state` is what a person reads for its status and phase. */
export type TaskJson = Json<Task> & { readonly state: string };

/** See {@link TaskJson}. */
export function taskJson(task: Task): TaskJson {
  return { ...toJson(task), state: statePhrase(task) };
}

/** A task as the HTTP API shows it: with the name under which other clients know a task. */
export type EntryJson = TaskJson & { readonly filename: string };

/** See {@link EntryJson}. */
export function entryJson(task: Task): EntryJson {
  return { ...taskJson(task), filename: task.name };
}

/** One subtask of a plan. */
export type SubtaskJson = Json<Subtask>;

/** See {@link SubtaskJson}. */
export function subtaskJson(subtask: Subtask): SubtaskJson {
  return toJson(subtask);
}

/** An instance: one run of an agent. */
export type SessionJson = Json<Omit<Session, "taskName">> & { readonly task: string | null };

/** See {@link SessionJson}. */
export function sessionJson(session: Session): SessionJson {
  const { taskName, ...rest } = session;
  return { ...toJson(rest), task: taskName };
}

/** A question to a person. */
export type DecisionJson = Json<Omit<Decision, "taskName">> & { readonly task: string | null };

/** See {@link DecisionJson}. */
export function decisionJson(decision: Decision): DecisionJson {
  const { taskName, ...rest } = decision;
  return { ...toJson(rest), task: taskName };
}

/** A row of the signal gateway. */
export type SignalJson = Json<Omit<Signal, "taskName">> & { readonly task: string };

/** See {@link SignalJson}. */
export function signalJson(signal: Signal): SignalJson {
  const { taskName, ...rest } = signal;
  return { ...toJson(rest), task: taskName };
}

/** One line of the log. */
export type EventJson = Json<EventRow>;

/** See {@link EventJson}. */
export function eventJson(row: EventRow): EventJson {
  return toJson(row);
}

/** The row that {@link eventJson} was made of. */
export function eventFromJson(json: EventJson): EventRow {
  const { project_id, task_id, session_id, at, ...rest } = json;
  return {
    ...rest,
    at: Date.parse(at),
    projectId: project_id,
    taskId: task_id,
    sessionId: session_id,
  };
}

/** A repository kas knows. */
export type ProjectJson = Json<Project>;

/** See {@link ProjectJson}. */
export function projectJson(project: Project): ProjectJson {
  return toJson(project);
}

/** A worktree in the ledger. */
export type WorktreeJson = Json<Worktree>;

/** See {@link WorktreeJson}. */
export function worktreeJson(worktree: Worktree): WorktreeJson {
  return toJson(worktree);
}
