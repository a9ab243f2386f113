import * as v from "valibot";
import { STATUSES, SUBTASK_STATUSES } from "../../task/types.ts";
import {
  after,
  count,
  id,
  limit,
  line,
  list,
  many,
  maybeText,
  maybeTime,
  maybeTopic,
  name,
  page,
  prose,
  queryNumber,
  taskName,
  time,
} from "./common.ts";
import { routes } from "./route.ts";
import * as row from "./rows.ts";

/** Tasks: the list, one, its plan, its subtasks, its topic, its course. Pure. */

/** How a list of tasks can be sorted; times are newest first. */
export const ORDERS = ["name", "updated", "created"] as const;

const filter = {
  status: v.exactOptional(many(v.picklist(STATUSES))),
  topic: v.exactOptional(v.string()),
  /** Words that name, description or goal must contain. */
  text: v.exactOptional(v.pipe(v.string(), v.maxLength(200))),
  order: v.optional(v.picklist(ORDERS), "name"),
  after: v.exactOptional(after),
  limit,
};
const taskQuery = v.strictObject(filter);

/** A task of some project; the list over all projects says which. */
const projectTask = v.object({ ...row.task.entries, project: v.string() });

const newTask = v.strictObject({
  name: taskName,
  description: v.exactOptional(line),
  /** What the plan says unless given. */
  goal: v.exactOptional(prose),
  branch: v.exactOptional(v.pipe(v.string(), v.nonEmpty(), v.maxLength(200))),
  base: v.exactOptional(v.pipe(v.string(), v.nonEmpty(), v.maxLength(200))),
  topic: v.exactOptional(maybeTopic),
  content: v.exactOptional(v.string()),
  /** `ready`, or one that a person may move a new task to in one step. */
  status: v.optional(row.status, "ready"),
});

/** What of a task its own route may change. */
const editable = {
  description: v.exactOptional(line),
  goal: v.exactOptional(prose),
  topic: v.exactOptional(maybeTopic),
};
/** The rest of a task as it was read; sent along it has to be as it is. */
const { description: _d, goal: _g, topic: _t, ...kept } = row.task.entries;

/** A subtask as it is given; what it says of its course is nothing unless given. */
const newSubtask = {
  wave: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(9999)),
  number: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(9999)),
  title: v.pipe(line, v.nonEmpty()),
  body: v.optional(prose, ""),
  files: v.optional(v.pipe(v.array(v.pipe(v.string(), v.maxLength(1024)))), []),
  status: v.optional(v.picklist(["pending", "running", "complete", "failed"]), "pending"),
};
const MAX_SUBTASKS = 1000;

/** One stay of a task in a status. */
const span = v.object({
  status: row.status,
  started_at: time,
  ended_at: maybeTime,
  /** Until now for the status it is in. */
  duration_ms: count,
  /** The event that began it. */
  event: maybeText,
  actor: v.string(),
  forced: v.boolean(),
});

export const TASK_ROUTES = routes({
  "GET /v1/tasks": {
    scope: "read",
    narrows: true,
    summary: "Tasks of all projects",
    query: taskQuery,
    response: page(projectTask),
  },
  "GET /v1/task-counts": {
    scope: "read",
    narrows: true,
    summary: "How many tasks of each project have which status",
    response: v.object({
      items: list(v.object({ project: v.string(), status: row.status, tasks: count })),
    }),
  },
  "GET /v1/projects/:project/tasks": {
    scope: "read",
    summary: "Tasks of a project",
    query: taskQuery,
    response: page(row.task),
    errors: ["invalid"],
  },
  "POST /v1/projects/:project/tasks": {
    scope: "operate",
    summary: "Make a task; nothing starts unless its status asks for it",
    details: "With a status other than ready the task is made and moved there by the event that " +
      "leads there. A status that no new task can have is refused, and the others are named.",
    body: newTask,
    aliases: { filename: "name" },
    response: v.object({ ...row.task.entries, findings: list(row.finding) }),
    status: 201,
    limit: 6 * 1024 * 1024,
    errors: ["exists", "guard", "illegal_transition"],
  },
  "GET /v1/projects/:project/tasks/:task": {
    scope: "read",
    summary: "One task",
    response: row.task,
    etag: true,
  },
  "PUT /v1/projects/:project/tasks/:task": {
    scope: "operate",
    summary: "Change the description, goal and topic of a task; what is left out stays",
    details: "Takes a task as it was read, too. What else it holds has to be as it is: another " +
      "version is a conflict, and the rest is changed by routes of its own.",
    body: v.strictObject({ ...editable, ...v.partial(v.object(kept)).entries }),
    response: row.task,
    etag: true,
    errors: ["guard", "conflict"],
  },
  "DELETE /v1/projects/:project/tasks/:task": {
    scope: "operate",
    summary: "Delete a task that has neither agents nor worktrees; its events stay",
    response: "empty",
    errors: ["guard"],
  },
  "GET /v1/projects/:project/tasks/:task/overview": {
    scope: "read",
    summary: "A task with subtasks, open decisions, live instances, waiting signals and worktrees",
    response: v.object({
      task: row.task,
      subtasks: list(row.subtask),
      decisions: list(row.decision),
      instances: list(row.session),
      signals: list(row.signal),
      worktrees: list(row.worktree),
    }),
  },
  "GET /v1/projects/:project/tasks/:task/timeline": {
    scope: "read",
    summary: "The statuses a task went through, and how long each took",
    response: v.object({ spans: list(span), total_ms: count }),
  },
  "PUT /v1/projects/:project/tasks/:task/goal": {
    scope: "operate",
    summary: "Set the goal",
    body: v.strictObject({ goal: prose }),
    response: row.task,
    errors: ["conflict"],
  },
  "PUT /v1/projects/:project/tasks/:task/topic": {
    scope: "operate",
    summary: "Put a task into a topic, or out of it with null",
    body: v.strictObject({ topic: maybeTopic }),
    response: row.task,
    errors: ["guard", "conflict"],
  },
  "POST /v1/projects/:project/tasks/:task/rename": {
    scope: "operate",
    summary: "Give a task another name; branch and worktree keep theirs",
    body: v.strictObject({ new_filename: taskName }),
    response: row.task,
    errors: ["guard", "exists"],
  },
  "POST /v1/projects/:project/tasks/:task/push": {
    scope: "operate",
    summary: "Commit what is uncommitted in the task's worktree and push its branch",
    body: v.strictObject({ message: v.optional(line, "update from kas") }),
    response: v.object({
      task: v.string(),
      remote: v.string(),
      branch: v.string(),
      commit: v.string(),
      committed: maybeText,
      up_to_date: v.boolean(),
    }),
    errors: ["guard", "git_failed"],
  },
  "POST /v1/projects/:project/tasks/:task/merge": {
    scope: "operate",
    summary: "Merge a verified task into its base branch",
    response: v.object({
      task: v.string(),
      commit: v.string(),
      base: v.string(),
      checkout: maybeText,
    }),
    errors: ["guard", "conflict", "git_failed"],
  },
});

