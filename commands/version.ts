import { type Command, defineCommand } from "../lib/cli/define.ts";
import { VERSION } from "../lib/version.ts";

const command: Command = defineCommand({
  description: "Print the version",
  run(ctx) {
    const data = {
      version: VERSION,
      runtime: `deno ${Deno.version.deno}`,
      target: Deno.build.target,
    };
    ctx.print(data, ({ version }) => `kas ${version}`);
  },
});

export default command;
