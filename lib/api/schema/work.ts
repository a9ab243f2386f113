import * as v from "valibot";
import { SIGNAL_STATUSES } from "../../signal/types.ts";
import { WORKTREE_STATUSES } from "../../store/entities.ts";
import {
  after,
  count,
  limit,
  list,
  many,
  MAX_PAGE,
  maybeText,
  page,
  prose,
  queryNumber,
  record,
  taskName,
  time,
} from "./common.ts";
import { routes } from "./route.ts";
import * as row from "./rows.ts";

/** Decisions, signals, the log, search; worktrees, differences, rescued work. Pure. */

const decisionQuery = v.strictObject({
  status: v.exactOptional(v.picklist(["open", "answered", "withdrawn"])),
  task: v.exactOptional(v.string()),
  after: v.exactOptional(after),
  limit,
});
/** A decision with the project it belongs to. */
const projectDecision = v.object({ ...row.decision.entries, project: v.string() });

export const DECISION_ROUTES = routes({
  "GET /v1/decisions": {
    scope: "read",
    narrows: true,
    summary: "Questions to people in all projects, oldest first",
    query: decisionQuery,
    response: page(projectDecision),
  },
  "GET /v1/projects/:project/decisions": {
    scope: "read",
    summary: "Questions to people, oldest first",
    query: decisionQuery,
    response: page(projectDecision),
  },
  "GET /v1/projects/:project/decisions/:id": {
    scope: "read",
    summary: "One question",
    response: projectDecision,
  },
  "POST /v1/projects/:project/decisions/:id/answer": {
    scope: "operate",
    summary: "Answer an open question, once",
    body: v.strictObject({
      option: v.pipe(v.string(), v.nonEmpty(), v.maxLength(60)),
      feedback: v.exactOptional(prose),
    }),
    response: projectDecision,
    errors: ["conflict"],
  },
});

export const SIGNAL_ROUTES = routes({
  "GET /v1/projects/:project/signals": {
    scope: "read",
    summary: "Signals, newest first",
    query: v.strictObject({
      status: v.exactOptional(many(v.picklist(SIGNAL_STATUSES))),
      task: v.exactOptional(v.string()),
      limit,
    }),
    response: v.object({ items: list(row.signal) }),
  },
  "GET /v1/projects/:project/signals/:id": {
    scope: "read",
    summary: "One signal",
    response: row.signal,
  },
  "POST /v1/projects/:project/signals": {
    scope: "signal",
    summary: "Emit a signal; one with the same dedupe key is the same signal",
    body: v.strictObject({
      type: v.pipe(v.string(), v.maxLength(60)),
      task: taskName,
      payload: v.exactOptional(v.union([prose, record])),
      dedupe_key: v.exactOptional(v.pipe(v.string(), v.nonEmpty(), v.maxLength(200))),
    }),
    response: v.object({ signal: row.signal, duplicate: v.boolean() }),
    status: 202,
    errors: ["guard"],
  },
  "POST /v1/projects/:project/signals/:id/retry": {
    scope: "operate",
    summary: "Put a failed signal back into the queue",
    response: row.signal,
    errors: ["conflict"],
  },
});

const auditQuery = v.strictObject({
  kind: v.exactOptional(many(v.pipe(v.string(), v.maxLength(60)))),
  task: v.exactOptional(v.string()),
  instance: v.exactOptional(v.string()),
  /** From this moment on, and before that one (RFC 3339). */
  after: v.exactOptional(v.string()),
  before: v.exactOptional(v.string()),
  /** Words that message, kind or detail must contain. */
  text: v.exactOptional(v.pipe(v.string(), v.maxLength(200))),
  order: v.optional(v.picklist(["asc", "desc"]), "desc"),
  /** `next` of the page before. */
  cursor: v.exactOptional(after),
  /** Lines are short and many: more than of other lists. */
  limit: v.optional(queryNumber(1, MAX_PAGE), "100"),
});

