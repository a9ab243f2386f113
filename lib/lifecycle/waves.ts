import type { Subtask } from "../task/types.ts";
import type { Change } from "../store/types.ts";
import type { Policy, StepContext } from "./types.ts";

/** A subtask is resolved when nothing more will happen to it without a decision. */
export function isResolved(subtask: Pick<Subtask, "status">): boolean {
  return subtask.status === "complete" || subtask.status === "failed";
}

/** Wave numbers in order. */
export function waveNumbers(subtasks: readonly Pick<Subtask, "wave">[]): number[] {
  return [...new Set(subtasks.map((s) => s.wave))].sort((a, b) => a - b);
}

/** Subtasks of one wave by number: the order of their merges. */
export function ofWave<T extends Pick<Subtask, "wave" | "number">>(
  all: readonly T[],
  wave: number,
): T[] {
  return all.filter((s) => s.wave === wave).sort((a, b) => a.number - b.number);
}

/**
 * Pending subtasks that may start now under the limit of parallel coders. A reported subtask frees
 * its place: its agent is gone.
 */
export function promotable(wave: readonly Subtask[], policy: Policy): Subtask[] {
  const pending = wave.filter((s) => s.status === "pending");
  if (policy.maxParallelWaveTasks <= 0) return pending;
  const running = wave.filter((s) => s.status === "running").length;
  return pending.slice(0, Math.max(0, policy.maxParallelWaveTasks - running));
}

/** Changes that put subtasks to work. */
export function promote(wave: readonly Subtask[], context: StepContext): Change[] {
  return promotable(wave, context.policy).map((subtask) => ({
    kind: "subtask",
    id: subtask.id,
    expect: ["pending"],
    patch: { status: "running", startedAt: context.now },
  }));
}

/**
 * The next subtask whose branch may be merged: the lowest reported one with every lower number of its
 * wave resolved, so that merges always happen in plan order.
 */
export function nextToIntegrate(subtasks: readonly Subtask[], wave: number): Subtask | null {
  for (const subtask of ofWave(subtasks, wave)) {
    if (isResolved(subtask)) continue;
    return subtask.status === "reported" ? subtask : null;
  }
  return null;
}
