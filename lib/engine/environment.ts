import { VARIABLES } from "../agent/variables.ts";
import { pathVariables } from "../config/paths.ts";
import type { DesiredSession } from "../lifecycle/types.ts";
import type { Session } from "../store/types.ts";
import type { Task } from "../task/types.ts";
import type { SessionHost } from "./sessions.ts";
import type { Workspace } from "./workspace.ts";

/**
 * The variables kas sets for an agent of a task. The managed one marks it as run by kas; those of a
 * wave stand only for its coders; the rest lets `kas` inside the agent find the same store and daemon,
 * and prove who it is.
 * @param identity secret of the agent's token
 */
export function agentVariables(
  host: SessionHost,
  workspace: Workspace,
  task: Task,
  session: Session,
  want: DesiredSession,
  identity: string,
): Record<string, string> {
  const wave: Record<string, string> = want.wave === null ? {} : {
    [VARIABLES.task]: String(want.subtask),
    [VARIABLES.wave]: String(want.wave),
    [VARIABLES.peers]: String(want.peers),
  };
  return {
    [VARIABLES.managed]: "1",
    [VARIABLES.project]: workspace.project.key,
    [VARIABLES.plan]: task.name,
    [VARIABLES.role]: session.role,
    [VARIABLES.session]: String(session.id),
    [VARIABLES.identity]: identity,
    ...wave,
    ...pathVariables(host.paths),
  };
}
