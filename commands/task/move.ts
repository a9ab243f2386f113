import { signalJson, taskJson } from "../../lib/api/json.ts";
import { type Command, defineCommand } from "../../lib/cli/define.ts";
import { warn } from "../../lib/cli/progress.ts";
import { KasError } from "../../lib/errors.ts";
import { RECOVER_ACTIONS } from "../../lib/signal/types.ts";
import { EVENTS } from "../../lib/task/fsm.ts";
import { STATUSES, type Task } from "../../lib/task/types.ts";
import { type Desk, openDesk, poke, repoOption, taskArgument } from "../_shared.ts";

/** The engine is loaded when it is needed: completion and help ask only for the options. */
const operations = () => import("../../lib/engine/operations.ts");
const walk = () => import("../../lib/engine/walk.ts");

const overrideTopic = {
  overrideTopic: {
    type: "boolean",
    description: "Implement although another task of the topic is being implemented",
  },
} as const;

const feedback = {
  feedback: { type: "string", metavar: "text", description: "What is to be changed" },
} as const;

/** `kas task start` */
export const start: Command = defineCommand({
  description: "Let agents work on a task",
  details:
    "A task with a plan that can be run is implemented at once; without one a planner writes " +
    "it first. Starts the daemon when none runs.",
  args: { ...taskArgument, ...overrideTopic, ...repoOption },
  examples: [["kas task start add-login", "From a draft all the way"]],
  async run(ctx) {
    await using desk = await openDesk(ctx.values.repo, { person: "start a task", starts: true });
    const { startTask } = await walk();
    const { task, unfit } = await startTask(
      desk.home,
      desk.workspace,
      ctx.values.task,
      desk.actor,
      ctx.values.overrideTopic === true,
    );
    if (unfit !== null) warn(`a planner works on it first, its plan cannot be run: ${unfit}`);
    const worktree = await worktreeOf(desk, task);
    ctx.print({ task: taskJson(task), worktree }, () => `${started(task)}\nworktree: ${worktree}`);
    await poke(desk, { start: true });
  },
});

/** `kas task implement` */
export const implement: Command = defineCommand({
  description: "Start the implementation of a planned task",
  details:
    "From planning the plan is taken as it is stored. With --wave the architect is skipped; " +
    "a task that waits between waves goes on with that one. Starts the daemon when none runs.",
  args: {
    ...taskArgument,
    wave: { type: "number", metavar: "n", description: "Begin with this wave" },
    ...overrideTopic,
    ...repoOption,
  },
  async run(ctx) {
    const { wave, task: name, repo } = ctx.values;
    if (wave !== undefined && (!Number.isSafeInteger(wave) || wave < 1)) {
      throw new KasError("usage", `wave number must be >= 1, got ${wave}`);
    }
    await using desk = await openDesk(repo, { person: "start an implementation", starts: true });
    const { emitSignal, getTask } = await operations();
    const task = await getTask(desk.home, desk.workspace, name);
    if (task.status === "implementing" && wave !== undefined) {
      const { signal } = await emitSignal(desk.home, desk.workspace, {
        type: "implement_wave",
        task: task.name,
        payload: JSON.stringify({ wave_number: wave }),
        source: desk.actor,
      });
      ctx.print(signalJson(signal), (row) => `queued: signal ${row.id} ${row.type} of ${row.task}`);
    } else {
      const after = await fromPlanned(desk, task, wave ?? null, ctx.values.overrideTopic === true);
      ctx.print(taskJson(after), () => started(after));
    }
    await poke(desk, { start: true });
  },
});

/** A draft is refused here, unlike by `start`. */
async function fromPlanned(
  desk: Desk,
  task: Task,
  wave: number | null,
  override: boolean,
): Promise<Task> {
  const { home, workspace, actor } = desk;
  const options = { overrideTopic: override, wave };
  if (task.status === "planning") {
    const { walkToImplementing } = await walk();
    return await walkToImplementing(home, workspace, task, actor, options);
  }
  const { applyEvent } = await operations();
  return await applyEvent(home, workspace, task.name, "implement_start", actor, options);
}

function started(task: Task): string {
  return `started: ${task.name} → ${task.status}`;
}

