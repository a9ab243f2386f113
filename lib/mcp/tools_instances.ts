import * as v from "valibot";
import { sessionJson } from "../api/json.ts";
import { pingDaemon, wakeDaemon } from "../daemon/client.ts";
import { requireBinding } from "../engine/caller.ts";
import {
  findInstance,
  pauseInstance,
  restartInstance,
  resumeInstance,
} from "../engine/instances.ts";
import { endProcess, sessionDir } from "../engine/sessions.ts";
import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { TmuxServer } from "../session/tmux/mod.ts";
import { type Session, SESSION_STATUSES } from "../store/types.ts";
import { count, flag, output, project, text, textOutput, tool } from "./define.ts";
import type { Desk, Tool } from "./types.ts";

const LIVE = ["starting", "running", "paused"] as const;
/** Most characters of a screen in one answer; its end is what matters. */
const MAX_SCREEN = 100_000;
/** Longest prompt, in bytes. */
const MAX_PROMPT = 1024 * 1024;

const title = text("Title of the instance, a part of it that fits only one, or its number");

function openTmux(desk: Desk): TmuxServer {
  return TmuxServer.open({ socket: desk.home.paths.tmuxSocket });
}

async function instanceOf(desk: Desk, name: string, key: string | undefined): Promise<Session> {
  return await findInstance(desk.home, await desk.workspace(key), name);
}

async function fresh(desk: Desk, session: Session): Promise<Record<string, unknown>> {
  return { ...sessionJson(await desk.home.store.session(session.id) ?? session) };
}

const instanceList = tool({
  name: "instance_list",
  description: "List agents kas started for tasks: those that live, unless told otherwise",
  scope: "read",
  schema: v.strictObject({
    status: v.optional(
      v.pipe(v.picklist(SESSION_STATUSES), v.description("Only those of this status")),
    ),
    all: v.optional(flag("Those that have ended too, newest last; at most 200")),
    project,
  }),
  async run(desk, { status, all, project: key }) {
    const { id } = await desk.project(key);
    const statuses = status !== undefined ? [status] : all === true ? SESSION_STATUSES : LIVE;
    const rows = await desk.home.store.sessions({ projectId: id, statuses });
    return output({ instances: rows.slice(-200).map(sessionJson) });
  },
});

const capturePane = tool({
  name: "capture_pane",
  description: "Read the screen of an instance; of one that has ended, the last one that was kept",
  scope: "read",
  schema: v.strictObject({
    title,
    history: v.optional(count("Lines of history above the screen to read too", 0, 10_000)),
    project,
  }),
  async run(desk, args) {
    const session = await instanceOf(desk, args.title, args.project);
    requireBinding(desk.caller, session, `read the screen of ${session.title}`);
    const screen = (await screenOf(desk, session, args.history ?? 0)).replace(/\n+$/, "");
    return textOutput(screen.slice(-MAX_SCREEN), {
      title: session.title,
      status: session.status,
      screen: screen.slice(-MAX_SCREEN),
      truncated: screen.length > MAX_SCREEN,
    });
  },
});

