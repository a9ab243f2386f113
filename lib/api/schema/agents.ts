import * as v from "valibot";
import { PERMISSIONS } from "../../store/entities.ts";
import { RUNTIMES } from "../../agent/types.ts";
import { count, line, list, maybeText, name } from "./common.ts";
import { routes } from "./route.ts";

/** Agents: directories with a soul, a profile, skills, hooks and MCP servers. Pure. */

const agentScope = v.picklist(["builtin", "global", "project"]);
const runtime = v.picklist(RUNTIMES);
const texts = list(v.string());

const summary = v.object({
  name: v.string(),
  scope: agentScope,
  directory: maybeText,
  description: maybeText,
  runtime: v.nullable(runtime),
  model: maybeText,
  /** Another one of this name wins. */
  shadowed: v.boolean(),
  /** Why its settings cannot be read. */
  error: maybeText,
});

const finding = v.object({
  id: v.string(),
  severity: v.picklist(["error", "warning", "info"]),
  message: v.string(),
  detail: v.exactOptional(v.string()),
  fix: v.exactOptional(v.string()),
});

const agent = v.object({
  name: v.string(),
  scope: agentScope,
  directory: maybeText,
  /** Null when `agent.toml` cannot be read. */
  profile: v.nullable(v.object({
    description: maybeText,
    runtime: v.nullable(runtime),
    model: maybeText,
    effort: maybeText,
    permission: v.nullable(v.picklist(PERMISSIONS)),
    output_format: maybeText,
    max_turns: v.nullable(count),
    timeout_minutes: v.nullable(v.number()),
    strict: v.boolean(),
    pass_env: texts,
    /** Names only: a value may be one that others should not see. */
    set_env: texts,
    secrets: texts,
  })),
  /** Null when the agent cannot be launched. */
  parts: v.nullable(v.object({
    soul: v.string(),
    skills: texts,
    commands: texts,
    /** Number of commands of each event. */
    hooks: v.record(v.string(), count),
    /** Kind of each server. */
    mcp_servers: v.record(v.string(), v.string()),
  })),
  findings: list(finding),
});

export const AGENT_ROUTES = routes({
  "GET /v1/projects/:project/agents": {
    scope: "read",
    summary: "Agents of a project, of the user, and built in",
    response: v.object({ items: list(summary) }),
    errors: ["guard"],
  },
  "POST /v1/projects/:project/agents": {
    scope: "admin",
    summary: "Make an agent with a profile and a soul",
    body: v.strictObject({
      name: name("agent"),
      scope: v.optional(v.picklist(["project", "global"]), "project"),
      description: v.optional(v.nullable(line), null),
      runtime: v.optional(v.nullable(runtime), null),
      model: v.optional(v.nullable(line), null),
      effort: v.optional(v.nullable(line), null),
      permission: v.optional(v.nullable(v.picklist(PERMISSIONS)), null),
      soul: v.optional(v.nullable(v.string()), null),
    }),
    response: agent,
    status: 201,
    errors: ["exists", "guard"],
  },
  "GET /v1/projects/:project/agents/:agent": {
    scope: "read",
    summary: "One agent with what it brings and what is wrong with it",
    response: agent,
    errors: ["guard"],
  },
  "GET /v1/projects/:project/agents/:agent/files/:file": {
    scope: "admin",
    summary:
      "The text of agent.toml (profile), soul.md (soul), mcp.json (mcp) or hooks.json (hooks)",
    details: "These files may hold values that are nobody else's business.",
    response: v.object({ path: v.string(), text: maybeText }),
    etag: true,
    errors: ["guard"],
  },
  "PUT /v1/projects/:project/agents/:agent/files/:file": {
    scope: "admin",
    summary: "Replace such a text, if it can be used and nobody changed it meanwhile",
    details: "What these files say is started as programs on this machine.",
    body: v.strictObject({ text: v.string() }),
    response: v.object({ path: v.string(), changed: v.boolean(), findings: list(finding) }),
    etag: true,
    errors: ["guard", "conflict"],
  },
});
