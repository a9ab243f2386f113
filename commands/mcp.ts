import { type Command, defineCommand, warn } from "../lib/cli/mod.ts";
import { KasError } from "../lib/errors.ts";

const command: Command = defineCommand({
  description: "Serve the tools of kas to an agent over MCP on stdin and stdout",
  details: "Agents that kas starts have it already. Register it in your own agent with the " +
    'command "kas mcp"; it works on the repository of the folder it is started in.',
  examples: [
    ["claude mcp add kasmos -- kas mcp", "Give your own Claude Code the tools"],
  ],
  async run() {
    if (Deno.stdin.isTerminal()) {
      throw new KasError("usage", "Cannot serve MCP: stdin is a tty", {
        hint: 'Register the command "kas mcp" in an agent instead of typing it',
      });
    }
    const { serveMcp } = await import("../lib/mcp/server.ts");
    const { callerOf, engineServices } = await import("../lib/mcp/engine_services.ts");
    const { openHome } = await import("../lib/engine/workspace.ts");
    const caller = callerOf(Deno.env.toObject());
    await using stack = new AsyncDisposableStack();
    let opened: ReturnType<typeof openHome> | null = null;
    // at the first call, so that an agent is told why the store cannot be opened
    const home = async () => {
      opened ??= openHome().then((home) => stack.use(home));
      try {
        return await opened;
      } catch (error) {
        opened = null;
        throw error;
      }
    };
    await serveMcp(
      async (project) => await engineServices(await home(), caller, project, Deno.cwd()),
      {
        input: Deno.stdin.readable,
        output: Deno.stdout.writable,
        onError: (error) => warn(error.message),
      },
    );
  },
});
export default command;
