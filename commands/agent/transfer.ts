import { type Command, defineCommand } from "../../lib/cli/define.ts";
import { parseRuntime } from "../../lib/agent/create.ts";
import { exportAgent, importAgent } from "../../lib/agent/transfer.ts";
import { repoOption, requirePerson } from "../_shared.ts";
import { agentArgument, openLibrary, projectOption, warnFindings } from "./_library.ts";

/** `kas agent import` */
export const importCommand: Command = defineCommand({
  description: "Take over an agent's folder, as it is",
  details:
    "Copies every file; links that leave the folder are refused, logs stay behind. Agents of " +
    "kman are taken as they are, with their skills.",
  args: {
    folder: { type: "positional", description: "A folder with an agent.toml" },
    name: { type: "string", metavar: "agent", description: "Another name than the folder's" },
    ...projectOption,
    runtime: { type: "string", metavar: "name", description: "Give it another runtime" },
    force: { type: "boolean", description: "Take the place of an agent of this name" },
    ...repoOption,
  },
  examples: [["kas agent import ~/.kman/agents/scout", "Make it one of yours"]],
  async run(ctx) {
    requirePerson("import an agent");
    const { folder, name, project, runtime, force, repo } = ctx.values;
    const { places } = await openLibrary(repo);
    const imported = await importAgent(places, folder, {
      scope: project === true ? "project" : "global",
      force: force === true,
      ...name === undefined ? {} : { name },
      ...runtime === undefined ? {} : { runtime: parseRuntime(runtime) },
    });
    warnFindings(imported.findings);
    ctx.print(imported, ({ path, files }) => `imported: ${path} (${files} files)`);
  },
});

/** `kas agent export` */
export const exportCommand: Command = defineCommand({
  description: "Copy an agent into a new folder, to give it away",
  details: "Secrets are not in an agent's folder and do not go along.",
  args: {
    ...agentArgument,
    folder: { type: "positional", description: "Where to; must not exist, or be empty" },
    ...repoOption,
  },
  examples: [["kas agent export coder ./my-coder", "Look at a built-in agent, and go on from it"]],
  async run(ctx) {
    const { agent, folder, repo } = ctx.values;
    const { places } = await openLibrary(repo);
    const target = folder.startsWith("/") ? folder : `${Deno.cwd()}/${folder}`;
    const exported = await exportAgent(places, agent, target.replace(/(.)\/+$/, "$1"));
    ctx.print(exported, ({ path, files, secrets, values }) => {
      const lines = [`exported: ${path}`, ...files.map((file) => `  ${file}`)];
      if (secrets.length > 0) lines.push(`not exported, to be set there: ${secrets.join(", ")}`);
      if (values.length > 0) lines.push(`written out in agent.toml: ${values.join(", ")}`);
      return lines.join("\n");
    });
  },
});
