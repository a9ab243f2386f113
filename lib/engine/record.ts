import { KasError } from "../errors.ts";
import { parseName, quote } from "../names.ts";
import type { NewPrReview, NewSubtask, PrReview, PullRequest } from "../store/types.ts";
import type { PullRequestPatch, TaskPatch } from "../store/types.ts";
import type { Phase, Status, Subtask, SubtaskStatus, Task } from "../task/types.ts";
import { taskNote } from "./notes.ts";
import type { Home } from "./workspace.ts";

/**
 * What a person, or a program for them, writes into a task's row past its course. All of it is
 * audited; none of it may be done by an agent.
 */

/** Statuses in which each phase means something. */
const PHASE_OF: Readonly<Record<Phase, readonly Status[]>> = {
  "": ["ready", "planning", "reviewing", "verifying", "done", "cancelled"],
  planned: ["ready"],
  architecting: ["implementing"],
  wave_running: ["implementing"],
  wave_waiting: ["implementing"],
  single_agent_implementing: ["implementing"],
  fixing: ["implementing"],
  reviewing: ["reviewing"],
};

/** Statuses whose entry is stamped, and the field of the stamp. */
const STAMPS = {
  planning: "planningAt",
  implementing: "implementingAt",
  reviewing: "reviewingAt",
  verifying: "verifyingAt",
  done: "doneAt",
} as const;
export type StampedPhase = keyof typeof STAMPS;

async function patch(
  home: Home,
  task: Task,
  change: TaskPatch,
  kind: string,
  actor: string,
  what: string,
): Promise<Task> {
  await home.store.commit([
    { kind: "task", taskId: task.id, expectVersion: task.version, patch: change },
    taskNote(task, kind, actor, `${task.name}: ${what}`, { ...change }),
  ]);
  return await again(home, task);
}

async function again(home: Home, task: Task): Promise<Task> {
  const now = await home.store.taskById(task.id);
  if (now !== null) return now;
  throw new KasError("not_found", `The task "${task.name}" was deleted meanwhile`);
}

/** Changes description and goal. @throws KasError "conflict" when somebody else changed the task */
export async function describeTask(
  home: Home,
  task: Task,
  text: { description?: string; goal?: string },
  actor: string,
): Promise<Task> {
  return await patch(home, task, text, "task_described", actor, "description changed");
}

/** Sets phase, wave and review cycle past the lifecycle. @throws KasError "guard" for a phase of another status */
export async function setExecutionState(
  home: Home,
  task: Task,
  state: { phase?: Phase; wave?: number; reviewCycle?: number },
  actor: string,
): Promise<Task> {
  const { phase } = state;
  if (phase !== undefined && !PHASE_OF[phase].includes(task.status)) {
    throw new KasError(
      "guard",
      `Cannot set phase ${quote(phase)} of "${task.name}": it is ${task.status}`,
      {
        hint: `That phase belongs to: ${PHASE_OF[phase].join(", ")}`,
        context: { task: task.name, status: task.status },
      },
    );
  }
  return await patch(home, task, state, "execution_state_set", actor, "execution state set");
}

/** Adds one to the review cycle. */
export async function incrementReviewCycle(home: Home, task: Task, actor: string): Promise<Task> {
  const change = { reviewCycle: task.reviewCycle + 1 };
  return await patch(home, task, change, "execution_state_set", actor, "review cycle incremented");
}

/**
 * Corrects when a task entered a status. Work under way is told apart by this moment, so that of the
 * status it is in stays.
 * @throws KasError "guard" for the status it is in, "invalid" for a moment to come
 */
export async function setPhaseStamp(
  home: Home,
  task: Task,
  phase: StampedPhase,
  at: number,
  actor: string,
): Promise<Task> {
  if (task.status === phase) {
    throw new KasError("guard", `Cannot set when "${task.name}" became ${phase}: it is so now`, {
      hint: "Its agents are told apart by that moment; correct it afterwards",
    });
  }
  if (at > Date.now()) {
    throw new KasError("invalid", "Cannot use a moment that has not come", {
      hint: "Give a time in the past",
    });
  }
  const change = { [STAMPS[phase]]: at };
  return await patch(home, task, change, "phase_stamp_set", actor, `${phase} stamp set`);
}

/** Makes a topic. @throws KasError "invalid" for the name, "exists" */
export async function createTopic(home: Home, projectId: number, name: string): Promise<string> {
  const topic = parseName("topic", name);
  if ((await home.store.topics(projectId)).some((one) => one.name === topic)) {
    throw new KasError("exists", `Cannot make the topic ${quote(topic)}: the project has it`, {
      hint: "Use it, or choose another name",
      context: { topic },
    });
  }
  await home.store.commit([{ kind: "topic_new", projectId, name: topic }]);
  return topic;
}

/** Ties a task to something outside, or unties it with null. */
export async function linkTask(
  home: Home,
  task: Task,
  link: { name: string; value: string | null },
  actor: string,
): Promise<void> {
  await home.store.commit([
    { kind: "task_link", taskId: task.id, ...link },
    taskNote(task, "task_linked", actor, `${task.name}: ${link.name} link changed`, { ...link }),
  ]);
}

