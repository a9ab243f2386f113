import * as v from "valibot";
import { deleteTask, renameTask, setTopic } from "../../engine/edit.ts";
import { mergeTask } from "../../engine/merge.ts";
import { createTask, getTask } from "../../engine/operations.ts";
import { pushTask } from "../../engine/push.ts";
import { describeTask } from "../../engine/record.ts";
import type { TaskFilter } from "../../store/types.ts";
import { parsePlan } from "../../task/plan.ts";
import type { Task } from "../../task/types.ts";
import {
  decisionJson,
  sessionJson,
  signalJson,
  subtaskJson,
  taskJson,
  worktreeJson,
} from "../json.ts";
import { bind, type Bound, type Call, emptyAnswer, narrowed } from "../route.ts";
import type { QueryOf } from "../schema/route.ts";
import { TASK_ROUTES } from "../schema/tasks.ts";
import {
  changed,
  cursorOf,
  homeOf,
  matchedVersion,
  pageOf,
  parseCursor,
  projectKeys,
  taskOf,
} from "./_shared.ts";
import { timelineOf } from "./_timeline.ts";

type ListQuery = QueryOf<typeof TASK_ROUTES["GET /v1/tasks"]>;

const KEYS = {
  name: (task: Task) => task.name,
  updated: (task: Task) => task.updatedAt,
  created: (task: Task) => task.createdAt,
} as const;
const nameCursor = v.tuple([v.string(), v.number()]);
const timeCursor = v.tuple([v.number(), v.number()]);

function filterOf(query: ListQuery, projectId: number | undefined): TaskFilter {
  const { status, topic, text, order, after, limit } = query;
  const filter: TaskFilter = { order, limit: limit + 1 };
  if (projectId !== undefined) filter.projectId = projectId;
  if (status !== undefined) filter.statuses = status;
  if (topic !== undefined) filter.topic = topic;
  if (text !== undefined) filter.text = text;
  if (after !== undefined) {
    const [key, id] = parseCursor(order === "name" ? nameCursor : timeCursor, after);
    filter.after = { key, id };
  }
  return filter;
}

function cursorFor(order: ListQuery["order"]): (task: Task) => string {
  return (task) => cursorOf(KEYS[order](task), task.id);
}

/** Stands for this version of the row. */
function tag(task: Pick<Task, "id">, version: number): string {
  return `"t${task.id}-${version}"`;
}

/** Changes description, goal and topic as far as they are given. */
async function edit(
  call: Pick<Call, "context" | "caller" | "headers" | "request"> & {
    readonly params: { project: string; task: string };
  },
  body: { description?: string; goal?: string; topic?: string | null },
) {
  let task = await taskOf(call);
  const home = homeOf(call);
  const { caller: { actor }, context, params } = call;
  matchedVersion(call, (version) => tag(task, version), task.version);
  const { topic, ...text } = body;
  if (Object.keys(text).length > 0) task = await describeTask(home, task, text, actor);
  if (topic !== undefined) {
    const workspace = await context.workspaces.open(params.project);
    task = await setTopic(home, workspace, task.name, topic, actor);
  }
  changed(call);
  call.headers.etag = tag(task, task.version);
  return taskJson(task);
}

async function overview(call: Parameters<typeof taskOf>[0]) {
  const { store } = call.context;
  const task = await taskOf(call);
  const [subtasks, decisions, sessions, signals, worktrees] = await Promise.all([
    store.subtasks(task.id),
    store.decisions({ taskId: task.id, status: "open" }),
    store.sessions({ taskId: task.id, statuses: ["starting", "running", "paused"] }),
    store.signals({
      projectId: task.projectId,
      task: task.name,
      statuses: ["pending", "processing"],
      limit: 100,
    }),
    store.worktrees({ taskId: task.id, statuses: ["creating", "ready", "removing"] }),
  ]);
  return {
    task: taskJson(task),
    subtasks: subtasks.map(subtaskJson),
    decisions: decisions.map(decisionJson),
    instances: sessions.map(sessionJson),
    signals: signals.map(signalJson),
    worktrees: worktrees.map(worktreeJson),
  };
}

