import * as v from "valibot";
import {
  linkTask,
  markPrReview,
  prReview,
  recordPrReview,
  recordPullRequest,
  setPhaseStamp,
  type StampedPhase,
} from "../../engine/record.ts";
import { KasError } from "../../errors.ts";
import { quote } from "../../names.ts";
import type { Caller } from "../context.ts";
import type { PrReview, PullRequest } from "../../store/types.ts";
import { entryJson, toJson } from "../json.ts";
import { bind, type Bound } from "../route.ts";
import { FACT_ROUTES, stampedPhase } from "../schema/course.ts";
import { changed, homeOf, taskOf } from "./_shared.ts";

function pullJson(row: PullRequest | null) {
  if (row === null) return { url: "", state: "", checks: "", updated_at: null };
  const { task_id: _, ...json } = toJson(row);
  return json;
}

function reviewJson(row: PrReview) {
  const { task_id: _, ...json } = toJson(row);
  return json;
}

async function stamp(
  call: Parameters<typeof taskOf>[0] & { readonly caller: Caller },
  phase: StampedPhase,
  at: string,
) {
  const { actor } = call.caller;
  const task = await setPhaseStamp(homeOf(call), await taskOf(call), phase, Date.parse(at), actor);
  changed(call);
  return entryJson(task);
}

/** Pull requests and their reviews; what ties a task to the outside; stamps. */
export const factRoutes: readonly Bound[] = bind(FACT_ROUTES, {
  "PUT /v1/projects/:project/tasks/:task/phase-timestamp": (call) =>
    stamp(call, call.body.phase, call.body.at),
  "PUT /v1/projects/:project/tasks/:task/phase-timestamp/:phase": (call) => {
    const { phase } = call.params;
    if (v.is(stampedPhase, phase)) return stamp(call, phase, call.body.at);
    throw new KasError("invalid", `Cannot stamp ${quote(phase)}`, {
      hint: `Stamped are: ${stampedPhase.options.join(", ")}`,
    });
  },
  "GET /v1/projects/:project/tasks/:task/links": async (call) => {
    const task = await taskOf(call);
    return { links: await call.context.store.taskLinks(task.id) };
  },
  "PUT /v1/projects/:project/tasks/:task/clickup-task-id": async (call) => {
    const task = await taskOf(call);
    const link = { name: "clickup", value: call.body.clickup_task_id };
    await linkTask(homeOf(call), task, link, call.caller.actor);
    changed(call);
    return { links: await call.context.store.taskLinks(task.id) };
  },
  "GET /v1/projects/:project/tasks/:task/pr": async (call) => {
    const task = await taskOf(call);
    return pullJson(await call.context.store.pullRequest(task.id));
  },
  "PUT /v1/projects/:project/tasks/:task/pr-url": async (call) => {
    const task = await taskOf(call);
    const row = await recordPullRequest(homeOf(call), task, call.body, call.caller.actor);
    changed(call);
    return pullJson(row);
  },
  "PUT /v1/projects/:project/tasks/:task/pr-state": async (call) => {
    const task = await taskOf(call);
    const row = await recordPullRequest(homeOf(call), task, call.body, call.caller.actor);
    changed(call);
    return pullJson(row);
  },
  "GET /v1/projects/:project/tasks/:task/pr-reviews": async (call) => {
    const task = await taskOf(call);
    return { items: (await call.context.store.prReviews(task.id)).map(reviewJson) };
  },
  "POST /v1/projects/:project/tasks/:task/pr-reviews": async (call) => {
    const { review_id, submitted_at, ...rest } = call.body;
    const at = submitted_at ?? null;
    const review = {
      ...rest,
      reviewId: review_id,
      submittedAt: at === null ? null : Date.parse(at),
    };
    const task = await taskOf(call);
    const row = await recordPrReview(homeOf(call), task, review, call.caller.actor);
    changed(call);
    return reviewJson(row);
  },
  "GET /v1/projects/:project/tasks/:task/pr-reviews/pending": async (call) => {
    const task = await taskOf(call);
    const rows = await call.context.store.prReviews(task.id);
    return { items: rows.filter((row) => row.fixerDispatchedAt === null).map(reviewJson) };
  },
  "GET /v1/projects/:project/tasks/:task/pr-reviews/:review/processed": async (call) => {
    const task = await taskOf(call);
    const rows = await call.context.store.prReviews(task.id);
    return { processed: rows.some((row) => row.reviewId === call.params.review) };
  },
  "POST /v1/projects/:project/tasks/:task/pr-reviews/:review/reacted": async (call) => {
    const task = await taskOf(call);
    const { review } = call.params;
    await prReview(homeOf(call), task, review);
    const row = await markPrReview(homeOf(call), task, review, "reacted", call.caller.actor);
    changed(call);
    return reviewJson(row);
  },
  "POST /v1/projects/:project/tasks/:task/pr-reviews/:review/fixer-dispatched": async (call) => {
    const { actor } = call.caller;
    const task = await taskOf(call);
    const { review } = call.params;
    await prReview(homeOf(call), task, review);
    const row = await markPrReview(homeOf(call), task, review, "fixer_dispatched", actor);
    changed(call);
    return reviewJson(row);
  },
});
