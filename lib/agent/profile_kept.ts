import { type Keep, keepReading, readKept } from "../files/kept.ts";
import type { CheckedProfile, ProfilePlace } from "./profile_file.ts";
import type { AgentProfile } from "./types.ts";

/**
 * What an agent.toml says, from what was kept of it or by reading it. A parser and a schema take
 * longer to load than all the rest, so they are loaded only for a text that was not read before.
 */
export async function profileIn(
  source: string,
  place: ProfilePlace,
  keep: Keep | null,
): Promise<CheckedProfile> {
  const { name, scope, directory } = place;
  const what = { kind: "agent", place: JSON.stringify([scope, name, directory]), text: source };
  const kept = readKept<AgentProfile>(keep, what);
  if (kept !== null) return { profile: kept, findings: [] };
  const { checkProfile } = await import("./profile_file.ts");
  const checked = checkProfile(source, place);
  // what there is to say is said each time
  if (checked.findings.length === 0) await keepReading(keep, what, checked.profile);
  return checked;
}