export const CONTENT_ROUTES = routes({
  "GET /v1/projects/:project/tasks/:task/content": {
    scope: "read",
    summary: "The stored plan",
    response: "markdown",
    etag: true,
  },
  "PUT /v1/projects/:project/tasks/:task/content": {
    scope: "operate",
    summary: "Replace the stored plan; with If-Match only when nobody changed it meanwhile",
    details: "What is wrong with the plan is in the answer; it is stored all the same.",
    body: "markdown",
    response: v.object({ task: v.string(), version: id, findings: list(row.finding) }),
    etag: true,
    limit: 4 * 1024 * 1024,
    errors: ["conflict"],
  },
  "GET /v1/projects/:project/tasks/:task/subtasks": {
    scope: "read",
    summary: "Subtasks in the order of the plan",
    response: v.object({ items: list(row.subtask) }),
  },
  "PUT /v1/projects/:project/tasks/:task/subtasks": {
    scope: "operate",
    summary: "Replace all subtasks; refused while agents work on them",
    details: "A list alone will do. Its items may leave out the wave: it is that of the stored " +
      "plan, where tasks are numbered through, and 1 while the plan has none.",
    body: v.union([
      v.strictObject({
        subtasks: v.pipe(v.array(v.strictObject(newSubtask)), v.maxLength(MAX_SUBTASKS)),
      }),
      v.pipe(
        v.array(v.strictObject({ ...newSubtask, wave: v.exactOptional(newSubtask.wave) })),
        v.maxLength(MAX_SUBTASKS),
      ),
    ]),
    aliases: { task_number: "number" },
    response: v.object({ items: list(row.subtask) }),
    errors: ["guard", "conflict"],
  },
  "PUT /v1/projects/:project/tasks/:task/subtasks/:number/status": {
    scope: "operate",
    summary: "Set the status of a subtask past the lifecycle; the log shows it",
    query: v.strictObject({ wave: v.exactOptional(queryNumber(1, 9999)) }),
    body: v.strictObject({ status: v.picklist(SUBTASK_STATUSES), note: v.exactOptional(line) }),
    response: row.subtask,
    errors: ["guard", "conflict"],
  },
  "GET /v1/projects/:project/tasks/:task/architect-decisions": {
    scope: "read",
    summary: "What the architect wrote down about its plan; null before it has",
    response: v.object({
      metadata: v.nullable(v.record(v.string(), v.unknown())),
      /** Why there is none: not written yet, or nothing that can be read. */
      reason: v.nullable(v.picklist(["architect_meta_missing", "architect_meta_invalid"])),
    }),
  },
  "GET /v1/projects/:project/topics": {
    scope: "read",
    summary: "Topics with the number of their tasks",
    response: v.object({ items: list(v.object({ name: v.string(), tasks: count })) }),
  },
  "POST /v1/projects/:project/topics": {
    scope: "operate",
    summary: "Make a topic",
    body: v.strictObject({ name: name("topic") }),
    response: v.object({ name: v.string(), tasks: count }),
    errors: ["exists"],
    status: 201,
  },
});
