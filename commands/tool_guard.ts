import { type Command, defineCommand, note } from "../lib/cli/mod.ts";

/** The status with which a hook tells its runtime not to run the tool. */
const BLOCK = 2;

const command: Command = defineCommand({
  description: "Refuse a shell command that the project bans, from a hook of an agent program",
  details: "Reads the event of the hook on stdin. It is set up by kas setup --enforce-tools.",
  hidden: true,
  async run(ctx) {
    const { readStdin } = await import("../lib/cli/stdin.ts");
    const { commandOf, refusalOf } = await import("../lib/setup/tool_guard.ts");
    const line = commandOf(
      await readStdin({
        what: "the event of a hook",
        example: "echo '{}' | kas tool-guard",
      }),
    );
    const refusal = line === null ? null : refusalOf(line);
    if (refusal === null) return 0;
    if (ctx.json) {
      // copilot tells the model a reason only from here
      ctx.print({ permissionDecision: "deny", permissionDecisionReason: refusal }, () => "");
      return 0;
    }
    note(refusal);
    return BLOCK;
  },
});

export default command;
