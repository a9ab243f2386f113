import { isoTime } from "../../lib/api/json.ts";
import { type Command, defineCommand } from "../../lib/cli/define.ts";
import { tame } from "../../lib/cli/text.ts";
import { pingDaemon } from "../../lib/daemon/client.ts";
import { homePaths } from "../../lib/engine/workspace.ts";
import type { Decision, Session } from "../../lib/store/types.ts";
import { STATUSES, type Task } from "../../lib/task/types.ts";
import { openLedger, repoOption } from "../_shared.ts";

/** Entries of a list that are shown; the rest is counted. */
const CAP = 20;
const LIFECYCLE = STATUSES.filter((status) => status !== "done" && status !== "cancelled");

/** The snapshot. Fields are added, never changed; whoever reads it ignores those it does not know. */
interface Snapshot {
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

interface AgentEntry {
  readonly task: string;
  readonly role: string;
  readonly wave?: number;
  readonly stage: "loading" | "ready" | "running";
  readonly activity: string;
}

interface AttentionEntry {
  readonly task: string;
  readonly kind: "needs_decision" | "review_feedback";
  readonly detail: string;
}

const command: Command = defineCommand({
  description: "Print what is going on in the project now",
  args: { ...repoOption },
  async run(ctx) {
    const paths = await homePaths();
    await using ledger = await openLedger(ctx.values.repo);
    const { store, project } = ledger;
    const [tasks, sessions, decisions, daemon] = await Promise.all([
      store.tasks({ projectId: project.id, statuses: LIFECYCLE }),
      store.sessions({ projectId: project.id, statuses: ["starting", "running"] }),
      store.decisions({ projectId: project.id, status: "open" }),
      pingDaemon(paths),
    ]);
    const agents = sessions.map(agentEntry).sort(byPlace);
    const attention = attentionOf(tasks, decisions);
    const snapshot: Snapshot = {
      schema_version: 1,
      generated_at: isoTime(Date.now()),
      project: project.key,
      daemon_running: daemon,
      lifecycle: lifecycleOf(tasks),
      active_agents: agents.slice(0, CAP),
      attention: attention.slice(0, CAP),
      truncated: {
        ...(agents.length > CAP ? { active_agents: agents.length - CAP } : {}),
        ...(attention.length > CAP ? { attention: attention.length - CAP } : {}),
      },
    };
    ctx.print(snapshot, described);
  },
});

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

function described(snapshot: Snapshot): string {
  const { lifecycle, active_agents: agents, attention, truncated } = snapshot;
  const more = (key: string) => truncated[key] === undefined ? [] : [`  … ${truncated[key]} more`];
  return [
    `project: ${snapshot.project}`,
    `daemon: ${snapshot.daemon_running ? "running" : "not running"}`,
    `tasks: ${Object.entries(lifecycle).map(([key, count]) => `${count} ${key}`).join(", ")}`,
    `agents: ${agents.length === 0 ? "none" : ""}`.trimEnd(),
    ...agents.map((agent) =>
      `  ${agent.task} ${agent.role}${agent.wave === undefined ? "" : ` wave ${agent.wave}`} ` +
      `${agent.stage} (${agent.activity})`
    ),
    ...more("active_agents"),
    `attention: ${attention.length === 0 ? "none" : ""}`.trimEnd(),
    ...attention.map((entry) => `  ${entry.task} ${entry.kind}: ${entry.detail}`),
    ...more("attention"),
  ].map((line) => tame(line)).join("\n");
}

export default command;
