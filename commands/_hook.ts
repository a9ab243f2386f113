import { resolvePaths } from "../lib/config/paths.ts";
import { messageOf } from "../lib/errors.ts";
import { nudge, reportEvent } from "../lib/harness/activity.ts";

/**
 * `kas hook`, called by {@link file://../main.ts} without the frame of the other commands: an agent waits
 * for it at every step. Status 2 would hold the agent up in some runtimes, so every failure is 1.
 * @returns the exit status
 */
export async function runHook(event: string): Promise<number> {
  const agentDir = Deno.env.get("KAS_AGENT_DIR") ?? "";
  if (!agentDir.startsWith("/")) {
    return said("no agent of kas calls it: KAS_AGENT_DIR is not set");
  }
  try {
    // the folder of the launch
    const folder = agentDir.slice(0, agentDir.lastIndexOf("/"));
    if (!reportEvent(folder, event)) return said(`the event ${JSON.stringify(event)} is unknown`);
    await nudge(resolvePaths().socket);
    return 0;
  } catch (error) {
    return said(messageOf(error));
  }
}

function said(why: string): number {
  Deno.stderr.writeSync(new TextEncoder().encode(`error: Cannot report for a hook: ${why}\n`));
  return 1;
}