/** Tasks: lists, one, and what a person changes about it. */
export const taskRoutes: readonly Bound[] = bind(TASK_ROUTES, {
  "GET /v1/tasks": async (call) => {
    const { context, query } = call;
    const project = await narrowed(call, undefined);
    const keys = await projectKeys(context);
    const rows = await context.store.tasks(filterOf(query, project?.id));
    const json = (task: Task) => ({ ...taskJson(task), project: keys.get(task.projectId) ?? "" });
    return pageOf(rows, query.limit, json, cursorFor(query.order));
  },
  "GET /v1/task-counts": async (call) => {
    const project = await narrowed(call, undefined);
    const keys = await projectKeys(call.context);
    const rows = await call.context.store.taskCounts();
    return {
      items: rows.filter(({ projectId }) => project === null || projectId === project.id)
        .map(({ projectId, status, tasks }) => ({
          project: keys.get(projectId) ?? "",
          status,
          tasks,
        })),
    };
  },
  "GET /v1/projects/:project/tasks": async (call) => {
    const { context, query } = call;
    const id = await context.workspaces.idOf(call.params.project);
    const rows = await context.store.tasks(filterOf(query, id));
    return pageOf(rows, query.limit, taskJson, cursorFor(query.order));
  },
  "POST /v1/projects/:project/tasks": async (call) => {
    const { name, filename, topic, ...rest } = call.body;
    const workspace = await call.context.workspaces.openFresh(call.params.project);
    const input = {
      ...rest,
      name: name ?? filename ?? "",
      ...(topic === undefined || topic === null ? {} : { topic }),
    };
    const task = await createTask(homeOf(call), workspace, input, call.caller.actor);
    changed(call);
    const { content = "" } = rest;
    return { ...taskJson(task), findings: content === "" ? [] : parsePlan(content).findings };
  },
  "GET /v1/projects/:project/tasks/:task": async (call) => {
    const task = await taskOf(call);
    call.headers.etag = tag(task, task.version);
    return taskJson(task);
  },
  "PUT /v1/projects/:project/tasks/:task": (call) => edit(call, call.body),
  "DELETE /v1/projects/:project/tasks/:task": async (call) => {
    const { context, params, caller } = call;
    const workspace = await context.workspaces.open(params.project);
    await deleteTask(homeOf(call), workspace, params.task, caller.actor);
    changed(call);
    return emptyAnswer(call);
  },
  "GET /v1/projects/:project/tasks/:task/overview": overview,
  "GET /v1/projects/:project/tasks/:task/timeline": async (call) =>
    await timelineOf(call.context.store, await taskOf(call)),
  "PUT /v1/projects/:project/tasks/:task/goal": (call) => edit(call, call.body),
  "PUT /v1/projects/:project/tasks/:task/topic": (call) => edit(call, call.body),
  "POST /v1/projects/:project/tasks/:task/rename": async (call) => {
    const { context, params, body, caller } = call;
    const workspace = await context.workspaces.open(params.project);
    const to = body.new_filename;
    const task = await renameTask(homeOf(call), workspace, params.task, to, caller.actor);
    changed(call);
    return taskJson(task);
  },
  "POST /v1/projects/:project/tasks/:task/push": async (call) => {
    const { context, params, body, caller } = call;
    const workspace = await context.workspaces.open(params.project);
    const pushed = await pushTask(
      homeOf(call),
      workspace,
      params.task,
      body.message,
      caller.actor,
    );
    changed(call);
    const { upToDate, ...rest } = pushed;
    return { ...rest, up_to_date: upToDate };
  },
  "POST /v1/projects/:project/tasks/:task/merge": async (call) => {
    const { context, params, caller } = call;
    const home = homeOf(call);
    const workspace = await context.workspaces.open(params.project);
    const task = await getTask(home, workspace, params.task);
    try {
      return await mergeTask(home, workspace, task, caller.actor);
    } finally {
      // Also when it was refused: a verification that no longer holds has been withdrawn then.
      changed(call);
    }
  },
});
