import * as v from "valibot";
import { count, list, name, taskName, time } from "./common.ts";
import { routes } from "./route.ts";

/** How things are, at one look. Pure. */

const snapshot = v.object({
  schema_version: v.literal(1),
  generated_at: time,
  project: v.string(),
  daemon_running: v.boolean(),
  repo_count: count,
  lifecycle: v.record(v.string(), count),
  active_agents: list(v.object({
    task: v.nullable(v.string()),
    title: v.string(),
    role: v.string(),
    wave: v.exactOptional(count),
    stage: v.picklist(["loading", "ready", "running"]),
    ready: v.boolean(),
    active: v.boolean(),
    activity: v.string(),
  })),
  attention: list(v.object({
    task: v.nullable(v.string()),
    kind: v.picklist(["needs_decision", "review_feedback", "stale_instance"]),
    detail: v.string(),
    decision: v.exactOptional(count),
  })),
  truncated: v.object({
    active_agents: v.exactOptional(count),
    attention: v.exactOptional(count),
  }),
});

const finding = v.object({
  id: v.string(),
  section: v.string(),
  severity: v.picklist(["ok", "info", "warning", "error"]),
  message: v.string(),
  detail: v.exactOptional(v.string()),
  hint: v.exactOptional(v.string()),
  /** Of a runtime: what its adapter counts on, and whether its own help has it; null = not asked. */
  capabilities: v.exactOptional(v.record(
    v.string(),
    v.object({
      declared: v.union([v.boolean(), v.string(), v.null(), list(v.string())]),
      probed: v.nullable(v.picklist(["found", "missing", "unknown"])),
      words: v.exactOptional(list(v.string())),
      reason: v.exactOptional(v.string()),
    }),
  )),
});

/** The findings of `kas doctor`, as it prints them with --json. */
export const doctorReport = v.object({
  findings: list(finding),
  summary: v.object({ ok: count, info: count, warning: count, error: count }),
  generated_at: time,
});

const monitored = v.strictObject({
  project: v.exactOptional(name("project")),
  task: v.exactOptional(taskName),
});

export const VIEW_ROUTES = routes({
  "POST /v1/monitor/snapshot": {
    scope: "read",
    summary: "What is going on in a project now, as `kas monitor status` prints it",
    body: monitored,
    response: snapshot,
    narrows: true,
  },
  "POST /v1/widget-preview/open-monitor": {
    scope: "read",
    summary: "What the tool open_monitor answers, for whoever shows its page without MCP",
    body: monitored,
    response: v.object({
      content: list(v.object({ type: v.literal("text"), text: v.string() })),
      structuredContent: snapshot,
    }),
    narrows: true,
  },
  "GET /v1/doctor": {
    scope: "operate",
    summary: "What `kas doctor` finds; it starts the programs it looks at",
    query: v.strictObject({
      project: v.exactOptional(name("project")),
      agent: v.exactOptional(name("agent")),
    }),
    response: doctorReport,
    narrows: true,
  },
});
