import {
  decisionJson,
  sessionJson,
  signalJson,
  subtaskJson,
  taskJson,
  worktreeJson,
} from "../../lib/api/json.ts";
import { type Command, defineCommand } from "../../lib/cli/define.ts";
import { getTask } from "../../lib/engine/operations.ts";
import { KasError } from "../../lib/errors.ts";
import { quote } from "../../lib/names.ts";
import type { Store } from "../../lib/store/types.ts";
import type { Task } from "../../lib/task/types.ts";
import { forStdout, openDesk, repoOption, taskArgument } from "../_shared.ts";

/** Signals shown with a task; more than this wait only when no daemon runs. */
const SIGNALS = 100;

const command: Command = defineCommand({
  description: "Print the stored plan of a task",
  details: "With --json everything about the task: subtasks, open decisions, live instances, " +
    "signals that wait, worktrees, and the plan under content.",
  args: { ...taskArgument, ...repoOption },
  examples: [
    ["kas task show add-login", "The plan as it is stored"],
    ["kas task show add-login | kas task check -", "What is wrong with it"],
  ],
  async run(ctx) {
    await using desk = await openDesk(ctx.values.repo);
    const { store } = desk.home;
    const task = await getTask(desk.home, desk.workspace, ctx.values.task);
    const { text } = await store.content(task.id);
    if (ctx.json) {
      ctx.print({ ...taskJson(task), ...await surroundings(store, task), content: text }, () => "");
      return;
    }
    if (text === "") {
      throw new KasError("not_found", `no content stored for ${quote(task.name)}`, {
        hint: `Store a plan: cat plan.md | kas task update-content ${task.name}`,
        context: { task: task.name, status: task.status },
      });
    }
    const shown = await forStdout(text);
    ctx.print(shown, (plan) => plan);
  },
});

async function surroundings(store: Store, task: Task) {
  const [subtasks, decisions, sessions, signals, worktrees] = await Promise.all([
    store.subtasks(task.id),
    store.decisions({ taskId: task.id, status: "open" }),
    store.sessions({ taskId: task.id, statuses: ["starting", "running", "paused"] }),
    store.signals({
      projectId: task.projectId,
      task: task.name,
      statuses: ["pending", "processing"],
      limit: SIGNALS,
    }),
    store.worktrees({ taskId: task.id, statuses: ["creating", "ready", "removing"] }),
  ]);
  return {
    subtasks: subtasks.map(subtaskJson),
    decisions: decisions.map(decisionJson),
    instances: sessions.map(sessionJson),
    signals: signals.map(signalJson),
    worktrees: worktrees.map(worktreeJson),
  };
}

export default command;
