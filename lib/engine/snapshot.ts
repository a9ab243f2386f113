import type { Decision, Session, Store } from "../store/types.ts";
import { STATUSES, type Task } from "../task/types.ts";

/** What is going on in a project at one moment, small enough to be asked for every few seconds. */

/** Rows of a list in a snapshot: usual and largest number; the rest is counted. */
export const CAP = 20;
export const MAX_CAP = 100;

const LIFECYCLE = STATUSES.filter((status) => status !== "done" && status !== "cancelled");

/** An agent at work. */
export interface AgentEntry {
  /** Name of its task; null for an agent that works on none. */
  readonly task: string | null;
  readonly title: string;
  readonly role: string;
  readonly wave?: number;
  readonly stage: "loading" | "ready" | "running";
  /** It waits for its next prompt. */
  readonly ready: boolean;
  /** It works. */
  readonly active: boolean;
  readonly activity: string;
}

/** What a person should look at. */
export interface AttentionEntry {
  /** Name of the task; null when it is about none. */
  readonly task: string | null;
  /** `stale_instance`: an agent that does nothing, as the running daemon sees it. */
  readonly kind: "needs_decision" | "review_feedback" | "stale_instance";
  /** The question, the first line of the review, or what shows that the agent is stuck. */
  readonly detail: string;
  /** Number of the decision that waits. */
  readonly decision?: number;
}

/** The snapshot. Fields are added, never changed; whoever reads it ignores those it does not know. */
export interface Snapshot {
  readonly schema_version: 1;
  readonly generated_at: string;
  readonly project: string;
  readonly daemon_running: boolean;
  /** Projects kas looks after, as far as the caller may know. */
  readonly repo_count: number;
  readonly lifecycle: Readonly<Record<string, number>>;
  readonly active_agents: readonly AgentEntry[];
  readonly attention: readonly AttentionEntry[];
  /** How many entries were left out. */
  readonly truncated: { readonly active_agents?: number; readonly attention?: number };
}

/** What a snapshot is of. */
export interface SnapshotOptions {
  readonly project: { readonly id: number; readonly key: string };
  readonly daemonRunning: boolean;
  /** The caller may know of this project alone. */
  readonly confined: boolean;
  /** Only this task. */
  readonly task?: Pick<Task, "id"> | undefined;
  /** Most rows of a list; 0 and less mean the usual number. */
  readonly cap?: number | undefined;
}

/** Looks at the rows of a project. Changes nothing. */
export async function takeSnapshot(
  store: Store,
  { project, daemonRunning, confined, task, cap }: SnapshotOptions,
): Promise<Snapshot> {
  const projectId = project.id;
  const only = task === undefined ? {} : { taskId: task.id };
  const [all, sessions, decisions, projects] = await Promise.all([
    store.tasks({ projectId, statuses: LIFECYCLE }),
    store.sessions({ projectId, statuses: ["starting", "running"], ...only }),
    store.decisions({ projectId, status: "open", ...only }),
    confined ? [project] : store.projects({ registered: true }),
  ]);
  const tasks = task === undefined ? all : all.filter(({ id }) => id === task.id);
  const most = cap === undefined || cap <= 0 ? CAP : Math.min(cap, MAX_CAP);
  const agents = sessions.toSorted(byPlace);
  const attention = attentionOf(tasks, sessions, decisions, daemonRunning);
  return {
    schema_version: 1,
    generated_at: new Date().toISOString(),
    project: project.key,
    daemon_running: daemonRunning,
    repo_count: projects.length,
    lifecycle: lifecycleOf(tasks),
    active_agents: agents.slice(0, most).map(agentEntry),
    attention: attention.slice(0, most),
    truncated: {
      ...(agents.length > most ? { active_agents: agents.length - most } : {}),
      ...(attention.length > most ? { attention: attention.length - most } : {}),
    },
  };
}

function lifecycleOf(tasks: readonly Task[]): Record<string, number> {
  const counts = LIFECYCLE.map((status) => [
    status,
    tasks.filter((task) => task.status === status).length,
  ]);
  return { ...Object.fromEntries(counts), total: tasks.length };
}

function agentEntry(session: Session): AgentEntry {
  const { taskName, title, role, wave, status, activity } = session;
  const runs = status === "running";
  return {
    task: taskName,
    title,
    role,
    ...(wave === null ? {} : { wave }),
    stage: !runs ? "loading" : activity === "idle" ? "ready" : "running",
    ready: runs && activity === "idle",
    active: runs && activity === "busy",
    activity,
  };
}

function byPlace(a: Session, b: Session): number {
  const text = (x: string, y: string) => x < y ? -1 : x > y ? 1 : 0;
  return text(a.taskName ?? "", b.taskName ?? "") || text(a.role, b.role) ||
    (a.wave ?? 0) - (b.wave ?? 0) || a.id - b.id;
}

function attentionOf(
  tasks: readonly Task[],
  sessions: readonly Session[],
  decisions: readonly Decision[],
  daemonRunning: boolean,
): AttentionEntry[] {
  const evidence = new Map(sessions.map((session) => [session.id, session.evidence]));
  const isStale = (row: Decision) => daemonRunning && row.kind === "stuck_agent";
  const entry = (row: Decision): AttentionEntry => ({
    task: row.taskName,
    kind: isStale(row) ? "stale_instance" : "needs_decision",
    detail: (isStale(row) ? evidence.get(row.sessionId ?? -1) : null) ?? row.question,
    decision: row.id,
  });
  const feedback = tasks.filter((task) => task.status === "implementing" && task.feedback !== "")
    .map((task): AttentionEntry => ({
      task: task.name,
      kind: "review_feedback",
      detail: task.feedback.split("\n")[0] ?? "",
    }));
  return [
    ...decisions.filter((row) => !isStale(row)).map(entry),
    ...feedback,
    ...decisions.filter(isStale).map(entry),
  ];
}
