import {
  ALIASES,
  OPERATOR_SIGNALS,
  SIGNAL_TYPES,
  type SignalType,
} from "../../lib/signal/types.ts";
import { code, table } from "./markdown.ts";

interface Meaning {
  /** Who reports it; a person for those that steer. */
  readonly by: string;
  readonly payload: string;
  readonly follows: string;
}

const MEANINGS: Readonly<Record<SignalType, Meaning>> = {
  plan_start: { by: "", payload: "any", follows: "`planning`" },
  planner_finished: {
    by: "planner",
    payload: "any",
    follows: "`ready`, planned; with `auto_advance` the implementation starts",
  },
  planner_draft_finished: {
    by: "planner",
    payload: "`planner_id`",
    follows: "nothing: it is recognised and turned down",
  },
  implement_start: { by: "", payload: "any", follows: "`implementing`" },
  implement_task_finished: {
    by: "coder or fixer of a wave",
    payload: "`wave_number`, `task_number` (integers from 1)",
    follows: "its branch is merged into the task branch",
  },
  implement_wave: {
    by: "",
    payload: "`wave_number` (an integer from 1)",
    follows: "that wave starts",
  },
  elaborator_finished: {
    by: "architect",
    payload: "must be empty",
    follows: "the plan is read again, the first wave starts",
  },
  implement_finished: {
    by: "single coder, fixer",
    payload: "any",
    follows: "`reviewing`. While waves run it is not taken: each task reports for itself",
  },
  review_approved: { by: "reviewer", payload: "any", follows: "`verifying`" },
  review_changes_requested: {
    by: "reviewer",
    payload: "`body`, the findings",
    follows: "a fix round",
  },
  verify_approved: {
    by: "master",
    payload: "`reviewed_sha`, `reviewed_base_sha` (full commit ids)",
    follows: "`done`, if both are still the tips",
  },
  verify_failed: { by: "master", payload: "`body`, the findings", follows: "a fix round" },
  retry_wave: { by: "", payload: "any", follows: "failed tasks of the wave run again" },
  advance_wave: { by: "", payload: "any", follows: "on to the next wave, whatever failed" },
};

/** The parts of the page on signals by their names. */
export function signalReference(): Readonly<Record<string, string>> {
  const types = SIGNAL_TYPES.map((type) => {
    const { by, payload, follows } = MEANINGS[type];
    return [code(type), OPERATOR_SIGNALS.has(type) ? "people" : by, payload, follows];
  });
  const aliases = new Map<SignalType, string[]>();
  for (const [alias, type] of Object.entries(ALIASES)) {
    aliases.set(type, [...aliases.get(type) ?? [], alias]);
  }
  return {
    "signal-types": table(["type", "reported by", "payload", "what follows"], types),
    "signal-aliases": table(
      ["written", "stored"],
      [...aliases].map(([type, names]) => [names.map(code).join(", "), code(type)]),
    ),
  };
}
