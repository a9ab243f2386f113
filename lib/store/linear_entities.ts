/** What the store keeps of deliveries of Linear. All times are ms UTC. */

export const TRIGGER_STATUSES = ["received", "dispatched", "rejected", "ignored"] as const;
/** `received`: under way, or cut off. The others are final. */
export type TriggerStatus = typeof TRIGGER_STATUSES[number];

/** What somebody wanted by a comment or a label of Linear. Its key is never done twice. */
export interface LinearTrigger {
  readonly id: number;
  readonly projectId: number;
  /** Linear's own id of the issue. */
  readonly issueId: string;
  /** The issue as people write it, such as ENG-123; empty while unknown. */
  readonly issue: string;
  readonly command: string;
  /** The comment, or the label and when it was put on. Unique with project, issue and command. */
  readonly source: string;
  /** Number of the delivery that was first. */
  readonly delivery: string;
  readonly actor: string;
  readonly status: TriggerStatus;
  /** Grows when one that was cut off is taken up again. */
  readonly attempt: number;
  /** Name of the task it was about. */
  readonly task: string | null;
  readonly result: string;
  readonly createdAt: number;
  readonly endedAt: number | null;
}
export type NewLinearTrigger = Pick<
  LinearTrigger,
  "projectId" | "issueId" | "issue" | "command" | "source" | "delivery" | "actor"
>;
