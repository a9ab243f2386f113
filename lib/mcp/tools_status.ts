import * as v from "valibot";
import { decisionJson } from "../api/json.ts";
import { pingDaemon, wakeDaemon } from "../daemon/client.ts";
import { answerDecision } from "../engine/operations.ts";
import type { Decision, Session } from "../store/types.ts";
import type { Task } from "../task/types.ts";
import { count, flag, output, project, text, tool } from "./define.ts";
import type { Tool } from "./types.ts";

/** Rows of a list in a snapshot: usual and largest number. */
const CAP = 20;
const MAX_CAP = 100;

const decisionList = tool({
  name: "decision_list",
  description: "List the questions that wait for a person",
  scope: "read",
  schema: v.strictObject({
    all: v.optional(flag("Answered and withdrawn ones too; at most the last 200")),
    project,
  }),
  async run(desk, { all, project: key }) {
    const { id } = await desk.project(key);
    const rows = await desk.home.store.decisions({
      projectId: id,
      ...all === true ? {} : { status: "open" },
    });
    return output({ decisions: rows.slice(-200).map(decisionJson) });
  },
});

const decisionAnswer = tool({
  name: "decision_answer",
  description: "Answer a question of decision_list with one of its options; the work goes on by it",
  scope: "operate",
  people: true,
  schema: v.strictObject({
    id: count("Number of the decision", 1, Number.MAX_SAFE_INTEGER),
    option: text("Id of one of its options"),
    feedback: v.optional(text("Words for the agent that goes on")),
    project,
  }),
  async run(desk, { id, option, feedback, project: key }) {
    const { home, caller } = desk;
    await answerDecision(
      home,
      await desk.workspace(key),
      id,
      option,
      feedback ?? "",
      caller.actor,
    );
    await wakeDaemon(home.paths, { start: false });
    const row = await home.store.decision(id);
    return output({ decision: row === null ? null : decisionJson(row) });
  },
});

/** A snapshot for monitors. Fields are only ever added; readers ignore what they do not know. */
interface LiveStatus {
  readonly schema_version: 1;
  readonly generated_at: string;
  readonly project: string;
  readonly daemon_running: boolean;
  readonly repo_count: number;
  readonly lifecycle: Record<string, number>;
  readonly active_agents: readonly Record<string, unknown>[];
  readonly attention: readonly Record<string, unknown>[];
  readonly truncated?: { readonly active_agents?: number; readonly attention?: number };
}

const UNDER_WAY = ["planning", "ready", "implementing", "reviewing", "verifying"] as const;

const liveStatus = tool({
  name: "live_status",
  description: "Snapshot for monitors: tasks by status, agents at work, what needs attention",
  scope: "read",
  schema: v.strictObject({
    cap: v.optional(
      v.pipe(
        v.number(),
        v.integer(),
        v.description(`Most rows of a list; default ${CAP}, at most ${MAX_CAP}`),
      ),
    ),
    project,
  }),
  async run(desk, args) {
    const at = await desk.project(args.project);
    const { store, paths } = desk.home;
    const [tasks, sessions, decisions, running, repos] = await Promise.all([
      store.tasks({ projectId: at.id, statuses: UNDER_WAY }),
      store.sessions({ projectId: at.id, statuses: ["starting", "running"] }),
      store.decisions({ projectId: at.id, status: "open" }),
      pingDaemon(paths),
      store.projects({ registered: true }),
    ]);
    const most = args.cap === undefined || args.cap <= 0 ? CAP : Math.min(args.cap, MAX_CAP);
    const agents = sessions.toSorted(byPlace).map(agentRow);
    const attention = attentionRows(tasks, sessions, decisions, running);
    const hidden = {
      ...agents.length > most ? { active_agents: agents.length - most } : {},
      ...attention.length > most ? { attention: attention.length - most } : {},
    };
    const snapshot: LiveStatus = {
      schema_version: 1,
      generated_at: new Date().toISOString(),
      project: at.key,
      daemon_running: running,
      repo_count: desk.caller.projectId === null ? repos.length : 1,
      lifecycle: lifecycle(tasks),
      active_agents: agents.slice(0, most),
      attention: attention.slice(0, most),
      ...Object.keys(hidden).length === 0 ? {} : { truncated: hidden },
    };
    return output({ ...snapshot });
  },
});

function lifecycle(tasks: readonly Task[]): Record<string, number> {
  const of = (status: string) => tasks.filter((task) => task.status === status).length;
  return {
    ...Object.fromEntries(UNDER_WAY.map((status) => [status, of(status)])),
    total: tasks.length,
  };
}

function byPlace(a: Session, b: Session): number {
  return (a.taskName ?? "").localeCompare(b.taskName ?? "") || a.role.localeCompare(b.role) ||
    (a.wave ?? 0) - (b.wave ?? 0) || a.id - b.id;
}

function agentRow(session: Session): Record<string, unknown> {
  return {
    task: session.taskName,
    role: session.role,
    ...session.wave === null ? {} : { wave: session.wave },
    stage: session.status === "starting"
      ? "loading"
      : session.activity === "idle"
      ? "ready"
      : "running",
    ready: session.status === "running" && session.activity === "idle",
    active: session.status === "running" && session.activity === "busy",
    title: session.title,
  };
}

function attentionRows(
  tasks: readonly Task[],
  sessions: readonly Session[],
  decisions: readonly Decision[],
  running: boolean,
): Record<string, unknown>[] {
  const isStale = (row: Decision) => running && row.kind === "stuck_agent";
  const asked = decisions.filter((row) => !isStale(row)).map((row) => ({
    task: row.taskName,
    kind: "needs_decision",
    detail: row.question,
    decision: row.id,
  }));
  const feedback = tasks.filter((task) => task.status === "implementing" && task.feedback !== "")
    .map((task) => ({ task: task.name, kind: "review_feedback" }));
  const named = new Map(sessions.map((session) => [session.id, session]));
  const stale = decisions.filter(isStale).map((row) => ({
    task: row.taskName,
    kind: "stale_instance",
    detail: named.get(row.sessionId ?? -1)?.evidence ?? row.question,
    decision: row.id,
  }));
  return [...asked, ...feedback, ...stale];
}

/** Questions to people, and the snapshot of all. */
export const STATUS_TOOLS: readonly Tool[] = [decisionList, decisionAnswer, liveStatus];
