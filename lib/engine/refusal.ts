import { KasError } from "../errors.ts";
import type { Home } from "./workspace.ts";

/**
 * Does something a person asked for; when a rule refuses it, that is written into the log before the
 * error goes on. The task itself stays as it was.
 */
export async function recordingRefusal<T>(
  home: Home,
  about: { projectId: number; taskId: number | null; actor: string },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof KasError && ["guard", "illegal_transition"].includes(error.code)) {
      await home.store.commit([{
        kind: "event",
        event: {
          projectId: about.projectId,
          taskId: about.taskId,
          kind: "refused",
          actor: about.actor,
          message: error.message,
          detail: { code: error.code, hint: error.hint ?? null },
        },
      }]);
    }
    throw error;
  }
}
