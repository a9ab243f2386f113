import { linearIssue, linearTasks, linkLinear } from "../../engine/linear_link.ts";
import type { Task } from "../../task/types.ts";
import { bind, type Bound } from "../route.ts";
import { LINK_ROUTES } from "../schema/links.ts";
import { changed, homeOf, taskOf } from "./_shared.ts";

function linkJson({ name, status }: Task, issue: string | null) {
  return { task: name, status, issue };
}

/** Which task belongs to which issue of Linear. */
export const linkRoutes: readonly Bound[] = bind(LINK_ROUTES, {
  "GET /v1/projects/:project/tasks/:task/linear-link": async (call) => {
    const task = await taskOf(call);
    return linkJson(task, await linearIssue(homeOf(call), task));
  },
  "PUT /v1/projects/:project/tasks/:task/linear-link": async (call) => {
    const task = await taskOf(call);
    await linkLinear(homeOf(call), task, call.body, call.caller.actor);
    changed(call);
    return linkJson(task, call.body.issue);
  },
  "DELETE /v1/projects/:project/tasks/:task/linear-link": async (call) => {
    const task = await taskOf(call);
    await linkLinear(homeOf(call), task, { issue: null }, call.caller.actor);
    changed(call);
    return linkJson(task, null);
  },
  "GET /v1/projects/:project/tasks/:task/linear-link/lookup": async (call) => {
    const { status, issue: given } = call.query;
    const home = homeOf(call);
    const task = await taskOf(call);
    const issue = given ?? await linearIssue(home, task);
    if (issue === null) return { items: [] };
    const tasks = await linearTasks(home, task.projectId, issue, status);
    return { items: tasks.map((one) => linkJson(one, issue)) };
  },
});
