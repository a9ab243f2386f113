import { reportedActivity } from "./activity.ts";
import type { AgentState, StateQuery } from "./types.ts";

/** A state, or where it is unknown what the agent's hooks reported last. */
export async function reportedOr(
  { launchDir }: StateQuery,
  state: Promise<AgentState>,
): Promise<AgentState> {
  const known = await state;
  if (known.activity !== "unknown") return known;
  const report = await reportedActivity(launchDir);
  return report === null ? known : { activity: report.activity, evidence: `hook: ${report.event}` };
}
