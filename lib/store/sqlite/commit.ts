import { KasError } from "../../errors.ts";
import { quote } from "../../names.ts";
import type {
  Change,
  Committed,
  Decision,
  NewSubtask,
  Session,
  SubtaskPatch,
  Token,
  Worktree,
} from "../types.ts";
import { assignments, type Columns, type Db } from "./db.ts";
import { closeDecision, insertJob, openDecision, patchJob } from "./decisions.ts";
import { appendEvent } from "./events.ts";
import { endLinearTrigger } from "./linear_triggers.ts";
import { insertSession, insertWorktree, patchSession, patchWorktree } from "./ledger.ts";
import { insertPrReview, patchPrReview, patchPullRequest, setLink } from "./pull_requests.ts";
import { toSubtask } from "./rows.ts";
import { endSignal, insertSignal } from "./signals.ts";
import { ensureTopic, requireTask } from "./tasks.ts";
import { insertToken, revokeTokens } from "./tokens.ts";
import { expectTask, forceStatus, patchTask, type Step, transition } from "./transition.ts";

interface Made {
  readonly sessions: Session[];
  readonly worktrees: Worktree[];
  readonly decisions: Decision[];
  readonly tokens: Token[];
}

/** See `Store.commit`. */
export function commit(db: Db, now: number, changes: readonly Change[]): Committed {
  const made: Made = { sessions: [], worktrees: [], decisions: [], tokens: [] };
  const step: Step = { db, now, startVersions: new Map(), eventIds: [] };
  if (changes.length > 0) {
    db.write(() => {
      for (const change of changes) apply(step, change, made);
    });
  }
  return { ...made, eventIds: step.eventIds };
}

function apply(step: Step, change: Change, made: Made): void {
  const { db, now } = step;
  switch (change.kind) {
    case "expect":
      return expectTask(step, change);
    case "transition":
      return transition(step, change);
    case "force_status":
      return forceStatus(step, change);
    case "task":
      return patchTask(step, change);
    case "subtasks":
      return replaceSubtasks(step, change.taskId, change.subtasks);
    case "subtask":
      return patchSubtask(db, change);
    case "session_new":
      made.sessions.push(insertSession(db, now, change.session));
      return;
    case "session":
      return patchSession(db, change);
    case "worktree_new":
      made.worktrees.push(insertWorktree(db, now, change.worktree));
      return;
    case "worktree":
      return patchWorktree(db, change);
    case "decision_open":
      return addTo(made.decisions, openDecision(step, change.decision));
    case "decision_close":
      return closeDecision(step, change);
    case "job_new":
      return insertJob(step, change.job);
    case "job":
      return patchJob(step, change);
    case "signal_end":
      step.eventIds.push(endSignal(db, now, change.id, change.status, change.result));
      return;
    case "signal_new":
      return addTo(step.eventIds, insertSignal(db, now, change.signal).eventId);
    case "event":
      step.eventIds.push(appendEvent(db, now, change.event));
      return;
    case "topic_new":
      return ensureTopic(db, change.projectId, change.name);
    case "task_link":
      return setLink(db, change);
    case "pull_request":
      return patchPullRequest(db, now, change);
    case "pr_review_new":
      return insertPrReview(db, now, change.review);
    case "pr_review":
      return patchPrReview(db, change);
    case "linear_trigger_end":
      return endLinearTrigger(db, now, change);
    case "token_new":
      made.tokens.push(insertToken(step, change.token));
      return;
    case "token_revoke":
      return revokeTokens(step, change);
  }
}

function addTo<T>(list: T[], made: T | null): void {
  if (made !== null) list.push(made);
}

function replaceSubtasks(step: Step, taskId: number, subtasks: readonly NewSubtask[]): void {
  const { db, now } = step;
  const task = requireTask(db, taskId);
  db.run("DELETE FROM subtask WHERE task_id = ?", taskId);
  const seen = new Set<string>();
  for (const { wave, number, title, body, files, status } of subtasks) {
    const place = `${wave}.${number}`;
    if (seen.has(place)) {
      throw new KasError(
        "invalid",
        `Cannot store the subtasks of ${
          quote(task.name)
        }: wave ${wave} has two with number ${number}`,
        { hint: "Number the tasks of a wave differently", context: { taskId, wave, number } },
      );
    }
    seen.add(place);
    db.run(
      `INSERT INTO subtask (task_id, wave, number, title, body, files, status, started_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      taskId,
      wave,
      number,
      title,
      body,
      JSON.stringify(files),
      status,
      status === "running" ? now : null,
    );
  }
}

const SUBTASK: Columns<SubtaskPatch> = {
  status: "status",
  attempt: "attempt",
  assignment: "assignment",
  baseCommit: "base_commit",
  commit: '"commit"',
  note: "note",
  files: "files",
  startedAt: "started_at",
  reportedAt: "reported_at",
  endedAt: "ended_at",
};

function patchSubtask(db: Db, change: Change & { kind: "subtask" }): void {
  const row = db.get("SELECT * FROM subtask WHERE id = ?", change.id);
  if (row === null) {
    throw new KasError("not_found", `Cannot find a subtask with id ${quote(String(change.id))}`, {
      hint: "The plan was replaced; read the subtasks again",
      context: { subtask: change.id },
    });
  }
  const { status, wave, number } = toSubtask(row);
  if (change.expect !== undefined && !change.expect.includes(status)) {
    throw new KasError(
      "conflict",
      `Cannot change subtask ${quote(`W${wave}-T${number}`)}: it is ${status}`,
      {
        hint: "Read the subtasks again and repeat the change if it still applies",
        context: { subtask: change.id, status, expected: change.expect },
      },
    );
  }
  const { sets, values } = assignments(SUBTASK, change.patch);
  if (sets.length === 0) return;
  db.run(`UPDATE subtask SET ${sets.join(", ")} WHERE id = ?`, ...values, change.id);
}