/** Where the task's worktree is, or will be once the daemon has made it. */
async function worktreeOf({ home, workspace }: Desk, task: Task): Promise<string> {
  const rows = await home.store.worktrees({ taskId: task.id, statuses: ["creating", "ready"] });
  return rows.find((row) => row.slot === "task")?.path ??
    `${workspace.dirs.worktrees}/${task.name}`;
}

/** `kas task transition` */
export const transition: Command = defineCommand({
  description: "Apply one event of the lifecycle to a task",
  details: `Events: ${EVENTS.filter((event) => event !== "verification_stale").join(", ")}.`,
  args: {
    ...taskArgument,
    event: { type: "positional", description: "Such as cancel or request_review" },
    ...feedback,
    ...overrideTopic,
    ...repoOption,
  },
  examples: [
    ["kas task transition add-login cancel", "Give it up; its work is saved"],
    ["kas task transition add-login review_changes --feedback 'Add tests'", "Have it changed"],
  ],
  async run(ctx) {
    const { task: name, event, feedback, repo } = ctx.values;
    await using desk = await openDesk(repo, { person: "move a task" });
    const { applyEvent } = await operations();
    const task = await applyEvent(desk.home, desk.workspace, name, event, desk.actor, {
      overrideTopic: ctx.values.overrideTopic === true,
      ...(feedback === undefined ? {} : { feedback }),
    });
    ctx.print(taskJson(task), () => `${task.name} → ${task.status}`);
    await poke(desk, { start: true });
  },
});

/** `kas task set-status` */
export const setStatus: Command = defineCommand({
  description: "Set a status past the lifecycle; the log shows it",
  args: {
    ...taskArgument,
    status: { type: "positional", description: STATUSES.join(", ") },
    force: { type: "boolean", description: "Really do it" },
    ...repoOption,
  },
  async run(ctx) {
    const { task: name, status, force, repo } = ctx.values;
    if (force !== true) {
      throw new KasError(
        "usage",
        "--force required to override task status (this bypasses the FSM)",
        { hint: `The regular way is "kas task transition"` },
      );
    }
    await using desk = await openDesk(repo, { person: "force a status" });
    const { forceStatus } = await operations();
    const task = await forceStatus(desk.home, desk.workspace, name, status, desk.actor);
    ctx.print(taskJson(task), () => `${task.name} → ${task.status} (forced)`);
    await poke(desk, { start: false });
  },
});

/** `kas task recover` */
export const recover: Command = defineCommand({
  description: "Report by hand what an agent did not",
  details:
    "The report goes through the signal gateway like an agent's own. Starts the daemon when " +
    "none runs.",
  args: {
    ...taskArgument,
    action: {
      type: "string",
      metavar: "action",
      required: true,
      description: Object.keys(RECOVER_ACTIONS).join(", "),
    },
    ...feedback,
    ...repoOption,
  },
  examples: [
    ["kas task recover add-login --action retry-wave", "Start the failed coders again"],
    ["kas task recover add-login --action verify-failed --feedback 'It crashes'", "Reject it"],
  ],
  async run(ctx) {
    const { task, action, feedback, repo } = ctx.values;
    await using desk = await openDesk(repo, { person: "recover a task", starts: true });
    const { home, workspace, actor } = desk;
    const { recoverTask } = await operations();
    const { signal } = await recoverTask(home, workspace, task, action, feedback ?? "", actor);
    ctx.print(signalJson(signal), (row) => `queued: signal ${row.id} ${row.type} of ${row.task}`);
    await poke(desk, { start: true });
  },
});

/** `kas task start-over` */
export const startOver: Command = defineCommand({
  description: "Plan a task anew on a fresh branch; its old work is saved",
  details: "Where the lifecycle has no such step the status is forced, which the log shows. " +
    `"kas task rescue list" shows what was saved.`,
  args: { ...taskArgument, ...repoOption },
  async run(ctx) {
    await using desk = await openDesk(ctx.values.repo, {
      person: "start a task over",
      starts: true,
    });
    const { startOver: planAnew } = await walk();
    const task = await planAnew(desk.home, desk.workspace, ctx.values.task, desk.actor);
    ctx.print(taskJson(task), () => `started over: ${task.name} → ${task.status}`);
    await poke(desk, { start: true });
  },
});
