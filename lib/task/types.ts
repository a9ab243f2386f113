/** The words of a task's life. Wire names are the ones users and agents type. */

export const STATUSES = [
  "ready",
  "planning",
  "implementing",
  "reviewing",
  "verifying",
  "done",
  "cancelled",
] as const;
export type Status = typeof STATUSES[number];

/** Fine-grained state beside the status; empty when the status says all. */
export const PHASES = [
  "",
  "planned",
  "architecting",
  "wave_running",
  "wave_waiting",
  "single_agent_implementing",
  "fixing",
  "reviewing",
] as const;
export type Phase = typeof PHASES[number];

export const SUBTASK_STATUSES = [
  "pending", // not started
  "running", // an agent has it
  "reported", // the agent says it is finished; nobody has looked yet
  "complete", // its commits are in the task branch
  "failed",
] as const;
export type SubtaskStatus = typeof SUBTASK_STATUSES[number];

/** One task: the unit of work of a project. Times are integer milliseconds UTC. */
export interface Task {
  readonly id: number;
  readonly projectId: number;
  /** Key inside the project; a label that may be renamed. Identity is {@link id}. */
  readonly name: string;
  readonly status: Status;
  readonly phase: Phase;
  /** Compare-and-set counter: every change of the row adds one. */
  readonly version: number;
  readonly description: string;
  readonly goal: string;
  readonly topic: string | null;
  /** Integration branch, `plan/<name>` by default. */
  readonly branch: string;
  /** Branch it will be merged into, recorded when the task is created. */
  readonly baseBranch: string;
  /** Commit the integration branch starts from; set when the branch is made. */
  readonly baseCommit: string | null;
  /** Version of the stored plan text; the text itself is read with `Store.content`. */
  readonly contentVersion: number;
  /** Completed fixer rounds (0 at first). */
  readonly reviewCycle: number;
  /** Wave under way or waiting; 0 before the first. */
  readonly wave: number;
  /** Last feedback of a reviewer or verifier, given to the next fixer. */
  readonly feedback: string;
  readonly planningAt: number | null;
  readonly implementingAt: number | null;
  readonly reviewingAt: number | null;
  readonly verifyingAt: number | null;
  readonly doneAt: number | null;
  /** The commit and base that a verification approved; both null when none holds. */
  readonly verifiedSha: string | null;
  readonly verifiedBaseSha: string | null;
  readonly verifiedAt: number | null;
  readonly verifiedBy: string | null;
  readonly staleReason: string | null;
  readonly mergedSha: string | null;
  readonly mergedAt: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** One `### Task N` of a plan, as the engine tracks it. */
export interface Subtask {
  readonly id: number;
  readonly taskId: number;
  readonly wave: number;
  readonly number: number;
  readonly title: string;
  readonly body: string;
  /** Paths it claims, from the plan or from the architect's metadata. */
  readonly files: readonly string[];
  readonly status: SubtaskStatus;
  /** 1 for the first try. */
  readonly attempt: number;
  /** `build` writes the work; `resolve` merges the task branch into it after a conflict. */
  readonly assignment: "build" | "resolve";
  /** Commit of the task branch this subtask's branch starts from. */
  readonly baseCommit: string | null;
  /** Tip that was merged. */
  readonly commit: string | null;
  /** Why it failed, or what conflicted. */
  readonly note: string;
  readonly startedAt: number | null;
  readonly reportedAt: number | null;
  readonly endedAt: number | null;
}

/** What a person reads for a task's state. */
export function statePhrase(task: Pick<Task, "status" | "phase" | "wave" | "reviewCycle">): string {
  switch (task.phase) {
    case "planned":
      return "planned";
    case "architecting":
      return "architecting";
    case "wave_running":
      return `wave ${task.wave} running`;
    case "wave_waiting":
      return `wave ${task.wave} waiting for a decision`;
    case "single_agent_implementing":
      return "implementing";
    case "fixing":
      return `fixing round ${task.reviewCycle}`;
    case "reviewing":
      return `reviewing round ${task.reviewCycle + 1}`;
    default:
      return task.status;
  }
}
