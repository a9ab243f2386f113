import { type Command, defineCommand } from "../../lib/cli/define.ts";
import { warn } from "../../lib/cli/progress.ts";
import { KasError } from "../../lib/errors.ts";

const command: Command = defineCommand({
  description: "Serve the tools of kas to an agent over MCP on stdin and stdout",
  details: "It ends with its input, and with it every agent that was run through it. " +
    "docs/mcp.md lists the tools.",
  async run(ctx) {
    if (Deno.stdin.isTerminal()) {
      throw new KasError("usage", "Cannot serve MCP: stdin is a tty", {
        hint: 'Register it with "kas mcp install" instead of typing it',
      });
    }
    // At once: until then a signal would end this process and leave agents it started behind.
    const { signal } = ctx;
    const { serveMcp } = await import("../../lib/mcp/serve.ts");
    const { LocalSource } = await import("../../lib/mcp/local.ts");
    await using source = new LocalSource({ env: Deno.env.toObject(), folder: Deno.cwd() });
    const hangup = new AbortController();
    const onHangup = () => hangup.abort();
    Deno.addSignalListener("SIGHUP", onHangup);
    try {
      await serveMcp(source, {
        input: Deno.stdin.readable,
        output: Deno.stdout.writable,
        onError: (error) => warn(error.message),
        signal: AbortSignal.any([signal, hangup.signal]),
      });
    } finally {
      Deno.removeSignalListener("SIGHUP", onHangup);
    }
  },
});

export default command;
