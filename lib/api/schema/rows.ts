import * as v from "valibot";
import { SIGNAL_STATUSES, SIGNAL_TYPES } from "../../signal/types.ts";
import {
  ACTIVITIES,
  DECISION_KINDS,
  PERMISSIONS,
  ROLES,
  SESSION_STATUSES,
  WORKTREE_STATUSES,
} from "../../store/entities.ts";
import { EVENTS } from "../../task/fsm.ts";
import { PHASES, STATUSES, SUBTASK_STATUSES } from "../../task/types.ts";
import { count, id, list, maybeId, maybeText, maybeTime, record, scope, time } from "./common.ts";

/** Rows of the store as JSON; see ../json.ts, which makes them. Pure. */

export const status = v.picklist(STATUSES);
export const phase = v.picklist(PHASES);
export const taskEvent = v.picklist(EVENTS);

export const task = v.object({
  id,
  project_id: id,
  name: v.string(),
  /** The same as `name`, for clients that know a task by the file of its plan. */
  filename: v.string(),
  status,
  phase,
  /** What a person reads for status and phase. */
  state: v.string(),
  version: id,
  description: v.string(),
  goal: v.string(),
  topic: maybeText,
  branch: v.string(),
  base_branch: v.string(),
  base_commit: maybeText,
  content_version: count,
  review_cycle: count,
  wave: count,
  feedback: v.string(),
  planning_at: maybeTime,
  implementing_at: maybeTime,
  reviewing_at: maybeTime,
  verifying_at: maybeTime,
  done_at: maybeTime,
  verified_sha: maybeText,
  verified_base_sha: maybeText,
  verified_at: maybeTime,
  verified_by: maybeText,
  stale_reason: maybeText,
  merged_sha: maybeText,
  merged_at: maybeTime,
  created_at: time,
  updated_at: time,
});

export const subtask = v.object({
  id,
  task_id: id,
  wave: id,
  number: id,
  title: v.string(),
  body: v.string(),
  files: list(v.string()),
  status: v.picklist(SUBTASK_STATUSES),
  attempt: id,
  assignment: v.picklist(["build", "resolve"]),
  base_commit: maybeText,
  commit: maybeText,
  note: v.string(),
  started_at: maybeTime,
  reported_at: maybeTime,
  ended_at: maybeTime,
});

export const session = v.object({
  id,
  key: v.string(),
  project_id: id,
  task_id: maybeId,
  task: maybeText,
  title: v.string(),
  role: v.picklist(ROLES),
  wave: v.nullable(count),
  subtask: v.nullable(count),
  round: count,
  attempt: count,
  peers: count,
  status: v.picklist(SESSION_STATUSES),
  activity: v.picklist(ACTIVITIES),
  /** Why `activity` is what it is, in words. */
  evidence: v.string(),
  harness: v.string(),
  program: v.string(),
  model: maybeText,
  /** Name of the agent that does it. */
  agent: v.string(),
  timeout_minutes: v.nullable(v.number()),
  tmux_name: v.string(),
  branch: maybeText,
  cwd: v.string(),
  pid: v.nullable(v.number()),
  exit_reason: maybeText,
  exit_code: v.nullable(v.number()),
  created_at: time,
  started_at: maybeTime,
  ended_at: maybeTime,
  last_activity_at: maybeTime,
});

export const decision = v.object({
  id,
  key: v.string(),
  project_id: id,
  task_id: maybeId,
  task: maybeText,
  session_id: maybeId,
  kind: v.picklist(DECISION_KINDS),
  question: v.string(),
  detail: v.string(),
  options: list(v.object({ id: v.string(), label: v.string() })),
  status: v.picklist(["open", "answered", "withdrawn"]),
  answer: maybeText,
  feedback: v.string(),
  answered_by: maybeText,
  created_at: time,
  closed_at: maybeTime,
});

export const signal = v.object({
  id,
  project_id: id,
  task: v.string(),
  type: v.picklist(SIGNAL_TYPES),
  payload: record,
  status: v.picklist(SIGNAL_STATUSES),
  dedupe_key: maybeText,
  source: v.string(),
  attempts: count,
  claimed_by: maybeText,
  claimed_at: maybeTime,
  created_at: time,
  processed_at: maybeTime,
  result: v.string(),
});

export const event = v.object({
  id,
  at: time,
  project_id: maybeId,
  project: maybeText,
  task_id: maybeId,
  task: maybeText,
  session_id: maybeId,
  instance: maybeText,
  kind: v.string(),
  actor: v.string(),
  message: v.string(),
  detail: record,
});

export const worktree = v.object({
  id,
  project_id: id,
  task_id: maybeId,
  slot: v.string(),
  path: v.string(),
  branch: v.string(),
  owns_branch: v.boolean(),
  status: v.picklist(WORKTREE_STATUSES),
  created_at: time,
  removed_at: maybeTime,
});

export const project = v.object({
  id,
  key: v.string(),
  root: v.string(),
  root_commit: v.string(),
  /** True when the daemon works on it. */
  registered: v.boolean(),
  created_at: time,
});

export const token = v.object({
  id,
  name: v.string(),
  scope,
  project_id: maybeId,
  task_id: maybeId,
  session_id: maybeId,
  /** Set for the token of an agent. */
  agent: v.nullable(v.object({ name: v.string(), permission: v.picklist(PERMISSIONS) })),
  created_by: v.string(),
  created_at: time,
  expires_at: maybeTime,
  revoked_at: maybeTime,
  last_used_at: maybeTime,
});

/** What is wrong with a plan, or may be. */
export const finding = v.object({
  code: v.string(),
  severity: v.picklist(["error", "warning"]),
  line: count,
  column: count,
  message: v.string(),
});

export const pullRequest = v.object({
  url: v.string(),
  /** Review decision, such as APPROVED; empty while unknown. */
  state: v.string(),
  /** State of the checks, such as passing; empty while unknown. */
  checks: v.string(),
  updated_at: maybeTime,
});

/** A review of a pull request. */
export const prReview = v.object({
  review_id: v.string(),
  author: v.string(),
  state: v.string(),
  body: v.string(),
  submitted_at: maybeTime,
  reacted_at: maybeTime,
  fixer_dispatched_at: maybeTime,
  created_at: time,
});
