import { VARIABLES } from "../agent/variables.ts";
import { pathVariables } from "../config/paths.ts";
import type { DesiredSession } from "../lifecycle/types.ts";
import { shellWord } from "../prompt/parts.ts";
import { selfArgv } from "../self.ts";
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

/**
 * Writes the `kas` that agents find on their PATH: a script that runs this very program.
 * @returns the folder to put in front of their PATH
 */
export async function writeSelfShim(runtimeDir: string): Promise<string> {
  const folder = `${runtimeDir}/bin`;
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  const words = selfArgv().map(shellWord).join(" ");
  // Run from source, kas needs the cache it was loaded with; agents do not get that variable.
  const cache = Deno.env.get("DENO_DIR");
  const setting = cache === undefined ? "" : `DENO_DIR=${shellWord(cache)} `;
  const draft = `${folder}/.kas-${crypto.randomUUID()}`;
  await Deno.writeTextFile(draft, `#!/bin/sh\n${setting}exec ${words} "$@"\n`, { mode: 0o700 });
  await Deno.rename(draft, `${folder}/kas`);
  return folder;
}
