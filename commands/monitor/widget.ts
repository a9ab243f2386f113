import { type Command, defineCommand } from "../../lib/cli/define.ts";
import { KasError } from "../../lib/errors.ts";
import { parseName, parseTaskName, quote } from "../../lib/names.ts";
import { requirePerson } from "../_shared.ts";
import { placeOf, writeNew } from "./_write.ts";

const command: Command = defineCommand({
  description: "Write the monitor as one page that a browser opens from a file",
  details:
    'It asks a "kas serve --widget" for snapshots with a token you type in; the page keeps it in ' +
    "memory alone. Nothing secret is in the file.",
  args: {
    out: { type: "string", metavar: "file", required: true, description: "Where to write it" },
    project: {
      type: "string",
      metavar: "key",
      description: "Project to show; needed when there are several",
    },
    task: { type: "string", metavar: "name", description: "Only this task" },
    serveUrl: {
      type: "string",
      metavar: "url",
      default: "http://127.0.0.1:7433",
      description: "Where kas serve answers",
    },
    force: { type: "boolean", description: "Replace the file" },
  },
  examples: [
    ["kas monitor widget --out kas.html", "Then open it, beside kas serve --widget"],
    ["kas token create --name widget --scope read", "A token for it"],
  ],
  async run(ctx) {
    requirePerson("write the monitor");
    const { out, project, task, serveUrl, force } = ctx.values;
    const source = {
      serve: originOf(serveUrl),
      ...project === undefined ? {} : { project: parseName("project", project) },
      ...task === undefined ? {} : { task: parseTaskName(task) },
    };
    const { monitorPage } = await import("../../lib/mcp/monitor_page.ts");
    const file = placeOf(out);
    await writeNew(file, await monitorPage(source), force === true);
    ctx.print({ written: [file], ...source }, () => `written to ${file}`);
  },
});

/** @throws KasError "usage" for what is no address of a server alone */
function originOf(text: string): string {
  const url = URL.parse(text);
  // A name of a host may hold what ends or widens a content security policy.
  const isServer = url !== null && /^https?:$/.test(url.protocol) && url.username === "" &&
    url.password === "" && url.pathname === "/" && url.search === "" && url.hash === "" &&
    /^(?:[a-z0-9._-]+|\[[0-9a-f:]+\])$/.test(url.hostname);
  if (isServer) return url.origin;
  throw new KasError("usage", `Cannot use ${quote(text)} as the address of kas serve`, {
    hint: "Give one such as http://127.0.0.1:7433",
  });
}

export default command;