/** Records what is known of a task's pull request. */
export async function recordPullRequest(
  home: Home,
  task: Task,
  change: PullRequestPatch,
  actor: string,
): Promise<PullRequest> {
  await home.store.commit([
    { kind: "pull_request", taskId: task.id, patch: change },
    taskNote(task, "pull_request_changed", actor, `${task.name}: pull request changed`, {
      ...change,
    }),
  ]);
  const row = await home.store.pullRequest(task.id);
  if (row !== null) return row;
  throw new KasError("not_found", `The task "${task.name}" was deleted meanwhile`);
}

/** Records a review of a pull request; one that is recorded already stays as it is. */
export async function recordPrReview(
  home: Home,
  task: Task,
  review: Omit<NewPrReview, "taskId">,
  actor: string,
): Promise<PrReview> {
  const known = (await home.store.prReviews(task.id)).find((r) => r.reviewId === review.reviewId);
  if (known !== undefined) return known;
  await home.store.commit([
    { kind: "pr_review_new", review: { ...review, taskId: task.id } },
    taskNote(task, "pr_review_recorded", actor, `${task.name}: review of ${review.author}`, {
      review: review.reviewId,
      state: review.state,
    }),
  ]);
  return await prReview(home, task, review.reviewId);
}

/** @throws KasError "not_found" */
export async function prReview(home: Home, task: Task, reviewId: string): Promise<PrReview> {
  const row = (await home.store.prReviews(task.id)).find((r) => r.reviewId === reviewId);
  if (row !== undefined) return row;
  throw new KasError("not_found", `Cannot find the review ${quote(reviewId)} of "${task.name}"`, {
    hint: "Record it first",
  });
}

/** Notes what was done about a review. @throws KasError "not_found" */
export async function markPrReview(
  home: Home,
  task: Task,
  reviewId: string,
  mark: "reacted" | "fixer_dispatched",
  actor: string,
): Promise<PrReview> {
  const at = Date.now();
  await home.store.commit([
    {
      kind: "pr_review",
      taskId: task.id,
      reviewId,
      patch: mark === "reacted" ? { reactedAt: at } : { fixerDispatchedAt: at },
    },
    taskNote(task, `pr_review_${mark}`, actor, `${task.name}: review ${reviewId} ${mark}`),
  ]);
  return await prReview(home, task, reviewId);
}

/** Replaces all subtasks. @throws KasError "guard" while a coder works on one, "invalid" for a number given twice */
export async function replaceSubtasks(
  home: Home,
  task: Task,
  subtasks: readonly NewSubtask[],
  actor: string,
): Promise<Subtask[]> {
  await refuseAtWork(home, task, "replace the subtasks of");
  await home.store.commit([
    { kind: "expect", taskId: task.id, version: task.version },
    { kind: "subtasks", taskId: task.id, subtasks },
    taskNote(task, "subtasks_replaced", actor, `${task.name}: ${subtasks.length} subtasks`, {
      subtasks: subtasks.map(({ wave, number, status }) => `W${wave}-T${number} ${status}`),
    }),
  ]);
  return await home.store.subtasks(task.id);
}

/** Sets a subtask's status past the lifecycle. @throws KasError "not_found", "invalid" when the number is in several waves */
export async function forceSubtaskStatus(
  home: Home,
  task: Task,
  place: { number: number; wave: number | null },
  to: { status: SubtaskStatus; note?: string },
  actor: string,
): Promise<Subtask> {
  const fits = (await home.store.subtasks(task.id)).filter((subtask) =>
    subtask.number === place.number && (place.wave === null || subtask.wave === place.wave)
  );
  const [found, ...others] = fits;
  if (found === undefined) {
    throw new KasError("not_found", `"${task.name}" has no subtask ${place.number}`, {
      hint: "Read its subtasks",
    });
  }
  if (others.length > 0) {
    throw new KasError("invalid", `Several waves of "${task.name}" have a task ${place.number}`, {
      hint: `Name the wave: ${fits.map((subtask) => subtask.wave).join(", ")}`,
    });
  }
  const { wave, number } = found;
  await home.store.commit([
    { kind: "subtask", id: found.id, expect: [found.status], patch: to },
    taskNote(task, "subtask_forced", actor, `W${wave}-T${number}: ${found.status} → ${to.status}`, {
      wave,
      number,
      from: found.status,
      to: to.status,
    }),
  ]);
  return (await home.store.subtasks(task.id)).find(({ id }) => id === found.id) ?? found;
}

async function refuseAtWork(home: Home, task: Task, verb: string): Promise<void> {
  const [first] = await home.store.sessions({
    taskId: task.id,
    statuses: ["starting", "running", "paused"],
    limit: 1,
  });
  if (first === undefined) return;
  throw new KasError("guard", `Cannot ${verb} "${task.name}": ${first.title} works on it`, {
    hint: `End it first: kas instance kill ${first.title}`,
  });
}
