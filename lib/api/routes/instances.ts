import {
  findInstance,
  killInstance,
  pauseInstance,
  restartInstance,
  resumeInstance,
} from "../../engine/instances.ts";
import {
  answerPermission,
  interruptInstance,
  screenOf,
  sendPrompt,
  stopProcess,
  type TalkHome,
  validActions,
} from "../../engine/talk.ts";
import { KasError } from "../../errors.ts";
import { quote } from "../../names.ts";
import {
  type Session,
  SESSION_STATUSES,
  type SessionFilter,
  type SessionStatus,
} from "../../store/types.ts";
import type { ApiContext, Caller } from "../context.ts";
import { sessionJson } from "../json.ts";
import { HttpError } from "../problem.ts";
import { bind, type Bound, narrowed } from "../route.ts";
import { INSTANCE_ROUTES } from "../schema/instances.ts";
import type { QueryOf } from "../schema/route.ts";
import { presentationOf } from "../turns.ts";
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
import { spawnInstance } from "./_spawn.ts";
import { openTerminal } from "./_terminal.ts";

type ListQuery = QueryOf<typeof INSTANCE_ROUTES["GET /v1/instances"]>;

const LIVE: readonly SessionStatus[] = ["starting", "running", "paused"];

/** A call about one instance. */
interface InstanceCall {
  readonly context: ApiContext;
  readonly caller: Caller;
  readonly params: { readonly project: string; readonly title: string };
}

/** An instance as the API shows it. */
function instanceJson(session: Session, project: string) {
  const actions = validActions(session);
  return {
    ...sessionJson(session),
    project,
    valid_actions: actions,
    read_only: actions.includes("send") ? null : readOnly(session),
  };
}

function readOnly(session: Session): string {
  switch (session.status) {
    case "starting":
      return "it is starting";
    case "paused":
      return "it is paused: resume it first";
    default:
      return "it has ended";
  }
}

function filterOf(query: ListQuery, projectId: number | undefined): SessionFilter {
  const { status, all, after, limit } = query;
  const filter: SessionFilter = {
    order: "desc",
    limit: limit + 1,
    statuses: status ?? (all === true ? SESSION_STATUSES : LIVE),
  };
  if (projectId !== undefined) filter.projectId = projectId;
  if (after !== undefined) filter.beforeId = parseCursor(idCursor, after)[0];
  return filter;
}

async function listOf(context: ApiContext, query: ListQuery, projectId: number | undefined) {
  const { store } = context;
  const filter = filterOf(query, projectId);
  if (query.task !== undefined) {
    const task = projectId === undefined ? null : await store.task(projectId, query.task);
    if (task === null) return { items: [], next: null };
    filter.taskId = task.id;
  }
  const keys = await projectKeys(context);
  const json = (row: Session) => instanceJson(row, keys.get(row.projectId) ?? "");
  return pageOf(await store.sessions(filter), query.limit, json, (row) => cursorOf(row.id));
}

/**
 * The instance of the path. Unlike on the command line a part of a title is not enough: a program
 * means exactly one.
 * @throws KasError "not_found"
 */
export async function instanceOf(call: InstanceCall): Promise<Session> {
  const { title } = call.params;
  const workspace = await call.context.workspaces.open(call.params.project);
  const session = await findInstance(homeOf(call), workspace, title);
  const exact = session.title === title || String(session.id) === title ||
    session.title.startsWith(`${title}.`);
  if (exact) return session;
  throw new KasError("not_found", `Cannot find an instance ${quote(title)}`, {
    hint: `Did you mean "${session.title}"?`,
  });
}

/**
 * The instance of the path, for its screen and its words: an agent reads those of its own task alone.
 * @throws KasError "not_found", HttpError "forbidden"
 */
async function readableOf(call: InstanceCall): Promise<Session> {
  const session = await instanceOf(call);
  const { taskId } = call.caller;
  if (taskId === null || session.taskId === null || session.taskId === taskId) return session;
  throw new HttpError("forbidden", `Cannot read what ${quote(session.title)} shows`, {
    hint: "It works on another task than the one of this token",
  });
}

