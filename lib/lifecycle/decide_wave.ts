import type { Subtask } from "../task/types.ts";
import type { Change } from "../store/types.ts";
import type { Step, StepContext } from "./types.ts";
import { accept, ask, note, nothing, transition } from "./step.ts";
import { isResolved, ofWave, promote, waveNumbers } from "./waves.ts";

/** Conflict resolutions an agent may try before the subtask counts as failed. */
const MAX_RESOLVE_TRIES = 2;

/** A subtask's commits are in the task branch. */
export function integrated(subtaskId: number, commit: string, context: StepContext): Step {
  const subtask = find(subtaskId, context);
  if (subtask === null || subtask.status !== "reported") return nothing("already taken care of");
  const label = `task ${subtask.number} merged as ${commit.slice(0, 12)}`;
  return accept(label, [
    {
      kind: "subtask",
      id: subtask.id,
      expect: ["reported"],
      patch: { status: "complete", commit, endedAt: context.now },
    },
    note(context, "subtask_complete", "kas", label, about(subtask, { commit })),
    ...afterSubtask({ ...subtask, status: "complete" }, context),
  ]);
}

/** Its branch does not merge: an agent resolves it in the subtask's worktree, a few times. */
export function conflicted(
  subtaskId: number,
  files: readonly string[],
  context: StepContext,
): Step {
  const subtask = find(subtaskId, context);
  if (subtask === null || subtask.status !== "reported") return nothing("already taken care of");
  const what = `task ${subtask.number} conflicts with the task branch in ${files.join(", ")}`;
  const tries = subtask.assignment === "resolve" ? subtask.attempt : 0;
  if (context.policy.autoReviewFix && tries < MAX_RESOLVE_TRIES) {
    return accept(what, [
      {
        kind: "subtask",
        id: subtask.id,
        expect: ["reported"],
        patch: {
          status: "running",
          assignment: "resolve",
          attempt: tries + 1,
          note: files.join("\n"),
        },
      },
      note(context, "merge_conflict", "kas", what, about(subtask, { files })),
    ]);
  }
  return failed(subtask, what, context, { files });
}

/** It was reported finished, but there is nothing to show for it. */
export function emptied(subtaskId: number, context: StepContext): Step {
  const subtask = find(subtaskId, context);
  if (subtask === null || subtask.status !== "reported") return nothing("already taken care of");
  return failed(
    subtask,
    `task ${subtask.number} was reported finished, but its branch holds no new commit`,
    context,
  );
}

/** Marks a subtask failed and sees whether that ends the wave. */
export function failed(
  subtask: Subtask,
  reason: string,
  context: StepContext,
  detail: Record<string, unknown> = {},
): Step {
  return accept(reason, [
    {
      kind: "subtask",
      id: subtask.id,
      patch: { status: "failed", note: reason, endedAt: context.now },
    },
    note(context, "subtask_failed", "kas", reason, about(subtask, detail)),
    ...afterSubtask({ ...subtask, status: "failed", note: reason }, context),
  ]);
}

/** What follows when one subtask of the current wave changed to `changed`. */
export function afterSubtask(changed: Subtask, context: StepContext): Change[] {
  const { task } = context.state;
  const all = context.state.subtasks.map((s) => s.id === changed.id ? changed : s);
  const wave = ofWave(all, task.wave);
  if (!wave.every(isResolved)) return promote(wave, context);
  return endOfWave(all, context);
}

/** A resolved wave: the next one, the review, or a question. The last wave is no exception (W4). */
function endOfWave(all: readonly Subtask[], context: StepContext): Change[] {
  const { task } = context.state;
  const bad = ofWave(all, task.wave).filter((s) => s.status === "failed");
  if (bad.length > 0) return [waiting(context), askFailed(bad, context)];
  const next = nextWave(all, task.wave);
  if (next === null) return toReview(context, "kas");
  if (context.policy.autoAdvanceWaves) return startWave(next, all, context);
  return [
    waiting(context),
    ask(context, {
      key: waveKey(task.id, task.wave, task.implementingAt),
      kind: "wave_advance",
      question: `Wave ${task.wave} of "${task.name}" is done. Start wave ${next}?`,
      options: [{ id: "next", label: `start wave ${next}` }, ABORT],
    }),
  ];
}

const ABORT = { id: "abort", label: "cancel the task; its work is kept" } as const;

function askFailed(bad: readonly Subtask[], context: StepContext): Change {
  const { task } = context.state;
  return ask(context, {
    key: waveKey(task.id, task.wave, task.implementingAt),
    kind: "wave_failed",
    question: `Wave ${task.wave} of "${task.name}": ${bad.length} of its tasks failed`,
    detail: bad.map((s) => `task ${s.number} (${s.title}): ${s.note}`).join("\n"),
    options: [
      { id: "retry", label: "run the failed tasks again, on top of what they left" },
      { id: "next", label: "go on without them" },
      ABORT,
    ],
  });
}

function waveKey(taskId: number, wave: number, entered: number | null): string {
  return `wave:${taskId}:${entered ?? 0}:${wave}`;
}

/** The wave after `wave`, or null when it was the last. */
export function nextWave(subtasks: readonly Subtask[], wave: number): number | null {
  return waveNumbers(subtasks).find((n) => n > wave) ?? null;
}

/** Puts the next wave to work. */
export function startWave(wave: number, all: readonly Subtask[], context: StepContext): Change[] {
  const { task } = context.state;
  return [
    {
      kind: "task",
      taskId: task.id,
      expectVersion: task.version,
      patch: { phase: "wave_running", wave },
    },
    ...promote(ofWave(all, wave), context),
    note(context, "wave_started", "kas", `wave ${wave} started`, {
      wave,
      tasks: ofWave(all, wave).map((s) => s.number),
    }),
  ];
}

/** The failed subtasks of a wave start again on what they left behind; finished ones stay finished. */
export function retryWave(wave: number, actor: string, context: StepContext): Change[] {
  const { task, subtasks } = context.state;
  const again = ofWave(subtasks, wave).filter((s) => s.status === "failed");
  const rest = subtasks.map((s) =>
    again.some((a) => a.id === s.id) ? { ...s, status: "pending" as const } : s
  );
  const reset: Change[] = again.map((subtask) => ({
    kind: "subtask",
    id: subtask.id,
    patch: {
      status: "pending",
      assignment: "build",
      attempt: subtask.attempt + 1,
      endedAt: null,
    },
  }));
  return [
    {
      kind: "task",
      taskId: task.id,
      expectVersion: task.version,
      patch: { phase: "wave_running", wave },
    },
    ...reset,
    ...promote(ofWave(rest, wave), context),
    note(context, "wave_retried", actor, `wave ${wave}: ${again.length} tasks run again`, {
      wave,
      tasks: again.map((s) => s.number),
    }),
  ];
}

/** Leaves the waves for the review. */
export function toReview(context: StepContext, actor: string): Change[] {
  return [
    note(context, "waves_complete", "kas", "all waves are merged into the task branch"),
    transition(context, "implement_finished", actor, {}, { phase: "reviewing" }),
  ];
}

function waiting(context: StepContext): Change {
  const { task } = context.state;
  return {
    kind: "task",
    taskId: task.id,
    expectVersion: task.version,
    patch: { phase: "wave_waiting" },
  };
}

function find(id: number, context: StepContext): Subtask | null {
  return context.state.subtasks.find((s) => s.id === id) ?? null;
}

function about(subtask: Subtask, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { wave: subtask.wave, task: subtask.number, title: subtask.title, ...more };
}
