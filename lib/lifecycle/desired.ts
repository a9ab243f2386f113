import type { Session, Worktree } from "../store/types.ts";
import { baseKeyOf, stageKey, subtaskKey, subtaskSlot } from "./keys.ts";
import type { DesiredSession, Policy, TaskState } from "./types.ts";

/**
 * The sessions that should exist for a task now. Pure: state and policy in, list out; an open
 * decision about a piece of work keeps its session away until it is answered.
 */
export function desired(state: TaskState, policy: Policy): DesiredSession[] {
  const held = new Set(state.decisions.map((decision) => decision.key));
  return wanted(state, policy).filter((session) => !held.has(holdKey(session.baseKey)));
}

/** Key of the decision that holds back a piece of work. */
export function holdKey(baseKey: string): string {
  return `hold:${baseKey}`;
}

/** What should run if no decision held it back: the work the task is at. */
export function wanted(state: TaskState, policy: Policy): DesiredSession[] {
  const { task } = state;
  const alone = { wave: null, subtask: null, round: 1, peers: 1, slot: "task" };
  switch (task.status) {
    case "planning":
      return [{
        ...alone,
        baseKey: stageKey(task, "planner", "plan"),
        role: "planner",
        title: `${task.name}-plan`,
        brief: "plan",
      }];
    case "implementing":
      return implementing(state, policy);
    case "reviewing":
      return [{
        ...alone,
        baseKey: stageKey(task, "reviewer", "review"),
        role: "reviewer",
        title: `${task.name}-review-${task.reviewCycle + 1}`,
        round: task.reviewCycle + 1,
        brief: "review",
      }];
    case "verifying":
      if (!policy.autoReadinessReview) return [];
      return [{
        ...alone,
        baseKey: stageKey(task, "master", "verify"),
        role: "master",
        title: `${task.name}-verify-${task.reviewCycle + 1}`,
        round: task.reviewCycle + 1,
        brief: "verify",
      }];
    default:
      return [];
  }
}

function implementing(state: TaskState, policy: Policy): DesiredSession[] {
  const { task, subtasks } = state;
  const alone = { wave: null, subtask: null, round: 1, peers: 1, slot: "task" };
  switch (task.phase) {
    case "architecting":
      return [{
        ...alone,
        baseKey: stageKey(task, "architect", "build"),
        role: "architect",
        title: `${task.name}-elaborator`,
        brief: "architect",
      }];
    case "single_agent_implementing":
      return [{
        ...alone,
        baseKey: stageKey(task, "coder", "build"),
        role: "coder",
        title: `${task.name}-implement`,
        brief: "solo",
      }];
    case "fixing":
      if (!policy.autoReviewFix) return [];
      return [{
        ...alone,
        baseKey: stageKey(task, "fixer", "build"),
        role: "fixer",
        title: `${task.name}-fix-${task.reviewCycle}`,
        round: task.reviewCycle,
        brief: "fix",
      }];
    case "wave_running": {
      const running = subtasks.filter((s) => s.wave === task.wave && s.status === "running");
      const shared = policy.waveIsolation === "shared";
      return running.map((subtask) => ({
        baseKey: subtaskKey(task, subtask),
        role: subtask.assignment === "resolve" ? "fixer" as const : "coder" as const,
        title: `${task.name}-W${subtask.wave}-T${subtask.number}`,
        slot: shared ? "task" : subtaskSlot(subtask),
        wave: subtask.wave,
        subtask: subtask.number,
        round: subtask.attempt,
        peers: running.length,
        brief: subtask.assignment === "resolve" ? "resolve" as const : "wave" as const,
      }));
    }
    default:
      return [];
  }
}

/** What should be done about one piece of work, given its attempts so far. */
export type SessionPlan =
  | { readonly kind: "start"; readonly attempt: number }
  | { readonly kind: "keep"; readonly session: Session }
  | { readonly kind: "wait" };

/** Decides between starting a new attempt, keeping the live one and leaving a paused one alone. */
export function planSession(baseKey: string, sessions: readonly Session[]): SessionPlan {
  const attempts = sessions.filter((session) => baseKeyOf(session) === baseKey);
  const last = attempts.at(-1);
  if (last === undefined) return { kind: "start", attempt: 1 };
  if (last.status === "paused") return { kind: "wait" };
  if (last.status !== "exited") return { kind: "keep", session: last };
  return { kind: "start", attempt: attempts.length + 1 };
}

/**
 * Ledger entries that nothing needs any more: worktrees of subtasks whose work is merged, and all of
 * a task that is merged or cancelled. Their content is saved before they go.
 */
export function disposable(state: TaskState, worktrees: readonly Worktree[]): Worktree[] {
  const { task, subtasks } = state;
  const live = worktrees.filter((w) => w.status === "ready" || w.status === "creating");
  const over = task.status === "cancelled" || (task.status === "done" && task.mergedSha !== null);
  // The base is written down with the first worktree; without it the task was begun anew.
  if (over || task.baseCommit === null) return live;
  return live.filter((worktree) => {
    if (worktree.slot === "task") return false;
    const subtask = subtasks.find((s) => subtaskSlot(s) === worktree.slot);
    return subtask === undefined || subtask.status === "complete";
  });
}
