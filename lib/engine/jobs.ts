import { KasError, messageOf } from "../errors.ts";
import { crashPoint } from "../faults.ts";
import type { Job } from "../store/types.ts";
import { mergeTask } from "./merge.ts";
import type { Home, Workspace } from "./workspace.ts";

const MAX_JOB_ATTEMPTS = 5;
const FIRST_DELAY_MS = 2_000;

/**
 * Does one outbox entry. A refusal ends it, anything else is tried again with growing delays.
 * @returns milliseconds until the next try, or null when the job is over
 */
export async function runJob(home: Home, workspace: Workspace, job: Job): Promise<number | null> {
  try {
    const result = await perform(home, workspace, job);
    await home.store.commit([{ kind: "job", id: job.id, status: "done", result }]);
    crashPoint("job.done");
    return null;
  } catch (error) {
    const refused = error instanceof KasError &&
      ["guard", "conflict", "not_found"].includes(error.code);
    const delay = FIRST_DELAY_MS * 2 ** job.attempts;
    const over = refused || job.attempts + 1 >= MAX_JOB_ATTEMPTS;
    await home.store.commit([
      {
        kind: "job",
        id: job.id,
        status: over ? "failed" : "pending",
        result: messageOf(error),
        ...(over ? {} : { nextAt: Date.now() + delay }),
      },
      ...(over
        ? [{
          kind: "event" as const,
          event: {
            projectId: job.projectId,
            taskId: job.taskId,
            kind: `${job.kind}_failed`,
            actor: "kas",
            message: messageOf(error),
            detail: { hint: error instanceof KasError ? error.hint ?? null : null },
          },
        }]
        : []),
    ]);
    return over ? null : delay;
  }
}

async function perform(home: Home, workspace: Workspace, job: Job): Promise<string> {
  const task = job.taskId === null ? null : await home.store.taskById(job.taskId);
  if (task === null) return "the task is gone";
  switch (job.kind) {
    case "merge":
      return (await mergeTask(home, workspace, task, "kas")).commit;
    default:
      throw new KasError("not_found", `Cannot do a job of unknown kind "${job.kind}"`);
  }
}
