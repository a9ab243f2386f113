import { KasError } from "../../errors.ts";
import { quote } from "../../names.ts";
import type { Change, Decision, DecisionFilter, Job, NewDecision, NewJob } from "../types.ts";
import { type Db, Where } from "./db.ts";
import { appendEvent } from "./events.ts";
import { toDecision, toJob } from "./rows.ts";
import type { Step } from "./transition.ts";

const SELECT =
  "SELECT d.*, t.name AS task_name FROM decision d LEFT JOIN task t ON t.id = d.task_id";

/** The decision with this id, or null. */
export function findDecision(db: Db, id: number): Decision | null {
  const row = db.get(`${SELECT} WHERE d.id = ?`, id);
  return row === null ? null : toDecision(row);
}

/** Oldest first. */
export function listDecisions(db: Db, filter: DecisionFilter): Decision[] {
  const where = new Where()
    .and("d.project_id = ?", filter.projectId)
    .and("d.task_id = ?", filter.taskId)
    .and("d.status = ?", filter.status)
    .and("d.id > ?", filter.afterId);
  return db.all(`${SELECT}${where} ORDER BY d.id LIMIT ?`, ...where.values, filter.limit ?? -1)
    .map(toDecision);
}

function requireDecision(db: Db, id: number): Decision {
  const decision = findDecision(db, id);
  if (decision !== null) return decision;
  throw new KasError("not_found", `Cannot find a decision with id ${quote(String(id))}`, {
    hint: 'List open decisions with "kas decision list"',
    context: { decision: id },
  });
}

/** Opens a decision and logs it; null when its key is open already. */
export function openDecision(step: Step, decision: NewDecision): Decision | null {
  const { db, now } = step;
  if (db.get("SELECT id FROM decision WHERE key = ? AND status = 'open'", decision.key) !== null) {
    return null;
  }
  const { id } = db.run(
    `INSERT INTO decision (key, project_id, task_id, session_id, kind, question, detail, options,
       created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    decision.key,
    decision.projectId,
    decision.taskId,
    decision.sessionId,
    decision.kind,
    decision.question,
    decision.detail,
    JSON.stringify(decision.options),
    now,
  );
  const made = requireDecision(db, id);
  log(step, made, "decision_opened", "kas", {
    key: made.key,
    options: made.options.map((option) => option.id),
  });
  return made;
}

/** Answers or withdraws an open decision. @throws KasError "conflict" when it is closed */
export function closeDecision(step: Step, change: Change & { kind: "decision_close" }): void {
  const decision = requireDecision(step.db, change.id);
  if (decision.status !== "open") {
    throw new KasError(
      "conflict",
      `Cannot close decision ${quote(String(decision.id))}: it is ${decision.status} already`,
      {
        hint: decision.answeredBy === null
          ? "Nothing is left to decide"
          : `${decision.answeredBy} was first`,
        context: {
          decision: decision.id,
          status: decision.status,
          answer: decision.answer,
          answeredBy: decision.answeredBy,
        },
      },
    );
  }
  const answer = change.answer ?? null;
  const feedback = change.feedback ?? "";
  step.db.run(
    `UPDATE decision SET status = ?, answer = ?, feedback = ?, answered_by = ?, closed_at = ?
     WHERE id = ?`,
    change.status,
    answer,
    feedback,
    change.actor,
    step.now,
    change.id,
  );
  // An answer is logged by whoever acts on it.
  if (change.status === "withdrawn") log(step, decision, "decision_withdrawn", change.actor, {});
}

function log(
  step: Step,
  decision: Decision,
  kind: string,
  actor: string,
  detail: Record<string, unknown>,
): void {
  step.eventIds.push(appendEvent(step.db, step.now, {
    projectId: decision.projectId,
    taskId: decision.taskId,
    sessionId: decision.sessionId,
    kind,
    actor,
    message: decision.question,
    detail: { decision: decision.id, kind: decision.kind, ...detail },
  }));
}

/** Puts a job into the outbox unless its key is there. */
export function insertJob(step: Step, job: NewJob): void {
  step.db.run(
    `INSERT INTO job (key, project_id, task_id, kind, payload, next_at, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING`,
    job.key,
    job.projectId,
    job.taskId,
    job.kind,
    JSON.stringify(job.payload),
    step.now,
    step.now,
  );
}

/** Records one try of a job. */
export function patchJob(step: Step, change: Change & { kind: "job" }): void {
  const { changes } = step.db.run(
    `UPDATE job SET status = ?, result = ?, next_at = coalesce(?, next_at), attempts = attempts + 1
     WHERE id = ?`,
    change.status,
    change.result,
    change.nextAt ?? null,
    change.id,
  );
  if (changes === 1) return;
  throw new KasError("not_found", `Cannot find a job with id ${quote(String(change.id))}`, {
    hint: "Its task was removed",
    context: { job: change.id },
  });
}

/** See `Store.dueJobs`. */
export function dueJobs(db: Db, now: number, limit: number): Job[] {
  return db.all(
    "SELECT * FROM job WHERE status = 'pending' AND next_at <= ? ORDER BY next_at, id LIMIT ?",
    now,
    limit,
  ).map(toJob);
}
