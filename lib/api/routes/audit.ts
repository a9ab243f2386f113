import { KasError } from "../../errors.ts";
import { quote } from "../../names.ts";
import type { EventFilter } from "../../store/types.ts";
import { statePhrase } from "../../task/types.ts";
import type { ApiContext } from "../context.ts";
import { eventJson } from "../json.ts";
import { bind, type Bound, narrowed } from "../route.ts";
import type { QueryOf } from "../schema/route.ts";
import { AUDIT_ROUTES } from "../schema/work.ts";
import { cursorOf, idCursor, pageOf, parseCursor, projectKeys, projectOf } from "./_shared.ts";
import { openEvents } from "./_events.ts";

type AuditQuery = QueryOf<typeof AUDIT_ROUTES["GET /v1/audit-events"]>;

const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;

/** @throws KasError "invalid" @see https://www.rfc-editor.org/rfc/rfc3339#section-5.6 */
function moment(name: string, text: string): number {
  const ms = RFC3339.test(text) ? Date.parse(text.replace(/(\.\d{3})\d+/, "$1")) : Number.NaN;
  if (Number.isFinite(ms)) return ms;
  throw new KasError("invalid", `Cannot use ${quote(text)} as "${name}": no RFC 3339 time`, {
    hint: "Write it as 2026-01-31T12:00:00Z",
  });
}

function filterOf(query: AuditQuery, projectId: number | undefined): EventFilter {
  const { kind, task, instance, after, before, text, order, cursor, limit } = query;
  const filter: EventFilter = { order, limit: limit + 1 };
  if (projectId !== undefined) filter.projectId = projectId;
  if (kind !== undefined) filter.kinds = kind;
  if (task !== undefined) filter.task = task;
  if (instance !== undefined) filter.instance = instance;
  if (after !== undefined) filter.since = moment("after", after);
  if (before !== undefined) filter.until = moment("before", before);
  if (text !== undefined) filter.text = text;
  if (cursor !== undefined) {
    const [id] = parseCursor(idCursor, cursor);
    if (order === "desc") filter.beforeId = id;
    else filter.afterId = id;
  }
  return filter;
}

async function listOf({ store }: ApiContext, query: AuditQuery, projectId: number | undefined) {
  const rows = await store.events(filterOf(query, projectId));
  return pageOf(rows, query.limit, eventJson, (row) => cursorOf(row.id));
}

/** The log: lists, the live stream, and search over tasks and events. */
export const auditRoutes: readonly Bound[] = bind(AUDIT_ROUTES, {
  "GET /v1/audit-events": async (call) =>
    await listOf(call.context, call.query, (await narrowed(call, undefined))?.id),
  "GET /v1/projects/:project/audit-events": async (call) =>
    await listOf(call.context, call.query, (await projectOf(call)).id),
  "GET /v1/events": openEvents,
  "GET /v1/search": async (call) => {
    const { store } = call.context;
    const { text, limit, project: key } = call.query;
    const project = await narrowed(call, key);
    const about = { text, limit, ...(project === null ? {} : { projectId: project.id }) };
    const [keys, tasks, events] = await Promise.all([
      projectKeys(call.context),
      store.tasks(about),
      store.events({ ...about, order: "desc" }),
    ]);
    return {
      tasks: tasks.map((task) => ({
        project: keys.get(task.projectId) ?? "",
        name: task.name,
        description: task.description,
        status: task.status,
        state: statePhrase(task),
      })),
      events: events.map(eventJson),
    };
  },
});