/** What an operation on a terminal stands on. */
export function talkHome({ context }: { readonly context: ApiContext }): TalkHome {
  return { ...homeOf({ context }), tmux: context.tmux };
}

/** Does something to an instance and answers with it as it is then. */
async function act(
  call: InstanceCall,
  work: (session: Session) => Promise<void>,
  starts = false,
) {
  const session = await instanceOf(call);
  await work(session);
  const { store } = call.context;
  if (starts) needsWork(call.context, await projectOf(call));
  else changed(call);
  return instanceJson(await store.session(session.id) ?? session, call.params.project);
}

/** The daemon ends the process; without one, and for what has no task, it is done here. */
async function endProcess(call: InstanceCall, session: Session): Promise<void> {
  const { registered } = await projectOf(call);
  const daemon = await call.context.daemon.state();
  if (daemon !== null && session.taskId !== null && registered) return;
  await stopProcess(talkHome(call), session);
}

async function pause(call: InstanceCall, session: Session): Promise<void> {
  await pauseInstance(homeOf(call), session, call.caller.actor);
  await endProcess(call, session);
}

async function restart(call: InstanceCall, session: Session): Promise<void> {
  await restartInstance(homeOf(call), session, call.caller.actor);
  await endProcess(call, session);
}

async function kill(call: InstanceCall, session: Session): Promise<void> {
  const workspace = await call.context.workspaces.open(call.params.project);
  await killInstance(homeOf(call), workspace, session, call.caller.actor);
  await endProcess(call, session);
}

async function spawn(call: Parameters<typeof spawnInstance>[0]) {
  const session = await spawnInstance(call);
  needsWork(call.context, await projectOf(call));
  return instanceJson(session, call.params.project);
}

/** Instances: what runs, what it shows, and what is done to it. */
export const instanceRoutes: readonly Bound[] = bind(INSTANCE_ROUTES, {
  "GET /v1/instances": async (call) => {
    const project = await narrowed(call, undefined);
    return await listOf(call.context, call.query, project?.id);
  },
  "GET /v1/projects/:project/instances": async (call) =>
    await listOf(call.context, call.query, (await projectOf(call)).id),
  "POST /v1/projects/:project/instances": spawn,
  "GET /v1/projects/:project/instances/:title": async (call) =>
    instanceJson(await instanceOf(call), call.params.project),
  "GET /v1/projects/:project/instances/:title/presentation": async (call) =>
    await presentationOf(homeOf(call), await readableOf(call), call.query.since),
  "GET /v1/projects/:project/instances/:title/capture": async (call) => {
    const session = await readableOf(call);
    const { live, screen } = await screenOf(talkHome(call), session, call.query);
    return { title: session.title, live, screen };
  },
  "POST /v1/projects/:project/instances/:title/send": (call) =>
    act(call, async (session) => {
      await sendPrompt(talkHome(call), session, call.body.text, call.caller.actor);
    }),
  "POST /v1/projects/:project/instances/:title/permission": (call) =>
    act(call, async (session) => {
      await answerPermission(talkHome(call), session, call.body.choice, call.caller.actor);
    }),
  "POST /v1/projects/:project/instances/:title/interrupt": (call) =>
    act(call, async (session) => {
      await interruptInstance(talkHome(call), session, call.caller.actor);
    }),
  "POST /v1/projects/:project/instances/:title/pause": (call) =>
    act(call, (session) => pause(call, session)),
  "POST /v1/projects/:project/instances/:title/resume": (call) =>
    act(call, (session) => resumeInstance(homeOf(call), session, call.caller.actor), true),
  "POST /v1/projects/:project/instances/:title/restart": (call) =>
    act(call, (session) => restart(call, session), true),
  "POST /v1/projects/:project/instances/:title/kill": (call) =>
    act(call, (session) => kill(call, session)),
  "GET /v1/projects/:project/instances/:title/terminal": async (call) =>
    openTerminal(call, await readableOf(call)),
});