async function screenOf(desk: Desk, session: Session, history: number): Promise<string> {
  if (session.status !== "exited") {
    await using tmux = openTmux(desk);
    if (await tmux.has(session.tmuxName)) {
      return await tmux.capture(session.tmuxName, history === 0 ? {} : { start: -history });
    }
  }
  try {
    return await Deno.readTextFile(`${sessionDir(desk.home, session)}/screen.txt`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new KasError("not_found", `Cannot read the screen of ${quote(session.title)}: none`, {
      hint: "Its process has not started yet, or ended before kas could look",
      context: { instance: session.title, status: session.status },
    });
  }
}

const instancePause = tool({
  name: "instance_pause",
  description: "Stop an agent and keep its place; its worktree stays as it is",
  scope: "operate",
  people: true,
  schema: v.strictObject({ title, project }),
  async run(desk, args) {
    const session = await taskInstance(desk, args.title, args.project, "pause");
    await pauseInstance(desk.home, session, desk.caller.actor);
    await stopProcess(desk, session);
    return output(await fresh(desk, session));
  },
});

const instanceResume = tool({
  name: "instance_resume",
  description: "Go on with the work of a paused instance, with a new agent in its worktree",
  scope: "operate",
  people: true,
  schema: v.strictObject({ title, project }),
  async run(desk, args) {
    const session = await instanceOf(desk, args.title, args.project);
    await resumeInstance(desk.home, session, desk.caller.actor);
    return await afterStart(desk, session);
  },
});

const instanceRestart = tool({
  name: "instance_restart",
  description: "End an agent and start its work again with a new one",
  scope: "operate",
  people: true,
  destructive: true,
  schema: v.strictObject({ title, project }),
  async run(desk, args) {
    const session = await taskInstance(desk, args.title, args.project, "restart");
    await restartInstance(desk.home, session, desk.caller.actor);
    return await afterStart(desk, session);
  },
});

const instanceSend = tool({
  name: "instance_send",
  description: "Type a prompt into a running instance and press Enter",
  scope: "operate",
  people: true,
  openWorld: true,
  schema: v.strictObject({ title, prompt: text("The text"), project }),
  async run(desk, args) {
    const session = await instanceOf(desk, args.title, args.project);
    requirePrompt(args.prompt);
    if (session.status !== "running") {
      throw new KasError("guard", `Cannot send to ${session.title}: it is ${session.status}`, {
        hint: session.status === "paused"
          ? "Call instance_resume first"
          : "Call instance_list to see what runs",
        context: { instance: session.title, status: session.status },
      });
    }
    await using tmux = openTmux(desk);
    await tmux.send(session.tmuxName, args.prompt);
    await desk.home.store.commit([{
      kind: "event",
      event: {
        projectId: session.projectId,
        taskId: session.taskId,
        sessionId: session.id,
        kind: "agent_prompted",
        actor: desk.caller.actor,
        message: `${session.title} got a prompt`,
        detail: { characters: args.prompt.length },
      },
    }]);
    await wakeDaemon(desk.home.paths, { start: false });
    return output({ title: session.title, sent: args.prompt.length });
  },
});

function requirePrompt(prompt: string): void {
  const bytes = new TextEncoder().encode(prompt).length;
  if (prompt.trim() !== "" && bytes <= MAX_PROMPT) return;
  throw new KasError(
    "usage",
    bytes > MAX_PROMPT
      ? `Cannot send a prompt of ${bytes} bytes: at most ${MAX_PROMPT} fit`
      : "Cannot send an empty prompt",
    { hint: "Write long text to a file and name it in the prompt" },
  );
}

/** Only work of a task can be paused or started again. */
async function taskInstance(
  desk: Desk,
  name: string,
  key: string | undefined,
  verb: string,
): Promise<Session> {
  const session = await instanceOf(desk, name, key);
  if (session.taskId !== null) return session;
  throw new KasError("guard", `Cannot ${verb} ${session.title}: it works on no task`, {
    hint: `End it with "kas instance kill ${session.title}"`,
  });
}

/** The daemon ends the process; without one it is done here. */
async function stopProcess(desk: Desk, session: Session): Promise<void> {
  const { store, paths } = desk.home;
  const cared = (await store.project(session.projectId))?.registered ?? false;
  if (await wakeDaemon(paths, { start: false }) && cared) return;
  await using tmux = openTmux(desk);
  await endProcess({ store, paths, tmux, hostEnv: {}, binDir: "" }, session);
}

/** Tells the daemon; says so when none runs, since nothing starts until then. */
async function afterStart(
  desk: Desk,
  session: Session,
): Promise<ReturnType<typeof output>> {
  const answered = await wakeDaemon(desk.home.paths, { start: false });
  const row = await fresh(desk, session);
  return output(
    answered ? row : { ...row, note: `no daemon runs: start it with "kas daemon start"` },
  );
}

const listSessions = tool({
  name: "list_sessions",
  description: "List sessions on kas's tmux server: which instance each belongs to, or none",
  scope: "read",
  schema: v.strictObject({ project }),
  async run(desk, { project: key }) {
    const { id } = await desk.project(key);
    await using tmux = openTmux(desk);
    const [panes, rows] = await Promise.all([tmux.list(), desk.home.store.sessions()]);
    const known = new Map(rows.map((row) => [row.tmuxName, row]));
    const own = panes.flatMap((pane) => {
      const row = known.get(pane.name);
      if (row === undefined ? desk.caller.agent !== null : row.projectId !== id) return [];
      return [{
        name: pane.name,
        instance: row?.title ?? null,
        status: row?.status ?? null,
        pid: pane.pid,
        dead: pane.dead,
        attached: pane.attached,
      }];
    });
    return output({ sessions: own });
  },
});

const daemonStatus = tool({
  name: "daemon_status",
  description: "Whether the daemon runs, and the repositories it works on",
  scope: "read",
  schema: v.strictObject({ project }),
  async run(desk) {
    const { store, paths } = desk.home;
    const [running, projects] = await Promise.all([
      pingDaemon(paths),
      store.projects({ registered: true }),
    ]);
    const { projectId } = desk.caller;
    const shown = projects.filter((row) => projectId === null || row.id === projectId);
    return output({
      running,
      repositories: shown.map(({ key, root }) => ({ project: key, path: root })),
    });
  },
});

/** Agents of tasks and where they run. */
export const INSTANCE_TOOLS: readonly Tool[] = [
  instanceList,
  capturePane,
  instancePause,
  instanceResume,
  instanceRestart,
  instanceSend,
  listSessions,
  daemonStatus,
];
