import { applyEvent, forceStatus, recoverTask } from "../../engine/operations.ts";
import { incrementReviewCycle, setExecutionState } from "../../engine/record.ts";
import { startOver, startTask } from "../../engine/walk.ts";
import { availableActions } from "../../task/actions.ts";
import type { Store } from "../../store/types.ts";
import type { Task } from "../../task/types.ts";
import { statePhrase } from "../../task/types.ts";
import { entryJson, signalJson } from "../json.ts";
import { bind, type Bound } from "../route.ts";
import { COURSE_ROUTES } from "../schema/course.ts";
import { changed, homeOf, needsWork, taskOf } from "./_shared.ts";

/** Why implementing would be refused by the topic gate now; null when it would not. */
async function topicGate(store: Store, task: Task): Promise<string | null> {
  if (task.topic === null) return null;
  const rivals = await store.tasks({
    projectId: task.projectId,
    topic: task.topic,
    statuses: ["implementing"],
    limit: 2,
  });
  const rival = rivals.find(({ id }) => id !== task.id);
  return rival === undefined ? null : `"${rival.name}" of topic "${task.topic}" is implemented`;
}

/** What moves a task. */
export const courseRoutes: readonly Bound[] = bind(COURSE_ROUTES, {
  "GET /v1/projects/:project/tasks/:task/available-actions": async (call) => {
    const task = await taskOf(call);
    const gate = await topicGate(call.context.store, task);
    return {
      status: task.status,
      phase: task.phase,
      state: statePhrase(task),
      actions: availableActions(task).map(({ needsFeedback, ...action }) => ({
        ...action,
        needs_feedback: needsFeedback,
        blocked: ["implement_start", "reimplement"].includes(action.event) ? gate : null,
      })),
    };
  },
  "POST /v1/projects/:project/tasks/:task/transition": async (call) => {
    const { context, params, caller } = call;
    const { event, feedback, override_topic, wave } = call.body;
    const workspace = await context.workspaces.open(params.project);
    const options = {
      overrideTopic: override_topic === true,
      wave: wave ?? null,
      ...(feedback === undefined ? {} : { feedback }),
    };
    const home = homeOf(call);
    const task = await applyEvent(home, workspace, params.task, event, caller.actor, options);
    needsWork(context, workspace.project);
    return entryJson(task);
  },
  "POST /v1/projects/:project/tasks/:task/start": async (call) => {
    const { context, params, caller, body } = call;
    const workspace = await context.workspaces.open(params.project);
    const override = body.override_topic === true;
    const started = await startTask(homeOf(call), workspace, params.task, caller.actor, override);
    needsWork(context, workspace.project);
    return { task: entryJson(started.task), unfit: started.unfit };
  },
  "POST /v1/projects/:project/tasks/:task/start-over": async (call) => {
    const { context, params, caller } = call;
    const workspace = await context.workspaces.open(params.project);
    const task = await startOver(homeOf(call), workspace, params.task, caller.actor);
    needsWork(context, workspace.project);
    return entryJson(task);
  },
  "POST /v1/projects/:project/tasks/:task/recover": async (call) => {
    const { context, params, caller, body } = call;
    const workspace = await context.workspaces.open(params.project);
    const { signal } = await recoverTask(
      homeOf(call),
      workspace,
      params.task,
      body.action,
      body.feedback ?? "",
      caller.actor,
    );
    needsWork(context, workspace.project);
    return signalJson(signal);
  },
  "PUT /v1/projects/:project/tasks/:task/status": async (call) => {
    const { context, params, caller, body } = call;
    const workspace = await context.workspaces.open(params.project);
    const home = homeOf(call);
    const task = await forceStatus(home, workspace, params.task, body.status, caller.actor);
    changed(call);
    return entryJson(task);
  },
  "PUT /v1/projects/:project/tasks/:task/execution-state": async (call) => {
    const { review_cycle, ...state } = call.body;
    const change = {
      ...state,
      ...(review_cycle === undefined ? {} : { reviewCycle: review_cycle }),
    };
    const task = await setExecutionState(
      homeOf(call),
      await taskOf(call),
      change,
      call.caller.actor,
    );
    changed(call);
    return entryJson(task);
  },
  "POST /v1/projects/:project/tasks/:task/increment-review-cycle": async (call) => {
    const task = await incrementReviewCycle(homeOf(call), await taskOf(call), call.caller.actor);
    changed(call);
    return entryJson(task);
  },
});
