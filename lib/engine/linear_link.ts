import { KasError } from "../errors.ts";
import type { Status, Task } from "../task/types.ts";
import { taskNote } from "./notes.ts";
import type { Home } from "./workspace.ts";

/** Which issue of Linear a task belongs to. Only a mark: nothing is asked of Linear or told to it. */

const LINK = "linear";
/** A task in one of these works on its issue. */
const AT_WORK: readonly Status[] = ["planning", "implementing", "reviewing", "verifying"];

/** The issue a task is tied to, or null. */
export async function linearIssue({ store }: Home, task: Pick<Task, "id">): Promise<string | null> {
  return (await store.taskLinks(task.id))[LINK] ?? null;
}

/** Tasks of a project that are tied to an issue, by name. @param statuses all unless given */
export async function linearTasks(
  home: Home,
  projectId: number,
  issue: string,
  statuses?: readonly Status[],
): Promise<Task[]> {
  const tasks = await home.store.tasks({
    projectId,
    ...(statuses === undefined ? {} : { statuses }),
  });
  const issues = await Promise.all(tasks.map((task) => linearIssue(home, task)));
  return tasks.filter((_, index) => issues[index] === issue);
}

/**
 * Ties a task to an issue, or unties it with null. What it was tied to is in the log.
 * @throws KasError "guard" while another task works on that issue, unless `force`
 */
export async function linkLinear(
  home: Home,
  task: Task,
  link: { issue: string | null; force?: boolean; reason?: string },
  actor: string,
): Promise<void> {
  const { issue, force = false, reason = "" } = link;
  const old = await linearIssue(home, task);
  if (issue !== null && !force) {
    const other = (await linearTasks(home, task.projectId, issue, AT_WORK))
      .find(({ id }) => id !== task.id);
    if (other !== undefined) {
      throw new KasError("guard", `Cannot tie "${task.name}" to ${issue}: "${other.name}" is`, {
        hint: "Untie that one first, or give force",
        context: { task: other.name, status: other.status },
      });
    }
  }
  if (old === issue) return;
  const kind = issue === null ? "task_linear_unlinked" : "task_linear_linked";
  const what = issue === null ? `untied from ${old}` : `tied to ${issue}`;
  await home.store.commit([
    { kind: "task_link", taskId: task.id, name: LINK, value: issue },
    taskNote(task, kind, actor, `${task.name}: ${what}`, { old, new: issue, reason }),
  ]);
}
