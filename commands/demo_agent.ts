import { type Command, defineCommand } from "../lib/cli/mod.ts";

const command: Command = defineCommand({
  description: "Be the scripted agent of the demo harness; kas starts it by itself",
  hidden: true,
  async run() {
    const { playDemoAgent } = await import("../lib/harness/demo/agent.ts");
    await playDemoAgent(Deno.env.toObject());
  },
});
export default command;
