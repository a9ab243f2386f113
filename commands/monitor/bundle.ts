import { type Command, defineCommand } from "../../lib/cli/define.ts";
import { requirePerson } from "../_shared.ts";
import { checkFree, placeOf, writeNew } from "./_write.ts";

const command: Command = defineCommand({
  description: "Write the parts of the monitor page for a program that embeds it",
  details:
    "monitor.js, monitor.css, an index.html that loads them, and manifest.json with the SHA-256 and " +
    "size of each. The program puts an object at window.kasmosMonitorHost before the script runs: " +
    "contractVersion 1, and snapshot(), a promise of what kas monitor status --json prints.",
  args: {
    out: { type: "string", metavar: "folder", required: true, description: "Where to write them" },
    force: { type: "boolean", description: "Replace files of these names" },
  },
  examples: [["kas monitor bundle --out vendor/kas-monitor", "Four files"]],
  async run(ctx) {
    requirePerson("write the monitor");
    const { out, force } = ctx.values;
    const folder = placeOf(out);
    const { monitorBundle } = await import("../../lib/mcp/monitor_page.ts");
    const files = (await monitorBundle())
      .map(({ name, text }) => ({ path: `${folder}/${name}`, text }));
    // All or nothing: no file is written beside one that is in the way.
    if (force !== true) { for (const { path } of files) await checkFree(path); }
    for (const { path, text } of files) await writeNew(path, text, force === true);
    const written = files.map(({ path }) => path);
    ctx.print({ written }, () => written.map((path) => `written to ${path}`).join("\n"));
  },
});

export default command;
