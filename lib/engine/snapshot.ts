import type { Decision, Session, Store } from "../store/types.ts";
import { STATUSES, type Task } from "../task/types.ts";

/** What is going on in a project at one moment, small enough to be asked for every few seconds. */

/** Entries of a list that are shown; the rest is counted. */
const CAP = 20;
const LIFECYCLE = STATUSES.filter((status) => status !== "done" && status !== "cancelled");

/** An agent at work. */
export interface AgentEntry {
  readonly task: string;
  readonly role: string;
  readonly wave?: number;
  readonly stage: "loading" | "ready" | "running";
  readonly activity: string;
}

/** What a person should look at. */
export interface AttentionEntry {
  readonly task: string;
  readonly kind: "needs_decision" | "review_feedback";
  readonly detail: string;
}

/** The snapshot. Fields are added, never changed; whoever reads it ignores those it does not know. */
export interface Snapshot {
  readonly schema_version: 1;
  readonly generated_at: string;
  readonly project: string;
  readonly daemon_running: boolean;
  readonly lifecycle: Readonly<Record<string, number>>;
  readonly active_agents: readonly AgentEntry[];
  readonly attention: readonly AttentionEntry[];
  /** How many entries were left out. */
  readonly truncated: Readonly<Record<string, number>>;
}

/** What a snapshot is of. */
export interface SnapshotOptions {
  readonly project: { readonly id: number; readonly key: string };
  readonly daemonRunning: boolean;
  /** Only this task. */
  readonly task?: Pick<Task, "id">;
}

/** Looks at the rows of a project. Changes nothing. */
export async function takeSnapshot(
  store: Store,
  { project, daemonRunning, task }: SnapshotOptions,
): Promise<Snapshot> {
  const projectId = project.id;
  const only = task === undefined ? {} : { taskId: task.id };
  const [all, sessions, decisions] = await Promise.all([
    store.tasks({ projectId, statuses: LIFECYCLE }),
    store.sessions({ projectId, statuses: ["starting", "running"], ...only }),
    store.decisions({ projectId, status: "open", ...only }),
  ]);
  const tasks = task === undefined ? all : all.filter(({ id }) => id === task.id);
  const agents = sessions.map(agentEntry).sort(byPlace);
  const attention = attentionOf(tasks, decisions);
  return {
    schema_version: 1,
    generated_at: new Date().toISOString(),
    project: project.key,
    daemon_running: daemonRunning,
    lifecycle: lifecycleOf(tasks),
    active_agents: agents.slice(0, CAP),
    attention: attention.slice(0, CAP),
    truncated: {
      ...(agents.length > CAP ? { active_agents: agents.length - CAP } : {}),
      ...(attention.length > CAP ? { attention: attention.length - CAP } : {}),
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
  return {
    task: session.taskName ?? session.title,
    role: session.role,
    ...(session.wave === null ? {} : { wave: session.wave }),
    stage: session.status === "starting"
      ? "loading"
      : session.activity === "idle"
      ? "ready"
      : "running",
    activity: session.activity,
  };
}

function byPlace(a: AgentEntry, b: AgentEntry): number {
  const text = (x: string, y: string) => x < y ? -1 : x > y ? 1 : 0;
  return text(a.task, b.task) || text(a.role, b.role) || (a.wave ?? 0) - (b.wave ?? 0);
}

function attentionOf(
  tasks: readonly Task[],
  decisions: readonly Decision[],
): AttentionEntry[] {
  const asked = decisions.map((decision) => ({
    task: decision.taskName ?? "",
    kind: "needs_decision" as const,
    detail: `decision ${decision.id}: ${decision.question}`,
  }));
  const fixing = tasks.filter((task) => task.status === "implementing" && task.feedback !== "")
    .map((task) => ({
      task: task.name,
      kind: "review_feedback" as const,
      detail: task.feedback.split("\n")[0] ?? "",
    }));
  return [...asked, ...fixing];
}
