import type { KasError } from "../errors.ts";

/** Something to say about an agent, as data: `kas agent show`, `kas doctor` and others print it. */
export interface AgentFinding {
  /** What was checked and what is the matter, stable: `soul.missing`. */
  readonly id: string;
  /** `error`: the agent cannot be launched so. */
  readonly severity: "error" | "warning" | "info";
  readonly message: string;
  /** More, such as where it is. */
  readonly detail?: string;
  /** What to do about it. */
  readonly fix?: string;
}

/** Takes what was found on the way. */
export type Note = (finding: AgentFinding) => void;

/** For readers that only want what cannot be ignored, which is thrown. */
export const ignore: Note = (): void => {};

/** A finding of what was thrown. */
export function findingOf(id: string, error: KasError): AgentFinding {
  return {
    id,
    severity: "error",
    message: error.message,
    ...(error.hint === undefined ? {} : { fix: error.hint }),
  };
}
