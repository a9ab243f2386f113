import * as v from "valibot";
import {
  applyEvent,
  createTask,
  emitSignal,
  forceStatus,
  getTask,
  updateContent,
} from "../engine/operations.ts";
import { deleteTask } from "../engine/edit.ts";
import { linkLinear } from "../engine/linear_link.ts";
import { requirePerson, requireScope } from "../engine/caller.ts";
import { requirePlan, requireReport } from "../engine/reports.ts";
import { wakeDaemon } from "../daemon/client.ts";
import { projectPaths } from "../config/paths.ts";
import { parseTaskName } from "../names.ts";
import { parseSignalType, SIGNAL_TYPES } from "../signal/types.ts";
import { EVENTS } from "../task/fsm.ts";
import { ISSUE } from "../task/issue.ts";
import { statePhrase, STATUSES, type Task } from "../task/types.ts";
import { count, filename, flag, output, project, text, textOutput, tool } from "./define.ts";
import type { Desk, Tool, ToolOutput } from "./types.ts";

const reason = v.optional(text("Why, for the log"));

/** Most tasks one answer lists. */
const MOST_TASKS = 1000;

function summary(task: Task): Record<string, unknown> {
  const { name, status, phase, topic, branch, description } = task;
  return { name, status, phase, state: statePhrase(task), topic, branch, description };
}

async function taskOf(desk: Desk, name: string, key: string | undefined): Promise<Task> {
  return await getTask(desk.home, { project: await desk.project(key) }, parseTaskName(name));
}

async function wake(desk: Desk): Promise<void> {
  await wakeDaemon(desk.home.paths, { start: false });
}

const signalCreate = tool({
  name: "signal_create",
  description: "Report what happened to a task, e.g. that your work is finished. " +
    `Types: ${SIGNAL_TYPES.join(", ")}`,
  scope: "signal",
  schema: v.strictObject({
    signal_type: text("Type of the signal"),
    plan_file: filename,
    payload: v.optional(
      v.pipe(
        v.union([v.string(), v.record(v.string(), v.unknown())]),
        v.description('JSON, e.g. {"wave_number":1,"task_number":2}, or free text'),
      ),
    ),
    project,
  }),
  async run(desk, { signal_type, plan_file, payload, project: key }) {
    const type = parseSignalType(signal_type);
    const at = await desk.project(key);
    const task = await taskOf(desk, plan_file, key);
    const given = typeof payload === "object" ? JSON.stringify(payload) : payload;
    await requireReport(desk.home.store, desk.caller, { type, task, payload: given });
    const { signal, duplicate } = await emitSignal(
      desk.home,
      { project: at, dirs: projectPaths(at.root) },
      {
        type,
        task: task.name,
        source: desk.caller.actor,
        ...given === undefined ? {} : { payload: given },
      },
    );
    await wake(desk);
    return output({ id: signal.id, duplicate });
  },
});

const taskShow = tool({
  name: "task_show",
  description: "Read the plan of a task",
  scope: "read",
  schema: v.strictObject({ filename, project }),
  async run(desk, args) {
    const task = await taskOf(desk, args.filename, args.project);
    const { text: content, version } = await desk.home.store.content(task.id);
    return textOutput(content, { ...summary(task), content, version });
  },
});

const taskList = tool({
  name: "task_list",
  description: "List tasks with their status",
  scope: "read",
  schema: v.strictObject({
    status: v.optional(v.pipe(v.picklist(STATUSES), v.description("Only those of this status"))),
    after: v.optional(text("Only names after this one: the last of the answer before")),
    limit: v.optional(count("Most tasks to list; default 200", 1, MOST_TASKS)),
    project,
  }),
  async run(desk, { status, after, limit, project: key }) {
    const { id } = await desk.project(key);
    const most = limit ?? 200;
    const rows = await desk.home.store.tasks({
      projectId: id,
      ...status === undefined ? {} : { statuses: [status] },
      ...after === undefined ? {} : { afterName: parseTaskName(after) },
      limit: most + 1,
    });
    return output({ tasks: rows.slice(0, most).map(summary), more: rows.length > most });
  },
});

