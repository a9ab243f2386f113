import { type Command, defineCommand, warn } from "../../lib/cli/mod.ts";
import { createAgent, parseRuntime } from "../../lib/agent/create.ts";
import { listAgents } from "../../lib/agent/library.ts";
import { OUTPUT_FORMATS } from "../../lib/agent/types.ts";
import { parseName } from "../../lib/names.ts";
import { PERMISSIONS } from "../../lib/store/types.ts";
import { readText, repoOption, requirePerson } from "../_shared.ts";
import { agentArgument, oneOf, openLibrary, projectOption } from "./_library.ts";

const create: Command = defineCommand({
  description: "Make an agent",
  details:
    "Makes agent.toml and soul.md; what is not given comes from [defaults] of your settings, " +
    "and else is decided at each launch.",
  args: {
    ...agentArgument,
    ...projectOption,
    runtime: { type: "string", metavar: "name", description: "claude, codex, opencode, …" },
    model: { type: "string", metavar: "name", description: "Model of the runtime" },
    effort: { type: "string", metavar: "level", description: "How hard it thinks" },
    permission: { type: "string", metavar: "level", description: "ask, auto or yolo" },
    output: { type: "string", metavar: "format", description: "text, json or stream-json" },
    maxTurns: { type: "number", metavar: "n", description: "Most turns of one run" },
    description: { type: "string", metavar: "text", description: "What it is for, in a line" },
    soul: { type: "string", metavar: "file", description: "Its system prompt; - is stdin" },
    ...repoOption,
  },
  examples: [
    ["kas agent create scout --description 'Finds its way in code'", "One of your own"],
    ["kas agent create coder --project --runtime codex", "The coder of this project"],
  ],
  async run(ctx) {
    requirePerson("make an agent");
    const { values } = ctx;
    const name = parseName("agent", values.agent);
    const scope = values.project === true ? "project" : "global";
    const { paths, repoRoot, places } = await openLibrary(values.repo);
    const { loadConfig } = await import("../../lib/config/config.ts");
    const { defaults } = (await loadConfig(repoRoot, paths)).config;
    const path = await createAgent(places, {
      name,
      scope,
      description: values.description ?? null,
      runtime: values.runtime === undefined ? defaults.runtime : parseRuntime(values.runtime),
      model: values.model ?? defaults.model,
      effort: values.effort ?? defaults.effort,
      permission: oneOf("permission", values.permission, PERMISSIONS) ?? defaults.permission,
      outputFormat: oneOf("output format", values.output, OUTPUT_FORMATS) ?? defaults.outputFormat,
      maxTurns: values.maxTurns ?? defaults.maxTurns,
      soul: values.soul === undefined ? null : await readText(values.soul, "the soul"),
    });
    const others = (await listAgents(places)).filter((agent) => agent.name === name);
    const winner = others.find((agent) => !agent.shadowed)?.scope ?? scope;
    const hides = others.find((agent) => agent.shadowed && winner === scope)?.scope ?? null;
    if (values.runtime === "command") {
      warn(`it has no program yet: kas agent edit ${name} --set 'runtime.command.program=["…"]'`);
    }
    ctx.print({ name, scope, path, hides, hidden_by: winner === scope ? null : winner }, () => {
      if (winner !== scope) return `made: ${path}\nthe ${winner} agent of this name wins over it`;
      return hides === null ? `made: ${path}` : `made: ${path}\nit wins over the ${hides} agent`;
    });
  },
});

export default create;
