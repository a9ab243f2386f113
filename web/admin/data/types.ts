import type { Route } from "../../../lib/api/client.ts";
import type { Api } from "../../../lib/api/schema/mod.ts";
import type { ResultOf } from "../../../lib/api/schema/route.ts";

/** What the server answers, named; all of it follows from the declarations of the routes. */

type Answer<K extends Route> = ResultOf<Api[K]>;

export type TaskRow = Answer<"GET /v1/tasks">["items"][number];
export type Overview = Answer<"GET /v1/projects/:project/tasks/:task/overview">;
export type Task = Overview["task"];
export type Subtask = Overview["subtasks"][number];
export type Timeline = Answer<"GET /v1/projects/:project/tasks/:task/timeline">;
export type Action = Answer<
  "GET /v1/projects/:project/tasks/:task/available-actions"
>["actions"][number];
export type Finding = Answer<
  "PUT /v1/projects/:project/tasks/:task/content"
>["findings"][number];
export type Decision = Answer<"GET /v1/decisions">["items"][number];
export type Instance = Answer<"GET /v1/instances">["items"][number];
export type EventRow = Answer<"GET /v1/audit-events">["items"][number];
export type Project = Answer<"GET /v1/projects">["items"][number];
export type Health = Answer<"GET /v1/health">;
export type Token = Answer<"GET /v1/tokens">["items"][number];
export type Who = Answer<"GET /v1/whoami">;
export type Changes = Answer<"GET /v1/projects/:project/tasks/:task/diff">;
export type ChangedFile = Changes["files"][number];
export type FileDiff = Answer<
  "GET /v1/projects/:project/tasks/:task/diff/file"
>;
export type Commits = Answer<"GET /v1/projects/:project/tasks/:task/commits">;
export type Rescue = Answer<
  "GET /v1/projects/:project/rescue"
>["items"][number];
export type ConfigEntry = Answer<
  "GET /v1/projects/:project/config"
>["items"][number];
export type ConfigFinding = Answer<
  "GET /v1/projects/:project/config"
>["warnings"][number];
export type AgentRow = Answer<
  "GET /v1/projects/:project/agents"
>["items"][number];
export type Agent = Answer<"GET /v1/projects/:project/agents/:agent">;
export type AgentFinding = Agent["findings"][number];
export type Review = Answer<
  "GET /v1/projects/:project/tasks/:task/pr-reviews"
>["items"][number];
export type PullRequest = Answer<"GET /v1/projects/:project/tasks/:task/pr">;
export type Presentation = Answer<
  "GET /v1/projects/:project/instances/:title/presentation"
>;
