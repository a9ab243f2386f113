import * as v from "valibot";
import { ISSUE } from "../../task/issue.ts";
import { list, many, maybeText } from "./common.ts";
import { routes } from "./route.ts";
import * as row from "./rows.ts";

/** Ties of tasks to issues of Linear. Pure. */

const issue = v.pipe(
  v.string(),
  v.trim(),
  v.regex(ISSUE, "must be like ENG-123"),
  v.transform((text) => text.toUpperCase()),
);

const link = v.object({
  task: v.string(),
  status: row.status,
  /** Null while the task is tied to none. */
  issue: maybeText,
});

export const LINK_ROUTES = routes({
  "GET /v1/projects/:project/tasks/:task/linear-link": {
    scope: "read",
    summary: "The issue of Linear a task is tied to; null when it is to none",
    response: link,
  },
  "PUT /v1/projects/:project/tasks/:task/linear-link": {
    scope: "operate",
    summary: "Tie a task to an issue of Linear; refused while another task works on it",
    body: v.strictObject({
      issue,
      /** Tie it although another task works on that issue. */
      force: v.exactOptional(v.boolean()),
      /** For the log. */
      reason: v.exactOptional(v.pipe(v.string(), v.maxLength(500))),
    }),
    aliases: { linear_identifier: "issue" },
    response: link,
    errors: ["guard"],
  },
  "DELETE /v1/projects/:project/tasks/:task/linear-link": {
    scope: "operate",
    summary: "Untie a task from its issue",
    response: link,
  },
  "GET /v1/projects/:project/tasks/:task/linear-link/lookup": {
    scope: "read",
    summary: "Tasks of the project that are tied to an issue; unless given, the one of this task",
    query: v.strictObject({
      issue: v.exactOptional(issue),
      status: v.exactOptional(many(row.status)),
    }),
    response: v.object({ items: list(link) }),
  },
});
