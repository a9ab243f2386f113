import type { Environment } from "../config/paths.ts";
import { wakeDaemon } from "../daemon/client.ts";
import {
  applyEvent,
  createTask,
  emitSignal,
  forceStatus,
  getTask,
  updateContent,
} from "../engine/operations.ts";
import { type Home, openWorkspace, openWorkspaceAt, type Workspace } from "../engine/workspace.ts";
import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { statePhrase, STATUSES, type Task } from "../task/types.ts";
import type { McpServices } from "./services.ts";

/** Who the server speaks for: an agent kas started, or a person's own. */
export interface Caller {
  /** `session:<id>` for an agent of kas, else `mcp`. */
  readonly actor: string;
  /** Project of the agent; null outside kas's agents. */
  readonly project: string | null;
}

/** Reads the caller from the variables kas gives its agents. */
export function callerOf(env: Environment): Caller {
  const session = env["KASMOS_SESSION"] ?? "";
  return {
    actor: /^\d+$/.test(session) ? `session:${session}` : "mcp",
    project: env["KASMOS_PROJECT"] || null,
  };
}

/**
 * The services of one project, on the operations of the engine. An agent of kas stays in its own
 * project; without a name the project is the agent's, else the one around `cwd`.
 * @throws KasError "guard" for another project than the agent's, "not_found" for an unknown one
 */
export async function engineServices(
  home: Home,
  caller: Caller,
  project: string | undefined,
  cwd: string,
): Promise<McpServices> {
  const { actor } = caller;
  const workspace = await workspaceFor(home, caller, project, cwd);
  return {
    async listTasks(status) {
      const known = STATUSES.filter((name) => name === status);
      const filter = status === undefined ? {} : { statuses: known };
      const tasks = await home.store.tasks({ projectId: workspace.project.id, ...filter });
      return tasks.map(summary);
    },
    async showTask(name) {
      const task = await getTask(home, workspace, name);
      const { text } = await home.store.content(task.id);
      return { name: task.name, status: task.status, phase: task.phase, content: text };
    },
    createTask: async (input) => summary(await createTask(home, workspace, input, actor)),
    updateContent: (name, text) => updateContent(home, workspace, name, text, actor),
    async transition(name, event, force) {
      const task = force
        ? await forceStatus(home, workspace, name, event, actor)
        : await applyEvent(home, workspace, name, event, actor);
      await wakeDaemon(home.paths, { start: false });
      return summary(task);
    },
    async emitSignal(type, task, payload) {
      const { signal, duplicate } = await emitSignal(home, workspace, {
        type,
        task,
        source: actor,
        ...payload === undefined ? {} : { payload },
      });
      await wakeDaemon(home.paths, { start: false });
      return { id: signal.id, duplicate };
    },
  };
}

async function workspaceFor(
  home: Home,
  caller: Caller,
  asked: string | undefined,
  cwd: string,
): Promise<Workspace> {
  if (asked !== undefined && caller.actor !== "mcp" && asked !== caller.project) {
    throw new KasError("guard", `Cannot work on project ${quote(asked)}: it is not the agent's`, {
      hint: `Leave "project" out`,
    });
  }
  const key = asked ?? caller.project;
  if (key === null) return await openWorkspaceAt(home, cwd);
  const project = await home.store.projectByKey(key);
  if (project !== null) return await openWorkspace(home, project);
  const keys = (await home.store.projects()).map((known) => known.key);
  throw new KasError("not_found", `Cannot find project ${quote(key)}`, {
    hint: keys.length === 0 ? `Register one with "kas daemon add"` : `Projects: ${keys.join(", ")}`,
    context: { project: key, projects: keys },
  });
}

function summary(task: Task): Record<string, unknown> {
  const { name, status, phase, topic, branch, description } = task;
  return { name, status, phase, state: statePhrase(task), topic, branch, description };
}
