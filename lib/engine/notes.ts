import type { Change, Session } from "../store/types.ts";
import type { Task } from "../task/types.ts";

/** Lines for the log, as changes that stand or fall with what they tell of. */

type Detail = Readonly<Record<string, unknown>>;

/** A line about a task. */
export function taskNote(
  task: Pick<Task, "id" | "projectId">,
  kind: string,
  actor: string,
  message: string,
  detail: Detail = {},
): Change {
  return {
    kind: "event",
    event: { projectId: task.projectId, taskId: task.id, kind, actor, message, detail },
  };
}

/** A line about an agent. */
export function sessionNote(
  session: Pick<Session, "id" | "projectId" | "taskId">,
  kind: string,
  actor: string,
  message: string,
  detail: Detail = {},
): Change {
  const { id, projectId, taskId } = session;
  return {
    kind: "event",
    event: { projectId, taskId, sessionId: id, kind, actor, message, detail },
  };
}
