import { KasError } from "../../errors.ts";
import type { Change, LinearTrigger, NewLinearTrigger } from "../types.ts";
import { TRIGGER_STATUSES } from "../types.ts";
import { type Db, type Row, Where } from "./db.ts";
import { appendEvent } from "./events.ts";
import { projectById } from "./projects.ts";
import { int, maybeInt, maybeText, oneOf, text } from "./rows.ts";

/** What Linear delivered, and what came of it. */

function toTrigger(row: Row): LinearTrigger {
  return {
    id: int(row, "id"),
    projectId: int(row, "project_id"),
    issueId: text(row, "issue_id"),
    issue: text(row, "issue"),
    command: text(row, "command"),
    source: text(row, "source"),
    delivery: text(row, "delivery"),
    actor: text(row, "actor"),
    status: oneOf(TRIGGER_STATUSES, row, "status"),
    attempt: int(row, "attempt"),
    task: maybeText(row, "task"),
    result: text(row, "result"),
    createdAt: int(row, "created_at"),
    endedAt: maybeInt(row, "ended_at"),
  };
}

const CLAIM = `INSERT INTO linear_trigger
    (project_id, issue_id, issue, command, source, delivery, actor, claimed_at, created_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (project_id, issue_id, command, source) DO UPDATE
    SET attempt = attempt + 1, claimed_at = excluded.claimed_at
    WHERE status = 'received' AND claimed_at < ?
  RETURNING *`;
const KEY = `SELECT * FROM linear_trigger
  WHERE project_id = ? AND issue_id = ? AND command = ? AND source = ?`;

/** See `Store.claimLinearTrigger`. */
export function claimLinearTrigger(
  db: Db,
  now: number,
  wanted: NewLinearTrigger,
  staleBefore: number,
): { trigger: LinearTrigger; duplicate: boolean } {
  const { projectId, issueId, issue, command, source, delivery, actor } = wanted;
  return db.write(() => {
    projectById(db, projectId);
    const names = [issue, command, source, delivery, actor];
    const row = db.get(CLAIM, projectId, issueId, ...names, now, now, staleBefore);
    if (row === null) {
      const first = db.get(KEY, projectId, issueId, command, source);
      if (first === null) throw new Error("a trigger of Linear was neither made nor found");
      return { trigger: toTrigger(first), duplicate: true };
    }
    const trigger = toTrigger(row);
    appendEvent(db, now, {
      projectId,
      kind: "task_linear_trigger_received",
      actor,
      message: `${issue === "" ? "an issue" : issue}: ${command}`,
      detail: { trigger: trigger.id, issue, command, source, delivery, attempt: trigger.attempt },
    });
    return { trigger, duplicate: false };
  });
}

/** Ends a trigger inside a write transaction. @throws KasError "conflict" */
export function endLinearTrigger(
  db: Db,
  now: number,
  change: Change & { kind: "linear_trigger_end" },
): void {
  const { id, attempt, status, task, result } = change;
  const { changes } = db.run(
    `UPDATE linear_trigger SET status = ?, task = ?, result = ?, ended_at = ?
     WHERE id = ? AND attempt = ? AND status = 'received'`,
    status,
    task,
    result,
    now,
    id,
    attempt,
  );
  if (changes > 0) return;
  throw new KasError("conflict", `Cannot end the trigger "${id}": somebody else took it up`, {
    hint: "See it with: kas linear webhook deliveries",
    context: { trigger: id, attempt },
  });
}

/** Newest first. */
export function listLinearTriggers(
  db: Db,
  filter: { projectId?: number; limit: number },
): LinearTrigger[] {
  const where = new Where().and("project_id = ?", filter.projectId);
  return db.all(
    `SELECT * FROM linear_trigger${where} ORDER BY id DESC LIMIT ?`,
    ...where.values,
    filter.limit,
  ).map(toTrigger);
}
