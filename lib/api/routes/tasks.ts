import * as v from "valibot";
import { deleteTask, renameTask, setTopic } from "../../engine/edit.ts";
import { mergeTask } from "../../engine/merge.ts";
import { createTask, getTask } from "../../engine/operations.ts";
import { pushTask } from "../../engine/push.ts";
import { describeTask } from "../../engine/record.ts";
import { KasError } from "../../errors.ts";
import { parseTaskName } from "../../names.ts";
import type { TaskFilter } from "../../store/types.ts";
import { parsePlan } from "../../task/plan.ts";
import type { Task } from "../../task/types.ts";
import {
  decisionJson,
  entryJson,
  sessionJson,
  signalJson,
  subtaskJson,
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
  needsWork,
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

/** The routes that change what is no business of the route of a whole task. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  name: "POST …/rename",
  filename: "POST …/rename",
  status: "POST …/transition, or PUT …/status",
  phase: "PUT …/execution-state",
  wave: "PUT …/execution-state",
  review_cycle: "PUT …/execution-state",
  planning_at: "PUT …/phase-timestamp",
  implementing_at: "PUT …/phase-timestamp",
  reviewing_at: "PUT …/phase-timestamp",
  verifying_at: "PUT …/phase-timestamp",
  done_at: "PUT …/phase-timestamp",
};

/**
 * A task that was read, changed and sent back may differ in what its route changes, in nothing else.
 * @throws KasError "conflict" when the task changed since it was read, "invalid" for another field
 */
function requireSame(task: Task, given: Readonly<Record<string, unknown>>): void {
  const now: Readonly<Record<string, unknown>> = entryJson(task);
  const differs = (field: string): boolean =>
    given[field] !== undefined && given[field] !== now[field];
  if (differs("version") || differs("updated_at")) {
    throw new KasError("conflict", `Cannot change "${task.name}": somebody else has changed it`, {
      hint: "Read it again and repeat the change if it still applies",
      context: { task: task.name, version: task.version },
    });
  }
  const field = Object.keys(given).find(differs);
  if (field === undefined) return;
  const route = ELSEWHERE[field];
  throw new KasError("invalid", `Cannot change "${field}" of "${task.name}" with the task`, {
    hint: route === undefined ? "kas keeps it; leave it as it is" : `Use ${route}`,
    context: { field, is: now[field] },
  });
}

/** Changes description, goal and topic as far as they are given. @param kept see {@link requireSame} */
async function edit(
  call: Pick<Call, "context" | "caller" | "headers" | "request"> & {
    readonly params: { project: string; task: string };
  },
  body: { description?: string; goal?: string; topic?: string | null },
  kept: Readonly<Record<string, unknown>> = {},
) {
  let task = await taskOf(call);
  requireSame(task, kept);
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
  return entryJson(task);
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
    task: entryJson(task),
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
    const json = (task: Task) => ({ ...entryJson(task), project: keys.get(task.projectId) ?? "" });
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
    return pageOf(rows, query.limit, entryJson, cursorFor(query.order));
  },
  "POST /v1/projects/:project/tasks": async (call) => {
    const { topic, ...rest } = call.body;
    const workspace = await call.context.workspaces.openFresh(call.params.project);
    const input = { ...rest, ...(topic === undefined || topic === null ? {} : { topic }) };
    const task = await createTask(homeOf(call), workspace, input, call.caller.actor);
    if (task.status === "planning") needsWork(call.context, workspace.project);
    else changed(call);
    const { content = "" } = rest;
    return { ...entryJson(task), findings: content === "" ? [] : parsePlan(content).findings };
  },
  "GET /v1/projects/:project/tasks/:task": async (call) => {
    const task = await taskOf(call);
    call.headers.etag = tag(task, task.version);
    return entryJson(task);
  },
  "PUT /v1/projects/:project/tasks/:task": (call) => {
    const { description, goal, topic, ...kept } = call.body;
    const { name, filename } = kept;
    return edit(call, {
      ...(description === undefined ? {} : { description }),
      ...(goal === undefined ? {} : { goal }),
      ...(topic === undefined ? {} : { topic }),
    }, {
      ...kept,
      ...(name === undefined ? {} : { name: parseTaskName(name) }),
      ...(filename === undefined ? {} : { filename: parseTaskName(filename) }),
    });
  },
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
    return entryJson(task);
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
