import { createTopic, forceSubtaskStatus, replaceSubtasks } from "../../engine/record.ts";
import { updateContent } from "../../engine/operations.ts";
import { KasError } from "../../errors.ts";
import type { NewSubtask } from "../../store/types.ts";
import { parsePlan, type PlanWave } from "../../task/plan.ts";
import type { Task } from "../../task/types.ts";
import { subtaskJson } from "../json.ts";
import { bind, type Bound, textAnswer } from "../route.ts";
import { CONTENT_ROUTES } from "../schema/tasks.ts";
import {
  changed,
  homeOf,
  isKnown,
  matchedVersion,
  notModified,
  projectOf,
  staleTag,
  taskOf,
} from "./_shared.ts";

/** Most of an architect's file that is read, in bytes. */
const MAX_META = 1_000_000;

/** Stands for this version of the plan. */
function tag(taskId: number, version: number): string {
  return `"c${taskId}-${version}"`;
}

interface Meta {
  readonly metadata: Record<string, unknown> | null;
  readonly reason: "architect_meta_missing" | "architect_meta_invalid" | null;
}

const INVALID: Meta = { metadata: null, reason: "architect_meta_invalid" };

/** What the architect wrote. It is a file of the repository: hostile. */
async function readMeta(path: string): Promise<Meta> {
  try {
    const info = await Deno.lstat(path);
    if (!info.isFile || info.size > MAX_META) return INVALID;
    const value: unknown = JSON.parse(await Deno.readTextFile(path));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? { metadata: { ...value }, reason: null }
      : INVALID;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return { metadata: null, reason: "architect_meta_missing" };
    }
    // An agent may be writing it just now.
    if (error instanceof SyntaxError) return INVALID;
    throw error;
  }
}

type GivenSubtask = Omit<NewSubtask, "wave"> & { readonly wave?: number };

/** Subtasks with the wave of each. @throws KasError "invalid" for one that is not told and not in the plan */
async function placed(
  call: Parameters<typeof taskOf>[0],
  task: Task,
  given: readonly GivenSubtask[],
): Promise<NewSubtask[]> {
  const { text } = await call.context.store.content(task.id);
  const { waves } = parsePlan(text).plan;
  return given.map(({ wave, ...subtask }) => ({
    ...subtask,
    wave: wave ?? waveOf(waves, subtask.number, task),
  }));
}

/** The wave of a number in the plan. @throws KasError "invalid" when it has none, or several */
function waveOf(waves: readonly PlanWave[], number: number, task: Task): number {
  if (waves.length === 0) return 1;
  const [wave, ...others] = waves.filter(({ tasks }) => tasks.some((one) => one.number === number));
  if (wave !== undefined && others.length === 0) return wave.number;
  throw new KasError("invalid", `Cannot tell the wave of subtask ${number} of "${task.name}"`, {
    hint: "Say it as its wave",
    context: { number, waves: waves.map((one) => one.number) },
  });
}

/** Plans, their subtasks, and topics. */
export const contentRoutes: readonly Bound[] = bind(CONTENT_ROUTES, {
  "GET /v1/projects/:project/tasks/:task/content": async (call) => {
    const task = await taskOf(call);
    const { text, version } = await call.context.store.content(task.id);
    const etag = tag(task.id, version);
    call.headers.etag = etag;
    if (isKnown(call, etag)) return notModified(call);
    return textAnswer(call, "text/markdown; charset=utf-8", text);
  },
  "PUT /v1/projects/:project/tasks/:task/content": async (call) => {
    const { context, params, caller } = call;
    const task = await taskOf(call);
    const { version: current } = await context.store.content(task.id);
    const expected = matchedVersion(call, (version) => tag(task.id, version), current);
    const workspace = await context.workspaces.open(params.project);
    try {
      const { version, findings } = await updateContent(
        homeOf(call),
        workspace,
        task.name,
        call.body,
        caller.actor,
        expected,
      );
      changed(call);
      call.headers.etag = tag(task.id, version);
      return { task: task.name, version, findings };
    } catch (error) {
      if (!(error instanceof KasError) || error.code !== "conflict") throw error;
      if (expected === undefined) throw error;
      throw staleTag(tag(task.id, (await context.store.content(task.id)).version));
    }
  },
  "GET /v1/projects/:project/tasks/:task/subtasks": async (call) => {
    const task = await taskOf(call);
    return { items: (await call.context.store.subtasks(task.id)).map(subtaskJson) };
  },
  "PUT /v1/projects/:project/tasks/:task/subtasks": async (call) => {
    const task = await taskOf(call);
    const given = Array.isArray(call.body) ? call.body : call.body.subtasks;
    const subtasks = await placed(call, task, given);
    const rows = await replaceSubtasks(homeOf(call), task, subtasks, call.caller.actor);
    changed(call);
    return { items: rows.map(subtaskJson) };
  },
  "PUT /v1/projects/:project/tasks/:task/subtasks/:number/status": async (call) => {
    const task = await taskOf(call);
    const place = { number: call.params.number, wave: call.query.wave ?? null };
    const row = await forceSubtaskStatus(homeOf(call), task, place, call.body, call.caller.actor);
    changed(call);
    return subtaskJson(row);
  },
  "GET /v1/projects/:project/tasks/:task/architect-decisions": async (call) => {
    const task = await taskOf(call);
    const { dirs } = await call.context.workspaces.open(call.params.project);
    return await readMeta(`${dirs.cache}/${task.name}-architect.json`);
  },
  "GET /v1/projects/:project/topics": async (call) => {
    const { id } = await projectOf(call);
    return { items: await call.context.store.topics(id) };
  },
  "POST /v1/projects/:project/topics": async (call) => {
    const { id } = await projectOf(call);
    const name = await createTopic(homeOf(call), id, call.body.name);
    changed(call);
    const found = (await call.context.store.topics(id)).find((topic) => topic.name === name);
    return found ?? { name, tasks: 0 };
  },
});
