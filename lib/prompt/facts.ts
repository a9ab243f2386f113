import type { Plan } from "../task/plan.ts";
import type { Subtask, Task } from "../task/types.ts";
import type { DesiredSession, Policy } from "../lifecycle/types.ts";

/** Everything a prompt may say. Paths are absolute. */
export interface PromptFacts {
  readonly project: string;
  readonly task: Task;
  readonly session: DesiredSession;
  /** Stored plan text. */
  readonly content: string;
  readonly plan: Plan;
  readonly subtask: Subtask | null;
  readonly policy: Policy;
  readonly cwd: string;
  readonly branch: string;
  /** Where the architect's metadata goes. */
  readonly metaFile: string;
  /** 1 for the first agent on this piece of work. */
  readonly attempt: number;
}
