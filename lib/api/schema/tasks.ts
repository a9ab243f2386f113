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

const newTask = v.pipe(
  v.strictObject({
    /** One of `name` and `filename` is needed; they mean the same. */
    name: v.exactOptional(taskName),
    filename: v.exactOptional(taskName),
    description: v.exactOptional(line),
    branch: v.exactOptional(v.pipe(v.string(), v.nonEmpty(), v.maxLength(200))),
    base: v.exactOptional(v.pipe(v.string(), v.nonEmpty(), v.maxLength(200))),
    topic: v.exactOptional(v.nullable(name("topic"))),
    content: v.exactOptional(v.string()),
  }),
  v.check(
    (task) => (task.name === undefined) !== (task.filename === undefined),
    `needs "name" or "filename"`,
  ),
);

/** What may be done to a task now, with the words of a button. */
const action = v.object({
  event: row.taskEvent,
  label: v.string(),
  to: row.status,
  /** Work is ended or thrown away: ask before. */
  destructive: v.boolean(),
  needs_feedback: v.boolean(),
  /** Why it would be refused now, null when it would not. */
  blocked: maybeText,
});

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
    summary: "Make a task; nothing starts yet",
    body: newTask,
    response: v.object({ ...row.task.entries, findings: list(row.finding) }),
    status: 201,
    limit: 6 * 1024 * 1024,
    errors: ["exists", "guard"],
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
    body: v.strictObject({
      description: v.exactOptional(line),
      goal: v.exactOptional(prose),
      topic: v.exactOptional(v.nullable(name("topic"))),
    }),
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
    body: v.strictObject({ topic: v.nullable(name("topic")) }),
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
    body: v.strictObject({
      subtasks: v.pipe(
        v.array(v.strictObject({
          wave: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(9999)),
          number: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(9999)),
          title: v.pipe(line, v.nonEmpty()),
          body: v.optional(prose, ""),
          files: v.optional(v.pipe(v.array(v.pipe(v.string(), v.maxLength(1024)))), []),
        })),
        v.maxLength(1000),
      ),
    }),
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
    response: v.object({ metadata: v.nullable(v.record(v.string(), v.unknown())) }),
  },
  "GET /v1/projects/:project/topics": {
    scope: "read",
    summary: "Topics with the number of their tasks",
    response: v.object({ items: list(v.object({ name: v.string(), tasks: count })) }),
  },
  "POST /v1/projects/:project/topics": {
    scope: "operate",
    summary: "Make a topic; one that is there stays as it is",
    body: v.strictObject({ name: name("topic") }),
    response: v.object({ name: v.string(), tasks: count }),
    status: 201,
  },
});

export const COURSE_ROUTES = routes({
  "GET /v1/projects/:project/tasks/:task/available-actions": {
    scope: "read",
    summary: "The events a person may cause now",
    response: v.object({
      status: row.status,
      phase: row.phase,
      state: v.string(),
      actions: list(action),
    }),
  },
  "POST /v1/projects/:project/tasks/:task/transition": {
    scope: "operate",
    summary: "Apply one event of the lifecycle",
    body: v.strictObject({
      event: v.pipe(v.string(), v.maxLength(60)),
      feedback: v.exactOptional(prose),
      override_topic: v.exactOptional(v.boolean()),
      /** `implement_start`: begin with this wave, without the architect. */
      wave: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1))),
    }),
    response: row.task,
    errors: ["illegal_transition", "guard", "conflict"],
  },
  "POST /v1/projects/:project/tasks/:task/start": {
    scope: "operate",
    summary: "Let agents work on a task: its plan is implemented, or a planner writes one",
    body: v.strictObject({ override_topic: v.exactOptional(v.boolean()) }),
    response: v.object({
      task: row.task,
      /** Why the stored plan is left to a planner. */
      unfit: maybeText,
    }),
    errors: ["illegal_transition", "guard"],
  },
  "POST /v1/projects/:project/tasks/:task/start-over": {
    scope: "operate",
    summary: "Plan a task anew on a fresh branch; its old work is saved",
    response: row.task,
    errors: ["guard", "conflict"],
  },
  "POST /v1/projects/:project/tasks/:task/recover": {
    scope: "operate",
    summary: "Report by hand what an agent did not",
    body: v.strictObject({ action: v.string(), feedback: v.exactOptional(prose) }),
    response: row.signal,
    status: 202,
  },
  "PUT /v1/projects/:project/tasks/:task/status": {
    scope: "operate",
    summary: "Set a status past the lifecycle; the log shows it",
    body: v.strictObject({ status: row.status }),
    response: row.task,
    errors: ["conflict"],
  },
  "PUT /v1/projects/:project/tasks/:task/execution-state": {
    scope: "operate",
    summary: "Set phase, wave and review cycle past the lifecycle; the log shows it",
    body: v.strictObject({
      phase: v.exactOptional(row.phase),
      wave: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(9999))),
      review_cycle: v.exactOptional(
        v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(9999)),
      ),
    }),
    response: row.task,
    errors: ["guard", "conflict"],
  },
  "POST /v1/projects/:project/tasks/:task/increment-review-cycle": {
    scope: "operate",
    summary: "Add one to the review cycle",
    response: row.task,
    errors: ["conflict"],
  },
});

