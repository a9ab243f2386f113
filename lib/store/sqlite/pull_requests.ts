import { KasError } from "../../errors.ts";
import { quote } from "../../names.ts";
import type { Change, NewPrReview, PrReview, PrReviewPatch, PullRequest } from "../types.ts";
import { assignments, type Columns, type Db } from "./db.ts";
import { int, maybeInt, text } from "./rows.ts";
import { requireTask } from "./tasks.ts";

/** Pull requests, their reviews, and links of tasks to things outside. */

/** The links of a task by name. */
export function listLinks(db: Db, taskId: number): Record<string, string> {
  const rows = db.all("SELECT name, value FROM task_link WHERE task_id = ? ORDER BY name", taskId);
  return Object.fromEntries(rows.map((row) => [text(row, "name"), text(row, "value")]));
}

/** Sets or removes a link inside a write transaction. */
export function setLink(db: Db, change: Change & { kind: "task_link" }): void {
  const { taskId, name, value } = change;
  requireTask(db, taskId);
  if (value === null) {
    db.run("DELETE FROM task_link WHERE task_id = ? AND name = ?", taskId, name);
    return;
  }
  db.run(
    `INSERT INTO task_link (task_id, name, value) VALUES (?, ?, ?)
     ON CONFLICT (task_id, name) DO UPDATE SET value = excluded.value`,
    taskId,
    name,
    value,
  );
}

/** The pull request of a task, or null. */
export function findPullRequest(db: Db, taskId: number): PullRequest | null {
  const row = db.get("SELECT * FROM pull_request WHERE task_id = ?", taskId);
  return row === null ? null : {
    taskId: int(row, "task_id"),
    url: text(row, "url"),
    state: text(row, "state"),
    checks: text(row, "checks"),
    updatedAt: int(row, "updated_at"),
  };
}

/** Makes or changes the pull request of a task inside a write transaction. */
export function patchPullRequest(
  db: Db,
  now: number,
  change: Change & { kind: "pull_request" },
): void {
  requireTask(db, change.taskId);
  const { url, state, checks } = {
    ...findPullRequest(db, change.taskId) ?? { url: "", state: "", checks: "" },
    ...change.patch,
  };
  db.run(
    `INSERT INTO pull_request (task_id, url, state, checks, updated_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (task_id) DO UPDATE SET url = excluded.url, state = excluded.state,
       checks = excluded.checks, updated_at = excluded.updated_at`,
    change.taskId,
    url,
    state,
    checks,
    now,
  );
}

/** Reviews of a task's pull request, oldest first. */
export function listPrReviews(db: Db, taskId: number): PrReview[] {
  return db.all("SELECT * FROM pr_review WHERE task_id = ? ORDER BY id", taskId).map((row) => ({
    taskId: int(row, "task_id"),
    reviewId: text(row, "review_id"),
    author: text(row, "author"),
    state: text(row, "state"),
    body: text(row, "body"),
    submittedAt: maybeInt(row, "submitted_at"),
    reactedAt: maybeInt(row, "reacted_at"),
    fixerDispatchedAt: maybeInt(row, "fixer_dispatched_at"),
    createdAt: int(row, "created_at"),
  }));
}

/** Records a review inside a write transaction, unless it is there. */
export function insertPrReview(db: Db, now: number, review: NewPrReview): void {
  requireTask(db, review.taskId);
  db.run(
    `INSERT INTO pr_review (task_id, review_id, author, state, body, submitted_at, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (task_id, review_id) DO NOTHING`,
    review.taskId,
    review.reviewId,
    review.author,
    review.state,
    review.body,
    review.submittedAt,
    now,
  );
}

const REVIEW: Columns<PrReviewPatch> = {
  reactedAt: "reacted_at",
  fixerDispatchedAt: "fixer_dispatched_at",
};

/** Changes a review inside a write transaction. @throws KasError "not_found" */
export function patchPrReview(db: Db, change: Change & { kind: "pr_review" }): void {
  const { taskId, reviewId } = change;
  const { sets, values } = assignments(REVIEW, change.patch);
  if (sets.length === 0) return;
  const { changes } = db.run(
    `UPDATE pr_review SET ${sets.join(", ")} WHERE task_id = ? AND review_id = ?`,
    ...values,
    taskId,
    reviewId,
  );
  if (changes > 0) return;
  throw new KasError("not_found", `Cannot find the review ${quote(reviewId)}`, {
    hint: "Record it first",
    context: { taskId, review: reviewId },
  });
}
