import type { Subtask, Task } from "../task/types.ts";
import type { Role, Session } from "../store/types.ts";

/**
 * Session keys. A key names one piece of work for ever: the task, the role, the moment the phase was
 * entered (so that a second review is other work than the first), the wave, subtask and try. The
 * attempt is appended when a row is made.
 */
export function stageKey(task: Task, role: Role, stage: string): string {
  const entered = {
    plan: task.planningAt,
    build: task.implementingAt,
    review: task.reviewingAt,
    verify: task.verifyingAt,
  }[stage] ?? 0;
  return `t${task.id}/${stage}-${entered}/${role}`;
}

/** Base key of a subtask's coder, or of the fixer that resolves its conflict. */
export function subtaskKey(task: Task, subtask: Subtask): string {
  const role = subtask.assignment === "resolve" ? "fixer" : "coder";
  return `${
    stageKey(task, role, "build")
  }/w${subtask.wave}-t${subtask.number}/try${subtask.attempt}`;
}

/** The key of an attempt at a piece of work. */
export function attemptKey(baseKey: string, attempt: number): string {
  return `${baseKey}/a${attempt}`;
}

/** The piece of work an attempt belongs to. */
export function baseKeyOf(session: Pick<Session, "key">): string {
  return session.key.slice(0, session.key.lastIndexOf("/a"));
}

/** Worktree slot of a subtask. */
export function subtaskSlot(subtask: Pick<Subtask, "wave" | "number">): string {
  return `w${subtask.wave}-t${subtask.number}`;
}