export const AUDIT_ROUTES = routes({
  "GET /v1/audit-events": {
    scope: "read",
    narrows: true,
    summary: "The log of all projects",
    query: auditQuery,
    response: page(row.event),
  },
  "GET /v1/projects/:project/audit-events": {
    scope: "read",
    summary: "The log of a project",
    query: auditQuery,
    response: page(row.event),
  },
  "GET /v1/events": {
    scope: "read",
    narrows: true,
    summary: "The log as it grows: server-sent events, from Last-Event-ID or `after` on",
    details: "Each message is one event as JSON. `resync` says that the client was too slow or " +
      "asked for too much: it should read anew what it shows, and go on from the id given.",
    query: v.strictObject({
      project: v.exactOptional(v.string()),
      task: v.exactOptional(v.string()),
      kind: v.exactOptional(many(v.pipe(v.string(), v.maxLength(60)))),
      after: v.exactOptional(v.pipe(v.string(), v.regex(/^\d{1,15}$/))),
    }),
    response: "events",
  },
  "GET /v1/search": {
    scope: "read",
    narrows: true,
    summary: "Tasks and events that contain all these words",
    query: v.strictObject({
      text: v.pipe(v.string(), v.trim(), v.nonEmpty(), v.maxLength(200)),
      project: v.exactOptional(v.string()),
      limit,
    }),
    response: v.object({
      tasks: list(v.object({
        project: v.string(),
        name: v.string(),
        description: v.string(),
        status: row.status,
        state: v.string(),
      })),
      events: list(row.event),
    }),
  },
});

/** A file that differs. */
const changedFile = v.object({
  path: v.string(),
  /** Before a rename. */
  old_path: maybeText,
  status: v.picklist(["added", "modified", "deleted", "renamed", "type"]),
  binary: v.boolean(),
  insertions: count,
  deletions: count,
});

/** A run of lines; the text of each begins with " ", "+", "-" or "\". */
const hunk = v.object({
  old_start: count,
  old_lines: count,
  new_start: count,
  new_lines: count,
  heading: v.string(),
  lines: list(v.string()),
});

const files = v.object({
  /** Commits that are compared; `head` is "worktree" for uncommitted work. */
  base: v.string(),
  head: v.string(),
  files: list(changedFile),
  insertions: count,
  deletions: count,
  /** There are more files than are listed. */
  truncated: v.boolean(),
});

const fileDiff = v.object({
  path: v.string(),
  binary: v.boolean(),
  hunks: list(hunk),
  /** The difference is too large to be shown whole. */
  truncated: v.boolean(),
});

const path = v.pipe(
  v.string(),
  v.nonEmpty(),
  v.maxLength(4096),
  v.check((text) => !text.includes("\0"), "must not contain NUL"),
);

export const WORKTREE_ROUTES = routes({
  "GET /v1/projects/:project/worktrees": {
    scope: "read",
    summary: "Worktrees that kas made and has not removed",
    query: v.strictObject({
      task: v.exactOptional(v.string()),
      status: v.exactOptional(many(v.picklist(WORKTREE_STATUSES))),
    }),
    response: v.object({ items: list(v.object({ ...row.worktree.entries, task: maybeText })) }),
  },
  "GET /v1/projects/:project/worktrees/:id/status": {
    scope: "read",
    summary: "Uncommitted work in a worktree",
    response: v.object({
      clean: v.boolean(),
      entries: list(v.object({ code: v.string(), path: v.string() })),
    }),
    errors: ["git_failed", "guard"],
  },
  "GET /v1/projects/:project/tasks/:task/commits": {
    scope: "read",
    summary: "Commits of a task's branch that its base does not have, newest first",
    response: v.object({
      branch: v.string(),
      base_branch: v.string(),
      /** Null while the branch does not exist. */
      head: maybeText,
      items: list(v.object({
        sha: v.string(),
        subject: v.string(),
        author: v.string(),
        at: time,
      })),
    }),
    errors: ["git_failed"],
  },
  "GET /v1/projects/:project/tasks/:task/diff": {
    scope: "read",
    summary: "Files that a task's branch changes",
    response: files,
    errors: ["git_failed"],
  },
  "GET /v1/projects/:project/tasks/:task/diff/file": {
    scope: "read",
    summary: "What a task's branch changes in one file",
    query: v.strictObject({ path, context: v.exactOptional(v.picklist(["3", "10", "all"])) }),
    response: fileDiff,
    errors: ["git_failed"],
  },
  "GET /v1/projects/:project/rescue": {
    scope: "read",
    summary: "Work that kas saved before it removed something, newest first",
    query: v.strictObject({ task: v.exactOptional(taskName) }),
    response: v.object({
      items: list(v.object({
        ref: v.string(),
        commit: v.string(),
        task: v.string(),
        at: time,
        reason: v.string(),
        subject: v.string(),
      })),
    }),
    errors: ["git_failed"],
  },
  "POST /v1/projects/:project/rescue/restore": {
    scope: "operate",
    summary: "Make a branch of rescued work",
    body: v.strictObject({
      ref: v.pipe(v.string(), v.maxLength(300)),
      branch: v.pipe(v.string(), v.maxLength(200)),
    }),
    response: v.object({ ref: v.string(), branch: v.string(), commit: v.string() }),
    errors: ["exists", "guard", "git_failed"],
  },
});
