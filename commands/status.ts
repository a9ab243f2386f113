import { decisionJson, sessionJson, taskJson, toJson } from "../lib/api/json.ts";
import { type Command, defineCommand } from "../lib/cli/define.ts";
import { terminalWidth } from "../lib/cli/output.ts";
import type { TableOptions } from "../lib/cli/table.ts";
import { tame } from "../lib/cli/text.ts";
import { pingDaemon } from "../lib/daemon/client.ts";
import { homePaths } from "../lib/engine/workspace.ts";
import type { Signal } from "../lib/signal/types.ts";
import type { Decision, Session, Store } from "../lib/store/types.ts";
import type { Task } from "../lib/task/types.ts";
import { openLedger, repoOption } from "./_shared.ts";
import { LIVE_STATUSES, openTmux, type Orphan, orphans } from "./_tmux.ts";
import { decisionTable } from "./decision.ts";
import { sessionTable } from "./instance/list.ts";
import { taskTable } from "./task/list.ts";

/** Most signals that are looked at; beyond it their number is a lower bound. */
const MOST_SIGNALS = 1000;
/** Tasks shown to people. */
const MOST_TASKS = 30;
/** Hints of one kind; a long list helps nobody. */
const MOST_HINTS = 3;

interface Overview {
  readonly tasks: readonly Task[];
  readonly instances: readonly Session[];
  readonly decisions: readonly Decision[];
  readonly orphans: readonly Orphan[];
  readonly signals: readonly Signal[];
  readonly stuck: readonly Stuck[];
  readonly daemon: { readonly running: boolean; readonly registered: boolean };
}

/** A task whose last step failed; it is tried again by itself. */
interface Stuck {
  readonly task: string;
  readonly why: string;
}

const command: Command = defineCommand({
  description: "Show what is going on, and what to do next",
  args: { ...repoOption },
  async run(ctx) {
    const view = await look(ctx.values.repo);
    ctx.print({
      tasks: view.tasks.map(taskJson),
      instances: view.instances.map(sessionJson),
      decisions: view.decisions.map(decisionJson),
      orphan_sessions: view.orphans.map(toJson),
      pending_signals: view.signals.length,
      stuck: view.stuck,
      daemon: view.daemon,
    }, () => described(view));
  },
});

async function look(repo: string | undefined): Promise<Overview> {
  const paths = await homePaths();
  await using ledger = await openLedger(repo);
  await using tmux = openTmux(paths);
  const { store, project } = ledger;
  const projectId = project.id;
  const [tasks, instances, decisions, signals, found, running] = await Promise.all([
    store.tasks({
      projectId,
      statuses: ["ready", "planning", "implementing", "reviewing", "verifying", "done"],
    }),
    store.sessions({ projectId, statuses: LIVE_STATUSES }),
    store.decisions({ projectId, status: "open" }),
    store.signals({ projectId, statuses: ["pending"], limit: MOST_SIGNALS }),
    orphans(store, tmux),
    pingDaemon(paths),
  ]);
  const atWork = tasks.filter((task) => task.status !== "ready" && task.status !== "done");
  return {
    tasks: tasks.filter((task) => task.status !== "done" || isMergeable(task)),
    stuck: (await Promise.all(atWork.map((task) => stuckIn(store, task)))).flat(),
    instances,
    decisions,
    orphans: found,
    signals,
    daemon: { running, registered: project.registered },
  };
}

/** Nothing has happened in the task since its last step failed. */
async function stuckIn(store: Store, { projectId, name }: Task): Promise<Stuck[]> {
  const rows = await store.events({ projectId, task: name, order: "desc", limit: 10 });
  const last = rows.find((row) => row.kind !== "agent_activity");
  return last?.kind === "engine_error" ? [{ task: name, why: last.message }] : [];
}

function isMergeable(task: Task): boolean {
  return task.verifiedSha !== null && task.mergedSha === null;
}

function described(view: Overview): string {
  const { tasks, instances, decisions, daemon } = view;
  const state = daemon.running ? "running" : "not running";
  const section = (title: string, body: string) => `${title}:\n${indented(body)}`;
  const hints = hintsOf(view);
  return [
    `daemon: ${state}${daemon.registered ? "" : ", project not registered"}`,
    section("tasks", taskLines(tasks)),
    section("instances", sessionTable(instances, inside())),
    ...decisions.length === 0 ? [] : [section("decisions", decisionTable(decisions, inside()))],
    ...view.orphans.length === 0
      ? []
      : [section("orphan sessions", tame(view.orphans.map((row) => row.name).join(" ")))],
    section("hints", hints.length > 0 ? hints.join("\n") : nothingToDo(view)),
  ].join("\n\n");
}

/** Tasks at work come before those that wait. */
function taskLines(tasks: readonly Task[]): string {
  const ready = (task: Task) => task.status === "ready" ? 1 : 0;
  const shown = tasks.toSorted((a, b) => ready(a) - ready(b)).slice(0, MOST_TASKS);
  const rest = tasks.length - shown.length;
  return taskTable(shown, inside()) + (rest > 0 ? `\n… and ${rest} more: kas task list` : "");
}

const INDENT = "  ";

function indented(text: string): string {
  return text.split("\n").map((line) => `${INDENT}${line}`).join("\n");
}

/** What is left of the width for a table that is indented. */
function inside(): TableOptions {
  const width = terminalWidth();
  return { width: width === null ? null : width - INDENT.length };
}

/** With nothing at work, or without a task: how work begins. */
function nothingToDo({ tasks, instances }: Overview): string {
  if (tasks.length > 0 || instances.length > 0) return "nothing to do";
  return "make a task: kas task create <name> --description '…'";
}

/** The next commands, most urgent first. */
function hintsOf(view: Overview): string[] {
  const { tasks, instances, decisions, signals, stuck, daemon } = view;
  const some = <T>(rows: readonly T[], hint: (row: T) => string) =>
    rows.slice(0, MOST_HINTS).map(hint);
  const at = (test: (task: Task) => boolean) => tasks.filter(test);
  const waiting = signals.length > 0 && !(daemon.running && daemon.registered);
  const cared = new Set(instances.map((row) => row.taskName));
  const asked = new Set(decisions.map((row) => row.taskName));
  return [
    ...some(stuck, ({ task, why }) => `${task} cannot go on: ${tame(why)}`),
    ...some(decisions, (row) => `answer: kas decision show ${row.id}`),
    ...waiting ? [`${signals.length} signals wait and nobody handles them: kas daemon start`] : [],
    ...some(
      instances.filter((row) => row.status === "paused"),
      (row) => `resume: kas instance resume ${row.title}`,
    ),
    ...some(
      at((task) => task.status === "verifying" && !cared.has(task.name) && !asked.has(task.name)),
      (task) => `verify by hand: kas task recover ${task.name} --action verify-approved`,
    ),
    ...some(at(isMergeable), (task) => `merge: kas task merge ${task.name}`),
    ...some(
      at((task) => task.status === "ready" && task.phase === "planned"),
      (task) => `implement: kas task implement ${task.name}`,
    ),
    ...some(
      at((task) => task.status === "ready" && task.phase !== "planned"),
      (task) => `start: kas task start ${task.name}`,
    ),
    ...view.orphans.length > 0 ? ["look at sessions that nobody owns: kas tmux list"] : [],
  ];
}

export default command;