const taskCreate = tool({
  name: "task_create",
  description: "Create a task; give its plan in the same call when you have it",
  scope: "signal",
  schema: v.strictObject({
    name: filename,
    content: v.optional(text("The plan, Markdown")),
    description: v.optional(text("One line on what it is for")),
    branch: v.optional(text("Branch to work on, instead of plan/<name>")),
    topic: v.optional(text("Topic: tasks of one topic run one after the other")),
    project,
  }),
  async run(desk, { name, content, description, branch, topic, project: key }) {
    if (desk.caller.agent === null) requireScope(desk.caller, "operate", "create a task");
    else if (desk.caller.taskId !== null) requirePerson(desk.caller, "create a task");
    const workspace = await desk.workspace(key);
    const task = await createTask(desk.home, workspace, {
      name: parseTaskName(name),
      ...content === undefined ? {} : { content },
      ...description === undefined ? {} : { description },
      ...branch === undefined ? {} : { branch },
      ...topic === undefined ? {} : { topic },
    }, desk.caller.actor);
    return output(summary(task));
  },
});

const taskUpdateContent = tool({
  name: "task_update_content",
  description: "Replace the plan of a task; the answer lists what is wrong with it",
  scope: "signal",
  schema: v.strictObject({
    filename,
    content: text("The whole plan, Markdown"),
    expect_version: v.optional(
      count("Refuse when the stored plan has another version", 0, Number.MAX_SAFE_INTEGER),
    ),
    project,
  }),
  async run(desk, { filename: name, content, expect_version, project: key }) {
    const task = await taskOf(desk, name, key);
    requirePlan(desk.caller, task);
    const workspace = await desk.workspace(key);
    const { actor } = desk.caller;
    const { home } = desk;
    return output({
      ...await updateContent(home, workspace, task.name, content, actor, expect_version),
    });
  },
});

const taskTransition = tool({
  name: "task_transition",
  description: `Move a task by an event. Events: ${EVENTS.join(", ")}`,
  scope: "operate",
  people: true,
  schema: v.strictObject({
    filename,
    event: text("The event; with force, the status to set"),
    feedback: v.optional(text("What is to be changed, for events that send work back")),
    force: v.optional(flag("Set the status past the rules; audited")),
    project,
  }),
  async run(desk, { filename: name, event, feedback, force, project: key }) {
    const workspace = await desk.workspace(key);
    const { actor } = desk.caller;
    const task = force === true
      ? await forceStatus(desk.home, workspace, parseTaskName(name), event, actor)
      : await applyEvent(desk.home, workspace, parseTaskName(name), event, actor, {
        ...feedback === undefined ? {} : { feedback },
      });
    await wake(desk);
    return output(summary(task));
  },
});

const taskDelete = tool({
  name: "task_delete",
  description: "Delete a task; its branch and log stay. Refused while it has agents or worktrees",
  scope: "operate",
  people: true,
  destructive: true,
  schema: v.strictObject({ filename, project }),
  async run(desk, args) {
    const workspace = await desk.workspace(args.project);
    const name = parseTaskName(args.filename);
    await deleteTask(desk.home, workspace, name, desk.caller.actor);
    await wake(desk);
    return output({ deleted: name });
  },
});

const linkLinearIssue = tool({
  name: "task_link_linear",
  description:
    "Tie a task to an issue of Linear; refused while another task works on that issue. " +
    "kas keeps the tie and tells Linear nothing",
  scope: "operate",
  people: true,
  schema: v.strictObject({
    filename,
    issue: v.pipe(
      v.string(),
      v.trim(),
      v.regex(ISSUE, "must be like ENG-123"),
      v.description("Such as ENG-123"),
    ),
    force: v.optional(flag("Tie it although another task works on that issue")),
    reason,
    project,
  }),
  run: (desk, { issue, ...args }) => setIssue(desk, { ...args, issue: issue.toUpperCase() }),
});

const unlinkLinearIssue = tool({
  name: "task_unlink_linear",
  description: "Untie a task from its issue of Linear",
  scope: "operate",
  people: true,
  schema: v.strictObject({ filename, reason, project }),
  run: (desk, args) => setIssue(desk, { ...args, issue: null }),
});

async function setIssue(
  desk: Desk,
  { filename: name, issue, force, reason, project: key }: {
    filename: string;
    issue: string | null;
    force?: boolean | undefined;
    reason?: string | undefined;
    project?: string | undefined;
  },
): Promise<ToolOutput> {
  const task = await taskOf(desk, name, key);
  const link = { issue, force: force === true, reason: reason ?? "" };
  await linkLinear(desk.home, task, link, desk.caller.actor);
  return output({ task: task.name, issue });
}

/** Tasks and their signals. */
export const TASK_TOOLS: readonly Tool[] = [
  signalCreate,
  taskShow,
  taskList,
  taskCreate,
  taskUpdateContent,
  taskTransition,
  taskDelete,
  linkLinearIssue,
  unlinkLinearIssue,
];
