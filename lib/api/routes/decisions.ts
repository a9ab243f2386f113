import { answerDecision, emitSignal, getTask } from "../../engine/operations.ts";
import { requireReport } from "../../engine/reports.ts";
import { KasError } from "../../errors.ts";
import { OPERATOR_SIGNALS, parseSignalType, type Signal } from "../../signal/types.ts";
import { type Decision, type DecisionFilter, SCOPES } from "../../store/types.ts";
import type { ApiContext, Caller } from "../context.ts";
import { decisionJson, signalJson } from "../json.ts";
import { HttpError } from "../problem.ts";
import { bind, type Bound, narrowed } from "../route.ts";
import type { QueryOf } from "../schema/route.ts";
import { DECISION_ROUTES, SIGNAL_ROUTES } from "../schema/work.ts";
import {
  changed,
  cursorOf,
  homeOf,
  idCursor,
  needsWork,
  pageOf,
  parseCursor,
  projectKeys,
  projectOf,
} from "./_shared.ts";

type ListQuery = QueryOf<typeof DECISION_ROUTES["GET /v1/decisions"]>;

async function listOf(context: ApiContext, query: ListQuery, projectId: number | undefined) {
  const { status, task: name, after, limit } = query;
  const { store } = context;
  const filter: DecisionFilter = { limit: limit + 1 };
  if (status !== undefined) filter.status = status;
  if (projectId !== undefined) filter.projectId = projectId;
  if (after !== undefined) filter.afterId = parseCursor(idCursor, after)[0];
  if (name !== undefined) {
    const task = projectId === undefined ? null : await store.task(projectId, name);
    if (task === null) return { items: [], next: null };
    filter.taskId = task.id;
  }
  const keys = await projectKeys(context);
  const json = (row: Decision) => ({
    ...decisionJson(row),
    project: keys.get(row.projectId) ?? "",
  });
  return pageOf(await store.decisions(filter), limit, json, (row) => cursorOf(row.id));
}

interface ById {
  readonly context: ApiContext;
  readonly params: { readonly project: string; readonly id: number };
}

async function decisionOf(call: ById): Promise<Decision> {
  const { id } = call.params;
  const project = await projectOf(call);
  const decision = await call.context.store.decision(id);
  if (decision !== null && decision.projectId === project.id) return decision;
  throw new KasError("not_found", `Cannot find decision ${id}`, {
    hint: `See the open ones with "kas decision list"`,
  });
}

async function signalOf(call: ById): Promise<Signal> {
  const { id } = call.params;
  const project = await projectOf(call);
  const signal = await call.context.store.signal(id);
  if (signal !== null && signal.projectId === project.id) return signal;
  throw new KasError("not_found", `Cannot find signal ${id}`, {
    hint: `See them with "kas signal list"`,
  });
}

/** Questions to people. */
export const decisionRoutes: readonly Bound[] = bind(DECISION_ROUTES, {
  "GET /v1/decisions": async (call) => {
    const project = await narrowed(call, undefined);
    return await listOf(call.context, call.query, project?.id);
  },
  "GET /v1/projects/:project/decisions": async (call) =>
    await listOf(call.context, call.query, (await projectOf(call)).id),
  "GET /v1/projects/:project/decisions/:id": async (call) => ({
    ...decisionJson(await decisionOf(call)),
    project: call.params.project,
  }),
  "POST /v1/projects/:project/decisions/:id/answer": async (call) => {
    const { context, params, body, caller } = call;
    await decisionOf(call);
    const workspace = await context.workspaces.open(params.project);
    const { option, feedback = "" } = body;
    await answerDecision(homeOf(call), workspace, params.id, option, feedback, caller.actor);
    needsWork(context, workspace.project);
    return { ...decisionJson(await decisionOf(call)), project: params.project };
  },
});

/**
 * A caller with no more than `signal` reports; steering is an operator's. Who is bound to a task
 * reports for that one.
 * @throws HttpError "forbidden"
 */
async function checkReporter(
  context: ApiContext,
  caller: Caller,
  type: string,
  task: string,
): Promise<void> {
  const steers = OPERATOR_SIGNALS.has(parseSignalType(type));
  if (steers && SCOPES.indexOf(caller.scope) < SCOPES.indexOf("operate")) {
    throw new HttpError("forbidden", `Cannot emit "${type}" with the scope "${caller.scope}"`, {
      hint: `It steers the work and needs the scope "operate"`,
    });
  }
  if (caller.taskId === null) return;
  const own = await context.store.taskById(caller.taskId);
  if (own?.name === task) return;
  throw new HttpError("forbidden", `Cannot report for a task that is not the one of this token`, {
    hint: own === null ? "That task was deleted" : `Report for "${own.name}"`,
  });
}

/** The signal gateway. */
export const signalRoutes: readonly Bound[] = bind(SIGNAL_ROUTES, {
  "GET /v1/projects/:project/signals": async (call) => {
    const { status, task, limit } = call.query;
    const { id } = await projectOf(call);
    const rows = await call.context.store.signals({
      projectId: id,
      limit,
      ...(status === undefined ? {} : { statuses: status }),
      ...(task === undefined ? {} : { task }),
    });
    return { items: rows.map(signalJson) };
  },
  "GET /v1/projects/:project/signals/:id": async (call) => signalJson(await signalOf(call)),
  "POST /v1/projects/:project/signals": async (call) => {
    const { context, params, caller } = call;
    const { type, task, payload, dedupe_key } = call.body;
    await checkReporter(context, caller, type, task);
    const workspace = await context.workspaces.open(params.project);
    const text = payload === undefined || typeof payload === "string"
      ? payload
      : JSON.stringify(payload);
    if (caller.agent !== null) {
      const own = await getTask(homeOf(call), workspace, task);
      const report = { type: parseSignalType(type), task: own, payload: text };
      await requireReport(context.store, caller, report);
    }
    const { signal, duplicate } = await emitSignal(homeOf(call), workspace, {
      type,
      task,
      source: caller.actor,
      ...(text === undefined ? {} : { payload: text }),
      ...(dedupe_key === undefined ? {} : { dedupeKey: dedupe_key }),
    });
    needsWork(context, workspace.project);
    return { signal: signalJson(signal), duplicate };
  },
  "POST /v1/projects/:project/signals/:id/retry": async (call) => {
    await signalOf(call);
    const signal = await call.context.store.retrySignal(call.params.id);
    changed(call);
    return signalJson(signal);
  },
});
