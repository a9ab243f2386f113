import { type Command, defineCommand } from "../lib/cli/define.ts";
import { HOOK_EVENTS } from "../lib/harness/activity.ts";
import { runHook } from "./_hook.ts";

const command: Command = defineCommand({
  description: "Report what an agent does, from a hook of its runtime",
  details: `Events: ${HOOK_EVENTS.join(", ")}. Agents that kas starts call it by themselves; a ` +
    "program of your own may call it with busy, idle or asking. It never holds an agent up: what " +
    "goes wrong is said on stderr and ends with 1.",
  args: { event: { type: "positional", description: "Name of the event" } },
  examples: [["kas hook idle", "The agent waits for its next prompt"]],
  async run(ctx) {
    return await runHook(ctx.values.event);
  },
});

export default command;
