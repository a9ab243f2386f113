import * as v from "valibot";
import { list, maybeText, prose, time } from "./common.ts";
import { routes } from "./route.ts";
import * as row from "./rows.ts";

/** The course of tasks, and what is written into their rows past it. Pure. */

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
    aliases: { execution_phase: "phase" },
    errors: ["guard", "conflict"],
  },
  "POST /v1/projects/:project/tasks/:task/increment-review-cycle": {
    scope: "operate",
    summary: "Add one to the review cycle",
    response: row.task,
    errors: ["conflict"],
  },
});

/** Statuses whose entry is stamped. */
export const stampedPhase = v.picklist([
  "planning",
  "implementing",
  "reviewing",
  "verifying",
  "done",
]);

export const FACT_ROUTES = routes({
  "PUT /v1/projects/:project/tasks/:task/phase-timestamp": {
    scope: "operate",
    summary: "Correct when a task entered a status it is not in now",
    body: v.strictObject({ phase: stampedPhase, at: time }),
    aliases: { timestamp: "at" },
    response: row.task,
    errors: ["guard", "conflict"],
  },
  "PUT /v1/projects/:project/tasks/:task/phase-timestamp/:phase": {
    scope: "operate",
    summary: "The same, with the status in the path",
    body: v.strictObject({ at: time }),
    aliases: { timestamp: "at" },
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
    summary: "Tie a task to one of ClickUp; null or an empty text unties it",
    body: v.strictObject({
      clickup_task_id: v.nullable(v.pipe(
        v.string(),
        v.regex(/^[A-Za-z0-9_-]{0,64}$/),
        v.transform((text) => text === "" ? null : text),
      )),
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
    aliases: { pr_url: "url" },
    response: row.pullRequest,
  },
  "PUT /v1/projects/:project/tasks/:task/pr-state": {
    scope: "operate",
    summary: "Record the review decision and the state of the checks",
    body: v.strictObject({
      state: v.exactOptional(v.pipe(v.string(), v.maxLength(60))),
      checks: v.exactOptional(v.pipe(v.string(), v.maxLength(60))),
    }),
    aliases: { pr_review_decision: "state", pr_check_status: "checks" },
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
      /** Forges number reviews; the number counts as its digits. */
      review_id: v.union([
        v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,100}$/)),
        v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.transform(String)),
      ]),
      author: v.pipe(v.string(), v.maxLength(200)),
      state: v.pipe(v.string(), v.maxLength(60)),
      body: prose,
      submitted_at: v.exactOptional(v.nullable(time)),
    }),
    aliases: { reviewer_login: "author", review_state: "state" },
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
