import { KasError } from "../errors.ts";
import { decide, needsGit, needsPlan } from "../lifecycle/decide.ts";
import type { Input, Step, TaskState } from "../lifecycle/types.ts";
import type { Change } from "../store/types.ts";
import { crashPoint } from "../faults.ts";
import { gitFacts, loadState, planFacts, topicRival } from "./facts.ts";
import type { Home, Workspace } from "./workspace.ts";

const MAX_TRIES = 25;

export interface ApplyOptions {
  /** Changes that must stand or fall with the step, such as the end of its signal. */
  readonly also?: (step: Step) => readonly Change[];
  readonly now?: () => number;
}

/**
 * Decides and commits one input for a task in one transaction. When somebody else changed the task
 * meanwhile, it is decided again on the new state.
 * @param input made from the state it is decided on
 * @throws KasError "not_found", and whatever refuses the step: nothing has changed then
 */
export async function applyInput(
  home: Home,
  workspace: Workspace,
  taskId: number,
  input: (state: TaskState) => Input,
  options: ApplyOptions = {},
): Promise<Step> {
  for (let attempt = 1;; attempt++) {
    const state = await loadState(home.store, taskId);
    if (state === null) throw new KasError("not_found", `Cannot find the task with id ${taskId}`);
    const what = input(state);
    const reads = needsPlan(what, { state });
    const context = {
      state,
      policy: workspace.policy,
      now: (options.now ?? Date.now)(),
      plan: reads ? await planFacts(home.store, workspace, state.task) : null,
      topicRival: reads ? await topicRival(home.store, state.task) : null,
      git: needsGit(what, { state }) ? await gitFacts(workspace, state.task) : null,
    };
    const step = decide(what, context);
    crashPoint("signal.decided");
    try {
      await home.store.commit([
        { kind: "expect", taskId, version: state.task.version },
        ...step.changes,
        ...touched(step.changes, taskId),
        ...(options.also?.(step) ?? []),
      ]);
      return step;
    } catch (error) {
      const again = error instanceof KasError && error.code === "conflict" && attempt < MAX_TRIES;
      if (!again) throw error;
    }
  }
}

/** Subtasks belong to the state a step is decided on, so changing one changes the task's version. */
function touched(changes: readonly Change[], taskId: number): Change[] {
  return changes.some((change) => change.kind === "subtask" || change.kind === "subtasks")
    ? [{ kind: "task", taskId, patch: {} }]
    : [];
}
