import { type Command, defineCommand } from "../lib/cli/mod.ts";
import { startProgress, tell } from "../lib/cli/progress.ts";
import { KasError } from "../lib/errors.ts";
import { quote } from "../lib/names.ts";

/** `kas debug` */
const command: Command = defineCommand({
  description: "Gather what a report of a bug needs, without secrets",
  details:
    "Versions, findings of the doctor, settings, places, statistics of the store, names of " +
    "variables, and the end of the daemon's log. Tokens, passwords, credentials in addresses, values of " +
    "variables and secrets of agents are masked, and your home is written as ~. Names of tasks, agents " +
    "and branches may be in it: read it before you give it away.",
  args: {
    out: { type: "string", metavar: "file", description: "Write it into this new file" },
  },
  examples: [
    ["kas debug --out report.txt", "A file to attach"],
    ["kas debug --json", "For programs"],
  ],
  async run(ctx) {
    const { makeReport, reportText } = await import("../lib/upkeep/report.ts");
    const { homePaths } = await import("../lib/engine/workspace.ts");
    const { selfArgv } = await import("../lib/self.ts");
    const { likelyRoot } = await import("./_place.ts");
    using progress = startProgress("looking");
    const report = await makeReport({
      paths: await homePaths(),
      repoRoot: await likelyRoot(Deno.cwd()),
      hostEnv: Deno.env.toObject(),
      program: selfArgv(),
    });
    progress[Symbol.dispose]();
    const { out } = ctx.values;
    if (out === undefined) return ctx.print(report, reportText);
    const text = ctx.json || out.endsWith(".json")
      ? `${JSON.stringify(report, null, 2)}\n`
      : reportText(report);
    await write(out, text);
    tell(`written to ${out}: read it before you give it away`);
  },
});

/** Writes a new file that others cannot read. @throws KasError "exists", "invalid" */
async function write(path: string, text: string): Promise<void> {
  try {
    await Deno.writeTextFile(path, text, { createNew: true, mode: 0o600 });
  } catch (cause) {
    if (cause instanceof Deno.errors.AlreadyExists) {
      throw new KasError("exists", `Cannot write ${quote(path, 200)}: it is there already`, {
        hint: "Name a new file",
        cause,
      });
    }
    throw new KasError("invalid", `Cannot write ${quote(path, 200)}`, {
      hint: "Check its folder and the permissions",
      cause,
    });
  }
}

export default command;