const stampedPhase = v.picklist(["planning", "implementing", "reviewing", "verifying", "done"]);

export const FACT_ROUTES = routes({
  "PUT /v1/projects/:project/tasks/:task/phase-timestamp": {
    scope: "operate",
    summary: "Correct when a task entered a status it is not in now",
    body: v.strictObject({ phase: stampedPhase, at: time }),
    response: row.task,
    errors: ["guard", "conflict"],
  },
  "GET /v1/projects/:project/tasks/:task/links": {
    scope: "read",
    summary: "What a task is tied to outside of kas",
    response: v.object({ links: v.record(v.string(), v.string()) }),
  },
  "PUT /v1/projects/:project/tasks/:task/clickup-task-id": {
    scope: "operate",
    summary: "Tie a task to one of ClickUp; null unties it",
    body: v.strictObject({
      clickup_task_id: v.nullable(v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/))),
    }),
    response: v.object({ links: v.record(v.string(), v.string()) }),
  },
  "GET /v1/projects/:project/tasks/:task/pr": {
    scope: "read",
    summary: "The pull request of a task; empty texts before there is one",
    response: row.pullRequest,
  },
  "PUT /v1/projects/:project/tasks/:task/pr-url": {
    scope: "operate",
    summary: "Record the address of the pull request; empty to forget it",
    body: v.strictObject({
      url: v.pipe(
        v.string(),
        v.maxLength(2000),
        v.regex(/^(https?:\/\/[^\s<>"']+)?$/, "must be an http(s) address"),
      ),
    }),
    response: row.pullRequest,
  },
  "PUT /v1/projects/:project/tasks/:task/pr-state": {
    scope: "operate",
    summary: "Record the review decision and the state of the checks",
    body: v.strictObject({
      state: v.exactOptional(v.pipe(v.string(), v.maxLength(60))),
      checks: v.exactOptional(v.pipe(v.string(), v.maxLength(60))),
    }),
    response: row.pullRequest,
  },
  "GET /v1/projects/:project/tasks/:task/pr-reviews": {
    scope: "read",
    summary: "Recorded reviews of the pull request, oldest first",
    response: v.object({ items: list(row.prReview) }),
  },
  "POST /v1/projects/:project/tasks/:task/pr-reviews": {
    scope: "operate",
    summary: "Record a review; one that is recorded already stays as it is",
    body: v.strictObject({
      review_id: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,100}$/)),
      author: v.pipe(v.string(), v.maxLength(200)),
      state: v.pipe(v.string(), v.maxLength(60)),
      body: prose,
      submitted_at: v.exactOptional(v.nullable(time)),
    }),
    response: row.prReview,
    status: 201,
  },
  "GET /v1/projects/:project/tasks/:task/pr-reviews/pending": {
    scope: "read",
    summary: "Reviews that no fixer was sent for yet",
    response: v.object({ items: list(row.prReview) }),
  },
  "GET /v1/projects/:project/tasks/:task/pr-reviews/:review/processed": {
    scope: "read",
    summary: "Whether a review is recorded",
    response: v.object({ processed: v.boolean() }),
  },
  "POST /v1/projects/:project/tasks/:task/pr-reviews/:review/reacted": {
    scope: "operate",
    summary: "Note that the review was reacted to",
    response: row.prReview,
  },
  "POST /v1/projects/:project/tasks/:task/pr-reviews/:review/fixer-dispatched": {
    scope: "operate",
    summary: "Note that a fixer was sent for the review",
    response: row.prReview,
  },
});
