import { pingDaemon } from "../daemon/client.ts";
import { getTask } from "../engine/operations.ts";
import { type Snapshot, takeSnapshot } from "../engine/snapshot.ts";
import { parseTaskName } from "../names.ts";
import type { Desk } from "./types.ts";

/** What a snapshot is of. */
export interface LiveStatusOptions {
  /** Key of the project; left out, the one the caller works in. */
  readonly project?: string | undefined;
  /** Only this task. */
  readonly task?: string | undefined;
  /** Most rows of a list; 0 and less mean the usual number. */
  readonly cap?: number | undefined;
}

/**
 * The snapshot of the project a caller means; it needs no daemon.
 * @throws KasError as Desk.project(), "not_found" for a task that is none
 */
export async function liveStatus(desk: Desk, options: LiveStatusOptions): Promise<Snapshot> {
  const project = await desk.project(options.project);
  const { store, paths } = desk.home;
  const task = options.task === undefined
    ? undefined
    : await getTask(desk.home, { project }, parseTaskName(options.task));
  return await takeSnapshot(store, {
    project,
    daemonRunning: await pingDaemon(paths),
    confined: desk.caller.projectId !== null,
    task,
    cap: options.cap,
  });
}
