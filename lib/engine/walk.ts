import { loadState, planFacts } from "./facts.ts";
import { applyEvent, getTask } from "./operations.ts";
import { recordingRefusal } from "./refusal.ts";
import type { Home, Workspace } from "./workspace.ts";
import { KasError } from "../errors.ts";
import { beginBuild } from "../lifecycle/build.ts";
import { note, transition, withdrawAll } from "../lifecycle/step.ts";
import type { PlanFacts, StepContext, TaskState } from "../lifecycle/types.ts";
import type { Change } from "../store/types.ts";
import { type Event, nextStatus, TABLE } from "../task/fsm.ts";
import type { Task } from "../task/types.ts";

/**
 * Several events of the lifecycle in one commit: no other process sees a task half way, and no agent
 * is started for a step that is skipped.
 */

const MAX_TRIES = 25;

/** What the implementation is to begin with. */
export interface WalkOptions {
  readonly overrideTopic: boolean;
  /** Begin with this wave and skip the architect; null = the usual way. */
  readonly wave: number | null;
}

/** What {@link startTask} came to. */
export interface Started {
  readonly task: Task;
  /** Why the stored plan is left to a planner; null when it is implemented, or there is none. */
  readonly unfit: string | null;
}

/**
 * Starts work on a task: its plan is implemented when it can be, else a planner gets it. A task that
 * is being planned without a plan, or implemented, stays as it is.
 * @throws KasError "illegal_transition" from any other status, "guard" by the topic gate
 */
export async function startTask(
  home: Home,
  workspace: Workspace,
  name: string,
  actor: string,
  overrideTopic: boolean,
): Promise<Started> {
  const task = await getTask(home, workspace, name);
  if (task.status === "implementing") return { task, unfit: null };
  const draft = task.status === "ready" && task.phase !== "planned";
  if (draft || task.status === "planning") {
    const { plan, errors } = await planFacts(home.store, workspace, task);
    if (errors.length > 0) {
      const unfit = plan.waves.length > 0 ? errors[0] ?? null : null;
      if (!draft) return { task, unfit };
      return { task: await applyEvent(home, workspace, task.name, "plan_start", actor), unfit };
    }
  }
  const options = { overrideTopic, wave: null };
  return { task: await walkToImplementing(home, workspace, task, actor, options), unfit: null };
}

/**
 * Implements the stored plan. From a draft or from `planning` the events that come before
 * `implement_start` are applied in the same commit.
 * @throws KasError "illegal_transition", "guard" (a plan that cannot be run, the topic gate),
 * "invalid" for a wave the plan does not have
 */
export async function walkToImplementing(
  home: Home,
  workspace: Workspace,
  task: Task,
  actor: string,
  options: WalkOptions,
): Promise<Task> {
  const about = { projectId: task.projectId, taskId: task.id, actor };
  return await recordingRefusal(home, about, () => walk(home, workspace, task, actor, options));
}

async function walk(
  home: Home,
  workspace: Workspace,
  task: Task,
  actor: string,
  options: WalkOptions,
): Promise<Task> {
  return await commitOn(home, task.id, async (state) => {
    const before = eventsBefore(state.task);
    if (before.length === 0) nextStatus(state.task, "implement_start");
    const plan = await planFacts(home.store, workspace, state.task);
    const context = contextOf(state, workspace, plan);
    return [
      ...withdrawAll(context),
      ...before.map((event, after) =>
        transition(context, event, actor, { after }, patchOf(event, plan, state.task))
      ),
      ...beginBuild(
        { event: "implement_start", actor, after: before.length, ...options },
        plan,
        context,
      ),
    ];
  });
}

/** Events that lead to the point where implementation may begin. */
function eventsBefore(task: Task): Event[] {
  if (task.status === "planning") return ["planner_finished"];
  return task.status === "ready" && task.phase !== "planned"
    ? ["plan_start", "planner_finished"]
    : [];
}

function patchOf(event: Event, plan: PlanFacts, task: Task) {
  return event === "planner_finished"
    ? { phase: "planned" as const, goal: plan.plan.goal ?? task.goal }
    : { wave: 0, reviewCycle: 0 };
}

/**
 * Plans a task anew on a fresh branch, from any status. Where the lifecycle has no such step the
 * status is forced, which the log shows.
 * @throws KasError "not_found"
 */
export async function startOver(
  home: Home,
  workspace: Workspace,
  name: string,
  actor: string,
): Promise<Task> {
  const task = await getTask(home, workspace, name);
  if (TABLE[task.status].start_over !== undefined) {
    return await applyEvent(home, workspace, task.name, "start_over", actor);
  }
  return await commitOn(home, task.id, (state) => {
    const context = contextOf(state, workspace, null);
    return [
      ...withdrawAll(context),
      {
        kind: "force_status",
        taskId: task.id,
        expectVersion: state.task.version,
        status: "planning",
        phase: "",
        actor,
        patch: {
          wave: 0,
          reviewCycle: 0,
          feedback: "",
          baseCommit: null,
          mergedSha: null,
          mergedAt: null,
        },
      },
      { kind: "subtasks", taskId: task.id, subtasks: [] },
      note(context, "task_started_over", actor, "branch and worktrees are saved and made anew"),
    ];
  });
}

function contextOf(
  state: TaskState,
  workspace: Workspace,
  plan: PlanFacts | null,
): StepContext {
  return { state, policy: workspace.policy, now: Date.now(), plan, git: null, topicRival: null };
}

/** Commits changes made from the newest state; made again when somebody else was faster. */
async function commitOn(
  home: Home,
  taskId: number,
  make: (state: TaskState) => readonly Change[] | Promise<readonly Change[]>,
): Promise<Task> {
  for (let attempt = 1;; attempt++) {
    const state = await loadState(home.store, taskId);
    if (state === null) throw gone();
    const changes = await make(state);
    try {
      await home.store.commit([
        { kind: "expect", taskId, version: state.task.version },
        ...changes,
      ]);
      const task = await home.store.taskById(taskId);
      if (task === null) throw gone();
      return task;
    } catch (error) {
      const again = error instanceof KasError && error.code === "conflict" && attempt < MAX_TRIES;
      if (!again) throw error;
    }
  }
}

function gone(): KasError {
  return new KasError("not_found", "The task was deleted meanwhile", {
    hint: `List tasks with "kas task list"`,
  });
}
